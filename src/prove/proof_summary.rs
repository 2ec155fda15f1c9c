//! The proof before push, as plan and push show it.

use serde::Serialize;

/// Whether mail would pass under a plan.
#[derive(Clone, Debug, Serialize)]
pub struct ProofSummary {
    /// Nothing speaks against the plan.
    pub passes: bool,
    /// What a person should read, one sentence an entry.
    pub sentences: Vec<String>,
}
