//! Stand-ins of providers' APIs with a zone in them, made after the shapes that the providers document. Strict: what a
//! provider would refuse is refused here.

use std::sync::{Arc, Mutex};

use hickory_proto::rr::rdata::TXT;
use mailproof::model::txt;
use serde_json::{Value, json};

use crate::support::fake::{Fake, Reply, Seen};

/// The zone that all stand-ins and servers begin with.
pub const APEX: &str = "example.test";

/// A record of a stand-in.
#[derive(Clone, Debug, PartialEq)]
pub struct Rec {
    pub id: u64,
    /// Relative to the zone, `@` for itself.
    pub name: String,
    pub rtype: String,
    pub ttl: u64,
    /// TXT decoded, names with their last dot.
    pub value: String,
    pub prio: Option<u64>,
}

/// The records of a stand-in.
pub type Zone = Arc<Mutex<Vec<Rec>>>;

/// What a zone that has been lived in holds: the same at every server.
pub const LIVED_IN: &[(&str, &str, u64, &str, Option<u64>)] = &[
    ("@", "MX", 1800, "mail.example.test.", Some(10)),
    ("@", "TXT", 1200, "site-verification=abc", None),
    ("@", "TXT", 1200, "v=spf1 include:_spf.example.test ~all", None),
    ("mail", "A", 300, "192.0.2.10", None),
    ("www", "CNAME", 300, "mail.example.test.", None),
    ("_dmarc", "TXT", 300, "v=DMARC1; p=none", None),
    ("_spf", "TXT", 300, "v=spf1 ip4:192.0.2.25 -all", None),
    ("gone", "TXT", 300, "to be taken away", None),
];

pub fn lived_in() -> Zone {
    zone(LIVED_IN)
}

pub fn zone(records: &[(&str, &str, u64, &str, Option<u64>)]) -> Zone {
    let all = records.iter().enumerate().map(|(i, (name, rtype, ttl, value, prio))| Rec {
        id: 100 + i as u64,
        name: (*name).into(),
        rtype: (*rtype).into(),
        ttl: *ttl,
        value: (*value).into(),
        prio: *prio,
    });
    Arc::new(Mutex::new(all.collect()))
}

pub fn next_id(all: &[Rec]) -> u64 {
    all.iter().map(|r| r.id).max().unwrap_or(100) + 1
}

pub fn fqdn(name: &str) -> String {
    if name == "@" { APEX.into() } else { format!("{name}.{APEX}") }
}

/// Relative from whole, with or without the last dot; `None` outside the zone.
pub fn relative(text: &str) -> Option<String> {
    let bare = text.trim_end_matches('.');
    if bare == APEX {
        return Some("@".into());
    }
    bare.strip_suffix(&format!(".{APEX}")).map(str::to_string)
}

pub fn quoted(value: &str) -> String {
    txt::quoted(&txt::split(value.as_bytes()))
}

/// The value in strings in quotes, none longer than 255 octets; `None` for anything else.
pub fn unquoted(text: &str) -> Option<String> {
    let strings = txt::parse_quoted(text).ok().filter(|_| text.starts_with('"'))?;
    strings.iter().all(|s| s.len() <= 255).then_some(())?;
    // The stand-in keeps octets as characters of Latin 1 where they are no UTF-8.
    let octets = strings.concat();
    Some(String::from_utf8(octets).unwrap_or_else(|e| e.into_bytes().into_iter().map(char::from).collect()))
}

pub fn bad(why: &str) -> Reply {
    Reply::json(
        400,
        json!({"message": why, "success": false, "errors": [{"message": why, "code": 9}], "error": {"message": why}}),
    )
}

/// `Some` or a refusal.
macro_rules! need {
    ($value:expr, $why:expr) => {
        match $value {
            Some(value) => value,
            None => return bad($why),
        }
    };
}

