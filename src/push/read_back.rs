//! Whether the zone is what it was to become.

use hickory_proto::rr::RecordType;

use crate::model::name;
use crate::model::snapshot::{RecordSet, Snapshot};
use crate::plan::change::Change;

/// What of a change stands in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The zone is as it was to become.
    After,
    /// The same but for the TTL.
    AfterButTtl,
    /// The zone is as it was.
    Before,
    /// Something between the two: values of one or the other side, none of anybody else.
    Between,
    /// Something that neither side has.
    Else,
}

/// What of `change` stands in `zone`.
pub fn stands(change: &Change, zone: &Snapshot) -> Stands {
    let key = change.key();
    let now = zone.get(&key.name, key.rtype);
    if same(now, change.after.as_ref(), true) {
        return Stands::After;
    }
    if same(now, change.before.as_ref(), true) {
        return Stands::Before;
    }
    if same(now, change.after.as_ref(), false) {
        return Stands::AfterButTtl;
    }
    let known = |value| [&change.before, &change.after].into_iter().flatten().any(|set| set.values.contains(value));
    match now {
        Some(set) if !set.values.iter().all(known) => Stands::Else,
        _ => Stands::Between,
    }
}

/// Whether two states of a set are the same; absent ones are.
pub fn same(one: Option<&RecordSet>, other: Option<&RecordSet>, with_ttl: bool) -> bool {
    match (one, other) {
        (Some(a), Some(b)) => a.same_data(b) && a.values.len() == b.values.len() && (a.ttl == b.ttl || !with_ttl),
        (None, None) => true,
        _ => false,
    }
}

/// Why `change`, which the provider accepted, is not what stands in `zone`; one sentence.
pub fn complaint(change: &Change, zone: &Snapshot) -> String {
    let key = change.key();
    let what = format!("{} {}", name::show(&key.name), key.rtype);
    if key.rtype != RecordType::CNAME && zone.get(&key.name, RecordType::CNAME).is_some() {
        return format!("{what} was accepted and not stored: a CNAME stands at that name");
    }
    match stands(change, zone) {
        Stands::Before => format!("{what} was accepted and is still as it was"),
        Stands::Between => format!("{what} was accepted and stored in part"),
        _ => format!("{what} was accepted, and something else stands there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{Origin, parse_value};

    fn set(ttl: u32, values: &[&str]) -> Option<RecordSet> {
        let values: Vec<_> = values.iter().map(|v| parse_value(RecordType::TXT, v).unwrap()).collect();
        let name = name::domain("a.example.com").unwrap();
        (!values.is_empty()).then_some(RecordSet {
            name,
            rtype: RecordType::TXT,
            ttl,
            values,
            origin: Origin::Profile,
            reason: None,
        })
    }

    #[test]
    fn what_stands() {
        use Stands::{After, AfterButTtl, Before, Between, Else};
        type Side<'a> = (u32, &'a [&'a str]);
        let cases: &[(Side<'_>, Side<'_>, Side<'_>, Stands)] = &[
            ((60, &[]), (60, &["a"]), (60, &["a"]), After),
            ((60, &[]), (60, &["a"]), (300, &["a"]), AfterButTtl),
            ((60, &[]), (60, &["a"]), (60, &[]), Before),
            ((60, &["a"]), (60, &["a", "b"]), (60, &["b", "a"]), After),
            ((60, &["a"]), (60, &["b"]), (60, &["a", "b"]), Between),
            ((60, &["a"]), (60, &["b"]), (60, &[]), Between),
            ((60, &["a"]), (60, &["b"]), (60, &["c"]), Else),
            ((60, &["a"]), (60, &["b"]), (60, &["b", "c"]), Else),
            ((60, &["a"]), (60, &[]), (60, &[]), After),
            ((60, &["a"]), (300, &["a"]), (60, &["a"]), Before),
        ];
        for (before, after, now, want) in cases {
            let change = Change::between(set(before.0, before.1), set(after.0, after.1)).unwrap();
            let mut zone = Snapshot::new(name::domain("example.com").unwrap());
            set(now.0, now.1).into_iter().for_each(|set| zone.put(set));
            assert_eq!(stands(&change, &zone), *want, "{before:?} -> {after:?}, now {now:?}");
        }
    }
}
