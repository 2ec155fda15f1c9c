//! One domain proven: sent for real where that can be, else judged unsent.

use std::sync::Arc;

use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};
use crate::profile::schema::Domain;
use crate::prove::cells::SixCells;
use crate::prove::deliver::{deliver, is_ours};
use crate::prove::letter::Moment;
use crate::prove::probe::JudgedProbe;
use crate::prove::sender::{Sender, SigningKeys, senders};
use crate::prove::simulate::judge_unsent;
use crate::prove::verdict::six_cells;

/// What a test came to.
pub struct Tested {
    /// The address that the mail came from.
    pub sender: Sender,
    /// The messages and their verdicts.
    pub probes: Vec<JudgedProbe>,
    /// The table.
    pub table: SixCells,
}

/// Sends the probes of the first address that is this machine's, or judges those of the first one without sending.
///
/// # Errors
/// A configuration error when no server of the profile sends for the domain.
pub async fn prove(
    domain: &Domain,
    keys: &SigningKeys,
    lookup: Arc<dyn Lookup>,
    at: &Moment,
    simulate: bool,
) -> Result<Tested> {
    let all = senders(domain)?;
    let local = all.iter().find(|s| !simulate && is_ours(s.ip));
    let Some(sender) = local.or(all.first()).cloned() else {
        return Err(Error::config(format!("no server in the profile sends mail for {}", domain.domain))
            .hint("add one under `hosts`, with its addresses, or send a message from your provider and run `mailproof verify`"));
    };
    let probes = match local {
        Some(_) => deliver(lookup, &sender, keys, at, None).await?,
        None => judge_unsent(lookup.as_ref(), &sender, keys, at).await?,
    };
    let table = six_cells(&sender.domain, &probes);
    Ok(Tested { sender, probes, table })
}
