//! A policy where nobody looks.

use crate::lint::rules::prelude::*;

rule! {
    /// A DMARC record does not stand at `_dmarc`.
    ///
    /// # Why
    /// Receivers ask for `_dmarc.DOMAIN` and nothing else.
    ///
    /// # Bad
    /// ```zone
    /// @ TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// example.net._report._dmarc TXT "v=DMARC1;"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.5
    ///
    /// # Since
    /// 0.1.0
    "DMARC002", "record-in-wrong-place", Error, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    if matches!(dmarc.site.role, Role::Dmarc | Role::ReportAuthorisation | Role::Unsaid) || is_template(dmarc) {
        return;
    }
    let right = wire::child(b"_dmarc", dmarc.site.name).map(|n| wire::show(&n)).unwrap_or_default();
    out.report(dmarc.whole(), format!("a DMARC record at {}", dmarc.site.shown()))
        .sees("no policy: receivers ask for `_dmarc` and nothing else")
        .help(format!("publish it at {right}"));
}

/// Whether other domains' `_dmarc` are aliases of this name, or it is called as such names are.
fn is_template(dmarc: &DmarcText<'_>) -> bool {
    let called_so = wire::labels(dmarc.site.name).any(|l| l.starts_with(b"_dmarc") || l == b"dmarc" || l == b"_policy");
    called_so || dmarc.site.facts.zones.iter().any(|z| z.is_alias_target(dmarc.site.name))
}
