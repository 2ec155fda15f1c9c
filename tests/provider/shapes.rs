//! What no recording has: long TXT values, second pages, and providers that were never recorded. The shapes are those
//! of the providers' documentation, written here by hand: nothing is taken from the definitions.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hickory_proto::rr::{RData, RecordType};
use mailproof::error::ErrorKind;
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::RecordSet;
use mailproof::model::txt;
use mailproof::plan::change::Change;
use serde_json::{Value, json};

use crate::journey;
use crate::traffic::{self, Api, Seen};

/// How a long value stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Long {
    /// As it is.
    Raw,
    /// In one pair of quotes.
    Single,
    /// In strings of at most 255 octets, each in quotes.
    Strings,
}

/// How an answer says that there is a second page, and the second that there is no third.
enum More {
    /// Where the first answer has what, and the second.
    At(&'static str, Value, Value),
    /// By the header field Link.
    Link,
    /// There is one answer, however many records, or the second page is in the recording.
    Never,
}

/// What the documentation of a recorded provider says beyond the recording.
struct Shape {
    recording: &'static str,
    definition: &'static str,
    /// Where the list is.
    items: &'static str,
    long: Long,
    /// The longest value it stores, of those that are tried.
    most: usize,
    more: More,
}

fn shapes() -> Vec<Shape> {
    let shape =
        |recording, definition, items, long, most, more| Shape { recording, definition, items, long, most, more };
    use Long::{Raw, Single, Strings};
    let null = Value::Null;
    vec![
        shape(
            "cloudflare",
            "cloudflare",
            "/result",
            Strings,
            1000,
            More::At("/result_info/total_pages", json!(2), json!(2)),
        ),
        shape("conoha", "conoha", "/records", Raw, 1000, More::Never),
        shape("desec", "desec", "", Strings, 1000, More::Link),
        // At most 509 characters once quoted.
        shape("digitalocean", "digitalocean", "/domain_records", Raw, 504, More::Never),
        shape("dnsimple", "dnsimple", "/data", Strings, 1000, More::At("/pagination/total_pages", json!(2), json!(2))),
        shape("godaddy", "godaddy", "", Raw, 1000, More::Never),
        shape(
            "hetzner",
            "hetzner-cloud",
            "/rrsets",
            Strings,
            1000,
            More::At("/meta/pagination/next_page", json!(2), null.clone()),
        ),
        shape("ionos", "ionos", "/records", Strings, 1000, More::Never),
        shape("linode", "linode", "/data", Raw, 1000, More::At("/pages", json!(2), json!(2))),
        // At most 512 characters once quoted.
        shape("namecom", "namecom", "/records", Raw, 507, More::At("/nextPage", json!(2), null)),
        shape("nsone", "ns1", "/records", Raw, 1000, More::Never),
        shape("porkbun", "porkbun", "/records", Raw, 1000, More::Never),
        shape("scaleway", "scaleway", "/records", Strings, 1000, More::At("/total_count", json!(7), json!(7))),
        shape("vultr", "vultr", "/records", Single, 1000, More::At("/meta/links/next", json!("second"), json!(""))),
    ]
}

/// What was shown of one provider beyond its recording.
#[derive(Clone, Debug)]
pub struct Shown {
    pub most: usize,
    /// Whether a second page was read; `None` where there are none.
    pub paged: Option<bool>,
}

fn long_value(octets: usize) -> String {
    let value = format!("v=DKIM1; k=rsa; p={}", "A".repeat(octets - 18));
    assert_eq!(value.len(), octets);
    value
}

fn new_set(zone: &Name, value: &str) -> RecordSet {
    let value = RData::TXT(txt::split(value.as_bytes()));
    RecordSet::desired(name::below("mp-long._domainkey", zone).unwrap(), 3600, vec![value], "")
}

/// Every text in `value`.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(members) => members.values().for_each(|member| texts(member, out)),
        _ => {}
    }
}

