//! Other text at `_dmarc`.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;
use crate::model::dmarc::near_miss;

rule! {
    /// A TXT record at `_dmarc` is no DMARC record.
    ///
    /// # Why
    /// Receivers pass over it, some tools do not; it belongs elsewhere. An alias is legal: its target is followed.
    ///
    /// # Bad
    /// ```zone
    /// _dmarc TXT "v=spf1 -all"
    /// _dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.com"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// _dmarc CNAME _dmarc.example.net.
    /// ```
    ///
    /// # Reference
    /// RFC 9989 §4.10
    ///
    /// # Since
    /// 0.1.0
    "DMARC005", "other-data-at-dmarc", Warning, Record, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Dmarc {
        return;
    }
    for text in owner.texts.iter().filter(|t| t.kind != TextKind::Dmarc && near_miss(t.octets()).is_none()) {
        out.report(text.whole(), "this text is no DMARC record")
            .sees("nothing: it is passed over")
            .help("remove it, or move it to where it belongs");
    }
}
