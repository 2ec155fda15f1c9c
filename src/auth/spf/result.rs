//! What `check_host()` answers.

use std::fmt;

use serde::Serialize;

use crate::auth::spf::RecordTrace;
use crate::model::spf::Qualifier;

/// The results of RFC 7208 §2.6. They print as `Received-SPF` (§9.1) and `Authentication-Results` (RFC 8601 §2.7.2)
/// write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpfResult {
    /// No record, or no domain to ask for.
    None,
    /// The domain says nothing about the address.
    Neutral,
    /// Authorised.
    Pass,
    /// Not authorised.
    Fail,
    /// Probably not authorised.
    SoftFail,
    /// A DNS question stayed open.
    TempError,
    /// The record cannot be evaluated.
    PermError,
}

impl SpfResult {
    /// The word for it, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            SpfResult::None => "none",
            SpfResult::Neutral => "neutral",
            SpfResult::Pass => "pass",
            SpfResult::Fail => "fail",
            SpfResult::SoftFail => "softfail",
            SpfResult::TempError => "temperror",
            SpfResult::PermError => "permerror",
        }
    }
}

impl From<Qualifier> for SpfResult {
    fn from(qualifier: Qualifier) -> Self {
        match qualifier {
            Qualifier::Pass => SpfResult::Pass,
            Qualifier::Fail => SpfResult::Fail,
            Qualifier::SoftFail => SpfResult::SoftFail,
            Qualifier::Neutral => SpfResult::Neutral,
        }
    }
}

impl fmt::Display for SpfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An evaluation with its reasons.
#[derive(Clone, Debug, Serialize)]
pub struct SpfEvaluation {
    /// The result.
    pub result: SpfResult,
    /// The domain that was checked.
    pub domain: String,
    /// The explanation of a `fail` (§6.2), if the domain publishes one.
    pub explanation: Option<String>,
    /// A sentence that says why.
    pub reason: String,
    /// Terms that cost a DNS lookup (§4.6.4). Over ten where that is why it ended.
    pub lookups: u32,
    /// Of these, the ones that found nothing (§4.6.4).
    pub void_lookups: u32,
    /// What was evaluated, term by term.
    pub trace: RecordTrace,
}
