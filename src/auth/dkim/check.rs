//! The signature against message and key: body hash, then header hash.

use mail_auth::AuthenticatedMessage;
use mail_auth::common::crypto::{HashContext as _, HashImpl as _, Sha256};
use mail_auth::common::headers::{Writable as _, Writer};
use mail_auth::dkim::Canonicalization;

use super::key::FoundKey;
use super::parsed::parsed;
use super::signature::Candidate;
use super::{DkimOutcome, DkimResult};
use crate::model::dkim::PublicKey;
use crate::model::message::Message;

/// Body hashes by canonicalization and `l=`, so that many signatures do not mean hashing many times.
#[derive(Default)]
pub struct BodyHashes(Vec<(Canonicalization, Option<u64>, BodyHash)>);

#[derive(Clone)]
struct BodyHash {
    digest: Vec<u8>,
    /// The length of the canonical body.
    length: u64,
}

impl BodyHashes {
    fn get(&mut self, body: &[u8], form: Canonicalization, limit: Option<u64>) -> BodyHash {
        if let Some((.., hash)) = self.0.iter().find(|(f, l, _)| (*f, *l) == (form, limit)) {
            return hash.clone();
        }
        // RFC 6376 §3.5: `l=` counts octets of the canonical body; mail-auth would cut before it canonicalizes.
        let mut counter = Limited { inner: Sha256::hasher(), limit: limit.unwrap_or(u64::MAX), length: 0 };
        form.canonical_body(body, 0).write(&mut counter);
        let hash = BodyHash { length: counter.length, digest: counter.inner.complete().as_ref().to_vec() };
        self.0.push((form, limit, hash.clone()));
        hash
    }
}

/// Passes the first `limit` octets on and counts all.
struct Limited<W> {
    inner: W,
    limit: u64,
    length: u64,
}

impl<W: Writer> Writer for Limited<W> {
    fn write(&mut self, octets: &[u8]) {
        let left = usize::try_from(self.limit.saturating_sub(self.length)).unwrap_or(usize::MAX);
        self.inner.write(&octets[..octets.len().min(left)]);
        self.length += octets.len() as u64;
    }
}

/// Judges `candidate` with its key.
pub fn judge(message: &Message<'_>, bodies: &mut BodyHashes, candidate: Candidate<'_>, found: FoundKey) -> DkimOutcome {
    let body = bodies.get(message.body, candidate.signature.cb, candidate.body_length);
    let body_matches = body.digest == candidate.signature.bh;
    let uncovered = candidate.body_length.map(|l| body.length.saturating_sub(l));
    let too_long = candidate.body_length.is_some_and(|l| l > body.length);

    let mut outcome = candidate.outcome.clone();
    outcome.key_bits = found.bits;
    outcome.testing = found.testing;
    let header_matches = match found.key {
        Ok(key) => Ok(header_matches(message, &candidate, &key)),
        Err(none) => Err(none),
    };
    let (result, mut reason) = match (body_matches, header_matches) {
        (false, _) if too_long => (DkimResult::Fail, "the body was cut: it is shorter than `l=` says".to_string()),
        (false, Ok(true)) => (
            DkimResult::Fail,
            "the body was changed after signing (its hash differs); the signed header fields are intact".into(),
        ),
        (false, _) => (DkimResult::Fail, "the body was changed after signing (its hash differs)".into()),
        (true, Ok(true)) => (DkimResult::Pass, pass_reason(&outcome, uncovered)),
        (true, Ok(false)) => (
            DkimResult::Fail,
            "a signed header field was changed after signing, or the published key is not the signer's".into(),
        ),
        (true, Err(none)) => none,
    };
    if outcome.testing && result != DkimResult::Pass {
        // RFC 6376 §3.6.1: such mail counts as unsigned.
        reason.push_str("; the domain is testing (t=y): treat the message as unsigned");
    }
    outcome.result = result;
    outcome.reason = reason;
    outcome
}

fn pass_reason(outcome: &DkimOutcome, uncovered: Option<u64>) -> String {
    let bits = outcome.key_bits.unwrap_or_default();
    let mut reason = match outcome.algorithm.as_str() {
        "rsa-sha256" if bits < 2048 => format!("the signature verifies, with a weak key of {bits} bits"),
        _ => "the signature verifies".to_string(),
    };
    match uncovered {
        Some(0) => reason.push_str("; `l=` would let anybody append to the body"),
        Some(octets) => reason.push_str(&format!("; {octets} octets at the end of the body are not signed (`l=`)")),
        None => {}
    }
    if outcome.testing {
        reason.push_str("; the domain is testing (t=y)");
    }
    reason
}

/// Whether the signature over the header verifies, whatever became of the body.
fn header_matches(message: &Message<'_>, candidate: &Candidate<'_>, key: &PublicKey) -> bool {
    let signature = &candidate.signature;
    let Some(key) = parsed(&key.record()) else { return false };
    let view = AuthenticatedMessage {
        headers: message.fields.iter().map(|f| (f.name, f.value)).collect(),
        ..AuthenticatedMessage::default()
    };
    let mut fields = view.signed_headers(&signature.h, candidate.field.name, &candidate.unsigned);
    key.p.verify(&mut fields, &signature.b, signature.ch, signature.a).is_ok()
}
