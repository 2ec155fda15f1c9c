//! The signature against message and key: body hash, then header hash.

use aws_lc_rs::digest::{Context, Digest, SHA256};
use mail_auth::AuthenticatedMessage;
use mail_auth::common::headers::{Writable as _, Writer};
use mail_auth::dkim::Canonicalization;

use super::key::FoundKey;
use super::signature::Candidate;
use super::verifier::Verifier;
use super::{DkimOutcome, DkimResult};
use crate::model::message::Message;

/// Body hashes by canonicalization and `l=`, so that many signatures do not mean hashing many times.
#[derive(Default)]
pub struct BodyHashes(Vec<(Canonicalization, Option<u64>, BodyHash)>);

#[derive(Clone, Copy)]
struct BodyHash {
    digest: Digest,
    /// The length of the canonical body.
    length: u64,
}

impl BodyHashes {
    fn get(&mut self, body: &[u8], form: Canonicalization, limit: Option<u64>) -> BodyHash {
        if let Some((.., hash)) = self.0.iter().find(|(f, l, _)| (*f, *l) == (form, limit)) {
            return *hash;
        }
        // RFC 6376 §3.5: `l=` counts octets of the canonical body; mail-auth would cut before it canonicalizes.
        let mut counter = Limited { inner: Context::new(&SHA256), limit: limit.unwrap_or(u64::MAX), length: 0 };
        match form {
            Canonicalization::Relaxed if is_relaxed(body) => {
                let lines = without_last_breaks(body);
                if !lines.is_empty() {
                    counter.write(lines);
                    counter.write(b"\r\n");
                }
            }
            _ => form.canonical_body(body, 0).write(&mut counter),
        }
        let hash = BodyHash { length: counter.length, digest: counter.inner.finish() };
        self.0.push((form, limit, hash));
        hash
    }
}

/// Whether `body` is in the relaxed form but for its end (RFC 6376 §3.4.4), as nearly every body is: no tab, no space
/// before another or before a line end, no half line end. Without an early way out, so that many octets go at a time.
fn is_relaxed(body: &[u8]) -> bool {
    let (Some(first), Some(last)) = (body.first(), body.last()) else { return true };
    let odd = body.iter().zip(&body[1..]).fold(false, |odd, (&this, &next)| {
        let space = (this == b' ') & ((next == b' ') | (next == b'\r'));
        odd | space | (this == b'\t') | ((this == b'\r') != (next == b'\n'))
    });
    !odd && *first != b'\n' && !matches!(last, b' ' | b'\t' | b'\r')
}

/// `body` without the line ends at its end.
fn without_last_breaks(mut body: &[u8]) -> &[u8] {
    while let Some(shorter) = body.strip_suffix(b"\r\n") {
        body = shorter;
    }
    body
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
pub fn judge(
    message: &Message<'_>,
    bodies: &mut BodyHashes,
    candidate: Candidate<'_>,
    found: &FoundKey,
) -> DkimOutcome {
    let body = bodies.get(message.body, candidate.signature.cb, candidate.body_length);
    let body_matches = body.digest.as_ref() == candidate.signature.bh;
    let uncovered = candidate.body_length.map(|l| body.length.saturating_sub(l));
    let too_long = candidate.body_length.is_some_and(|l| l > body.length);

    let header_matches = found.key().map(|key| header_matches(message, &candidate, key));
    let mut outcome = candidate.outcome;
    outcome.key_bits = found.bits();
    outcome.testing = found.testing();
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
fn header_matches(message: &Message<'_>, candidate: &Candidate<'_>, key: &Verifier) -> bool {
    let signature = &candidate.signature;
    let view = AuthenticatedMessage {
        headers: message.fields.iter().map(|f| (f.name, f.value)).collect(),
        ..AuthenticatedMessage::default()
    };
    let fields = view.signed_headers(&signature.h, candidate.field.name, &candidate.unsigned);
    let mut header = Vec::with_capacity(1 << 10);
    signature.ch.canonicalize_headers(fields, &mut header);
    key.verifies(&header, &signature.b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn a_body_in_the_relaxed_form_is_hashed_as_it_is(
            pieces in prop::collection::vec(prop::sample::select(vec!["\r\n", " ", "\t", "\r", "\n", "a", "bc", "a b"]), 0..9),
        ) {
            let body = pieces.concat().into_bytes();
            let mut canonical = Vec::new();
            Canonicalization::Relaxed.canonical_body(&body, 0).write(&mut canonical);
            let hash = BodyHashes::default().get(&body, Canonicalization::Relaxed, None);
            let digest = aws_lc_rs::digest::digest(&SHA256, &canonical);
            prop_assert_eq!(hash.digest.as_ref(), digest.as_ref());
            prop_assert_eq!(hash.length, canonical.len() as u64);
        }
    }
}
