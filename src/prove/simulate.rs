//! Proof before push: messages judged under the DNS that a plan would make, without sending anything.

use crate::auth::judge::judge;
use crate::dns::lookup::Lookup;
use crate::dns::overlay::{Overlay, OverlayServer};
use crate::dns::resolver::Resolver;
use crate::dns::upstream::Upstream;
use crate::error::Result;
use crate::model::snapshot::{Key, Snapshot};
use crate::prove::letter::{Moment, letter, stranger};
use crate::prove::probe::{JudgedProbe, Probe};
use crate::prove::sender::{Sender, SigningKeys};

/// DNS as it would be.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The zone after the plan.
    pub zone: Snapshot,
    /// The sets that the plan removes.
    pub removed: Vec<Key>,
    /// Where every other name is asked; `None` leaves the world empty.
    pub upstream: Option<Upstream>,
}

/// Judges every probe of `sender` under `outcome`.
///
/// # Errors
/// When the overlay server cannot start or a message cannot be signed. That a message fails is no error.
pub async fn simulate(outcome: &Outcome, sender: &Sender, keys: &SigningKeys, at: &Moment) -> Result<Vec<JudgedProbe>> {
    let server = OverlayServer::start(Overlay {
        zones: vec![outcome.zone.clone()],
        removed: outcome.removed.clone(),
        upstream: outcome.upstream.clone(),
        ..Overlay::default()
    })
    .await?;
    judge_unsent(&Probe::ALL, &Resolver::at(server.addr()), sender, keys, at).await
}

/// Judges `probes` of `sender` with `lookup`, as if it had come from the sender's address.
///
/// # Errors
/// When a message cannot be signed.
pub async fn judge_unsent(
    probes: &[Probe],
    lookup: &dyn Lookup,
    sender: &Sender,
    keys: &SigningKeys,
    at: &Moment,
) -> Result<Vec<JudgedProbe>> {
    let mut judged = Vec::new();
    for probe in probes.iter().copied() {
        let letter = letter(probe, sender, stranger(sender.ip), keys, at)?;
        let judgement = judge(lookup, &letter.message, Some(&letter.envelope), &sender.helo, at.now).await;
        judged.push(JudgedProbe { probe, how: letter.how, sent: false, judgement });
    }
    Ok(judged)
}
