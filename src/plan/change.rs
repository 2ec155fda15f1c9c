//! One record set, before and after.

use hickory_proto::rr::RecordType;
use serde::{Deserialize, Serialize};

use crate::model::name::Name;
use crate::model::snapshot::{Key, RecordSet};

/// A value as the provider wrote it, so that what is put back is the same to the letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The provider's own text of the value.
    pub text: String,
    /// Present but switched off: never answered, and kept as it is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// What happens to one record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// There was none.
    Add,
    /// Its values or TTL become others.
    Change,
    /// It goes.
    Remove,
}

/// One record set, before and after. One of the two is always there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// As it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<RecordSet>,
    /// As it is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<RecordSet>,
    /// The provider's own texts of `before`, where it has such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before_forms: Vec<Form>,
    /// The provider's own texts of `after`, where a rollback knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after_forms: Vec<Form>,
    /// What a person should know about it, each a sentence without a full stop.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Change {
    /// From one state to another; `None` when both are the same (the TTL counts) or absent.
    pub fn between(before: Option<RecordSet>, after: Option<RecordSet>) -> Option<Self> {
        let same = match (&before, &after) {
            // Some providers keep the same value twice: taking one away is a change.
            (Some(b), Some(a)) => b.same_data(a) && b.ttl == a.ttl && b.values.len() == a.values.len(),
            (None, None) => true,
            _ => false,
        };
        (!same).then(|| Change { before, after, before_forms: Vec::new(), after_forms: Vec::new(), notes: Vec::new() })
    }

    /// The set that is there on either side.
    pub fn set(&self) -> Option<&RecordSet> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Where it stands.
    pub fn key(&self) -> Key {
        self.set().map_or_else(|| Key::new(&Name::root(), RecordType::ZERO), RecordSet::key)
    }

    /// What happens to it.
    pub fn action(&self) -> Action {
        match (&self.before, &self.after) {
            (None, _) => Action::Add,
            (Some(_), Some(_)) => Action::Change,
            (Some(_), None) => Action::Remove,
        }
    }
}
