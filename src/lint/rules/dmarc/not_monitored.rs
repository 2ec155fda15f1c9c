//! No reports.

use crate::lint::rules::prelude::*;

rule! {
    /// The record has no `rua`.
    ///
    /// # Why
    /// Without reports nobody sees which mail of the domain fails, or who forges it.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC017", "not-monitored", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let record = dmarc.record;
    let authorises = dmarc.site.role == Role::ReportAuthorisation
        || (dmarc.site.role == Role::Unsaid && record.tags.tags.len() == 1);
    if authorises || record.tags.get("rua").is_some() {
        return;
    }
    out.report(dmarc.whole(), "the record asks for no reports")
        .sees("the policy, and sends no aggregate reports")
        .help("add `rua=mailto:` and an address that is read, by `mailproof reports` or a service");
}
