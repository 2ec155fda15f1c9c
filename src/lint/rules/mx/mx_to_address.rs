//! A mail exchanger that is no host name.

use crate::lint::rules::prelude::*;

rule! {
    /// The target of an MX record is an address, or `localhost`.
    ///
    /// # Why
    /// It must be a host name. An address there is taken for a name, which does not exist.
    ///
    /// # Bad
    /// ```zone
    /// @ MX 10 192.0.2.10.
    /// ```
    /// ```zone
    /// @ MX 10 localhost.
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ MX 10 mail.example.com.
    /// mail A 192.0.2.10
    /// ```
    ///
    /// # Reference
    /// RFC 5321 §5.1
    ///
    /// # Since
    /// 0.1.0
    "MX002", "mx-to-address", Error, Record, Mx(check)
}

fn check(mx: &MxData<'_>, out: &mut Sink<'_>) {
    // Nearly every name begins with a letter, and `localhost` is the one such name that matters.
    let first = wire::labels(mx.exchange).next().unwrap_or_default();
    if first != b"localhost" && !first.first().is_some_and(u8::is_ascii_digit) {
        return;
    }
    let name = wire::show(mx.exchange);
    // Without its last dot the address is completed with the origin.
    let first: Vec<&str> = name.split('.').take(4).collect();
    let address = first.len() == 4 && first.join(".").parse::<std::net::Ipv4Addr>().is_ok();
    let local = name == "localhost" || name.starts_with("localhost.") || name == "localhost.localdomain";
    let message = if address {
        format!("{} is an address, not a host name", first.join("."))
    } else if local {
        format!("{name} is every host's own name")
    } else {
        return;
    };
    let spot = mx.site.token_spot(mx.number, mx.entry, mx.record.exchange_span);
    out.report(spot, message).sees("no mail arrives by it").help("name the host, and give it an address record");
}
