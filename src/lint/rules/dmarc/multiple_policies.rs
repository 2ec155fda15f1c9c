//! More than one policy.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A name has more than one DMARC record.
    ///
    /// # Why
    /// All of them are discarded. Readers of RFC 9989 then go on to the parent domain, readers of RFC 7489 stop: there is no
    /// policy.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.10
    ///
    /// # Since
    /// 0.1.0
    "DMARC004", "multiple-policies", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Dmarc {
        return;
    }
    let records: Vec<_> = owner.texts.iter().filter(|t| t.kind == TextKind::Dmarc).collect();
    for text in records.iter().skip(1) {
        out.report(text.whole(), format!("{} DMARC records at one name", records.len()))
            .sees("no policy here: RFC 9989 readers go on to the parent domain, RFC 7489 readers stop")
            .help("keep one");
    }
}
