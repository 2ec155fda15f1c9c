//! A mail exchanger without an address.

use crate::lint::rules::prelude::*;

rule! {
    /// The target of an MX record has no address.
    ///
    /// # Why
    /// Mail to it waits and comes back; if there is no other exchanger, the domain takes no mail.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ MX 10 mail.example.com.
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// @ MX 10 mail.example.com.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 5321 §5.1
    ///
    /// # Since
    /// 0.1.0
    "MX003", "mx-unresolvable", Error, Zone, Mx(check)
}

fn check(mx: &MxData<'_>, out: &mut Sink<'_>) {
    if mx.exchange == wire::ROOT {
        return;
    }
    match mx.site.ask(mx.exchange, RecordType::A) {
        Answer::Found(_) => {}
        Answer::Unknown(at) => out.unseen(&at),
        Answer::Nothing if mx.site.ask(mx.exchange, RecordType::AAAA).is_nothing() => {
            let name = wire::show(mx.exchange);
            // An address in place of a name is another rule's business.
            let labels = name.split('.').take(4).collect::<Vec<_>>().join(".");
            if labels.parse::<std::net::Ipv4Addr>().is_err() {
                let spot = mx.site.token_spot(mx.number, mx.entry, mx.record.exchange_span);
                out.report(spot, format!("{name} has no address"))
                    .sees("no mail arrives by it")
                    .help("publish its address, or remove the MX record");
            }
        }
        Answer::Nothing => {}
    }
}
