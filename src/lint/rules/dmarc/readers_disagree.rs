//! Two kinds of reader, two answers.

use crate::lint::rules::dmarc::organisation::registrable;
use crate::lint::rules::prelude::*;
use crate::model::dmarc::Psd;

rule! {
    /// Readers of RFC 7489 and of RFC 9989 find different records for names below this one.
    ///
    /// # Why
    /// RFC 7489 goes from a name to its organisational domain by the public suffix list; RFC 9989 walks up the tree and finds what
    /// stands between.
    ///
    /// # Bad
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// _dmarc.mail TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// @ SOA ns.example.com. hostmaster 1 7200 900 1209600 300
    /// _dmarc.mail TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.10
    ///
    /// # Since
    /// 0.1.0
    "DMARC027", "readers-disagree", Advice, Zone, Dmarc(check)
}

fn check(dmarc: &DmarcText<'_>, out: &mut Sink<'_>) {
    let domain = dmarc.domain();
    if dmarc.site.role != Role::Dmarc || domain.starts_with(b"\x01*") {
        return;
    }
    // In a zone with a policy at its apex there is one above every other, and no list needs to be asked.
    let boundary = dmarc.record.psd == Psd::No;
    let apex = &dmarc.site.zone.apex;
    let covered = domain.len() > apex.len()
        && wire::child(b"_dmarc", apex)
            .and_then(|n| dmarc.site.zone.find(&n))
            .is_some_and(|id| !dmarc.site.zone.at(id).is_empty());
    if covered && !boundary {
        return;
    }
    let Some(organisation) = registrable(domain).filter(|r| r.len() < domain.len()) else { return };
    let Some(above) = wire::child(b"_dmarc", &organisation) else { return };
    let (shown, top) = (wire::show(domain), wire::show(&organisation));
    if !boundary && !dmarc.ask(&above, RecordType::TXT).is_nothing() {
        return;
    }
    let old = if boundary { format!("the record of {top}") } else { "none".to_string() };
    out.report(dmarc.whole(), format!("names below {shown} have two organisational domains"))
        .sees(format!("below {shown} readers of RFC 9989 use this record, readers of RFC 7489 {old}"))
        .help(format!("publish a record at {}", wire::show(&above)));
}
