//! A parked domain without `reject`.

use crate::lint::rules::prelude::*;
use crate::model::dmarc::{DmarcRecord, Policy};

rule! {
    /// A domain that sends no mail does not have the DMARC policy `reject`.
    ///
    /// # Why
    /// All mail in its name is forged, and may be refused.
    ///
    /// # Bad
    /// ```profile
    /// profile: domain: example.com, parked: true
    /// zone:    _dmarc TXT "v=DMARC1; p=none"
    /// ```
    ///
    /// # Good
    /// ```profile
    /// profile: domain: example.com, parked: true
    /// zone:    _dmarc TXT "v=DMARC1; p=reject"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC025", "parked-not-reject", Warning, Profile, Profile(check)
}

fn check(view: &ProfileView<'_>, out: &mut Sink<'_>) {
    if !view.own.domain.parked {
        return;
    }
    let Some(name) = wire::child(b"_dmarc", &view.own.name) else { return };
    let Some(texts) = view.texts(&name) else { return out.unseen(&name) };
    let rejects = texts.iter().any(|t| {
        DmarcRecord::read(&t.decoded.octets).record().is_some_and(|r| {
            r.policy == Some(Policy::Reject) && r.for_subdomains() == Some(Policy::Reject) && !r.testing
        })
    });
    let Some(spot) = texts.first().map(|t| t.spot()).or_else(|| view.spot()) else { return };
    if !rejects {
        out.report(spot, format!("{} is parked, and its policy is not `reject`", view.shown()))
            .sees("forged mail that need not be refused")
            .help("publish `v=DMARC1; p=reject`");
    }
}
