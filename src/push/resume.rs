//! What an earlier push left behind, put right by the next one.

use std::path::Path;

use crate::error::Result;
use crate::model::snapshot::Snapshot;
use crate::provider::Provider;
use crate::push::executor::COMMIT;
use crate::push::journal::{self, JournalFile, Kind, UnitState};
use crate::push::read_back::{self, Stands};

/// Puts into effect what an earlier push of `zone` wrote and then could not; whether there was such a thing.
///
/// # Errors
/// Those of the provider, and of a journal that cannot be read or written.
pub async fn settle(provider: &dyn Provider, folder: &Path, zone: &str) -> Result<bool> {
    if !provider.commits() {
        return Ok(false);
    }
    let Some(file) = journal::of_zone(folder, zone)?.pop() else { return Ok(false) };
    let all_done = file.journal.units.iter().all(|unit| unit.state == UnitState::Done);
    if file.journal.finished || !all_done {
        return Ok(false);
    }
    finish(provider, file).await?;
    Ok(true)
}

/// Closes the journal of an earlier push of the zone `observed` that stopped half-way, if all that it was to write is
/// there by now, whoever wrote it; whether there was such a journal.
///
/// # Errors
/// Those of the provider, and of a journal that cannot be read or written.
pub async fn close(provider: &dyn Provider, folder: &Path, zone: &str, observed: &Snapshot) -> Result<bool> {
    let Some(mut file) = journal::of_zone(folder, zone)?.pop() else { return Ok(false) };
    let journal = &file.journal;
    if journal.kind != Kind::Push || journal.finished || journal.taken_back || !journal.wrote() {
        return Ok(false);
    }
    let stands = |change| matches!(read_back::stands(change, observed), Stands::After | Stands::AfterButTtl);
    if !journal.units.iter().flat_map(|unit| &unit.changes).all(stands) {
        return Ok(false);
    }
    for unit in file.journal.units.iter_mut().filter(|unit| unit.state == UnitState::Writing) {
        unit.state = UnitState::Done;
    }
    finish(provider, file).await?;
    Ok(true)
}

/// Puts into effect what was written, where that is a step of its own, and closes the journal.
async fn finish(provider: &dyn Provider, mut file: JournalFile) -> Result<()> {
    if provider.commits() {
        provider.commit().await.map_err(|e| e.during(COMMIT))?;
    }
    file.journal.finished = true;
    file.save()
}
