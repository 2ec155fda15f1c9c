//! An Ed25519 key of the wrong length.

use crate::lint::rules::prelude::*;
use base64::Engine as _;

rule! {
    /// The Ed25519 key is not the bare 32 octets.
    ///
    /// # Why
    /// Ed25519 keys are published without an envelope. What `openssl pkey -pubout` writes is a SubjectPublicKeyInfo of 44 octets:
    /// its last 32 are the key.
    ///
    /// # Bad
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=ed25519; p=MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    /// ```
    ///
    /// # Good
    /// ```zone
    /// s1._domainkey TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    /// ```
    ///
    /// # Reference
    /// RFC 8463 §4.2
    ///
    /// # Since
    /// 0.1.0
    "DKIM010", "bad-ed25519-key", Error, Record, Dkim(check)
}

use crate::model::dkim::KeyFault;

fn check(key: &DkimText<'_>, out: &mut Sink<'_>) {
    for fault in key.faults.iter().filter(|f| f.kind == KeyFault::NotEd25519) {
        let length = key.record.data.as_ref().map_or(0, Vec::len);
        let finding = out.report(key.at(fault.span), format!("an Ed25519 key of {length} octets; it must have 32"));
        finding.sees("permerror for every signature with this selector");
        match key.record.ed25519_in_spki() {
            Some(raw) => {
                let right = base64::engine::general_purpose::STANDARD.encode(raw);
                finding
                    .help(format!("the key is the last 32 octets of this SubjectPublicKeyInfo: p={right}"))
                    .fix(key.replace("publish the bare 32 octets", fault.span, &right));
            }
            None => {
                finding.help("publish the 32 octets of the public key in base64");
            }
        }
    }
}
