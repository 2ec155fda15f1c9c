//! The drivers that speak XML against recorded traffic: listings understood, every write as it was accepted.

use std::collections::BTreeMap;
use std::path::Path;

use hickory_proto::rr::{RData, RecordType};
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Origin, RecordSet, Snapshot, parse_value};
use mailproof::model::txt;
use mailproof::plan::change::Change;
use mailproof::profile::schema::ProviderConfig;
use mailproof::provider::Provider;
use mailproof::provider::credential::Variables;
use mailproof::provider::open::{Opening, open};
use serde_json::Value;

use crate::journey;
use crate::support::fake::{Fake, Reply, Seen};
use crate::traffic;

const DRIVERS: [&str; 2] = ["route53", "namecheap"];

/// One record: owner, type, TTL, value without quotes or last dot.
type Row = (String, String, u32, String);
/// A write as it compares: what is said of each set or host, in no order.
type Said = Vec<BTreeMap<String, String>>;

/// How many writes of a kind were held against ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    pub creates: usize,
    pub updates: usize,
    pub deletes: usize,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// What stands between `<tag>` and `</tag>`, each time.
fn between<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    let close = format!("</{tag}>");
    text.split(&format!("<{tag}>")).skip(1).map(|rest| rest.split(close.as_str()).next().unwrap()).collect()
}

/// The attributes of each `<host .../>`.
fn hosts(text: &str) -> Said {
    let one = |host: &str| {
        let inside = host.split("/>").next().unwrap();
        let pairs = inside.split("\" ").filter_map(|pair| pair.trim().trim_end_matches('"').split_once("=\""));
        pairs.map(|(name, value)| (name.to_string(), unescaped(value))).collect()
    };
    text.split("<host ").skip(1).map(one).collect()
}

/// The records of a listing, read in the plainest way.
fn listed(driver: &str, body: &str, zone: &Name) -> Vec<Row> {
    let plain = |value: &str| unescaped(value).trim_matches('"').trim_end_matches('.').to_string();
    if driver == "route53" {
        let sets = between(body, "ResourceRecordSet");
        let rows = sets.into_iter().flat_map(|set| {
            let of = |tag: &str| between(set, tag).first().map(|t| (*t).to_string()).unwrap_or_default();
            let (owner, rtype, ttl) = (of("Name"), of("Type"), of("TTL").parse().unwrap_or(0));
            between(set, "Value")
                .into_iter()
                .map(move |v| (plain(&owner), rtype.clone(), ttl, plain(v)))
                .collect::<Vec<_>>()
        });
        return rows.collect();
    }
    let shown = name::show(zone);
    let of = |host: &BTreeMap<String, String>| {
        let owner = match host["Name"].as_str() {
            "@" => shown.clone(),
            relative => format!("{relative}.{shown}"),
        };
        (owner, host["Type"].clone(), host["TTL"].parse().unwrap(), plain(&host["Address"]))
    };
    hosts(body).iter().map(of).collect()
}

/// The records of a snapshot in the same form.
fn rows(snapshot: &Snapshot) -> Vec<Row> {
    let value = |data: &RData| match data {
        RData::TXT(text) => String::from_utf8(txt::joined(text)).unwrap(),
        other => other.to_string().trim_end_matches('.').to_string(),
    };
    let one = |set: &RecordSet| {
        let (owner, rtype, ttl) = (name::show(&set.name), set.rtype.to_string(), set.ttl);
        set.values.iter().map(|v| (owner.clone(), rtype.clone(), ttl, value(v))).collect::<Vec<_>>()
    };
    snapshot.sets().flat_map(one).collect()
}

fn is_write(driver: &str, url: &str, body: &str) -> bool {
    if driver == "route53" { body.contains("<ChangeBatch>") } else { url.contains("setHosts") }
}

fn is_listing(driver: &str, url: &str, body: &str) -> bool {
    let path = if driver == "route53" { "/rrset" } else { "getHosts" };
    url.contains(path) && !is_write(driver, url, body)
}

