//! `psd` of the wrong kind.

use crate::lint::rules::dmarc::organisation::registrable;
use crate::lint::rules::prelude::*;
use crate::model::dmarc::Psd;

rule! {
    /// `psd=y` stands on a domain that is no public suffix, or `psd=n` draws a boundary.
    ///
    /// # Why
    /// `psd=y` makes every name one label below it an organisation of its own: mail of the domain and of its subdomains is then no
    /// longer aligned.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; psd=y; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.10.2
    ///
    /// # Since
    /// 0.1.0
    "DMARC020", "wrong-psd-flag", Error, Record, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let Some(tag) = dmarc.record.tags.get("psd") else { return };
    if dmarc.site.role != Role::Dmarc {
        return;
    }
    let domain = dmarc.domain();
    match dmarc.record.psd {
        Psd::Yes if registrable(domain).is_some() => {
            out.report(dmarc.at(tag.whole), format!("{} is no public suffix", wire::show(domain)))
                .sees("each name below it as an organisation of its own: nothing is aligned across them")
                .help("remove `psd=y`")
                .fix(dmarc.replace("write `psd=u`, the default", tag.value, "u"));
        }
        Psd::No if registrable(domain).is_some_and(|r| r.len() < domain.len()) => {
            out.report(dmarc.at(tag.whole), format!("{} is an organisational domain of its own", wire::show(domain)))
                .severity(Severity::Advice)
                .sees("this domain and what is below it as one organisation, apart from its parent")
                .help("remove `psd=n` if it belongs to its parent");
        }
        _ => {}
    }
}
