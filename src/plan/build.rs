//! The difference between what is and what should be, as a plan.

use hickory_proto::rr::RecordType;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet, Snapshot, show_value};
use crate::plan::change::{Action, Change};
use crate::plan::merge::kind::TextKind;
use crate::plan::merge::{SpfMode, SpfWay, text};
use crate::plan::{Plan, digest, safety};

/// Brings a set within what the provider takes and says what it did; an error when that cannot be.
pub type Normalise<'a> = dyn Fn(&mut RecordSet) -> Result<Vec<String>> + Send + Sync + 'a;

/// What a plan is made of.
pub struct Inputs<'a> {
    /// The zone as the provider has it.
    pub observed: &'a Snapshot,
    /// Only the names that the plan asks about were read.
    pub partial: bool,
    /// The sets that are to be there.
    pub desired: &'a Snapshot,
    /// The sets that are to go.
    pub remove: &'a [Key],
    /// How SPF records become one.
    pub spf: SpfMode,
    /// The provider's id.
    pub provider: &'a str,
    /// The provider's limits.
    pub normalise: &'a Normalise<'a>,
}

/// Makes the plan.
///
/// A set that is there keeps its TTL: the profile's is for sets that are new. So a TTL alone is never a difference,
/// and a person who lowered one before a migration finds it as it was.
///
/// # Errors
/// A refusal for what must not be done ([`safety::check`]) or what the provider cannot store.
pub fn build(inputs: &Inputs<'_>) -> Result<Plan> {
    build_with(inputs, &|_| inputs.spf.into())
}

/// The same, with the way SPF records become one by owner: `spf` of the inputs does not count then.
///
/// # Errors
/// As [`build`].
pub fn build_with(inputs: &Inputs<'_>, spf: &dyn Fn(&Name) -> SpfWay) -> Result<Plan> {
    let observed = inputs.observed;
    if inputs.desired.apex != observed.apex {
        return Err(Error::refused(format!(
            "the records are for the zone {}, and what was read is {}",
            name::show(&inputs.desired.apex),
            name::show(&observed.apex)
        )));
    }
    let mut changes = Vec::new();
    for wanted in inputs.desired.sets() {
        changes.extend(toward(inputs, wanted, &spf(&wanted.name))?);
    }
    for key in inputs.remove {
        let before = observed.get(&key.name, key.rtype).cloned();
        changes.extend(Change::between(before, None));
    }
    changes.sort_by_cached_key(|change| (order(change), change.key()));
    let touched = changes.iter().filter(|c| c.before.is_some()).count();
    let plan = Plan {
        version: 1,
        zone: name::show(&observed.apex),
        provider: inputs.provider.into(),
        digest: digest::of(observed),
        partial: inputs.partial,
        untouched: observed.len() + observed.opaque.len() - touched,
        changes,
        notes: Vec::new(),
    };
    safety::check(&plan, observed)?;
    Ok(plan)
}

/// The change, if any, that makes `wanted` true.
fn toward(inputs: &Inputs<'_>, wanted: &RecordSet, spf: &SpfWay) -> Result<Option<Change>> {
    let before = inputs.observed.get(&wanted.name, wanted.rtype);
    let (mut after, mut notes) = match before {
        None => (wanted.clone(), Vec::new()),
        Some(before) if wanted.rtype == RecordType::TXT => {
            let merged = text::merge(before, wanted, spf)?;
            let mut notes = merged.notes;
            if merged.untouched > 0 {
                notes.push(format!("other TXT at this name ({}) untouched", merged.untouched));
            }
            (merged.set, notes)
        }
        Some(before) => {
            let gone = before.values.iter().filter(|old| !wanted.values.iter().any(|new| same(old, new)));
            let notes = gone.map(|old| format!("takes the place of {}", show_value(old))).collect();
            let after = RecordSet { name: before.name.clone(), ttl: before.ttl, ..wanted.clone() };
            (after, notes)
        }
    };
    if before.is_some_and(|b| b.same_data(&after) && b.values.len() == after.values.len()) {
        return Ok(None);
    }
    notes.extend((inputs.normalise)(&mut after).map_err(|e| {
        e.during(format!("planning {} {} at {}", name::show(&after.name), after.rtype, inputs.provider))
    })?);
    let change = Change::between(before.cloned(), Some(after));
    Ok(change.map(|change| Change { notes, ..change }))
}

fn same(one: &hickory_proto::rr::RData, other: &hickory_proto::rr::RData) -> bool {
    crate::model::snapshot::canonical(one) == crate::model::snapshot::canonical(other)
}

/// What others lean on comes first; a policy comes after what it judges by; what takes away comes last.
fn order(change: &Change) -> u8 {
    if change.action() == Action::Remove {
        return 9;
    }
    let Some(set) = change.set() else { return 9 };
    let kinds: Vec<TextKind> = set.texts().iter().map(|t| TextKind::of(&set.name, t)).collect();
    match set.rtype {
        RecordType::A | RecordType::AAAA => 0,
        RecordType::TXT if kinds.contains(&TextKind::Dmarc) => 5,
        RecordType::TXT if kinds.contains(&TextKind::Spf) => 3,
        RecordType::MX => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
