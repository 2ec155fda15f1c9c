//! Tags without effect.

use crate::lint::rules::dmarc::organisation::registrable;
use crate::lint::rules::prelude::*;
use crate::model::dmarc::Psd;

rule! {
    /// `sp` or `np` stands in a record that is not an organisational domain's, or `fo` without `ruf`.
    ///
    /// # Why
    /// Policies for subdomains are read from the organisational domain's record alone; `fo` says how `ruf` is used.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc.mail TXT "v=DMARC1; p=reject; sp=none; rua=mailto:dmarc@example.com"
    /// ```
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; fo=1; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; sp=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.7
    ///
    /// # Since
    /// 0.1.0
    "DMARC019", "policy-tag-without-effect", Warning, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let record = dmarc.record;
    if record.tags.get("ruf").is_none()
        && let Some(fo) = record.tags.get("fo")
    {
        out.report(dmarc.at(fo.whole), "`fo` without `ruf`")
            .sees("nothing: there is no address for failure reports")
            .help("remove it, or add `ruf`");
    }
    let domain = dmarc.domain();
    let has = record.tags.get("sp").is_some() || record.tags.get("np").is_some();
    let below = || registrable(domain).is_some_and(|r| r.len() < domain.len());
    if !has || dmarc.site.role != Role::Dmarc || record.psd != Psd::Unknown || !below() {
        return;
    }
    for name in ["sp", "np"] {
        if let Some(tag) = record.tags.get(name) {
            out.report(dmarc.at(tag.whole), format!("`{name}` has no effect here"))
                .sees("nothing: it is read from the organisational domain's record alone")
                .help("move it to the organisational domain's record");
        }
    }
}
