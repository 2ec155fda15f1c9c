//! The DMARC tree walk and verdict of RFC 9989.

use serde::Serialize;

use crate::dns::lookup::Lookup;
use crate::model::name::Name;

/// A DMARC result (RFC 8601 §2.7.x as RFC 9989 §9 names them).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcResult {
    /// No policy.
    None,
    /// An aligned identifier passed.
    Pass,
    /// None did.
    Fail,
    /// DNS did not answer.
    TempError,
    /// The message or record cannot be judged.
    PermError,
}

/// What a receiver is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// Nothing.
    None,
    /// Treat as suspicious.
    Quarantine,
    /// Refuse.
    Reject,
}

/// The verdict with its reasons.
#[derive(Clone, Debug, Serialize)]
pub struct DmarcVerdict {
    /// The result.
    pub result: DmarcResult,
    /// The author domain, from the From field.
    pub domain: String,
    /// The domain whose record gave the policy.
    pub policy_domain: Option<String>,
    /// The policy that applies to this domain (after `sp`, `np` and `t`), whatever the result.
    pub policy: Option<Disposition>,
    /// The organisational domain (RFC 9989 §4.10.2).
    pub organizational_domain: Option<String>,
    /// The SPF domain passed and is aligned.
    pub spf_aligned: bool,
    /// A DKIM domain passed and is aligned.
    pub dkim_aligned: bool,
    /// A sentence that says why.
    pub reason: String,
}

/// Judges a message of author domain `author`, given the identifiers that passed.
pub async fn evaluate(lookup: &dyn Lookup, author: &Name, spf_pass: Option<&Name>, dkim_pass: &[Name]) -> DmarcVerdict {
    let _ = (lookup, author, spf_pass, dkim_pass);
    std::future::pending().await
}
