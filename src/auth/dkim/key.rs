//! The key of a signature, from DNS (RFC 6376 §6.1.2).

use std::sync::Arc;

use hickory_proto::rr::RecordType;
use mail_auth::common::crypto::Algorithm;

use super::DkimResult;
use super::signature::Candidate;
use super::verifier::Verifier;
use crate::auth::kept::Kept;
use crate::dns::lookup::Lookup;
use crate::model::dkim::{KeyFault, KeyRecord, PublicKey};
use crate::model::name;
use crate::model::reading::Reading;
use crate::model::tag_list::TagFault;

/// The keys that were asked for, by their names.
#[derive(Debug, Default)]
pub struct Keys(Kept<String, Published>);

/// What a key name publishes: a key, or the result of every signature that names it, and a sentence.
type Published = Result<PublishedKey, (DkimResult, String)>;

/// A key as it is published.
#[derive(Debug)]
struct PublishedKey {
    /// The key, or why it must verify nothing; continues “the key at …”.
    verifier: Result<Verifier, String>,
    /// Its size, also where it must verify nothing.
    bits: Option<usize>,
    /// `t=y`.
    testing: bool,
    /// `t=s`.
    strict: bool,
}

/// The key that a signature names.
pub struct FoundKey {
    published: Arc<Published>,
    /// Why this signature may not use it; continues “the key at …”.
    objection: Option<String>,
    at: String,
}

impl FoundKey {
    /// The key, or the result and a sentence.
    pub fn key(&self) -> Result<&Verifier, (DkimResult, String)> {
        let refused = |why: &String| (DkimResult::PermError, format!("the key at {} {why}", self.at));
        let published = self.published.as_ref().as_ref().map_err(Clone::clone)?;
        let verifier = published.verifier.as_ref().map_err(refused)?;
        self.objection.as_ref().map_or(Ok(verifier), |why| Err(refused(why)))
    }

    /// Its size, also where it is too short.
    pub fn bits(&self) -> Option<usize> {
        self.published.as_ref().as_ref().ok()?.bits
    }

    /// `t=y`.
    pub fn testing(&self) -> bool {
        self.published.as_ref().as_ref().is_ok_and(|key| key.testing)
    }
}

impl Keys {
    /// Asks for the key of `candidate` and checks what it allows.
    pub async fn fetch(&self, lookup: &dyn Lookup, candidate: &Candidate<'_>) -> FoundKey {
        let at = candidate.key_name.clone();
        let lasts = |published: &Published| !matches!(published, Err((DkimResult::TempError, _)));
        let published = self.0.get(at.clone(), ask(lookup, &at), lasts).await;
        let objection = published.as_ref().as_ref().ok().and_then(|key| objection(key, candidate));
        FoundKey { published, objection, at }
    }
}

/// Asks what is published at `at`, and reads it.
async fn ask(lookup: &dyn Lookup, at: &str) -> Published {
    let never = |reason: String| Err((DkimResult::PermError, reason));
    let Ok(name) = name::shown(at) else { return never(format!("{at} is not a domain name")) };
    let answer = match lookup.lookup(&name, RecordType::TXT).await {
        Ok(answer) => answer,
        Err(failure) => {
            return Err((DkimResult::TempError, format!("the key at {at} cannot be fetched: {failure}")));
        }
    };
    let texts = answer.texts();
    let readings: Vec<_> = texts.iter().map(|t| KeyRecord::read(t)).filter(Reading::is_ours).collect();
    let [reading] = &readings[..] else {
        return never(match (readings.len(), texts.len()) {
            (0, 0) => format!("there is no key at {at}"),
            (0, _) => format!("what is published at {at} is no DKIM key"),
            (many, _) => format!("{at} has {many} keys, and nobody can say which one counts (RFC 6376 §3.6.2.2)"),
        });
    };
    let Some(record) = reading.record() else {
        return never(format!("what is published at {at} is no DKIM key"));
    };
    let verifier = match (useless(reading, record), &record.key) {
        (Some(why), _) => Err(why),
        (None, None) => Err("cannot be read".into()),
        (None, Some(key)) => Ok(Verifier::new(key)),
    };
    Ok(PublishedKey {
        verifier,
        bits: record.key.as_ref().map(PublicKey::bits),
        testing: record.has_flag(b"y"),
        strict: record.has_flag(b"s"),
    })
}

/// Why a key must verify no signature at all; continues “the key at …”.
fn useless(reading: &Reading<KeyRecord, KeyFault>, record: &KeyRecord) -> Option<String> {
    if let Some(why) = reading.faults().iter().find_map(|f| unreadable(f.kind)) {
        return Some(why.into());
    }
    if record.revoked() {
        return Some("is revoked: its `p=` is empty".into());
    }
    let listed = |list: &Option<Vec<_>>, wanted: &[&[u8]]| {
        list.as_ref().is_none_or(|spans| {
            spans.iter().any(|s| wanted.iter().any(|w| record.tags.slice(*s).eq_ignore_ascii_case(w)))
        })
    };
    if !listed(&record.hashes, &[b"sha256"]) {
        return Some("may not be used with SHA-256: its `h=` does not list sha256".into());
    }
    if !listed(&record.services, &[b"email", b"*"]) {
        return Some("is not for e-mail: its `s=` lists neither email nor *".into());
    }
    None
}

/// Why `key` must not verify the signature; continues “the key at …”.
fn objection(key: &PublishedKey, candidate: &Candidate) -> Option<String> {
    let rsa = key.verifier.as_ref().ok()?.is_rsa();
    if rsa != (candidate.signature.a == Algorithm::RsaSha256) {
        return Some(format!("is of another kind than the signature, which says a={}", candidate.outcome.algorithm));
    }
    if let Some(bits) = key.bits.filter(|bits| rsa && *bits < 1024) {
        return Some(format!("has {bits} bits; under 1024 none may be accepted (RFC 8301 §3.2)"));
    }
    // RFC 6376 §3.6.1, `t=s`: the identity must not be in a subdomain.
    let identity = candidate.signature.i.rsplit_once('@').map(|(_, host)| host);
    if key.strict && identity.is_some_and(|host| !host.eq_ignore_ascii_case(&candidate.outcome.domain)) {
        return Some("allows no subdomain in `i=`: it says t=s".into());
    }
    None
}

/// Why verifiers cannot read a key with this fault; `None` where they read it all the same.
fn unreadable(fault: KeyFault) -> Option<&'static str> {
    match fault {
        KeyFault::Tags(TagFault::Duplicate) => Some("has a tag twice"),
        KeyFault::Tags(TagFault::NoEquals) => Some("is not a list of tags"),
        KeyFault::BadVersion => Some("is not of version DKIM1"),
        KeyFault::NoKey => Some("has no `p=`"),
        KeyFault::BadBase64 | KeyFault::CutBase64 => Some("cannot be read: its `p=` is not base64"),
        KeyFault::NotRsa => Some("cannot be read: its `p=` holds no RSA key"),
        KeyFault::NotEd25519 => Some("cannot be read: its `p=` is not the 32 octets of an Ed25519 key"),
        KeyFault::UnknownKeyType => Some("is of a kind that is not known (`k=`)"),
        KeyFault::Tags(_) | KeyFault::VersionNotFirst | KeyFault::NoPadding => None,
    }
}
