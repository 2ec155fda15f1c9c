//! An RSA key under 2048 bits.

use crate::lint::rules::prelude::*;

rule! {
    /// The RSA key has fewer than 2048 bits.
    ///
    /// # Why
    /// Signers should use 2048 bits; keys of 1024 are within the reach of those who want them.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt" "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
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
    "DKIM009", "rsa-key-weak", Warning, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(bits) = key.record.rsa_bits().filter(|b| (1024..2048).contains(b)) else { return };
    let p = key.record.tags.get("p").map_or(Span::new(0, key.octets().len()), |t| t.value);
    out.report(key.at(p), format!("an RSA key of {bits} bits"))
        .sees("accepted today, called weak by some")
        .help("change to a key of 2048 bits: mailproof keys generate");
}
