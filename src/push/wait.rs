//! Waiting until every authoritative server answers what was written.

use std::net::SocketAddr;
use std::time::Duration;

use crate::dns::authority::{self, NameServer};
use crate::dns::lookup::Lookup;
use crate::dns::propagation::{self, Progress, State};
use crate::error::{Error, Result};
use crate::model::name;
use crate::model::snapshot::RecordSet;
use crate::plan::Plan;

/// The servers to wait for: `named` if there are any, else those of the zone's NS records.
///
/// # Errors
/// Unreachable when DNS names none.
pub async fn servers(named: &[SocketAddr], lookup: &dyn Lookup, plan: &Plan) -> Result<Vec<NameServer>> {
    if !named.is_empty() {
        return Ok(named.iter().copied().map(NameServer::at).collect());
    }
    authority::name_servers(lookup, &plan.apex()?).await
}

/// Waits until each of `servers` answers what `plan` made of the zone, `patience` at most.
///
/// # Errors
/// Unreachable, with the servers that lag behind and what they say. The plan itself is carried out.
pub async fn until_answered(
    servers: &[NameServer],
    plan: &Plan,
    patience: Duration,
    progress: &mut (dyn FnMut(Progress<'_>) + Send),
) -> Result<()> {
    let reports = propagation::wait(servers, &wanted(plan), patience, progress).await;
    let late: Vec<String> = reports
        .iter()
        .filter_map(|report| {
            let (set, state) = report.pending.first()?;
            let what = format!("{} {}", name::show(&set.name), set.rtype);
            let more = report.pending.len() - 1;
            let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            Some(match state {
                State::Failed(failure) => format!("{}: {failure}", report.server),
                State::Stale(values) if values.is_empty() => format!("{} has no {what} yet{more}", report.server),
                _ => format!("{} has another {what} still{more}", report.server),
            })
        })
        .collect();
    if late.is_empty() {
        return Ok(());
    }
    let told = format!("the records are written, but not every name server answers them yet: {}", late.join("; "));
    Err(Error::unreachable(told)
        .hint("secondaries take them over in their own time; `mailproof plan` shows nothing to do"))
}

/// Every set as it is to be answered; without values where it is to be gone.
fn wanted(plan: &Plan) -> Vec<RecordSet> {
    let gone = |set: &RecordSet| RecordSet { values: Vec::new(), ..set.clone() };
    plan.changes.iter().filter_map(|c| c.after.clone().or_else(|| c.before.as_ref().map(gone))).collect()
}
