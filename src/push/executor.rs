//! A plan applied unit by unit, each written down before it is sent.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::model::name;
use crate::model::snapshot::Key;
use crate::plan::change::Change;
use crate::plan::{Plan, digest, safety};
use crate::provider::{MayStillCome, NeverSent, Provider, Reading};
use crate::push::journal::{self, Journal, JournalFile, Kind, Unit, UnitState};
use crate::push::read_back::{self, Stands};

/// What is to be carried out, and where it is written down.
pub struct Order<'a> {
    /// The provider of the plan's zone.
    pub provider: &'a dyn Provider,
    /// The plan.
    pub plan: &'a Plan,
    /// Forth or back.
    pub kind: Kind,
    /// The folder of the journals.
    pub folder: &'a Path,
    /// The present time (RFC 3339).
    pub now: &'a str,
}

/// What a commit is told as.
pub(super) const COMMIT: &str = "putting into effect what was written";

/// How far an order has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Record sets that are written.
    pub done: usize,
    /// Record sets of the plan.
    pub total: usize,
}

/// An order that was carried out in full.
#[derive(Debug)]
pub struct Done {
    /// The journal.
    pub journal: JournalFile,
    /// What a person should know, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// The keys that a provider without whole zones has to look at for `plan`.
pub fn wanted(plan: &Plan) -> Vec<Key> {
    plan.changes.iter().map(Change::key).collect()
}

/// Carries out `order`.
///
/// The zone is read again first: a plan is for the zone that it was made of and for no other. After a unit of which
/// nobody knows whether it was applied the zone tells.
///
/// # Errors
/// Refused when the zone has changed or the plan may not be carried out; nothing was sent then. [`ErrorKind::Partial`]
/// when some units were applied and others not, or it cannot be told. Any other error: nothing was applied.
pub async fn execute(order: &Order<'_>, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Done> {
    let Order { provider, plan, .. } = order;
    let reading = provider.read(&wanted(plan)).await?;
    may_be_done(plan, order.kind, &reading)?;
    let mut changes = plan.changes.clone();
    for change in &mut changes {
        change.before_forms = reading.forms.get(&change.key()).cloned().unwrap_or_default();
    }
    let total = changes.len();
    let units = provider.units(changes);
    let mut file = JournalFile::create(order.folder, begin(order, &units)?)?;
    let mut done = 0;
    progress(Progress { done, total });
    for (index, unit) in units.iter().enumerate() {
        file.mark(index, UnitState::Writing)?;
        let Err(error) = provider.apply(unit).await else {
            file.mark(index, UnitState::Done).map_err(|e| partly(e, done + unit.len(), total, &file))?;
            done += unit.len();
            progress(Progress { done, total });
            continue;
        };
        match fate(order, unit, &error).await {
            UnitState::Done => {
                file.mark(index, UnitState::Done).map_err(|e| partly(e, done + unit.len(), total, &file))?;
                done += unit.len();
                progress(Progress { done, total });
            }
            UnitState::Refused => {
                let marked = file.mark(index, UnitState::Refused);
                if done == 0 {
                    return Err(marked.err().unwrap_or(error));
                }
                return Err(partly(in_effect(*provider, error).await, done, total, &file));
            }
            UnitState::Writing | UnitState::Pending => {
                let place = provider.title();
                let error = error.during(format!("writing to {place}; whether it arrived is not known"));
                return Err(partly(error, done, total, &file));
            }
        }
    }
    if done > 0 {
        provider.commit().await.map_err(|e| partly(e.during(COMMIT), done, total, &file))?;
    }
    let notes = verify(order, &units, &file).await?;
    file.journal.finished = true;
    file.save().map_err(|e| partly(e, done, total, &file))?;
    Ok(Done { journal: file, notes })
}

/// What stands is put into effect even where the rest of a plan was refused: the journal calls it done.
async fn in_effect(provider: &dyn Provider, error: Error) -> Error {
    match provider.commit().await {
        Ok(()) => error,
        Err(second) => error.during(format!("{COMMIT}, which failed too: {second}")),
    }
}

/// Whether `plan` may be carried out on the zone as it is in `reading`.
///
/// # Errors
/// Refused when the zone has changed since the plan was made, or the plan does what no plan may do.
pub fn may_be_done(plan: &Plan, kind: Kind, reading: &Reading) -> Result<()> {
    unmoved(plan, reading)?;
    match kind {
        Kind::Push => safety::check(plan, &reading.snapshot),
        Kind::Rollback => safety::check_rollback(plan, &reading.snapshot),
    }
}

/// The zone is the one that the plan was made of.
fn unmoved(plan: &Plan, reading: &Reading) -> Result<()> {
    // Of a zone that is not given out whole another part may have been read this time.
    let whole = !plan.partial && !reading.partial;
    if whole && digest::of(&reading.snapshot) == plan.digest {
        return Ok(());
    }
    let moved = |change: &&Change| {
        let key = change.key();
        !read_back::same(reading.snapshot.get(&key.name, key.rtype), change.before.as_ref(), true)
    };
    let touched: Vec<String> = plan
        .changes
        .iter()
        .filter(moved)
        .map(|change| format!("{} {}", name::show(&change.key().name), change.key().rtype))
        .collect();
    let what = match touched.as_slice() {
        [] if !whole => return Ok(()),
        [] => "elsewhere than at the names of the plan".to_string(),
        sets => format!("at {}", sets.join(", ")),
    };
    Err(Error::refused(format!("the zone {} has changed since the plan was made, {what}", plan.zone))
        .hint("nothing was written; make a new plan and look at it"))
}

/// The journal of `order` before anything is sent.
fn begin(order: &Order<'_>, units: &[Vec<Change>]) -> Result<Journal> {
    let earlier = journal::of_zone(order.folder, &order.plan.zone)?;
    // A push after one that stopped half-way is its other half: they are taken back together.
    let unfinished = earlier.last().filter(|file| {
        let journal = &file.journal;
        order.kind == Kind::Push && journal.kind == Kind::Push && !journal.finished && journal.wrote()
    });
    let pending = |changes: &Vec<Change>| Unit { state: UnitState::Pending, changes: changes.clone() };
    Ok(Journal {
        version: 1,
        kind: order.kind,
        zone: order.plan.zone.clone(),
        provider: order.plan.provider.clone(),
        started: order.now.into(),
        finished: false,
        continues: unfinished.map(JournalFile::file_name),
        taken_back: false,
        units: units.iter().map(pending).collect(),
    })
}

/// What became of a unit that was answered with `error`.
async fn fate(order: &Order<'_>, unit: &[Change], error: &Error) -> UnitState {
    if error.kind() != ErrorKind::Unreachable || NeverSent::caused(error) {
        return UnitState::Refused;
    }
    let keys: Vec<Key> = unit.iter().map(Change::key).collect();
    let Ok(reading) = order.provider.read(&keys).await else { return UnitState::Writing };
    let stand: Vec<Stands> = unit.iter().map(|change| read_back::stands(change, &reading.snapshot)).collect();
    if stand.iter().all(|s| matches!(s, Stands::After | Stands::AfterButTtl)) {
        UnitState::Done
    } else if order.provider.commits() || MayStillCome::caused(error) {
        // What is not in effect yet may not be seen, and what was not answered in time may come yet.
        UnitState::Writing
    } else if stand.iter().all(|s| *s == Stands::Before) {
        UnitState::Refused
    } else {
        UnitState::Writing
    }
}

/// `error` as what it is once something was written.
fn partly(error: Error, done: usize, total: usize, file: &JournalFile) -> Error {
    let before = error.context().to_vec();
    let text = format!("{done} of {total} record sets are written, then: {error}");
    let again = match file.journal.kind {
        Kind::Push => "run the push again: it writes what is missing; or take it back with `mailproof rollback`",
        Kind::Rollback => "run the rollback again: it restores what is left",
    };
    let error = Error::new(ErrorKind::Partial, text);
    let error = before.into_iter().fold(error, Error::during);
    error.hint(format!("{again}. What was there before is in {}", file.path.display()))
}

/// Reads the zone once more and holds it against what it was to become.
async fn verify(order: &Order<'_>, units: &[Vec<Change>], file: &JournalFile) -> Result<Vec<String>> {
    let total = units.iter().map(Vec::len).sum();
    let reading = order.provider.read(&wanted(order.plan)).await;
    let reading = reading.map_err(|e| partly(e.during("reading back what was written"), total, total, file))?;
    let mut notes = Vec::new();
    let mut complaints = Vec::new();
    for change in units.iter().flatten() {
        match read_back::stands(change, &reading.snapshot) {
            Stands::After => {}
            Stands::AfterButTtl => {
                let key = change.key();
                let ttl = reading.snapshot.get(&key.name, key.rtype).map_or(0, |set| set.ttl);
                notes.push(format!("{} {} has TTL {ttl}: the provider made it so", name::show(&key.name), key.rtype));
            }
            _ => complaints.push(read_back::complaint(change, &reading.snapshot)),
        }
    }
    if complaints.is_empty() {
        return Ok(notes);
    }
    let error = Error::refused(complaints.join("; "));
    Err(partly(error, total - complaints.len(), total, file))
}
