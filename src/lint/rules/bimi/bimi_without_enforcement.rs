//! A logo without an enforced policy.

use crate::lint::rules::prelude::*;
use crate::lint::run::decode;
use crate::model::dmarc::{DmarcRecord, Policy};

rule! {
    /// The domain's DMARC policy is not enforced for all its mail.
    ///
    /// # Why
    /// Mailboxes show a logo only where `p` and `sp` are `quarantine` or `reject`, and old readers see no `pct` under 100.
    ///
    /// # Bad
    /// ```zone
    /// default._bimi TXT "v=BIMI1; l=https://example.com/logo.svg"
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// default._bimi TXT "v=BIMI1; l=https://example.com/logo.svg"
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// draft-brand-indicators-for-message-identification §7.1
    ///
    /// # Since
    /// 0.1.0
    "BIMI002", "bimi-without-enforcement", Error, Zone, Bimi(check)
}

fn check(bimi: &BimiText<'_>, out: &mut Sink<'_>) {
    if bimi.site.role != Role::Bimi || bimi.record.declines() {
        return;
    }
    let Some(name) = wire::child(b"_dmarc", bimi.domain()) else { return };
    let known = match bimi.ask(&name, RecordType::TXT) {
        Answer::Unknown(at) => return out.unseen(&at),
        Answer::Nothing => Vec::new(),
        Answer::Found(known) => known,
    };
    let texts: Vec<_> = known.iter().filter_map(|k| decode(k.zone, k.entry)).collect();
    let records: Vec<_> = texts.iter().filter_map(|d| DmarcRecord::read(&d.octets).into_record()).collect();
    let why = match records.as_slice() {
        [] => "there is no DMARC record",
        [record] if record.policy.is_none_or(|p| p == Policy::None) => "the DMARC policy is `none`",
        [record] if record.for_subdomains() == Some(Policy::None) => "the DMARC policy for subdomains is `none`",
        [record] if record.percent.is_some_and(|p| p < 100) => "`pct` is under 100",
        [_] => return,
        _ => "there are several DMARC records",
    };
    out.report(bimi.whole(), format!("{why} at {}", wire::show(&name)))
        .sees("no logo")
        .help("enforce DMARC for the domain and its subdomains first");
}
