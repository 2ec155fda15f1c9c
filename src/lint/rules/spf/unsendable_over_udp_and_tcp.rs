//! An answer that does not arrive.

use crate::lint::rules::prelude::*;

rule! {
    /// The answer with the SPF record is truncated, and the server does not answer over TCP.
    ///
    /// # Why
    /// The result is temperror for every message, never "no record": mail is deferred or treated with suspicion.
    ///
    /// # Reference
    /// RFC 7208 §3.4
    ///
    /// # Since
    /// 0.1.0
    "SPF037", "unsendable-over-udp-and-tcp", Error, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    let domain = &view.live.domain;
    if view.live.open(domain, RecordType::TXT).is_some_and(|open| open.truncated) {
        out.report(
            view.spot(),
            format!("the TXT records of {} do not fit into UDP, and TCP does not work", view.shown()),
        )
        .at_name(domain)
        .sees("temperror for every message, never \"no record\"")
        .help("let the zone's name servers answer over TCP, or make the TXT records at this name fewer and shorter");
    }
}