/// What a write says.
fn said(driver: &str, body: &str) -> Said {
    let mut out: Said = if driver == "route53" {
        let change = |change: &str| {
            let of = |tag: &str| between(change, tag).first().map(|t| (*t).to_string()).unwrap_or_default();
            let mut values: Vec<String> =
                between(change, "Value").into_iter().map(|v| unescaped(v).trim_end_matches('.').to_string()).collect();
            values.sort();
            let fields = ["Action", "Name", "Type", "TTL"].map(|tag| (tag.to_string(), of(tag)));
            fields.into_iter().chain([("Values".to_string(), values.join(" "))]).collect()
        };
        between(body, "Change").into_iter().map(change).collect()
    } else {
        let mut hosts: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let form = reqwest::Url::parse(&format!("http://form/?{body}")).unwrap();
        for (name, value) in form.query_pairs() {
            let field = name.trim_end_matches(|c: char| c.is_ascii_digit());
            // How mail is handled is sent back as it was listed, which the recorded client leaves out.
            if field != "EmailType" {
                hosts.entry(name[field.len()..].to_string()).or_default().insert(field.to_string(), value.into_owned());
            }
        }
        // Names in data are whole with their last dot and without.
        for host in hosts.values_mut().filter(|host| host.get("RecordType").is_some_and(|t| t == "CNAME")) {
            host.entry("Address".into()).and_modify(|a| a.truncate(a.trim_end_matches('.').len()));
        }
        hosts.into_values().collect()
    };
    out.sort();
    out
}

/// The state of the zone that a recorded write leaves behind, for the keys that it changes.
fn desired(driver: &str, body: &str, before: &Snapshot, zone: &Name) -> Vec<Change> {
    let data = |rtype: RecordType, value: &str| match rtype {
        RecordType::TXT => RData::TXT(txt::split(value.trim_matches('"').as_bytes())),
        // Names in data are whole, with or without their dot.
        RecordType::CNAME => parse_value(rtype, &format!("{}.", value.trim_end_matches('.'))).unwrap(),
        _ => parse_value(rtype, value).unwrap(),
    };
    let mut after: BTreeMap<(String, String), (u32, Vec<String>)> = BTreeMap::new();
    for one in said(driver, body) {
        if driver == "route53" {
            let key = (one["Name"].clone(), one["Type"].clone());
            let gone = one["Action"] == "DELETE";
            let values = if gone { Vec::new() } else { one["Values"].split(' ').map(str::to_string).collect() };
            after.insert(key, (one["TTL"].parse().unwrap(), values));
        } else if let Some(owner) = one.get("HostName") {
            let owner = if owner == "@" { name::show(zone) } else { format!("{owner}.{}", name::show(zone)) };
            let set = after.entry((owner, one["RecordType"].clone())).or_default();
            set.0 = one["TTL"].parse().unwrap();
            set.1.push(one["Address"].clone());
        }
    }
    if driver == "namecheap" {
        for set in before.sets() {
            after.entry((name::show(&set.name), set.rtype.to_string())).or_default();
        }
    }
    let changes = after.into_iter().filter_map(|((owner, rtype), (ttl, values))| {
        // What this program does not know as a type of DNS is never in a plan.
        let (owner, rtype) = (name::domain(&owner).unwrap(), rtype.parse::<RecordType>().ok()?);
        let old = before.get(&owner, rtype).cloned();
        let values: Vec<RData> = values.iter().map(|v| data(rtype, v)).collect();
        let new = (!values.is_empty()).then(|| {
            let mut new = RecordSet { name: owner, rtype, ttl, values, origin: Origin::Profile, reason: None };
            new.ttl = if new.ttl == 0 { 3600 } else { new.ttl };
            new
        });
        Change::between(old, new)
    });
    changes.collect()
}

/// What a recording has to say to a question, the newest first.
fn answer(driver: &str, answers: &[Value], seen: &Seen) -> Option<Reply> {
    let fits = |e: &&Value| {
        let url = text(&e["request"]["url"]);
        match driver {
            "route53" => {
                seen.path().trim_end_matches('/').ends_with(traffic::path(&traffic::target(url)).trim_end_matches('/'))
            }
            _ => ["getHosts", "getInfo"].iter().any(|command| url.contains(command) && seen.target.contains(command)),
        }
    };
    answers.iter().rev().find(fits).map(|e| Reply::text(200, text(&e["response"]["body"])))
}

/// That a change has arrived everywhere, where that is asked.
fn arrived(seen: &Seen) -> Option<Reply> {
    let body = "<GetChangeResponse><ChangeInfo><Status>INSYNC</Status></ChangeInfo></GetChangeResponse>";
    seen.path().contains("/change/").then(|| Reply::text(200, body))
}

/// A provider that is answered with `answers` to what is read, and the write that it sends.
fn serve(driver: &'static str, answers: Vec<Value>) -> Fake {
    Fake::start(move |seen: &Seen| {
        if is_write(driver, &seen.target, &seen.body) {
            let body = match driver {
                "route53" => {
                    "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status></ChangeInfo></ChangeResourceRecordSetsResponse>"
                }
                _ => {
                    "<ApiResponse Status=\"OK\"><CommandResponse><DomainDNSSetHostsResult IsSuccess=\"true\"/></CommandResponse></ApiResponse>"
                }
            };
            return Reply::text(200, body);
        }
        arrived(seen).or_else(|| answer(driver, &answers, seen)).unwrap_or_else(|| Reply::text(404, "<nothing/>"))
    })
}

