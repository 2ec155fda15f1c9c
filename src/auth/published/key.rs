//! DKIM keys in DNS.

use hickory_proto::rr::RecordType;
use serde::Serialize;

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
    /// `t=y`: verifiers may treat signatures as if there were none.
    pub testing: bool,
    /// `t=s`: signatures for subdomains do not count.
    pub strict: bool,
    /// `h`: the hashes that are accepted; all of them if it is empty.
    pub hashes: Vec<String>,
    /// Where a CNAME leads in the end, if one stands there.
    pub alias: Option<String>,
    /// Every name on the way there, in order.
    pub aliases: Vec<String>,
    /// The record; with several, the first.
    pub record: Option<String>,
}

/// The keys of `selectors`, there or not; without selectors, every key that was gathered.
pub(super) fn read_all(gathered: &Gathered, selectors: &[String]) -> Vec<PublishedKey> {
    let Ok(base) = name::below("_domainkey", &gathered.domain) else { return Vec::new() };
    if !selectors.is_empty() {
        return selectors
            .iter()
            .filter_map(|s| Some(read_key(gathered, &name::below(s, &base).ok()?, s.clone())))
            .collect();
    }
    let found: Vec<Name> = gathered
        .snapshot
        .sets()
        .filter(|set| set.rtype == RecordType::TXT && base.zone_of(&set.name) && set.name != base)
        .filter(|set| set.texts().iter().any(|text| KeyRecord::is_key(text)))
        .map(|set| set.name.clone())
        .collect();
    found.into_iter().map(|owner| read_key(gathered, &owner, name::relative(&owner, &base))).collect()
}

fn read_key(gathered: &Gathered, owner: &Name, selector: String) -> PublishedKey {
    let aliases = gathered.aliases.get(&Key::new(owner, RecordType::TXT));
    let aliases: Vec<String> = aliases.into_iter().flatten().map(name::show).collect();
    let mut key = PublishedKey {
        selector,
        name: name::show(owner),
        status: KeyStatus::Missing,
        algorithm: None,
        bits: None,
        testing: false,
        strict: false,
        hashes: Vec::new(),
        alias: aliases.last().cloned(),
        aliases,
        record: None,
    };
    if gathered.failure(owner, RecordType::TXT).is_some() {
        key.status = KeyStatus::Unknown;
        return key;
    }
    let texts = gathered.snapshot.get(owner, RecordType::TXT).map(|set| set.texts()).unwrap_or_default();
    let ours: Vec<&Vec<u8>> = texts.iter().filter(|text| KeyRecord::is_key(text)).collect();
    let Some(text) = ours.first() else { return key };
    key.record = Some(String::from_utf8_lossy(text).into_owned());
    let reading = KeyRecord::read(text);
    let Some(record) = reading.record() else { return key };
    let values = |tag: &str| -> Vec<String> {
        let value = record.tags.value(tag).map(|v| String::from_utf8_lossy(v).into_owned()).unwrap_or_default();
        value.split(':').map(|part| part.trim().to_string()).filter(|part| !part.is_empty()).collect()
    };
    key.algorithm = record.tags.value("k").map(|k| String::from_utf8_lossy(k).into_owned()).or(Some("rsa".into()));
    key.bits = if record.key_type == KeyType::Ed25519 && record.key.is_some() { Some(256) } else { record.rsa_bits() };
    let flags = values("t");
    key.testing = flags.iter().any(|f| f == "y");
    key.strict = flags.iter().any(|f| f == "s");
    key.hashes = values("h");
    // What keeps verifiers from using it; which rule it breaks is the linter's to say.
    let unusable = reading.faults().iter().any(|f| !matches!(f.kind, KeyFault::Tags(_) | KeyFault::NoPadding));
    key.status = match () {
        () if record.revoked() => KeyStatus::Revoked,
        () if ours.len() > 1 || unusable || record.rsa_bits().is_some_and(|bits| bits < 1024) => KeyStatus::Broken,
        () => KeyStatus::Ok,
    };
    key
}
