//! DKIM keys in DNS.

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::auth::published::Finding;
use crate::dns::gather::Gathered;
use crate::model::dkim::{KeyFault, KeyRecord, KeyType};
use crate::model::name::{self, Name};
use crate::model::snapshot::Key;

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyStatus {
    /// Verifiers can use it.
    Ok,
    /// `p=` is empty: it was taken back.
    Revoked,
    /// Verifiers cannot use it.
    Broken,
    /// Nothing is there.
    Missing,
    /// DNS did not say.
    Unknown,
}

/// A key record.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedKey {
    /// The selector.
    pub selector: String,
    /// The owner name.
    pub name: String,
    /// How it stands.
    pub status: KeyStatus,
    /// `rsa`, `ed25519`, or what the record says.
    pub algorithm: Option<String>,
    /// The size of an RSA key in bits; 256 for Ed25519.
    pub bits: Option<usize>,
    /// Where a CNAME leads, if one stands there.
    pub alias: Option<String>,
    /// The record; with several, the first.
    pub record: Option<String>,
}

/// The keys of `selectors`, there or not; without selectors, every key that was gathered.
pub(super) fn read_all(gathered: &Gathered, selectors: &[String], findings: &mut Vec<Finding>) -> Vec<PublishedKey> {
    let Ok(base) = name::below("_domainkey", &gathered.domain) else { return Vec::new() };
    if !selectors.is_empty() {
        return selectors
            .iter()
            .filter_map(|s| Some(read_key(gathered, &name::below(s, &base).ok()?, s.clone(), findings)))
            .collect();
    }
    let found: Vec<Name> = gathered
        .snapshot
        .sets()
        .filter(|set| set.rtype == RecordType::TXT && base.zone_of(&set.name) && set.name != base)
        .filter(|set| set.texts().iter().any(|text| KeyRecord::read(text).is_ours()))
        .map(|set| set.name.clone())
        .collect();
    found.into_iter().map(|owner| read_key(gathered, &owner, name::relative(&owner, &base), findings)).collect()
}

fn read_key(gathered: &Gathered, owner: &Name, selector: String, findings: &mut Vec<Finding>) -> PublishedKey {
    let alias = gathered.aliases.get(&Key::new(owner, RecordType::TXT)).and_then(|chain| chain.last());
    let mut key = PublishedKey {
        selector,
        name: name::show(owner),
        status: KeyStatus::Missing,
        algorithm: None,
        bits: None,
        alias: alias.map(name::show),
        record: None,
    };
    if gathered.failure(owner, RecordType::TXT).is_some() {
        key.status = KeyStatus::Unknown;
        return key;
    }
    let texts = gathered.snapshot.get(owner, RecordType::TXT).map(|set| set.texts()).unwrap_or_default();
    let ours: Vec<&Vec<u8>> = texts.iter().filter(|text| KeyRecord::read(text).is_ours()).collect();
    let error = || Finding::error(owner, RecordType::TXT).receivers("no signature with this selector verifies");
    let Some(text) = ours.first() else {
        findings.push(match alias {
            Some(target) => error().about(
                Some("DKIM020"),
                "dangling-selector",
                format!("the CNAME leads to {}, where no key is", name::show(target)),
            ),
            None => error().about(Some("DKIM001"), "missing-key", "there is no key at this selector"),
        });
        return key;
    };
    key.record = Some(String::from_utf8_lossy(text).into_owned());
    let reading = KeyRecord::read(text);
    let Some(record) = reading.record() else { return key };
    key.algorithm = record.tags.value("k").map(|k| String::from_utf8_lossy(k).into_owned()).or(Some("rsa".into()));
    key.bits = if record.key_type == KeyType::Ed25519 && record.key.is_some() { Some(256) } else { record.rsa_bits() };
    key.status = KeyStatus::Ok;
    if record.revoked() {
        key.status = KeyStatus::Revoked;
    } else if ours.len() > 1 {
        key.status = KeyStatus::Broken;
        let why = format!("there are {} keys at this selector: verifiers take any of them", ours.len());
        findings.push(error().about(Some("DKIM017"), "several-keys-at-selector", why).rfc("RFC 6376 §3.6.2.2"));
    } else if let Some((code, slug, why)) = reading.faults().iter().find_map(|f| unusable(f.kind)) {
        key.status = KeyStatus::Broken;
        findings.push(error().about(Some(code), slug, why));
    } else if let Some(bits) = record.rsa_bits().filter(|bits| *bits < 2048) {
        let why = format!("the RSA key has {bits} bits");
        if bits < 1024 {
            key.status = KeyStatus::Broken;
            findings.push(error().about(Some("DKIM008"), "rsa-key-too-short", why).rfc("RFC 8301 §3.2"));
        } else {
            let warning = Finding::warning(owner, RecordType::TXT);
            findings.push(
                warning
                    .about(Some("DKIM009"), "rsa-key-weak", why)
                    .help("make a key of 2048 bits: mailproof keys generate")
                    .rfc("RFC 8301 §3.2"),
            );
        }
    }
    key
}

/// The rule that a fault breaks, for faults that keep verifiers from using the key.
fn unusable(fault: KeyFault) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match fault {
        KeyFault::VersionNotFirst => ("DKIM002", "bad-key-version", "`v=` is not the first tag"),
        KeyFault::BadVersion => ("DKIM002", "bad-key-version", "`v=` is not `DKIM1`"),
        KeyFault::NoKey => ("DKIM004", "no-public-key", "the record has no `p=`"),
        KeyFault::BadBase64 | KeyFault::CutBase64 => ("DKIM006", "undecodable-key", "`p=` is not base64"),
        KeyFault::NotRsa => ("DKIM006", "undecodable-key", "`p=` holds no RSA public key"),
        KeyFault::NotEd25519 => ("DKIM010", "bad-ed25519-key", "`p=` is not the 32 octets of an Ed25519 key"),
        KeyFault::UnknownKeyType => ("DKIM011", "unknown-key-type", "no verifier knows the key type of `k=`"),
        KeyFault::Tags(_) | KeyFault::NoPadding => return None,
    })
}
