//! DNSSEC that fails.

use crate::lint::rules::prelude::*;

rule! {
    /// The zone is signed, and its signatures do not hold.
    ///
    /// # Why
    /// Resolvers that validate, as those of the large receivers do, answer SERVFAIL for every name: no SPF, no DKIM, no
    /// DMARC, no mail. Signatures run out, and keys are changed without the DS record above.
    ///
    /// # Reference
    /// RFC 4035 §5.5
    ///
    /// # Since
    /// 0.1.0
    "ZONE016", "bogus-zone", Error, Live, Live(check)
}

fn check(view: &LiveView<'_>, out: &mut Sink<'_>) {
    if let Some(why) = &view.live.bogus {
        out.report(view.spot(), format!("DNSSEC fails at {}: {why}", view.shown()))
            .at_name(&view.live.domain)
            .sees("SERVFAIL, where resolvers validate: a temporary error, whatever is published")
            .help("sign the zone anew, and have the DS record at the registry agree with its keys");
    }
}
