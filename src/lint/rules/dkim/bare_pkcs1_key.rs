//! An RSA key without its envelope.

use crate::lint::rules::prelude::*;
use base64::Engine as _;

rule! {
    /// The RSA key is a bare RSAPublicKey, not a SubjectPublicKeyInfo.
    ///
    /// # Why
    /// Most verifiers read both, some only the usual form. It is the same key: the private key stays as it is.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MEgCQQD0YSZueYWw86Ii91Sj8P4nA2w5iEiA24fKpKjH4ySaXNCKdhlSr6lEgbj5QlQ1odKtBmW2FZ0up81bJwfVftZfAgMBAAE="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt" "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
    /// ```
    ///
    /// # Reference
    /// RFC 5280 §4.1
    ///
    /// # Since
    /// 0.1.0
    "DKIM007", "bare-pkcs1-key", Warning, Record, Dkim(check)
}

use crate::model::dkim::RsaForm;

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    let (Some(RsaForm::Pkcs1), Some(public), Some(p)) =
        (key.record.rsa_form, &key.record.key, key.record.tags.get("p"))
    else {
        return;
    };
    let spki = base64::engine::general_purpose::STANDARD.encode(public.tag_octets());
    out.report(key.at(p.value), format!("an RSA key of {} bits in bare PKCS#1 form", public.bits()))
        .sees("some verifiers find no key")
        .help("publish it as SubjectPublicKeyInfo; the private key stays the same")
        .fix(key.replace("publish it as SubjectPublicKeyInfo", p.value, &spki));
}
