//! A wildcard that answers for `_dmarc`.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A wildcard TXT record answers at `_dmarc` of every name that has no records.
    ///
    /// # Why
    /// Readers of DMARC get a text that is none; tools take it for a broken policy, and what the wildcard was for seldom needs it.
    ///
    /// # Bad
    /// ```zone
    /// * TXT "v=spf1 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// *._domainkey TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 4592 §2.2.1
    ///
    /// # Since
    /// 0.1.0
    "DMARC026", "wildcard-shadows-policy", Warning, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Plain || !owner.name.starts_with(b"\x01*") {
        return;
    }
    if let Some(text) = owner.texts.iter().find(|t| t.kind != TextKind::Dmarc) {
        let base = wire::parent(owner.name).map(wire::show).unwrap_or_default();
        out.report(text.whole(), format!("this answers for _dmarc.NAME.{base} too"))
            .sees("a text that is no policy; readers pass over it and walk on")
            .help("publish the record at the names that need it");
    }
}
