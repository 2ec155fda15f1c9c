//! An RSA key under 1024 bits.

use crate::lint::rules::prelude::*;

rule! {
    /// The RSA key has fewer than 1024 bits.
    ///
    /// # Why
    /// Verifiers must not take signatures by such keys for valid: they can be broken on a desk.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAPRhJm55hbDzoiL3VKPw/icDbDmISIDbh8qkqMfjJJpc0Ip2GVKvqUSBuPlCVDWh0q0GZbYVnS6nzVsnB9V+1l8CAwEAAQ=="
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
    "DKIM008", "rsa-key-too-short", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let Some(bits) = key.record.rsa_bits().filter(|b| *b < 1024) else { return };
    let p = key.record.tags.get("p").map_or(Span::new(0, key.octets().len()), |t| t.value);
    out.report(key.at(p), format!("an RSA key of {bits} bits"))
        .sees("no verifier accepts signatures by this key")
        .help("make a key of 2048 bits: mailproof keys generate");
}
