//! An RSA key over 4096 bits.

use crate::lint::rules::prelude::*;

rule! {
    /// The RSA key has more than 4096 bits.
    ///
    /// # Why
    /// Verifiers need not accept it, and the answer no longer fits into a UDP packet.
    ///
    /// # Bad
    /// ```text
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MIIEIjANBgkqhkiG9w0BAQEFAAOC…" (8192 bits)
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p="
    /// ```
    ///
    /// # Reference
    /// RFC 8301 §3.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM027", "oversized-key", Warning, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(bits) = key.record.rsa_bits().filter(|b| *b > 4096) else { return };
    let p = key.record.tags.get("p").map_or(Span::new(0, key.octets().len()), |t| t.value);
    out.report(key.at(p), format!("an RSA key of {bits} bits"))
        .sees("verifiers need not accept more than 4096 bits; the answer needs TCP")
        .help("change to a key of 2048 bits: mailproof keys generate");
}
