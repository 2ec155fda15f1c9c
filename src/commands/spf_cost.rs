//! What the SPF records of a plan cost their receivers, all includes counted (RFC 7208 §4.6.4).

use crate::auth::spf::budget_of;
use crate::dns::lookup::Lookup;
use crate::error::{Error, Result};
use crate::model::name;
use crate::model::snapshot::RecordSet;
use crate::model::spf::{MAX_LOOKUPS, SpfRecord, SpfTree};
use crate::plan::Plan;
use crate::plan::merge::spf::TOO_MANY;

/// Adds to each SPF record of `plan` how many of the ten lookups it takes.
///
/// # Errors
/// A refusal when a record comes to need more than ten, and more than before: no mail would pass.
pub async fn note(plan: &mut Plan, lookup: &dyn Lookup) -> Result<()> {
    for change in &mut plan.changes {
        let owner = name::show(&change.key().name);
        let Some(record) = record(change.after.as_ref()) else { continue };
        let tree = budget_of(lookup, &owner, &record).await;
        let lookups = tree.lookups();
        if lookups > MAX_LOOKUPS && lookups > before(change.before.as_ref(), &owner, lookup).await {
            return Err(Error::refused(format!(
                "the SPF record of {owner} would take {lookups} lookups with all its includes, and receivers stop at \
                 {MAX_LOOKUPS}: no mail would pass (RFC 7208 §4.6.4)"
            ))
            .hint(remedy(&tree)));
        }
        change.notes.push(sentence(&tree));
    }
    Ok(())
}

/// Removal first, then a subdomain for the dearest; flattening is not advised: addresses change without notice.
fn remedy(tree: &SpfTree) -> String {
    let mut dear: Vec<(u32, &str)> = tree.terms.iter().map(|t| (t.total_lookups(), t.text.as_str())).collect();
    dear.sort_by(|a, b| b.cmp(a));
    let dear: Vec<String> = dear.iter().take(3).map(|(cost, term)| format!("{term} takes {cost}")).collect();
    format!("{}; {TOO_MANY}", dear.join(", "))
}

fn sentence(tree: &SpfTree) -> String {
    let voids = tree.voids_v4().max(tree.voids_v6());
    let voids = if voids > 0 { format!(", {voids} void") } else { String::new() };
    let count = format!("{} of {MAX_LOOKUPS} lookups{voids}", tree.lookups());
    if tree.is_complete() { count } else { format!("at least {count}: not every include could be looked into") }
}

/// The one SPF record of a set.
fn record(set: Option<&RecordSet>) -> Option<SpfRecord> {
    set?.texts().iter().find_map(|text| SpfRecord::read(text).into_record())
}

/// What the published record costs, if there is one: a record that is over the limit already may stay as it is, and may
/// become cheaper.
async fn before(set: Option<&RecordSet>, owner: &str, lookup: &dyn Lookup) -> u32 {
    let texts = set.map(RecordSet::texts).unwrap_or_default();
    let records: Vec<SpfRecord> = texts.iter().filter_map(|text| SpfRecord::read(text).into_record()).collect();
    match records.as_slice() {
        [record] => budget_of(lookup, owner, record).await.lookups(),
        // Of several nobody passes (RFC 7208 §4.5): the one that they become has to be good.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::table::TableLookup;
    use crate::model::snapshot::{Origin, Snapshot};
    use crate::model::txt;
    use crate::plan::build::{Inputs, build};
    use crate::plan::merge::SpfMode;
    use hickory_proto::rr::RData;

    fn zone(text: &str) -> Snapshot {
        let apex = name::domain("example.com").unwrap();
        let mut zone = Snapshot::new(apex.clone());
        if !text.is_empty() {
            zone.add(&apex, 60, RData::TXT(txt::split(text.as_bytes())), Origin::Profile);
        }
        zone
    }

    #[tokio::test]
    async fn what_it_costs() {
        let mut table = TableLookup::new();
        let nine: Vec<String> = (0..9).map(|i| format!("exists:{i}.example.net")).collect();
        for (owner, text) in
            [("nine.example", format!("v=spf1 {} -all", nine.join(" "))), ("one.example", "v=spf1 a -all".into())]
        {
            let data = RData::TXT(txt::split(text.as_bytes()));
            table.add(&name::domain(owner).unwrap(), data);
        }
        let cases: &[(&str, &str, Result<&str, &str>)] = &[
            ("", "v=spf1 ip4:192.0.2.1 -all", Ok("0 of 10 lookups")),
            ("", "v=spf1 mx include:one.example -all", Ok("3 of 10 lookups, 2 void")),
            ("", "v=spf1 include:nine.example -all", Ok("10 of 10 lookups, 9 void")),
            ("", "v=spf1 mx include:nine.example -all", Err("would take 11 lookups")),
            ("v=spf1 mx include:nine.example -all", "v=spf1 ip4:192.0.2.1 -all", Ok("11 of 10 lookups, 10 void")),
            ("v=spf1 include:nine.example -all", "v=spf1 mx -all", Err("would take 11 lookups")),
            ("v=spf1 mx include:nine.example -all", "v=spf1 a -all", Err("would take 12 lookups")),
        ];
        for (published, wanted, want) in cases {
            let inputs = Inputs {
                observed: &zone(published),
                partial: false,
                desired: &zone(wanted),
                remove: &[],
                spf: SpfMode::Merge,
                provider: "test",
                normalise: &|_| Ok(Vec::new()),
            };
            let mut plan = build(&inputs).unwrap();
            match (note(&mut plan, &table).await, want) {
                (Ok(()), Ok(want)) => assert_eq!(plan.changes[0].notes.last().unwrap(), want, "{published} + {wanted}"),
                (Err(error), Err(want)) => assert!(error.message().contains(want), "{error}"),
                (got, want) => panic!("{published} + {wanted}: {got:?}, wanted {want:?}"),
            }
        }
    }
}
