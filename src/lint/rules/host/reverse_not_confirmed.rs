//! A reverse name that does not lead back.

use crate::lint::rules::host::reverse_of::reverse_of;
use crate::lint::rules::prelude::*;

rule! {
    /// The PTR name of a sending address does not resolve to the address.
    ///
    /// # Why
    /// Anybody can write a PTR record; receivers trust it only when the name agrees.
    ///
    /// # Reference
    /// RFC 8601 §3
    ///
    /// # Since
    /// 0.1.0
    "HOST002", "reverse-not-confirmed", Error, Live, Live(check)
}

fn check(seen: &LiveView<'_>, out: &mut Sink<'_>) {
    let hosts = seen.live.hosts.iter().filter(|h| h.confirmed.is_none() && h.failure.is_none());
    for host in hosts.filter(|h| !h.names.is_empty()) {
        let names = host.names.join(", ");
        out.report(
            seen.spot(),
            format!("{} has the reverse name {names}, which does not lead back to it", host.address),
        )
        .at_name(&reverse_of(host.address))
        .sees("a name that anybody could have written: as good as none")
        .help(format!("publish {} as an address of that name, or have the PTR record corrected", host.address));
    }
}
