//! No `p`.

use crate::lint::rules::prelude::*;

rule! {
    /// The record has no `p` tag.
    ///
    /// # Why
    /// Readers of RFC 9989 take it for `p=none` if there is a valid `rua`, and else for no record; readers of RFC 7489 ignore it.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; rua=mailto:dmarc@example.com"
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
    "DMARC006", "no-p-tag", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    if dmarc.site.role == Role::ReportAuthorisation || dmarc.record.tags.get("p").is_some() {
        return;
    }
    // The bare version is what authorises reports; without a name there is no telling.
    if dmarc.site.role == Role::Unsaid && dmarc.record.tags.tags.len() == 1 {
        return;
    }
    let sees = match dmarc.record.effective_policy() {
        Some(_) => "`p=none`; readers of RFC 7489 ignore the record",
        None => "no policy: the record counts for nothing",
    };
    let version = dmarc.record.tags.tags.first().map_or(Span::new(0, 0), |t| t.whole);
    let end = Span { start: version.end, end: version.end };
    out.report(dmarc.at(version), "the record has no `p` tag")
        .sees(sees)
        .help("write `p=none`, `p=quarantine` or `p=reject` behind the version")
        .fix(dmarc.record.effective_policy().and_then(|_| dmarc.replace("write `p=none`", end, "; p=none")));
}
