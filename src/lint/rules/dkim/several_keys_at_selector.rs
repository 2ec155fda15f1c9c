//! Two keys at one selector.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A selector has more than one key record.
    ///
    /// # Why
    /// What a verifier does then is undefined: some take the first answer, some fail, and the order of answers changes.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; p="
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; p="
    /// s2._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM017", "several-keys-at-selector", Error, Zone, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Selector {
        return;
    }
    let keys: Vec<_> = owner.texts.iter().filter(|t| t.kind == TextKind::Dkim).collect();
    for key in keys.iter().skip(1) {
        out.report(key.whole(), format!("{} key records at one selector", keys.len()))
            .sees("undefined: some verifiers take the one, some the other, some neither")
            .help("keep the key that signs; give every other key a selector of its own");
    }
}
