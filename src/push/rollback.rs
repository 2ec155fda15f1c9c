//! From journals to the plan that takes them back: the same record sets, TTLs and texts as before, and no others.

use std::path::Path;

use crate::error::{Error, Result};
use crate::model::name;
use crate::model::snapshot::{Key, RecordSet, Snapshot};
use crate::plan::change::{Action, Change, Form};
use crate::plan::{Plan, digest};
use crate::provider::Reading;
use crate::push::journal::{self, Journal, JournalFile, Kind, UnitState};
use crate::push::read_back::{self, Stands};

/// What one or several pushes did to one record set.
#[derive(Debug)]
struct Touched {
    key: Key,
    /// As it was before the first of them.
    original: Option<RecordSet>,
    /// The provider's texts of that.
    forms: Vec<Form>,
    /// Each change, the oldest first, and whether it is certain that it was applied.
    changes: Vec<(Change, bool)>,
}

/// The pushes to take back.
#[derive(Debug)]
pub struct Past {
    /// Their journals, the oldest first.
    journals: Vec<JournalFile>,
    touched: Vec<Touched>,
}

/// The last push of `zone` in `folder`, together with the unfinished ones that it went on with.
///
/// # Errors
/// Refused when there is none that is not taken back already; a configuration error for a journal that cannot be read.
pub fn last(folder: &Path, zone: &str) -> Result<Past> {
    let all = journal::of_zone(folder, zone)?;
    let open = |journal: &Journal| journal.kind == Kind::Push && !journal.taken_back && journal.wrote();
    let mut journals: Vec<JournalFile> = Vec::new();
    for file in all.into_iter().rev() {
        let wanted = match journals.last() {
            None => open(&file.journal),
            Some(later) => later.journal.continues.as_deref() == Some(file.file_name().as_str()),
        };
        if wanted {
            journals.push(file);
        }
    }
    journals.reverse();
    if journals.is_empty() {
        return Err(Error::refused(format!("there is no push of {zone} to take back"))
            .hint(format!("journals are looked for in {}; --state names another folder", folder.display())));
    }
    let mut touched: Vec<Touched> = Vec::new();
    for unit in journals.iter().flat_map(|file| &file.journal.units) {
        let certain = match unit.state {
            UnitState::Done => true,
            UnitState::Writing => false,
            UnitState::Pending | UnitState::Refused => continue,
        };
        for change in &unit.changes {
            match touched.iter_mut().find(|t| t.key == change.key()) {
                Some(set) => set.changes.push((change.clone(), certain)),
                None => touched.push(Touched {
                    key: change.key(),
                    original: change.before.clone(),
                    forms: change.before_forms.clone(),
                    changes: vec![(change.clone(), certain)],
                }),
            }
        }
    }
    Ok(Past { journals, touched })
}

impl Past {
    /// When the last of the pushes began (RFC 3339).
    pub fn started(&self) -> &str {
        self.journals.last().map_or("", |file| &file.journal.started)
    }

    /// The provider that they went to.
    pub fn provider(&self) -> &str {
        self.journals.last().map_or("", |file| &file.journal.provider)
    }

    /// The record sets that they touched.
    pub fn keys(&self) -> Vec<Key> {
        self.touched.iter().map(|set| set.key.clone()).collect()
    }

    /// The plan that restores what they touched, given the zone as it is.
    ///
    /// # Errors
    /// Refused when somebody changed one of the sets since, unless `force`.
    pub fn plan(&self, reading: &Reading, force: bool) -> Result<Plan> {
        let zone = &reading.snapshot;
        let mut moved = Vec::new();
        let mut changes = Vec::new();
        // Backwards: what was made last, and leans on the rest, goes first.
        for set in self.touched.iter().rev() {
            if set.moved(zone) {
                moved.push(format!("{} {}", name::show(&set.key.name), set.key.rtype));
            }
            let now = zone.get(&set.key.name, set.key.rtype).cloned();
            changes.extend(Change::between(now, set.original.clone()).map(|change| Change {
                before_forms: reading.forms.get(&set.key).cloned().unwrap_or_default(),
                after_forms: set.forms.clone(),
                ..change
            }));
        }
        if !moved.is_empty() && !force {
            return Err(Error::refused(format!("changed by somebody else since the push: {}", moved.join(", ")))
                .hint("nothing was written; --force restores the sets as they were before the push all the same"));
        }
        changes.sort_by_key(|change| change.action() == Action::Remove);
        Ok(Plan {
            version: 1,
            zone: name::show(&zone.apex),
            provider: self.provider().into(),
            digest: digest::of(zone),
            partial: reading.partial,
            untouched: zone.len() + zone.opaque.len() - changes.iter().filter(|c| c.before.is_some()).count(),
            changes,
            notes: Vec::new(),
        })
    }

    /// Notes in the journals that they are taken back.
    ///
    /// # Errors
    /// A configuration error when a journal cannot be written.
    pub fn taken_back(mut self) -> Result<()> {
        for file in &mut self.journals {
            file.journal.taken_back = true;
            file.save()?;
        }
        Ok(())
    }
}

impl Touched {
    /// Whether the set is neither as it was nor as a push made it.
    fn moved(&self, zone: &Snapshot) -> bool {
        let now = zone.get(&self.key.name, self.key.rtype);
        if read_back::same(now, self.original.as_ref(), true) {
            return false;
        }
        !self.changes.iter().any(|(change, certain)| match read_back::stands(change, zone) {
            // A provider may have made the TTL another: the values are ours.
            Stands::After | Stands::AfterButTtl => true,
            Stands::Between => !certain,
            Stands::Before | Stands::Else => false,
        })
    }
}