/// A provider in the three states of a recording: before a record was made, while it was there, and after it was taken
/// away. Only the write that was recorded leads on to the next one, and has the recorded answer.
fn replay(driver: &'static str, states: [Vec<Value>; 3], writes: [(Said, String); 2]) -> Fake {
    let at = std::sync::atomic::AtomicUsize::new(0);
    Fake::start(move |seen: &Seen| {
        use std::sync::atomic::Ordering;
        let now = at.load(Ordering::SeqCst);
        if is_write(driver, &seen.target, &seen.body) {
            let theirs = writes.get(now).filter(|(wanted, _)| *wanted == said(driver, &seen.body));
            let Some((_, response)) = theirs else { return Reply::text(400, "<unlike/>") };
            at.fetch_add(1, Ordering::SeqCst);
            return Reply::text(200, response);
        }
        arrived(seen).or_else(|| answer(driver, &states[now], seen)).unwrap_or_else(|| Reply::text(404, "<nothing/>"))
    })
}

fn opened(driver: &str, zone: &Name, fake: &Fake) -> Box<dyn Provider> {
    let settings: &[(&str, &str)] = if driver == "namecheap" { &[("client_ip", "127.0.0.1")] } else { &[] };
    let own = |(k, v): &(&str, &str)| ((*k).to_string(), (*v).to_string());
    let config = ProviderConfig {
        id: driver.into(),
        zone: None,
        endpoint: Some(fake.endpoint()),
        settings: settings.iter().map(own).collect(),
    };
    let known = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NAMECHEAP_API_USER", "NAMECHEAP_API_KEY"];
    let credentials = Variables::new(known.map(|name| (name.to_string(), "x".to_string())));
    let base = Path::new(".").to_path_buf();
    open(&Opening { config: &config, apex: zone, credentials: &credentials, base, definitions: Vec::new() }).unwrap()
}

/// Holds every recorded write of a step against ours, and every listing against the plainest reading of it.
fn held(driver: &'static str, file: &Value) -> Counted {
    let zone = name::domain(text(&file["domain"])).unwrap();
    let runtime = traffic::runtime();
    let mut counted = Counted::default();
    for scenario in file["scenarios"].as_array().unwrap() {
        let kind = text(&scenario["kind"]);
        let exchanged = traffic::exchanges(scenario);
        for step in scenario["steps"].as_array().unwrap() {
            let op = text(&step["op"]);
            let span = |i: usize| usize::try_from(step["exchanges"][i].as_u64().unwrap()).unwrap();
            let one = step["writes"] == 1 && step["refused"].as_u64().unwrap_or(0) == 0;
            let writes = |e: &Value| is_write(driver, text(&e["request"]["url"]), text(&e["request"]["body"]));
            let at = (span(0)..span(1)).find(|i| writes(&exchanged[*i]));
            let end = at.unwrap_or(span(1));
            let listing = exchanged[..end]
                .iter()
                .rev()
                .find(|e| is_listing(driver, text(&e["request"]["url"]), text(&e["request"]["body"])));
            let Some(listing) = listing.filter(|_| op == "list" || one) else { continue };
            let fake = serve(driver, exchanged[..end].to_vec());
            let provider = opened(driver, &zone, &fake);
            let reading = runtime.block_on(provider.read(&[])).unwrap_or_else(|e| panic!("{driver} {kind}: {e}"));
            let known = |row: &Row| row.1 != "SOA" && !reading.snapshot.opaque.iter().any(|o| o.rtype == row.1);
            let (mut want, mut got) =
                (listed(driver, text(&listing["response"]["body"]), &zone), rows(&reading.snapshot));
            want.retain(known);
            got.retain(known);
            want.sort();
            got.sort();
            assert_eq!(got, want, "{driver} {kind} {op}: the listing");
            let Some(at) = at else { continue };
            let recorded = text(&exchanged[at]["request"]["body"]);
            let changes = desired(driver, recorded, &reading.snapshot, &zone);
            // The same value once more is no change here, and never planned twice.
            if changes.is_empty() || kind == "create-noop" {
                continue;
            }
            assert!(changes.len() <= 2, "{driver} {kind} {op}: one set, or one under another name: {changes:?}");
            fake.seen.lock().unwrap().clear();
            runtime.block_on(provider.apply(&changes)).unwrap_or_else(|e| panic!("{driver} {kind} {op}: {e}"));
            let seen = fake.seen.lock().unwrap();
            let ours = seen.iter().find(|s| is_write(driver, &s.target, &s.body)).unwrap();
            assert_eq!(said(driver, &ours.body), said(driver, recorded), "{driver} {kind} {op}: the write");
            match op {
                "create" => counted.creates += 1,
                "update" => counted.updates += 1,
                _ => counted.deletes += 1,
            }
        }
    }
    counted
}

