//! `h=` without SHA-256.

use crate::lint::rules::prelude::*;

rule! {
    /// `h=` does not list `sha256`.
    ///
    /// # Why
    /// SHA-256 is the one hash that verifiers accept (RFC 8301 §3.1). The list has hashes, not algorithms: `sha256`, never
    /// `rsa-sha256`; its parts stand between colons.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; h=rsa-sha256; k=rsa; p="
    /// ```
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; h=sha1; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; h=sha1:sha256; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM012", "no-usable-hash", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(hashes) = &key.record.hashes else { return };
    let Some(tag) = key.record.tags.get("h") else { return };
    if hashes.iter().any(|h| h.of(key.octets()) == b"sha256") {
        return;
    }
    let span = if tag.value.is_empty() { tag.whole } else { tag.value };
    let text = key.slice(tag.value);
    let message = if text.to_ascii_lowercase().contains("sha256") {
        format!("`h={}` is no list of hashes: `sha256` is the name", short(&text))
    } else {
        format!("`h={}` leaves out `sha256`, the one hash that verifiers accept", short(&text))
    };
    out.report(key.at(span), message)
        .sees("permerror for every signature with this selector")
        .help("write `h=sha256`, or leave the tag out")
        .fix(key.replace("write `h=sha256`", tag.whole, "h=sha256"));
}
