//! A private key held against what is published at its selector.

use crate::model::dkim::{KeyFault, KeyRecord, PublicKey, RsaForm};

/// What is at the selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// This key. What is nevertheless worth a change, each a sentence without a full stop.
    Match(Vec<&'static str>),
    /// Another key.
    Mismatch,
    /// Nothing.
    Missing,
    /// TXT data, but no key record.
    NoKeyRecord,
    /// More than one key record: which one a verifier takes is undefined (RFC 6376 §3.6.2.2).
    Several(usize),
    /// An empty `p=` (RFC 6376 §3.6.1).
    Revoked,
    /// A key record without a key that can be read, and why.
    Broken(&'static str),
}

impl Published {
    /// Holds `key` against the TXT data at its selector. RSA keys are compared by modulus and exponent, so the form in
    /// which they are published does not matter.
    pub fn compare(key: &PublicKey, texts: &[Vec<u8>]) -> Published {
        let readings: Vec<_> = texts.iter().map(|t| KeyRecord::read(t)).filter(|r| r.is_ours()).collect();
        let reading = match readings.as_slice() {
            [] if texts.is_empty() => return Published::Missing,
            [] => return Published::NoKeyRecord,
            [one] => one,
            many => return Published::Several(many.len()),
        };
        let Some(record) = reading.record() else { return Published::NoKeyRecord };
        if record.revoked() {
            return Published::Revoked;
        }
        let Some(published) = &record.key else {
            let spki = record.ed25519_in_spki().is_some();
            return Published::Broken(
                reading.faults().iter().map(|f| words(f.kind, spki)).next().unwrap_or(UNREADABLE),
            );
        };
        if published != key {
            return Published::Mismatch;
        }
        // A verifier ignores a record that breaks its grammar, whatever key is in it.
        if let Some(fault) = reading.faults().iter().find(|f| f.kind != KeyFault::NoPadding) {
            return Published::Broken(words(fault.kind, false));
        }
        let mut remarks = Vec::new();
        if record.rsa_form == Some(RsaForm::Pkcs1) {
            remarks.push("it is published as a bare PKCS#1 key, which some verifiers reject");
        }
        if record.has_flag(b"y") {
            remarks.push("it is published in test mode (t=y): verifiers treat its signatures like none");
        }
        Published::Match(remarks)
    }

    /// One word for scripts.
    pub fn word(&self) -> &'static str {
        match self {
            Published::Match(_) => "match",
            Published::Mismatch => "mismatch",
            Published::Missing => "missing",
            Published::NoKeyRecord => "no_key_record",
            Published::Several(_) => "several",
            Published::Revoked => "revoked",
            Published::Broken(_) => "broken",
        }
    }

    /// A sentence for people, without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Published::Match(_) => "the published key is this one".into(),
            Published::Mismatch => "another key is published: no signature made with this one verifies".into(),
            Published::Missing => "no key is published".into(),
            Published::NoKeyRecord => "what is published there is no key".into(),
            Published::Several(n) => format!("{n} keys are published at one selector: verifiers take any of them"),
            Published::Revoked => "the published key is revoked (its p= is empty)".into(),
            Published::Broken(why) => format!("the published key cannot be used: {why}"),
        }
    }
}

const UNREADABLE: &str = "its p= cannot be read";

fn words(fault: KeyFault, ed25519_spki: bool) -> &'static str {
    match fault {
        KeyFault::Tags(_) => "its list of tags is broken",
        KeyFault::VersionNotFirst => "v= is not its first tag",
        KeyFault::BadVersion => "its v= is not DKIM1",
        KeyFault::NoKey => "it has no p=",
        KeyFault::BadBase64 => "its p= has characters in it that base64 does not have",
        KeyFault::CutBase64 | KeyFault::NoPadding => "its p= is cut off",
        KeyFault::NotRsa => "its p= is no RSA key",
        KeyFault::NotEd25519 if ed25519_spki => {
            "its p= is a SubjectPublicKeyInfo; an Ed25519 key is published as its bare 32 octets (RFC 8463 §4.2)"
        }
        KeyFault::NotEd25519 => "its p= is no Ed25519 key of 32 octets",
        KeyFault::UnknownKeyType => "its k= names a kind that no verifier knows",
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::keys::algorithm::Algorithm;
    use crate::keys::pair::KeyPair;

    #[test]
    fn what_may_stand_at_a_selector() {
        let rsa = KeyPair::generate(Algorithm::Rsa2048).unwrap();
        let other = KeyPair::generate(Algorithm::Rsa2048).unwrap().record();
        let record = rsa.record();
        let bare = format!("k=rsa; p= {}  ", STANDARD.encode(rsa.public().pkcs1_der()));
        let p = record.split("p=").nth(1).unwrap();
        let rows: Vec<(Vec<String>, &str, &str)> = vec![
            (vec![record.clone()], "match", "the record itself"),
            (vec![bare], "match", "PKCS#1, without v=, with spaces"),
            (vec![format!("v=DKIM1; t=y; p={p}")], "match", "test mode"),
            (vec!["google-site-verification=x".into(), record.clone()], "match", "other TXT beside it"),
            (vec![other], "mismatch", "another key"),
            (vec![], "missing", "nothing"),
            (vec!["v=spf1 -all".into()], "no_key_record", "SPF in its place"),
            (vec![record.clone(), record.clone()], "several", "twice"),
            (vec!["v=DKIM1; p=".into()], "revoked", "empty p="),
            (vec![format!("v=DKIM1; p=\"{p}\"")], "broken", "literal quotes"),
            (vec![format!("v=DKIM1; p={}", &p[..200])], "broken", "cut off"),
            (vec![format!("p={p}; v=DKIM1")], "broken", "v= not first"),
            (vec![format!("v=DKIM1; k=dsa; p={p}")], "broken", "unknown kind"),
        ];
        for (texts, want, why) in rows {
            let texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let got = Published::compare(rsa.public(), &texts);
            assert_eq!(got.word(), want, "{why}: {}", got.sentence());
        }
        let ed = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let PublicKey::Ed25519(raw) = ed.public() else { panic!("an Ed25519 key") };
        let mut spki = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        spki.extend(raw);
        let text = format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(spki)).into_bytes();
        assert!(Published::compare(ed.public(), &[text]).sentence().contains("bare 32 octets"));
    }
}
