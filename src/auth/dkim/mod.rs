//! DKIM verification (RFC 6376, RFC 8301, RFC 8463): the canonical forms are mail-auth's, keys and reasons ours.

mod check;
mod key;
mod signature;
mod verifier;

pub use key::Keys;

use std::time::SystemTime;

use futures_util::future::join_all;
use serde::Serialize;

use crate::dns::lookup::Lookup;
use crate::model::message::Message;

/// How many signatures of one message are looked at (RFC 6376 §6.1 lets verifiers limit them): each costs a look-up
/// and, over a long body, real time.
const MAX_SIGNATURES: usize = 20;

/// A DKIM result (RFC 8601 §2.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DkimResult {
    /// No signature.
    None,
    /// The signature verifies.
    Pass,
    /// It does not.
    Fail,
    /// It is not acceptable to this verifier's policy.
    Policy,
    /// It could not be processed.
    Neutral,
    /// DNS did not answer.
    TempError,
    /// A part that never can be judged.
    PermError,
}

impl DkimResult {
    /// The word in Authentication-Results and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            DkimResult::None => "none",
            DkimResult::Pass => "pass",
            DkimResult::Fail => "fail",
            DkimResult::Policy => "policy",
            DkimResult::Neutral => "neutral",
            DkimResult::TempError => "temperror",
            DkimResult::PermError => "permerror",
        }
    }
}

/// One signature's outcome.
#[derive(Clone, Debug, Serialize)]
pub struct DkimOutcome {
    /// The result.
    pub result: DkimResult,
    /// `d=`, in lower case.
    pub domain: String,
    /// `s=`, in lower case.
    pub selector: String,
    /// `a=`.
    pub algorithm: String,
    /// `i=`, if the signature has one.
    pub identity: Option<String>,
    /// The key's size in bits, where a key was found.
    pub key_bits: Option<usize>,
    /// `h=`: the names of the signed fields.
    pub signed_fields: Vec<String>,
    /// `l=`: only so many octets of the body are signed.
    pub body_length: Option<u64>,
    /// `t=` and `x=`, in seconds since 1970.
    pub signed_at: Option<u64>,
    /// See [`DkimOutcome::signed_at`].
    pub expires_at: Option<u64>,
    /// The key says `t=y`: its owner is testing.
    pub testing: bool,
    /// The first characters of `b=`, which tell signatures of one domain apart (RFC 6008).
    pub signature_start: String,
    /// A sentence that says why.
    pub reason: String,
}

/// Verifies every signature of `message`, whose lines end in CR LF, as of `now`. The outcomes stand in the order of the fields.
pub async fn verify(lookup: &dyn Lookup, message: &Message<'_>, now: SystemTime) -> Vec<DkimOutcome> {
    verify_with(lookup, &Keys::default(), message, now).await
}

/// The same with `keys` that earlier messages had.
pub async fn verify_with(lookup: &dyn Lookup, keys: &Keys, message: &Message<'_>, now: SystemTime) -> Vec<DkimOutcome> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let signatures = message.named("DKIM-Signature").take(MAX_SIGNATURES).map(|field| async move {
        let signature = signature::read(field, now)?;
        let key = keys.fetch(lookup, &signature).await;
        Ok::<_, Box<DkimOutcome>>((signature, key))
    });
    let mut bodies = check::BodyHashes::default();
    let mut outcomes = Vec::new();
    for found in join_all(signatures).await {
        outcomes.push(match found {
            Ok((signature, key)) => check::judge(message, &mut bodies, signature, &key),
            Err(outcome) => *outcome,
        });
    }
    outcomes
}

#[cfg(test)]
mod tests;
