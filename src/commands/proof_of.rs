//! The proof before push, as plan and push show it.

use std::net::SocketAddr;
use std::path::Path;

use serde::Serialize;

use crate::error::Result;
use crate::model::snapshot::Snapshot;
use crate::plan::Plan;
use crate::profile::schema::Domain;

/// Whether mail would pass under a plan.
#[derive(Clone, Debug, Serialize)]
pub struct ProofSummary {
    /// Nothing speaks against the plan.
    pub passes: bool,
    /// What a person should read, one sentence an entry.
    pub sentences: Vec<String>,
}

/// What a proof is made from.
pub struct Planned<'a> {
    /// The domains in the zone.
    pub domains: &'a [&'a Domain],
    /// The folder of the profile, which key files are relative to.
    pub folder: &'a Path,
    /// The zone as it was read.
    pub observed: &'a Snapshot,
    /// The plan: [`Plan::outcome`] is the zone under it, [`Plan::removed`] what must not be found in live DNS.
    pub plan: &'a Plan,
    /// Whom to ask about everything else; the system's name servers where it is empty.
    pub nameservers: &'a [SocketAddr],
}

/// The proof for `planned`; `None` when there is none to be had.
///
/// # Errors
/// When the proof cannot be made. That mail would fail is no error.
pub async fn proof_of(planned: &Planned<'_>) -> Result<Option<ProofSummary>> {
    let _ = planned;
    Ok(None)
}