/// What was held, by driver; `None` without recordings.
pub fn all_held() -> Option<Vec<(&'static str, Counted)>> {
    let folder = traffic::corpus()?;
    Some(DRIVERS.into_iter().map(|driver| (driver, held(driver, &traffic::recording_of(&folder, driver)))).collect())
}

#[test]
fn recorded_xml_is_understood_and_sent_alike() {
    let Some(all) = all_held() else { return };
    for (driver, counted) in all {
        assert!(counted.creates >= 20 && counted.updates >= 1 && counted.deletes >= 4, "{driver}: {counted:?}");
    }
}

/// Carries plan, push, a second plan that is empty, and a delete, with the scenario that makes a record and takes it away.
fn carried(driver: &'static str, file: &Value) {
    let zone = name::domain(text(&file["domain"])).unwrap();
    let scenarios = file["scenarios"].as_array().unwrap();
    let scenario = scenarios.iter().find(|s| s["kind"] == "delete-by-id").unwrap();
    let all = traffic::exchanges(scenarios.iter().find(|s| s["kind"] == "list-all").unwrap());
    let exchanged = traffic::exchanges(scenario);
    let is = |e: &Value, what: fn(&str, &str, &str) -> bool| {
        what(driver, text(&e["request"]["url"]), text(&e["request"]["body"]))
    };
    let at: Vec<usize> = (0..exchanged.len()).filter(|i| is(&exchanged[*i], is_write)).collect();
    let &[made, taken] = at.as_slice() else { panic!("{driver}: a record made and taken away, not {at:?}") };
    // A listing from before speaks only where the state has none of its own: there the record was not yet, or is no more.
    let others: Vec<Value> =
        exchanged.iter().chain(&all).filter(|e| !is(e, is_write) && !is(e, is_listing)).cloned().collect();
    let state = |from: usize, to: usize| -> Vec<Value> {
        let own: Vec<Value> = exchanged[from..to].iter().filter(|e| is(e, is_listing)).cloned().collect();
        assert!(!own.is_empty() || from == 0, "{driver}: a state without a listing");
        let first = all.iter().filter(|e| from == 0 && is(e, is_listing)).cloned();
        others.iter().cloned().chain(first).chain(own).collect()
    };
    let step = scenario["steps"].as_array().unwrap().iter().find(|s| s["op"] == "create").unwrap();
    let (relative, content) =
        (name::relative(&traffic::owner(text(&step["name"]), &zone), &zone), text(&step["content"]));
    let mut states = [state(0, made), state(made + 1, taken), state(taken + 1, exchanged.len())];
    let owner = name::show(&traffic::owner(text(&step["name"]), &zone));
    let write = |at: usize| {
        let e = &exchanged[at];
        (said(driver, text(&e["request"]["body"])), text(&e["response"]["body"]).to_string())
    };
    let mut writes = [write(made), write(taken)];
    let listing = states[0].iter().rfind(|e| is(e, is_listing)).unwrap();
    if listed(driver, text(&listing["response"]["body"]), &zone).iter().any(|row| row.0 == owner) {
        // The record was left over in the recorded account, and written beside itself: as the zone was afterwards is how
        // it would have been before, and what was left over is not written.
        states[0] = states[2].clone();
        writes[0].0.retain(|host| host.get("HostName") != Some(&relative) || !host.contains_key("HostId"));
    }
    let ttl = step["ttl"].as_u64().map_or(3600, |t| t as u32);
    let fake = replay(driver, states, writes);
    traffic::runtime().block_on(async {
        let provider = opened(driver, &zone, &fake);
        let wanted: &journey::Texts<'_> = &[(&relative, content)];
        let first = journey::plan(provider.as_ref(), &zone, ttl, wanted, &[]).await;
        assert_eq!(first.changes.len(), 1, "{driver}: one set to write");
        journey::push(provider.as_ref(), &first).await;
        assert!(
            journey::plan(provider.as_ref(), &zone, ttl, wanted, &[]).await.is_empty(),
            "{driver}: the second plan"
        );
        let back = journey::plan(provider.as_ref(), &zone, ttl, &[], &[&relative]).await;
        assert_eq!(back.changes.len(), 1, "{driver}: one set to take away");
        journey::push(provider.as_ref(), &back).await;
        let gone = journey::plan(provider.as_ref(), &zone, ttl, &[], &[&relative]).await;
        assert!(gone.is_empty(), "{driver}: gone");
    });
}

#[test]
fn recordings_carry_the_whole_way() {
    let Some(folder) = traffic::corpus() else { return };
    for driver in DRIVERS {
        carried(driver, &traffic::recording_of(&folder, driver));
    }
}
