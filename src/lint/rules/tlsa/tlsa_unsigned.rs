//! DANE without DNSSEC.

use crate::lint::rules::prelude::*;

rule! {
    /// TLSA records stand in a zone that is not signed.
    ///
    /// # Why
    /// Without DNSSEC nobody may trust them, and senders ignore them.
    ///
    /// # Reference
    /// RFC 7672 §2.2
    ///
    /// # Since
    /// 0.1.0
    "TLSA002", "tlsa-unsigned", Error, Live, Service(check)
}

fn check(seen: &ServiceView<'_>, out: &mut Sink<'_>) {
    for exchange in seen.services.exchanges.iter().filter(|e| !e.dane.records.is_empty()) {
        // Asked for whatever comes of it: the records are then at hand for the rule about their data.
        let spot = seen.tlsa_spot(exchange);
        if exchange.dane.secure == Some(false) {
            out.report(spot, format!("DNSSEC does not prove the TLSA records of {}", exchange.shown()))
                .sees("no DANE: records without proof are ignored")
                .help("sign the zone and have its DS record published above it, or remove the TLSA records");
        }
    }
}
