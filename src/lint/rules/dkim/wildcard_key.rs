//! A key for every selector.

use crate::lint::rules::prelude::*;

rule! {
    /// A key stands at `*._domainkey`.
    ///
    /// # Why
    /// It answers for every selector that anybody cares to name. Only the empty one, by which a domain says that it signs nothing,
    /// makes sense.
    ///
    /// # Bad
    /// ```zone
    /// *._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// *._domainkey TXT "v=DKIM1; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §6.1.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM025", "wildcard-key", Warning, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    if key.site.name.starts_with(b"\x01*") && !key.record.revoked() {
        out.report(key.whole(), "a key for every selector there might be")
            .sees("the same key, whatever selector a signature names")
            .help("publish it at its selector; keep the wildcard for `p=` alone");
    }
}
