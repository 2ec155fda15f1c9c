//! From observed and desired to a plan: data in, data out.
//!
//! A [`Plan`] is the whole of what a push may do: what preview prints is what push executes.

pub mod build;
pub mod change;
pub mod digest;
pub mod merge;
pub mod safety;
pub mod saved;

use serde::{Deserialize, Serialize};

use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, Snapshot};
use crate::plan::change::Change;

/// What a push would do to one zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The form of this file; 1.
    pub version: u32,
    /// The zone's apex, without the last dot.
    pub zone: String,
    /// The provider's id.
    pub provider: String,
    /// [`digest::of`] what was read: a push refuses when it is another by then.
    pub digest: String,
    /// Only what the plan asks about was read, for the zone as a whole cannot be had.
    #[serde(default)]
    pub partial: bool,
    /// The record sets to write, in the order in which they are written: what takes something away comes last.
    pub changes: Vec<Change>,
    /// Record sets of the zone that stay as they are.
    pub untouched: usize,
    /// What a person should know about the plan as a whole, each a sentence without a full stop.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The zone's apex as a name.
    ///
    /// # Errors
    /// A usage error when a saved plan names no domain.
    pub fn apex(&self) -> crate::error::Result<Name> {
        name::domain(&self.zone)
    }

    /// The zone as it is once the plan is carried out.
    pub fn outcome(&self, observed: &Snapshot) -> Snapshot {
        let mut after = observed.clone();
        for change in &self.changes {
            match &change.after {
                Some(set) => after.put(set.clone()),
                None => drop(after.remove(&change.key())),
            }
        }
        after
    }

    /// The sets that the plan removes: a proof must not find them in live DNS.
    pub fn removed(&self) -> Vec<Key> {
        self.changes.iter().filter(|c| c.after.is_none()).map(Change::key).collect()
    }
}
