//! A name server that does not answer.

use crate::lint::live::ServerState;
use crate::lint::rules::prelude::*;

rule! {
    /// A name server of the zone does not answer.
    ///
    /// # Why
    /// Resolvers wait for it before they try another. It may also be that it cannot be reached from here alone.
    ///
    /// # Reference
    /// RFC 2182 §3
    ///
    /// # Since
    /// 0.1.0
    "ZONE014", "silent-nameserver", Warning, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    for server in &view.live.servers {
        if let ServerState::Silent(why) = &server.state {
            out.report(view.spot(), format!("{} does not answer: {why}", server.name))
                .at_name(&view.live.domain)
                .sees("waits for this server before another is asked")
                .help("start it, or let questions through to it over UDP and TCP");
        }
    }
}