/// The longest value that is taken, and how it is written.
fn long(shape: &Shape, zone: &Name, all: &[Value], written: Value) {
    let runtime = traffic::runtime();
    let mut taken = 0;
    for octets in [255, 256, 504, 507, 510, 511, 1000] {
        let value = long_value(octets);
        let api = traffic::Replay::start(all.to_vec(), Some(written.clone()));
        let provider = traffic::provider(shape.definition, zone, api.port);
        runtime.block_on(provider.read(&[])).unwrap();
        let mut set = new_set(zone, &value);
        if let Err(error) = provider.normalise(&mut set) {
            assert!(octets > shape.most, "{}: {octets} octets are refused: {error}", shape.definition);
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            continue;
        }
        assert!(octets <= shape.most, "{}: {octets} octets are not refused", shape.definition);
        let change = Change::between(None, Some(set)).unwrap();
        runtime.block_on(provider.apply(&[change])).unwrap_or_else(|e| panic!("{}: {e}", shape.definition));
        let [request] = &api.writes()[..] else { panic!("{}: one request", shape.definition) };
        let want = match shape.long {
            Long::Raw => value,
            Long::Single => format!("\"{value}\""),
            Long::Strings => {
                let strings: Vec<String> = value
                    .as_bytes()
                    .chunks(255)
                    .map(|part| format!("\"{}\"", std::str::from_utf8(part).unwrap()))
                    .collect();
                strings.join(" ")
            }
        };
        let mut said = Vec::new();
        texts(&request.body, &mut said);
        assert!(said.contains(&want), "{}: {octets} octets as\n{want}\nin\n{said:?}", shape.definition);
        taken = octets;
    }
    assert_eq!(taken, shape.most, "{}", shape.definition);
}

/// A recorded listing cut in two, with the marks that the documentation names.
fn paged(shape: &Shape, zone: &Name, all: &[Value]) -> Option<bool> {
    if matches!(shape.more, More::Never) {
        return None;
    }
    let runtime = traffic::runtime();
    let count = |port| {
        let reading = runtime.block_on(traffic::provider(shape.definition, zone, port).read(&[])).unwrap();
        let sets = reading.snapshot.sets().map(|set| set.values.len()).sum::<usize>();
        sets + reading.snapshot.opaque.iter().map(|set| set.values.len()).sum::<usize>()
    };
    let plain = traffic::Replay::start(all.to_vec(), None);
    let whole = count(plain.port);
    // Records are what is asked for last.
    let last = traffic::path(&plain.requests().last().unwrap().target).to_string();
    let listing = all.iter().find(|e| traffic::path(&traffic::url(e)) == last).unwrap();
    let body = listing["response"]["body"].clone();
    let items = body.pointer(shape.items).unwrap().as_array().unwrap().clone();
    assert!(items.len() > 1, "{}: a listing to cut", shape.definition);
    let (first, second) = items.split_at(items.len() / 2);
    let half = |items: &[Value], second: bool| {
        let mut body = body.clone();
        *body.pointer_mut(shape.items).unwrap() = Value::from(items.to_vec());
        let mut headers = json!({});
        match &shape.more {
            More::At(pointer, one, other) => put(&mut body, pointer, if second { other } else { one }.clone()),
            More::Link if !second => {
                headers = json!({"link": format!("<https://host.example{last}?cursor=second>; rel=\"next\"")})
            }
            _ => {}
        }
        json!({"status": 200, "headers": headers, "body": body})
    };
    let halves = [half(first, false), half(second, true)];
    let (known, path) = (all.to_vec(), last.clone());
    let cut = Api::start(move |seen| {
        if traffic::path(&seen.target) != path {
            return traffic::recorded(&known, seen).unwrap_or_else(traffic::not_recorded);
        }
        let second = ["page=2", "cursor=second"].iter().any(|mark| seen.target.contains(mark));
        halves[usize::from(second)].clone()
    });
    assert_eq!(count(cut.port), whole, "{}: both pages", shape.definition);
    let asked = cut.requests().iter().filter(|r| traffic::path(&r.target) == last).count();
    assert_eq!(asked, 2, "{}: one request a page", shape.definition);
    Some(true)
}

