//! An answer that does not arrive.

use crate::lint::live::ServerState;
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
    let mut who: Vec<&str> = Vec::new();
    for server in &view.live.servers {
        if matches!(&server.state, ServerState::Truncates(name) if *name == view.shown()) {
            who.push(&server.name);
        }
    }
    if view.live.open(domain, RecordType::TXT).is_some_and(|open| open.truncated) {
        who.push("the name server");
    }
    if !who.is_empty() {
        let message = format!(
            "the TXT records of {} do not fit into UDP, and TCP does not work at {}",
            view.shown(),
            who.join(", ")
        );
        out.report(view.spot(), message).at_name(domain).sees("temperror for every message, never \"no record\"").help(
            "let the zone's name servers answer over TCP, or make the TXT records at this name fewer and shorter",
        );
    }
}
