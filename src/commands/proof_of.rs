//! The proof before push, as plan and push show it.

use std::path::Path;
use std::time::SystemTime;

use crate::commands::token;
use crate::dns::system;
use crate::dns::upstream::Upstream;
use crate::error::Result;
use crate::model::snapshot::Snapshot;
use crate::plan::Plan;
use crate::profile::schema::Domain;
use crate::prove::foretell::foretell;
use crate::prove::letter::Moment;
use crate::prove::proof_summary::ProofSummary;
use crate::prove::simulate::Outcome;

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
    pub nameservers: &'a [Upstream],
}

/// The proof for `planned`: for every domain in the zone, messages judged under the DNS that the plan would make.
/// `None` for a plan that changes nothing.
///
/// # Errors
/// When the proof cannot be made. That mail would fail is no error.
pub async fn proof_of(planned: &Planned<'_>) -> Result<Option<ProofSummary>> {
    if planned.plan.is_empty() {
        return Ok(None);
    }
    let upstream = match planned.nameservers.first() {
        Some(server) => Some(server.clone()),
        // Without any name server the world beyond the zone is empty, and the proof says what it then finds.
        None => system::name_servers().ok().and_then(|servers| servers.first().copied().map(Upstream::Plain)),
    };
    let outcome = Outcome { zone: planned.plan.outcome(planned.observed), removed: planned.plan.removed(), upstream };
    let at = Moment { now: SystemTime::now(), token: token()? };
    let mut summary = ProofSummary { passes: true, sentences: Vec::new() };
    for domain in planned.domains {
        let proof = foretell(domain, planned.folder, &outcome, &at).await?;
        summary.passes &= proof.passes();
        summary.sentences.extend(proof.sentences());
    }
    Ok(Some(summary))
}
