//! No reverse name.

use crate::lint::rules::host::reverse_of::reverse_of;
use crate::lint::rules::prelude::*;

rule! {
    /// A sending address has no PTR record.
    ///
    /// # Why
    /// Large receivers refuse mail from such addresses.
    ///
    /// # Reference
    /// RFC 8499 §8
    ///
    /// # Since
    /// 0.1.0
    "HOST001", "no-reverse-name", Error, Live, Live(check)
}

fn check(seen: &LiveView<'_>, out: &mut Sink<'_>) {
    for host in seen.live.hosts.iter().filter(|h| h.names.is_empty() && h.failure.is_none()) {
        out.report(seen.spot(), format!("{} may send, and has no reverse name", host.address))
            .at_name(&reverse_of(host.address))
            .sees("mail from a host without a name: many refuse it, the largest among them")
            .help("have whoever gave you the address set a PTR record to the host's name");
    }
}