fn tail(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// Cloudflare: one record at a time.
pub fn cloudflare(zone: &Zone) -> Fake {
    let zone = zone.clone();
    Fake::start(move |seen: &Seen| {
        let mut all = zone.lock().unwrap();
        let path = seen.path().trim_start_matches("/client/v4");
        let shown = |r: &Rec| {
            let content = if r.rtype == "TXT" { quoted(&r.value) } else { r.value.trim_end_matches('.').into() };
            let mut out = json!({"id": r.id.to_string(), "name": fqdn(&r.name), "type": r.rtype, "ttl": r.ttl, "content": content});
            if let Some(prio) = r.prio {
                out["priority"] = json!(prio);
            }
            out
        };
        let ok = |result: Value| {
            Reply::json(200, json!({"success": true, "result": result, "result_info": {"total_pages": 1}}))
        };
        let read = |body: &Value, id: u64| -> Option<Rec> {
            let rtype = body["type"].as_str()?.to_string();
            let content = body["content"].as_str()?;
            let value = if rtype == "TXT" { unquoted(content)? } else { format!("{}.", content.trim_end_matches('.')) };
            let (ttl, prio) = (body["ttl"].as_u64().filter(|t| *t >= 60)?, body["priority"].as_u64());
            Some(Rec { id, name: relative(body["name"].as_str()?)?, rtype, ttl, value, prio })
        };
        match (seen.method.as_str(), path) {
            ("GET", "/zones") => ok(json!([{"id": "z1", "name": APEX}])),
            ("GET", "/zones/z1/dns_records") => ok(all.iter().map(shown).collect()),
            ("POST", "/zones/z1/dns_records") => {
                let record = need!(read(&seen.json(), next_id(&all)), "malformed");
                if all.iter().any(|r| (&r.name, &r.rtype, &r.value) == (&record.name, &record.rtype, &record.value)) {
                    return bad("An identical record already exists.");
                }
                all.push(record.clone());
                ok(shown(&record))
            }
            ("PUT", _) => {
                let at = need!(all.iter().position(|r| r.id.to_string() == tail(path)), "no such record");
                all[at] = need!(read(&seen.json(), all[at].id), "malformed");
                ok(shown(&all[at]))
            }
            ("DELETE", _) => {
                let at = need!(all.iter().position(|r| r.id.to_string() == tail(path)), "no such record");
                let gone = all.remove(at);
                ok(json!({"id": gone.id}))
            }
            _ => Reply::json(404, json!({"success": false, "errors": [{"message": "no such path"}]})),
        }
    })
}

/// Sakura Cloud: the whole zone in JSON, guarded by a hash; records may have members that we know nothing of.
pub fn sakuracloud(zone: &Zone) -> Fake {
    let first: Vec<Value> = zone
        .lock()
        .unwrap()
        .iter()
        .map(|r| {
            let data = match r.prio {
                Some(prio) => format!("{prio} {}", r.value),
                None => r.value.clone(),
            };
            json!({"Name": r.name, "Type": r.rtype, "RData": data, "TTL": r.ttl, "Comment": "kept"})
        })
        .chain([json!({"Name": "alias", "Type": "ALIAS", "RData": "other.example.", "TTL": 60, "Odd": [1, 2]})])
        .collect();
    let (mut records, mut version) = (first, 1);
    Fake::start(move |seen: &Seen| {
        let path = seen.path().trim_start_matches("/cloud/zone/is1a/api/cloud/1.1");
        let item = |records: &[Value], version: i32| {
            json!({"ID": "7", "Name": APEX, "Status": {"Zone": APEX}, "SettingsHash": format!("h{version}"),
                   "Settings": {"DNS": {"ResourceRecordSets": records}}})
        };
        match (seen.method.as_str(), path) {
            ("GET", "/commonserviceitem") => {
                Reply::json(200, json!({"CommonServiceItems": [item(&records, version)], "is_ok": true}))
            }
            ("GET", "/commonserviceitem/7") => {
                Reply::json(200, json!({"CommonServiceItem": item(&records, version), "is_ok": true}))
            }
            ("PUT", "/commonserviceitem/7") => {
                let body = seen.json();
                if body["CommonServiceItem"]["SettingsHash"] != format!("h{version}") {
                    return Reply::json(409, json!({"error_msg": "changed in the meantime", "error_code": "conflict"}));
                }
                let sets = &body["CommonServiceItem"]["Settings"]["DNS"]["ResourceRecordSets"];
                let sets = need!(sets.as_array(), "malformed");
                let fits = |r: &Value| {
                    let data = r["RData"].as_str().unwrap_or("\"");
                    r["Type"] != "TXT" || (data.len() <= 500 && !data.contains(['"', '\\']))
                };
                if !sets.iter().all(fits) {
                    return Reply::json(400, json!({"error_msg": "bad data", "error_code": "bad_request"}));
                }
                (records, version) = (sets.clone(), version + 1);
                Reply::json(200, json!({"CommonServiceItem": item(&records, version), "is_ok": true}))
            }
            _ => Reply::json(404, json!({"error_msg": "not found"})),
        }
    })
}

/// What stands in the zone of Value-Domain that is not ours, to the letter (a line may be anything).
pub const OTHER_LINES: &[&str] = &[
    "a old 198.51.100.1",
    "url  www2   http://other.example/ keep  blanks",
    "txt verify odd  value with \"quotes\" ; and = more words ",
    "# a remark",
    "srv _sip._tcp 10 20 5060 sip.example.test.",
];

/// Value-Domain: the zone is one text.
pub fn value_domain(zone: &Zone, refusals: usize) -> (Fake, Arc<Mutex<String>>) {
    let mut lines: Vec<String> = OTHER_LINES.iter().map(|l| (*l).to_string()).collect();
    lines.extend(zone.lock().unwrap().iter().map(|r| match r.prio {
        Some(prio) => format!("mx {} {prio}", r.value),
        None => format!("{} {} {}", r.rtype.to_lowercase(), r.name, r.value),
    }));
    let text = Arc::new(Mutex::new(lines.join("\n") + "\n"));
    let mine = text.clone();
    let mut refusals = refusals;
    let fake = Fake::start(move |seen: &Seen| {
        let mut text = mine.lock().unwrap();
        let shown = |text: &str| json!({"results": {"ns_type": "valuedomain1", "records": text, "ttl": "300"}});
        match (seen.method.as_str(), seen.path()) {
            // It answers 429 early, and says not for how long.
            ("GET", "/v1/domains") if refusals > 0 => {
                refusals -= 1;
                Reply::json(429, json!({"errors": {"message": "Too Many Requests"}}))
            }
            ("GET", "/v1/domains") => {
                Reply::json(200, json!({"paging": {"max": 1}, "results": [{"domainname": APEX}]}))
            }
            ("GET", "/v1/domains/example.test/dns") => Reply::json(200, shown(&text)),
            ("PUT", "/v1/domains/example.test/dns") => {
                let body = seen.json();
                if body["ttl"] != 300 || body["ns_type"] != "valuedomain1" {
                    return bad("the TTL and the kind of name server must stay");
                }
                *text = need!(body["records"].as_str(), "malformed").to_string();
                Reply::json(200, shown(&text))
            }
            _ => Reply::json(404, json!({"errors": {"message": "not found"}})),
        }
    });
    (fake, text)
}

/// A number in the query of a request.
pub fn number(seen: &Seen, parameter: &str) -> Option<usize> {
    let query = seen.target.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|pair| pair.strip_prefix(parameter)?.strip_prefix('=')?.parse().ok())
}

