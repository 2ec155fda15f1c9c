//! `s=` without e-mail.

use crate::lint::rules::prelude::*;

rule! {
    /// `s=` names neither `email` nor `*`.
    ///
    /// # Why
    /// The key is then not for e-mail, and verifiers of mail ignore it.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; s=mail; p="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; s=*; p="
    /// s2._domainkey TXT "v=DKIM1; s=email; p="
    /// ```
    ///
    /// # Reference
    /// RFC 6376 §3.6.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM013", "not-for-email", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(services) = &key.record.services else { return };
    let Some(tag) = key.record.tags.get("s") else { return };
    let service = |span: &Span| span.of(key.octets());
    if services.iter().any(|s| matches!(service(s), b"*" | b"email")) {
        return;
    }
    // A key for reports alone is meant so (RFC 8460 §3).
    if services.iter().any(|s| service(s) == b"tlsrpt") {
        return;
    }
    let span = if tag.value.is_empty() { tag.whole } else { tag.value };
    out.report(key.at(span), format!("`s={}` keeps the key from e-mail", short(&key.slice(tag.value))))
        .sees("no key: verifiers of mail ignore it")
        .help("write `s=email`, or leave the tag out")
        .fix(key.replace("write `s=email`", tag.whole, "s=email"));
}