/// Puts `value` where `pointer` says, with the objects on the way.
fn put(body: &mut Value, pointer: &str, value: Value) {
    let mut at = body;
    for part in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = at.as_object_mut().unwrap().entry(part).or_insert(Value::Null);
    }
    *at = value;
}

/// Writes that are in no recording as we make them: what the documentation says of a TXT record that is changed or taken
/// away. `{zone}`, `{name}` and `{id}` are those of the record.
const WRITES: &[(&str, &str, &str, &str, &str)] = &[
    ("digitalocean", "digitalocean", "update", "PUT", "/v2/domains/{zone}/records/{id}"),
    ("dnsimple", "dnsimple", "update", "PATCH", "/v2/1000/zones/{zone}/records/{id}"),
    ("godaddy", "godaddy", "delete", "DELETE", "/v1/domains/{zone}/records/TXT/{name}"),
    ("hetzner", "hetzner-cloud", "delete", "DELETE", "/v1/zones/53091/rrsets/{name}/TXT"),
    ("ionos", "ionos", "update", "PUT", "/dns/v1/zones/4c9feb47-2a4d-11ec-bda4-0a5864441f49/records/{id}"),
    ("nsone", "ns1", "update", "POST", "/v1/zones/{zone}/{name}.{zone}/TXT"),
];

/// Whether the documented form of `op` was held against ours.
pub fn documented_write(definition: &str, op: &str) -> bool {
    WRITES.iter().any(|(_, known, what, _, _)| *known == definition && *what == op)
}

#[test]
fn documented_writes() {
    let Some(folder) = traffic::corpus() else { return };
    let runtime = traffic::runtime();
    for (recording, definition, op, method, path) in WRITES {
        let file = traffic::recording_of(&folder, recording);
        let zone = name::domain(file["domain"].as_str().unwrap()).unwrap();
        let scenarios = file["scenarios"].as_array().unwrap();
        let mut all = traffic::exchanges(scenarios.iter().find(|s| s["kind"] == "list-all").unwrap());
        all.reverse();
        let good = json!({"status": 200, "headers": {}, "body": {}});
        let api = traffic::Replay::start(all.clone(), Some(good));
        let provider = traffic::provider(definition, &zone, api.port);
        let reading = runtime.block_on(provider.read(&[])).unwrap();
        // One TXT record alone at its name, below the zone.
        let alone = |s: &&RecordSet| s.rtype == RecordType::TXT && s.values.len() == 1 && s.name != zone;
        let before = reading.snapshot.sets().find(alone).unwrap().clone();
        let mut after = before.clone();
        after.values = vec![RData::TXT(txt::split(b"mailproof-changed"))];
        let change = Change::between(Some(before.clone()), (*op == "update").then_some(after)).unwrap();
        runtime.block_on(provider.apply(&[change])).unwrap_or_else(|e| panic!("{definition}: {e}"));
        let [request] = &api.writes()[..] else { panic!("{definition}: one request") };
        let relative = name::relative(&before.name, &zone);
        let listed = all.iter().map(|e| e["response"]["body"].to_string()).collect::<String>();
        let id = request.target.rsplit('/').next().unwrap();
        let want = path.replace("{zone}", &name::show(&zone)).replace("{name}", &relative).replace("{id}", id);
        assert_eq!((request.method.as_str(), request.target.as_str()), (*method, want.as_str()), "{definition}");
        assert!(!path.contains("{id}") || listed.contains(id), "{definition}: {id} is the record's");
        let mut said = Vec::new();
        texts(&request.body, &mut said);
        let changed = said.iter().any(|text| text.trim_matches('"') == "mailproof-changed");
        assert_eq!(changed, *op == "update", "{definition}: {said:?}");
    }
}

