//! DKIM verification, on mail-auth, with key facts and reasons.

use serde::Serialize;

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

/// One signature's outcome.
#[derive(Clone, Debug, Serialize)]
pub struct DkimOutcome {
    /// The result.
    pub result: DkimResult,
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// `a=`.
    pub algorithm: String,
    /// The key's size in bits, where a key was found.
    pub key_bits: Option<usize>,
    /// A sentence that says why.
    pub reason: String,
}
