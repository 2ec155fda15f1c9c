//! A server made of each recording carries a plan, a push, a second plan that is empty, and a delete.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mailproof::model::name;
use serde_json::Value;

use crate::journey;
use crate::traffic::{self, Api, PROVIDERS, Writes};

/// Scenarios that make a TXT record and take it away again.
const THERE_AND_BACK: &[&str] = &["delete-by-filter", "delete-by-filter-full", "delete-by-filter-fqdn", "delete-by-id"];

/// A scenario in three states: before the record was made, while it was there, and after it was taken away.
struct States {
    reads: [Vec<Value>; 3],
    writes: [Value; 2],
    /// The whole zone, for what a state does not have.
    all: Vec<Value>,
    /// Whether method and path of the two writes are to be those that were recorded.
    as_recorded: [bool; 2],
}

impl States {
    /// Reads are answered from the state's own, then from the first's, then from the zone's: what was true while the
    /// record was there is never said afterwards. A write that is the recorded one leads on to the next state.
    fn serve(self) -> Api {
        let mut at = 0;
        Api::start(move |seen| {
            if !seen.reads() && at < 2 {
                let theirs = &self.writes[at];
                let same = theirs["request"]["method"] == seen.method.as_str()
                    && traffic::path(&traffic::url(theirs)) == traffic::path(&seen.target);
                if same || !self.as_recorded[at] {
                    at += 1;
                    return theirs["response"].clone();
                }
            }
            let known: Vec<Value> = self.reads[at].iter().chain(&self.reads[0]).chain(&self.all).cloned().collect();
            traffic::recorded(&known, seen).filter(|_| seen.reads()).unwrap_or_else(traffic::not_recorded)
        })
    }
}

/// Takes listed records of wildcard owners out of `value`.
fn without_wildcards(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.retain(|item| !item["name"].as_str().is_some_and(|name| name == "*" || name.starts_with("*.")));
            items.iter_mut().for_each(without_wildcards);
        }
        Value::Object(members) => members.values_mut().for_each(without_wildcards),
        // A zone that is one text.
        Value::String(text) if text.contains(" * ") => {
            *text = text.lines().filter(|line| !line.contains(" * ")).collect::<Vec<_>>().join("\n");
        }
        _ => {}
    }
}