/// What was shown, by the definition's id; `None` without the recordings, whose zones are used. Run once.
pub fn shown() -> Option<&'static BTreeMap<&'static str, Shown>> {
    static ALL: OnceLock<Option<BTreeMap<&'static str, Shown>>> = OnceLock::new();
    let run = || {
        let folder = traffic::corpus()?;
        let one = |shape: &Shape| {
            let file = traffic::recording_of(&folder, shape.recording);
            let zone = name::domain(file["domain"].as_str().unwrap()).unwrap();
            let scenarios = file["scenarios"].as_array().unwrap();
            let mut all = traffic::exchanges(scenarios.iter().find(|s| s["kind"] == "list-all").unwrap());
            // Later exchanges say more: a first read may have asked for less.
            all.reverse();
            let accepted = scenarios.iter().find_map(|scenario| {
                let exchanged = traffic::exchanges(scenario);
                let steps = scenario["steps"].as_array().unwrap();
                let good = |s: &&Value| {
                    s["op"] == "create" && s["writes"].as_u64() > Some(0) && s["refused"].as_u64().unwrap_or(0) == 0
                };
                let first = traffic::first_write(&exchanged, steps.iter().find(good)?);
                Some((exchanged[first].clone(), exchanged[first..].to_vec()))
            });
            let (write, after) = accepted.unwrap();
            // What comes of a write that is done later.
            all.extend(after.iter().rev().filter(|e| traffic::url(e).contains("/actions/")).cloned());
            long(shape, &zone, &all, write["response"].clone());
            (shape.definition, Shown { most: shape.most, paged: paged(shape, &zone, &all) })
        };
        Some(traffic::side_by_side(&shapes(), one))
    };
    ALL.get_or_init(run).as_ref()
}

#[test]
fn long_values_and_second_pages() {
    let Some(all) = shown() else { return };
    for (definition, shown) in all {
        eprintln!("{definition}: {shown:?}");
    }
    let recorded: Vec<&str> = traffic::second_pages().iter().copied().collect();
    assert_eq!(recorded, ["digitalocean"], "second pages that are in the recordings");
}

/// A record as these mocks keep it: id, name, type, TTL, value.
type Kept = (u64, String, String, u64, String);

fn answer(status: u16, body: Value) -> Value {
    json!({"status": status, "headers": {}, "body": body})
}

