//! A certificate that DANE does not know.

use crate::lint::rules::prelude::*;

rule! {
    /// The mail server's certificate matches none of its TLSA records.
    ///
    /// # Why
    /// Senders that verify do not deliver.
    ///
    /// # Reference
    /// RFC 7672 §2.2
    ///
    /// # Since
    /// 0.1.0
    "TLSA003", "tlsa-mismatch", Error, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    for exchange in seen.services.exchanges.iter().filter(|e| e.dane.disagrees()) {
        // Without proof the records count for nothing: that is another finding.
        if exchange.dane.secure == Some(false) {
            continue;
        }
        out.report(
            seen.tlsa_spot(exchange),
            format!("the certificate of {} agrees with none of its TLSA records", exchange.shown()),
        )
        .sees("no delivery by senders that obey DANE")
        .help("publish a TLSA record of the new key, and take the old one away when its TTL has passed");
    }
}
