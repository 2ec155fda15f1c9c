//! What no plan may do, checked when it is made, when it is read from a file, and again before it is carried out.

use hickory_proto::rr::RecordType;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, Snapshot};
use crate::plan::Plan;
use crate::plan::change::Change;
use crate::plan::merge::kind::TextKind;
use crate::zone::rtype;

/// Record sets and values that one plan may take away.
pub const MAX_DELETIONS: usize = 10;

/// Checks `plan` against the zone that it is for.
///
/// # Errors
/// A refusal that names the record set and the rule.
pub fn check(plan: &Plan, observed: &Snapshot) -> Result<()> {
    check_rollback(plan, observed)?;
    for change in plan.changes.iter().filter(|change| change.after.is_some()) {
        one_of_a_kind(change)?;
        wildcard_goes_on(&change.key(), observed)?;
    }
    let deletions = deletions(&plan.changes);
    if deletions > MAX_DELETIONS {
        return Err(Error::refused(format!(
            "the plan takes away {deletions} records, and one push may take away at most {MAX_DELETIONS}"
        ))
        .hint("take the records away at the provider, if that is what you want"));
    }
    Ok(())
}

/// Checks a plan that restores what was there: however much a push added goes, and what was odd before is odd again.
///
/// # Errors
/// A refusal that names the record set and the rule.
pub fn check_rollback(plan: &Plan, observed: &Snapshot) -> Result<()> {
    let outcome = plan.outcome(observed);
    for (i, change) in plan.changes.iter().enumerate() {
        let key = change.key();
        if change.before.as_ref().is_some_and(|set| set.key() != key)
            || plan.changes[..i].iter().any(|other| other.key() == key)
        {
            return Err(Error::refused(format!("the plan has {} twice", shown(&key))));
        }
        within_reach(&key, &observed.apex)?;
        not_delegated(&key, observed)?;
        if change.after.is_some() {
            alone_or_together(&key, &outcome)?;
        }
    }
    Ok(())
}

/// Sets that go, and values that go from sets that stay.
fn deletions(changes: &[Change]) -> usize {
    changes
        .iter()
        .map(|change| match (&change.before, &change.after) {
            (Some(_), None) => 1,
            (Some(before), Some(after)) => before.values.len().saturating_sub(after.values.len()),
            (None, _) => 0,
        })
        .sum()
}

fn shown(key: &Key) -> String {
    format!("{} {}", name::show(&key.name), key.rtype)
}

/// Inside the zone, and none of what holds the zone itself together.
fn within_reach(key: &Key, apex: &Name) -> Result<()> {
    if !apex.zone_of(&key.name) {
        return Err(Error::refused(format!("{} is not in the zone {}", shown(key), name::show(apex))));
    }
    if rtype::is_written_by_server(key.rtype) || key.rtype == RecordType::NS {
        return Err(Error::refused(format!("{} is never written: it holds the zone together", shown(key))));
    }
    Ok(())
}

/// What lies at or below a delegation is answered by other servers (RFC 1034 §4.2.1).
fn not_delegated(key: &Key, observed: &Snapshot) -> Result<()> {
    let mut at = key.name.clone();
    while at != observed.apex && !at.is_root() {
        if observed.get(&at, RecordType::NS).is_some() {
            return Err(Error::refused(format!(
                "{} lies in {}, which is delegated to other name servers: nobody would see the record here",
                shown(key),
                name::show(&at)
            ))
            .hint(format!("give {} a provider of its own in the profile", name::show(&at))));
        }
        at = at.parent();
    }
    Ok(())
}

/// A CNAME stands alone (RFC 1034 §3.6.2, RFC 2181 §10.1); beside it only what signs it (RFC 4034 §3, §4).
fn alone_or_together(key: &Key, outcome: &Snapshot) -> Result<()> {
    let at = || outcome.at(&key.name).filter(|s| !matches!(s.rtype, RecordType::RRSIG | RecordType::NSEC));
    let cname = at().find(|set| set.rtype == RecordType::CNAME);
    let other = at().map(|set| set.rtype.to_string()).find(|rtype| rtype != "CNAME");
    let signs = |text: &str| rtype::read(text.as_bytes()).is_some_and(rtype::is_written_by_server);
    let mut opaque = outcome.opaque.iter().filter(|set| !signs(&set.rtype));
    let opaque = opaque.find(|set| name::domain(&set.name).is_ok_and(|n| n == key.name));
    let other = other.or_else(|| opaque.map(|set| set.rtype.clone()));
    let (Some(cname), Some(other)) = (cname, other) else { return Ok(()) };
    let owner = name::show(&key.name);
    if key.rtype == RecordType::CNAME {
        return Err(Error::refused(format!(
            "{owner} has a {other} record, and a CNAME cannot stand beside it (RFC 1034 §3.6.2)"
        ))
        .hint(format!("take the {other} record at {owner} away first, or choose another name")));
    }
    let target = cname.values.first().map(crate::model::snapshot::show_value).unwrap_or_default();
    Err(Error::refused(format!(
        "{owner} is a CNAME to {target}, and a {} record cannot stand beside it (RFC 1034 §3.6.2)",
        key.rtype
    ))
    .hint(format!("take the CNAME at {owner} away first, or publish the record at its target")))
}

fn one_of_a_kind(change: &Change) -> Result<()> {
    let Some(set) = change.after.as_ref().filter(|set| set.rtype == RecordType::TXT) else { return Ok(()) };
    let kinds: Vec<TextKind> = set.texts().iter().map(|text| TextKind::of(&set.name, text)).collect();
    let twice = kinds.iter().enumerate().find(|(i, kind)| **kind != TextKind::Other && kinds[..*i].contains(kind));
    match twice {
        Some((_, kind)) => Err(Error::refused(format!(
            "{} would have two values that are each a {}, and readers accept only one",
            name::show(&set.name),
            kind.title()
        ))),
        None => Ok(()),
    }
}

/// A name that so far exists through a wildcard alone loses what the wildcard gave it as soon as it has a record of
/// its own (RFC 4592 §3.3.1).
fn wildcard_goes_on(key: &Key, observed: &Snapshot) -> Result<()> {
    // Nobody asks service names such as _dmarc for what wildcards are there for.
    let service = key.name.labels().next().is_none_or(|label| label.starts_with(b"_") || label == b"*");
    let below = |name: &Name| observed.sets().any(|set| name.zone_of(&set.name));
    if service || key.name == observed.apex || below(&key.name) {
        return Ok(());
    }
    let mut encloser = key.name.parent();
    while !below(&encloser) && !encloser.is_root() {
        encloser = encloser.parent();
    }
    let Ok(wildcard) = name::below("*", &encloser) else { return Ok(()) };
    let lost: Vec<String> = observed.at(&wildcard).map(|s| s.rtype.to_string()).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let owner = name::show(&key.name);
    Err(Error::refused(format!(
        "{owner} has its {} record from the wildcard {}, and would lose it with a {} record of its own (RFC 4592 §3.3.1)",
        lost.join(" and "),
        name::show(&wildcard),
        key.rtype
    ))
    .hint(format!("give {owner} the wildcard's records by name first")))
}
