//! No `p=`.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyFault;

rule! {
    /// The key record has no `p=`.
    ///
    /// # Why
    /// The public key is the one tag that must be there; without it no signature with this selector verifies.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa"
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM004", "no-public-key", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for fault in key.faults.iter().filter(|f| f.kind == KeyFault::NoKey) {
        out.report(key.at(fault.span), "the record has no `p=`: there is no key in it")
            .sees("permerror for every signature with this selector")
            .help("publish the key, or an empty `p=` to revoke it");
    }
}