/// Sets of one page, from `from` on, and where the next one begins if there is one.
pub fn page(sets: &[Value], from: usize, size: usize) -> (Vec<Value>, Option<usize>) {
    let next = from + size;
    (sets.iter().skip(from).take(size).cloned().collect(), (next < sets.len()).then_some(next))
}

/// Strings of a TXT value as Azure has them.
pub fn strings(value: &str) -> Vec<String> {
    let data: TXT = txt::split(value.as_bytes());
    data.txt_data.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect()
}

/// Azure: sets with etags, behind a login by client secret.
pub fn azure(zone: &Zone) -> Fake {
    let zone = zone.clone();
    let mut etag = 1;
    Fake::start(move |seen: &Seen| {
        let mut all = zone.lock().unwrap();
        if seen.path() == "/the-tenant/oauth2/token" {
            let good = seen.body.contains("grant_type=client_credentials") && seen.body.contains("client_secret=");
            return if good { Reply::json(200, json!({"access_token": "an-azure-token"})) } else { bad("no") };
        }
        if seen.headers.get("authorization").map(String::as_str) != Some("Bearer an-azure-token") {
            return Reply::json(
                401,
                json!({"error": {"code": "InvalidAuthenticationToken", "message": "who are you"}}),
            );
        }
        let base = "/subscriptions/a-subscription/resourceGroups/mail/providers/Microsoft.Network/dnszones";
        let path = seen.path();
        let sets = |all: &[Rec]| {
            let mut out: Vec<Value> = Vec::new();
            for r in all {
                let (member, one) = match r.rtype.as_str() {
                    "TXT" => ("TXTRecords", json!({"value": strings(&r.value)})),
                    "MX" => ("MXRecords", json!({"preference": r.prio, "exchange": r.value})),
                    "A" => ("ARecords", json!({"ipv4Address": r.value})),
                    _ => ("CNAMERecord", json!({"cname": r.value})),
                };
                let rtype = format!("Microsoft.Network/dnszones/{}", r.rtype);
                if let Some(set) = out.iter_mut().find(|s| s["name"] == r.name && s["type"] == rtype) {
                    set["properties"][member].as_array_mut().unwrap().push(one);
                    continue;
                }
                let values = if member == "CNAMERecord" { one } else { json!([one]) };
                let mut set =
                    json!({"name": r.name, "type": rtype, "etag": format!("e{}", r.id), "properties": {"TTL": r.ttl}});
                set["properties"][member] = values;
                out.push(set);
            }
            out
        };
        if seen.method == "GET" && path.eq_ignore_ascii_case(base) {
            return Reply::json(200, json!({"value": [{"name": APEX}]}));
        }
        let rest = need!(path.strip_prefix(&format!("{base}/{APEX}/")), "no such zone");
        if (seen.method.as_str(), rest) == ("GET", "recordsets") {
            let (shown, next) = page(&sets(&all), number(seen, "%24skiptoken").unwrap_or(0), 100);
            let mut answer = json!({"value": shown});
            if let Some(next) = next {
                let query = format!("api-version=2018-05-01&%24skiptoken={next}");
                answer["nextLink"] = json!(format!("https://management.azure.com{path}?{query}"));
            }
            return Reply::json(200, answer);
        }
        let (rtype, name) = need!(rest.split_once('/'), "no such set");
        let there = all.iter().find(|r| r.name == name && r.rtype == rtype).map(|r| format!("e{}", r.id));
        let fits = match (seen.headers.get("if-match"), seen.headers.get("if-none-match")) {
            (_, Some(any)) => any == "*" && there.is_none(),
            (Some(etag), _) => Some(etag) == there.as_ref(),
            _ => true,
        };
        if !fits {
            return Reply::json(
                412,
                json!({"error": {"code": "PreconditionFailed", "message": "changed in the meantime"}}),
            );
        }
        all.retain(|r| !(r.name == name && r.rtype == rtype));
        if seen.method == "DELETE" {
            return Reply::empty(200);
        }
        let body = seen.json();
        let properties = &body["properties"];
        etag += 1000;
        let made: Vec<(String, Option<u64>)> = match rtype {
            "TXT" => properties["TXTRecords"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|v| {
                    let parts: Vec<&str> = v["value"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
                    assert!(parts.iter().all(|p| p.len() <= 255));
                    (parts.concat(), None)
                })
                .collect(),
            "MX" => properties["MXRecords"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|v| (v["exchange"].as_str().unwrap().to_string(), v["preference"].as_u64()))
                .collect(),
            "A" => properties["ARecords"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|v| (v["ipv4Address"].as_str().unwrap().to_string(), None))
                .collect(),
            _ => vec![(properties["CNAMERecord"]["cname"].as_str().unwrap().to_string(), None)],
        };
        if made.is_empty() || properties["TTL"].as_u64().is_none() {
            return bad("a set needs records and a TTL");
        }
        for (value, prio) in made {
            let ttl = properties["TTL"].as_u64().unwrap();
            all.push(Rec { id: etag, name: name.into(), rtype: rtype.into(), ttl, value, prio });
        }
        Reply::json(201, json!({"name": name}))
    })
}
