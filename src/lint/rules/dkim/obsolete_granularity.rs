//! `g=`.

use crate::lint::rules::prelude::*;

rule! {
    /// The key has a `g=` tag.
    ///
    /// # Why
    /// RFC 6376 took it out. Verifiers of the old kind still read it: with an empty `g=` the key matches no address for them.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; g=*; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §C
    ///
    /// # Since
    /// 0.1.0
    "DKIM016", "obsolete-granularity", Warning, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(tag) = key.record.tags.get("g") else { return };
    let sees = if tag.value.is_empty() {
        "old verifiers accept no signature by this key; newer ones ignore the tag"
    } else {
        "old verifiers compare it with the signer's local part; newer ones ignore it"
    };
    out.report(key.at(tag.whole), "`g=` is obsolete").sees(sees).help("remove it");
}
