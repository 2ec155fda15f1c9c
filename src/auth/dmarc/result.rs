//! What comes of judging a message by DMARC.

use std::fmt;

use serde::Serialize;

use crate::auth::dmarc::{Alignment, Discovery, LegacyView};
use crate::model::dmarc::Policy;

/// A DMARC result, as Authentication-Results names it (RFC 8601 §2.7, RFC 9989 §9).
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

impl DmarcResult {
    /// The word for it in an Authentication-Results field.
    pub fn as_str(self) -> &'static str {
        match self {
            DmarcResult::None => "none",
            DmarcResult::Pass => "pass",
            DmarcResult::Fail => "fail",
            DmarcResult::TempError => "temperror",
            DmarcResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for DmarcResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
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

impl Disposition {
    /// The policy value.
    pub fn as_str(self) -> &'static str {
        match self {
            Disposition::None => "none",
            Disposition::Quarantine => "quarantine",
            Disposition::Reject => "reject",
        }
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Policy> for Disposition {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::None => Disposition::None,
            Policy::Quarantine => Disposition::Quarantine,
            Policy::Reject => Disposition::Reject,
        }
    }
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
    /// How the policy was found, query by query. Absent where there was nothing to look for.
    pub discovery: Option<Discovery>,
    /// Each identifier that passed, and whether it is aligned.
    pub alignment: Vec<Alignment>,
    /// What a reader of RFC 7489 concludes.
    pub legacy: Option<LegacyView>,
}

impl DmarcVerdict {
    /// A message that cannot be judged at all: no author domain, or several (RFC 9989 §5.3.1).
    pub fn not_judged(result: DmarcResult, domain: impl Into<String>, reason: impl Into<String>) -> Self {
        DmarcVerdict {
            result,
            domain: domain.into(),
            policy_domain: None,
            policy: None,
            organizational_domain: None,
            spf_aligned: false,
            dkim_aligned: false,
            reason: reason.into(),
            discovery: None,
            alignment: Vec::new(),
            legacy: None,
        }
    }
}
