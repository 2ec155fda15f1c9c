//! A revoked key.

use crate::lint::rules::prelude::*;

rule! {
    /// `p=` is empty: the key is revoked.
    ///
    /// # Why
    /// Signatures with this selector fail, also those of messages that are still on their way.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// *._domainkey TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM005", "revoked-key", Advice, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    // The empty wildcard says that the domain signs nothing at all.
    if key.record.revoked() && !key.site.name.starts_with(b"\x01*") && key.site.role != Role::DomainKey {
        let p = key.record.tags.get("p").map_or(Span::new(0, key.octets().len()), |t| t.whole);
        let signs = key.site.facts.profile.as_ref().is_some_and(|p| p.signs_with(key.site.name));
        let finding = out.report(key.at(p), "this key is revoked");
        finding.sees("permerror for every signature with this selector");
        if signs {
            finding.severity(Severity::Error).help("the profile still signs with it: change to another key");
        } else {
            finding.help("remove the record when no message with such a signature can be under way any more");
        }
    }
}
