//! A key that is none.

use crate::lint::rules::prelude::*;
use crate::model::dkim::KeyFault;

rule! {
    /// `p=` cannot be decoded, or what it decodes to is no key.
    ///
    /// # Why
    /// Quotes, backslashes and other things that a panel or a paste left in the value are the usual cause. White space alone is
    /// legal.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=MIGfMA0G\" \"CSqGSIb3"
    /// ```
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=rsa; p=TUlH"
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
    "DKIM006", "undecodable-key", Error, Record, Dkim(check)
}

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for fault in key.faults {
        let shown = short(&key.slice(fault.span));
        match fault.kind {
            KeyFault::BadBase64 => {
                let finding = out.report(key.at(fault.span), format!("`{shown}` does not belong into base64"));
                finding
                    .sees("permerror for every signature with this selector")
                    .help("remove what is not part of the key");
                finding.fix(clean(key));
            }
            KeyFault::CutBase64 => {
                out.report(key.at(fault.span), "this is no whole base64: something is missing")
                    .sees("permerror for every signature with this selector")
                    .help("publish the key again, all of it");
            }
            KeyFault::NotRsa => {
                out.report(key.at(fault.span), "this is base64, but no RSA public key")
                    .sees("permerror for every signature with this selector")
                    .help("publish the public key; `mailproof keys check` compares it with the private key");
            }
            KeyFault::NoPadding => {
                let missing = "=".repeat((4 - padded_length(key, fault.span) % 4) % 4);
                let end = Span { start: fault.span.end, end: fault.span.end };
                out.report(key.at(fault.span), "the `=` at the end of the base64 is missing")
                    .severity(Severity::Warning)
                    .sees("most verifiers do not mind, strict ones find no key")
                    .help(format!("end the value with `{missing}`"))
                    .fix(key.replace("complete the base64", end, &missing));
            }
            _ => {}
        }
    }
}

fn padded_length(key: &DkimText<'_>, span: Span) -> usize {
    span.of(key.octets()).iter().filter(|b| !b.is_ascii_whitespace()).count()
}

/// Quotes, backslashes and the like taken out, if a key is what is left.
fn clean(key: &DkimText<'_>) -> Option<Fix> {
    let p = key.record.tags.get("p")?.value;
    let kept = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let text: Vec<u8> = p.of(key.octets()).iter().copied().filter(kept).collect();
    let text = String::from_utf8(text).ok()?;
    let (data, _) = crate::model::dkim::decode_base64(text.as_bytes()).ok()?;
    let good = match key.record.key_type {
        crate::model::dkim::KeyType::Rsa => crate::model::dkim::RsaPublicKey::from_der(&data).is_some(),
        crate::model::dkim::KeyType::Ed25519 => data.len() == 32,
        crate::model::dkim::KeyType::Other => false,
    };
    good.then(|| key.replace("remove what is not part of the key", p, &text))?
}
