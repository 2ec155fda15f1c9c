//! The key of a signature, from DNS (RFC 6376 §6.1.2).

use hickory_proto::rr::RecordType;
use mail_auth::common::crypto::Algorithm;

use super::DkimResult;
use super::signature::Candidate;
use crate::dns::lookup::Lookup;
use crate::model::dkim::{KeyFault, KeyRecord, PublicKey};
use crate::model::name;
use crate::model::reading::Reading;
use crate::model::tag_list::TagFault;

/// A key that may verify the signature, or why there is none.
pub struct FoundKey {
    /// The key, or the result and a sentence.
    pub key: Result<PublicKey, (DkimResult, String)>,
    /// Its size, also where it is too short.
    pub bits: Option<usize>,
    /// `t=y`.
    pub testing: bool,
}

impl FoundKey {
    fn none(result: DkimResult, reason: String) -> Self {
        FoundKey { key: Err((result, reason)), bits: None, testing: false }
    }
}

/// Asks for the key of `candidate` and checks what it allows.
pub async fn fetch(lookup: &dyn Lookup, candidate: &Candidate<'_>) -> FoundKey {
    let at = name::show(&candidate.key_name);
    let answer = match lookup.lookup(&candidate.key_name, RecordType::TXT).await {
        Ok(answer) => answer,
        Err(failure) => {
            return FoundKey::none(DkimResult::TempError, format!("the key at {at} cannot be fetched: {failure}"));
        }
    };
    let texts = answer.texts();
    let readings: Vec<_> = texts.iter().map(|t| KeyRecord::read(t)).filter(Reading::is_ours).collect();
    let [reading] = &readings[..] else {
        let reason = match (readings.len(), texts.len()) {
            (0, 0) => format!("there is no key at {at}"),
            (0, _) => format!("what is published at {at} is no DKIM key"),
            (many, _) => format!("{at} has {many} keys, and nobody can say which one counts (RFC 6376 §3.6.2.2)"),
        };
        return FoundKey::none(DkimResult::PermError, reason);
    };
    let Some(record) = reading.record() else {
        return FoundKey::none(DkimResult::PermError, format!("what is published at {at} is no DKIM key"));
    };
    let bits = record.key.as_ref().map(PublicKey::bits);
    let testing = record.has_flag(b"y");
    let key = match objection(reading, record, candidate) {
        Some(why) => Err((DkimResult::PermError, format!("the key at {at} {why}"))),
        None => record.key.clone().ok_or((DkimResult::PermError, format!("the key at {at} cannot be read"))),
    };
    FoundKey { key, bits, testing }
}

/// Why the key at hand must not verify the signature; continues “the key at …”.
fn objection(reading: &Reading<KeyRecord, KeyFault>, record: &KeyRecord, candidate: &Candidate) -> Option<String> {
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
    match (&record.key, candidate.signature.a) {
        (Some(PublicKey::Rsa(_)), Algorithm::Ed25519Sha256) | (Some(PublicKey::Ed25519(_)), Algorithm::RsaSha256) => {
            return Some(format!(
                "is of another kind than the signature, which says a={}",
                candidate.outcome.algorithm
            ));
        }
        (Some(PublicKey::Rsa(key)), _) if key.bits() < 1024 => {
            return Some(format!("has {} bits; under 1024 none may be accepted (RFC 8301 §3.2)", key.bits()));
        }
        _ => {}
    }
    // RFC 6376 §3.6.1, `t=s`: the identity must not be in a subdomain.
    let identity = candidate.signature.i.rsplit_once('@').map(|(_, host)| host);
    if record.has_flag(b"s") && identity.is_some_and(|host| !host.eq_ignore_ascii_case(&candidate.outcome.domain)) {
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