/// Carries the first scenario that can be carried, and says which.
fn carry(file: &Value, recording: &str, definition: &str, kind: Writes) -> Option<String> {
    let zone = name::domain(file["domain"].as_str().unwrap()).unwrap();
    let mut file = file.clone();
    if ["porkbun", "valuedomain", "vultr"].contains(&recording) {
        // A wildcard alias is in those zones, beside which the plan rightly refuses new names.
        without_wildcards(&mut file);
    }
    let scenarios = file["scenarios"].as_array().unwrap();
    let all = traffic::exchanges(scenarios.iter().find(|s| s["kind"] == "list-all").unwrap());
    for scenario in THERE_AND_BACK.iter().filter_map(|kind| scenarios.iter().find(|s| s["kind"] == *kind)) {
        let exchanged = traffic::exchanges(scenario);
        let written = |op: &str| {
            let step = scenario["steps"].as_array().unwrap().iter().find(|s| s["op"] == op)?;
            let writes = step["writes"].as_u64().unwrap_or(0) > 0 && step["refused"].as_u64().unwrap_or(0) == 0;
            writes.then(|| (step, traffic::first_write(&exchanged, step)))
        };
        let (Some((step, made)), Some((_, taken))) = (written("create"), written("delete")) else { continue };
        let reads = |from: usize, to: usize| -> Vec<Value> {
            exchanged[from..to].iter().filter(|e| !traffic::is_write(e)).cloned().collect()
        };
        let mut reads = [reads(0, made), reads(made + 1, taken), reads(taken + 1, exchanged.len())];
        let relative = name::relative(&traffic::owner(step["name"].as_str().unwrap(), &zone), &zone);
        if recording == "nsone" {
            // The recorded client read the set alone; the zone as it would have been listed is made of that.
            let newest_first: Vec<Value> = reads[1].iter().rev().cloned().collect();
            reads[1].insert(0, traffic::with_sets_read_one_by_one(&newest_first, &all));
        }
        if recording == "azure" {
            for state in [1, 2] {
                let newest_first: Vec<Value> = reads[state].iter().rev().cloned().collect();
                reads[state].insert(0, traffic::with_sets_of_a_type(&newest_first, &all));
            }
        }
        if recording == "hetzner" {
            // The recorded client knew what it had written and read nothing in between: its later listing, with the set
            // put in as the zone's other sets are listed.
            let content = step["content"].as_str().unwrap();
            let mut listing = reads[2].iter().find(|e| traffic::url(e).contains("/rrsets")).unwrap().clone();
            let whole = all.iter().find(|e| traffic::url(e).contains("/rrsets")).unwrap();
            let like = whole["response"]["body"]["rrsets"].as_array().unwrap().iter().find(|set| set["type"] == "TXT");
            let mut set = like.unwrap().clone();
            set["name"] = relative.clone().into();
            set["records"] = serde_json::json!([{"value": format!("\"{content}\"")}]);
            set["ttl"] = step["ttl"].clone();
            listing["response"]["body"]["rrsets"] = serde_json::json!([set]);
            reads[1].push(listing);
            // The last word on an action, not the first.
            reads[1].sort_by_key(|e| !e["response"]["body"].to_string().contains("success"));
            reads[2].sort_by_key(|e| !e["response"]["body"].to_string().contains("success"));
        }
        // Without a listing of the record there is nothing to read back.
        let content = step["content"].as_str().unwrap();
        let shown = |e: &Value| {
            let body = e["response"]["body"].to_string();
            body.contains(content) && body.contains(&relative)
        };
        if !reads[1].iter().any(shown) {
            continue;
        }
        let as_recorded = [kind != Writes::InBulk, matches!(kind, Writes::All | Writes::NoUpdates)];
        let states = States {
            reads,
            writes: [exchanged[made].clone(), exchanged[taken].clone()],
            all: all.clone(),
            as_recorded,
        };
        let ttl = step["ttl"].as_u64().map_or(if recording == "linode" { 0 } else { 3600 }, |t| t as u32);
        let api = states.serve();
        traffic::runtime().block_on(async {
            let open = || traffic::provider(definition, &zone, api.port);
            let wanted: &journey::Texts<'_> = &[(&relative, content)];
            let provider = open();
            let first = journey::plan(provider.as_ref(), &zone, ttl, wanted, &[]).await;
            assert_eq!(first.changes.len(), 1, "{recording}: one set to write");
            journey::push(provider.as_ref(), &first).await;
            let provider = open();
            let again = journey::plan(provider.as_ref(), &zone, ttl, wanted, &[]).await;
            assert!(again.is_empty(), "{recording}: the second plan is empty: {again:?}");
            let away = journey::plan(provider.as_ref(), &zone, ttl, &[], &[&relative]).await;
            assert_eq!(away.changes.len(), 1, "{recording}: one set to take away");
            journey::push(provider.as_ref(), &away).await;
            let provider = open();
            assert!(journey::plan(provider.as_ref(), &zone, ttl, &[], &[&relative]).await.is_empty(), "{recording}");
        });
        assert_eq!(api.writes().len(), 2, "{recording}: one write there, one back");
        return Some(scenario["name"].as_str().unwrap().to_string());
    }
    None
}

/// The scenario that was carried, by the definition's id; `None` without the recordings. Run once.
pub fn carried() -> Option<&'static BTreeMap<&'static str, Option<String>>> {
    static ALL: OnceLock<Option<BTreeMap<&'static str, Option<String>>>> = OnceLock::new();
    let run = || {
        let folder = traffic::corpus()?;
        Some(traffic::side_by_side(PROVIDERS, |(recording, definition, kind)| {
            (*definition, carry(&traffic::recording_of(&folder, recording), recording, definition, *kind))
        }))
    };
    ALL.get_or_init(run).as_ref()
}

#[test]
fn recordings_carry_a_push_and_a_delete() {
    let Some(all) = carried() else { return };
    for (definition, scenario) in all {
        eprintln!("{definition}: {scenario:?}");
        assert!(scenario.is_some(), "{definition}: no scenario could be carried");
    }
}