/// The number that `name` has in the query.
fn asked(seen: &Seen, name: &str) -> usize {
    let query = seen.target.split_once('?').map_or("", |(_, query)| query);
    let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found.and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Gandi LiveDNS: sets below their name and type, values re-split, two sets a page.
fn gandi() -> Api {
    let mut sets: BTreeMap<(String, String), (u64, Vec<String>)> = BTreeMap::new();
    sets.insert(("@".into(), "MX".into()), (10800, vec!["10 spool.mail.gandi.net.".into()]));
    sets.insert(("www".into(), "CNAME".into()), (10800, vec!["webredir.vip.gandi.net.".into()]));
    sets.insert(("blog".into(), "CNAME".into()), (10800, vec!["blogs.vip.gandi.net.".into()]));
    Api::start(move |seen| {
        let zone = "/v5/livedns/domains/example.com";
        let path = traffic::path(&seen.target);
        if path == zone {
            return answer(200, json!({"fqdn": "example.com", "automatic_snapshots": true}));
        }
        let Some(rest) = path.strip_prefix(&format!("{zone}/records")) else {
            return answer(404, json!({"object": "HTTPNotFound", "cause": "Not Found", "code": 404, "message": "no"}));
        };
        let parts: Vec<&str> = rest.split('/').skip(1).collect();
        match (seen.method.as_str(), &parts[..]) {
            ("GET", []) => {
                let page = asked(seen, "page");
                let all: Vec<Value> = sets
                    .iter()
                    .map(|((name, rtype), (ttl, values))| {
                        json!({"rrset_name": name, "rrset_type": rtype, "rrset_ttl": ttl, "rrset_values": values,
                               "rrset_href": format!("https://api.gandi.net{zone}/records/{name}/{rtype}")})
                    })
                    .collect();
                let next = format!("<https://api.gandi.net{zone}/records?page={}>; rel=\"next\"", page + 1);
                let headers = if all.len() > page * 2 { json!({"link": next}) } else { json!({}) };
                let shown: Vec<Value> = all.into_iter().skip((page - 1) * 2).take(2).collect();
                json!({"status": 200, "headers": headers, "body": shown})
            }
            ("PUT", [name, rtype]) => {
                let ttl = seen.body["rrset_ttl"].as_u64().unwrap();
                let values = seen.body["rrset_values"].as_array().unwrap().iter().map(|v| v.as_str().unwrap());
                if ttl < 300 || values.clone().any(|v| *rtype == "TXT" && !v.starts_with('"')) {
                    return answer(400, json!({"message": "bad", "status": "error"}));
                }
                sets.insert(((*name).into(), (*rtype).into()), (ttl, values.map(str::to_string).collect()));
                answer(201, json!({"message": "DNS Record Created"}))
            }
            ("DELETE", [name, rtype]) => {
                let gone = sets.remove(&((*name).to_string(), (*rtype).to_string()));
                answer(if gone.is_some() { 204 } else { 404 }, Value::from(""))
            }
            _ => answer(405, json!({"message": "no such method"})),
        }
    })
}

/// Bunny: numbers for types, PUT to make and POST to change.
fn bunny() -> Api {
    let mut records: Vec<Kept> = vec![(1, String::new(), "4".into(), 300, "mail.example.com".into())];
    let mut next = 2;
    Api::start(move |seen| {
        let path = traffic::path(&seen.target).to_string();
        let body = &seen.body;
        let taken = |body: &Value| {
            let text = |key: &str| body[key].as_str().map(str::to_string);
            Some((text("Name")?, body["Type"].as_u64()?.to_string(), body["Ttl"].as_u64()?, text("Value")?))
        };
        let id = || path.strip_prefix("/dnszone/7/records/").and_then(|id| id.parse::<u64>().ok());
        match (seen.method.as_str(), path.as_str()) {
            ("GET", "/dnszone") => answer(
                200,
                json!({"Items": [{"Id": 6, "Domain": "example.com.example"}, {"Id": 7, "Domain": "example.com"}],
                       "CurrentPage": 1, "TotalItems": 2, "HasMoreItems": false}),
            ),
            ("GET", "/dnszone/7") => {
                let shown: Vec<Value> = records
                    .iter()
                    .map(|(id, name, kind, ttl, value)| {
                        json!({"Id": id, "Type": kind.parse::<u64>().unwrap(), "Ttl": ttl, "Value": value, "Name": name,
                               "Weight": 0, "Priority": if kind == "4" { 10 } else { 0 }, "Disabled": false})
                    })
                    .collect();
                answer(200, json!({"Id": 7, "Domain": "example.com", "Records": shown}))
            }
            ("PUT", "/dnszone/7/records") => {
                let Some((name, kind, ttl, value)) = taken(body) else {
                    return answer(400, json!({"ErrorKey": "validation_error", "Field": "Type", "Message": "bad"}));
                };
                records.push((next, name, kind, ttl, value));
                next += 1;
                answer(201, json!({"Id": next - 1}))
            }
            ("POST" | "DELETE", _) => {
                let Some(at) = id().and_then(|id| records.iter().position(|r| r.0 == id)) else {
                    return answer(404, json!({"Message": "not found"}));
                };
                match (seen.method == "DELETE", taken(body)) {
                    (true, _) => drop(records.remove(at)),
                    (_, Some((name, kind, ttl, value))) => records[at] = (records[at].0, name, kind, ttl, value),
                    _ => return answer(400, json!({"Message": "bad"})),
                }
                answer(204, Value::from(""))
            }
            _ => answer(404, json!({"Message": "not found"})),
        }
    })
}

/// The old Hetzner DNS: records of all zones below one path, two a page.
fn hetzner_dns() -> Api {
    let mut records: Vec<Kept> = vec![
        (1, "@".into(), "MX".into(), 0, "10 mail.example.com.".into()),
        (2, "@".into(), "NS".into(), 0, "hydrogen.ns.hetzner.com.".into()),
        (3, "mail".into(), "A".into(), 600, "192.0.2.1".into()),
    ];
    let mut next = 4;
    Api::start(move |seen| {
        let path = traffic::path(&seen.target).to_string();
        let shown = |(id, name, rtype, ttl, value): &Kept| {
            let mut record =
                json!({"id": id.to_string(), "zone_id": "z1", "type": rtype, "name": name, "value": value});
            if *ttl > 0 {
                record["ttl"] = json!(ttl);
            }
            record
        };
        let taken = |id: u64, body: &Value| -> Option<Kept> {
            let text = |key: &str| body[key].as_str().map(str::to_string);
            (body["zone_id"] == "z1").then_some(())?;
            let value = text("value")?;
            // Strings of more than 255 octets are refused.
            value.split('"').all(|part| part.len() <= 255).then_some(())?;
            Some((id, text("name")?, text("type")?, body["ttl"].as_u64()?, value))
        };
        let at = path.strip_prefix("/api/v1/records/").and_then(|id| id.parse::<u64>().ok());
        let at = at.and_then(|id| records.iter().position(|r| r.0 == id));
        match (seen.method.as_str(), path.as_str(), at) {
            ("GET", "/api/v1/zones", _) => {
                answer(200, json!({"zones": [{"id": "z1", "name": "example.com", "ttl": 86400}]}))
            }
            ("GET", "/api/v1/records", _) => {
                let page = asked(seen, "page");
                let list: Vec<Value> = records.iter().skip((page - 1) * 2).take(2).map(shown).collect();
                let pagination = json!({"page": page, "per_page": 2, "last_page": records.len().div_ceil(2)});
                answer(200, json!({"records": list, "meta": {"pagination": pagination}}))
            }
            ("POST", "/api/v1/records", _) => match taken(next, &seen.body) {
                Some(record) => {
                    let told = shown(&record);
                    records.push(record);
                    next += 1;
                    answer(200, json!({"record": told}))
                }
                None => answer(422, json!({"error": {"message": "invalid record", "code": 422}})),
            },
            ("PUT", _, Some(at)) => match taken(records[at].0, &seen.body) {
                Some(record) => {
                    records[at] = record;
                    answer(200, json!({"record": shown(&records[at])}))
                }
                None => answer(422, json!({"error": {"message": "invalid record", "code": 422}})),
            },
            ("DELETE", _, Some(at)) => {
                records.remove(at);
                answer(200, Value::from(""))
            }
            _ => answer(404, json!({"error": {"message": "not found", "code": 404}})),
        }
    })
}

/// Providers that are known by their documentation alone, each with its mock and whether it has pages.
pub const DOCUMENTED: &[(&str, fn() -> Api, bool)] =
    &[("bunny", bunny, false), ("gandi", gandi, true), ("hetzner-dns", hetzner_dns, true)];

#[test]
fn documented_shapes_carry_the_whole_way() {
    let zone = name::domain("example.com").unwrap();
    for (definition, mock, pages) in DOCUMENTED {
        let api = mock();
        let provider = traffic::provider(definition, &zone, api.port);
        traffic::runtime().block_on(async {
            let before = provider.read(&[]).await.unwrap_or_else(|e| panic!("{definition}: {e}")).snapshot;
            let mx = before.get(&zone, RecordType::MX).unwrap_or_else(|| panic!("{definition}: MX is read"));
            assert!(mx.to_string().contains("10 "), "{definition}: {mx}");
            journey::whole(provider.as_ref(), &zone, 1000).await;
            let after = provider.read(&[]).await.unwrap().snapshot;
            let told =
                |s: &mailproof::model::snapshot::Snapshot| s.sets().map(RecordSet::to_string).collect::<Vec<_>>();
            assert_eq!(told(&before), told(&after), "{definition}: other records are as they were");
        });
        let second = api.requests().iter().any(|r| r.target.contains("page=2"));
        assert_eq!(second, *pages, "{definition}: pages");
    }
}
