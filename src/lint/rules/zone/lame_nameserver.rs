//! A name server that does not have the zone.

use crate::lint::live::ServerState;
use crate::lint::rules::prelude::*;

rule! {
    /// A name server of the zone answers without authority for it.
    ///
    /// # Why
    /// Resolvers that come to it learn nothing, and try another or give up: some answers are slow, others SERVFAIL, and
    /// what is SERVFAIL is a temporary error for SPF and DMARC.
    ///
    /// # Reference
    /// RFC 1912 §2.8
    ///
    /// # Since
    /// 0.1.0
    "ZONE013", "lame-nameserver", Error, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    for server in &view.live.servers {
        if let ServerState::Lame(why) = &server.state {
            out.report(view.spot(), format!("{} does not have the zone: {why}", server.name))
                .at_name(&view.live.domain)
                .sees("slow answers, or SERVFAIL, from resolvers that come to this server")
                .help("have the server load the zone, or take it out of the NS records, also at the registry");
        }
    }
}
