//! Other text at a selector.

use crate::lint::records::TextKind;
use crate::lint::rules::prelude::*;

rule! {
    /// A selector has a TXT record that is no key.
    ///
    /// # Why
    /// A verifier that gets the other text first finds no key: signatures fail now and then.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=spf1 -all"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; p="
    /// @ TXT "v=spf1 -all"
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.2.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM028", "other-txt-at-selector", Error, Record, Owner(check)
}

fn check(owner: &Owner<'_>, out: &mut Sink<'_>) {
    if owner.role != Role::Selector {
        return;
    }
    let keys = owner.texts.iter().filter(|t| t.kind == TextKind::Dkim).count();
    for text in owner.texts.iter().filter(|t| t.kind != TextKind::Dkim) {
        let host = text.octets().contains(&b'.') && !text.octets().contains(&b' ') && !text.octets().contains(&b'=');
        if text.kind == TextKind::Other && host {
            continue;
        }
        let sees = if keys > 0 {
            "the key or this text, as it comes: signatures fail now and then"
        } else {
            "no key: permerror for every signature with this selector"
        };
        out.report(text.whole(), "this is no key record").sees(sees).help("remove it, or move it to where it belongs");
    }
}
