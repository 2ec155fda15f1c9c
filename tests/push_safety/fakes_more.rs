//! More stand-ins: batches, staged writes, signatures, sessions, XML.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::fakes::{APEX, Rec, Zone, bad, fqdn, next_id, number, page, quoted, relative, unquoted};
use crate::support::fake::{Fake, Reply, Seen};

fn tail(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// The text of a value where TXT stands in quotes and an MX preference before the name.
fn presented(r: &Rec) -> String {
    match (r.rtype.as_str(), r.prio) {
        ("TXT", _) => quoted(&r.value),
        (_, Some(prio)) => format!("{prio} {}", r.value),
        _ => r.value.clone(),
    }
}

fn understood(rtype: &str, text: &str) -> Option<(String, Option<u64>)> {
    match rtype {
        "TXT" => Some((unquoted(text)?, None)),
        "MX" => {
            let (prio, name) = text.split_once(' ')?;
            Some((name.to_string(), Some(prio.parse().ok()?)))
        }
        _ => Some((text.to_string(), None)),
    }
}

/// Google: a change names what it takes away to the letter, and is done a little later.
pub fn google(zone: &Zone) -> Fake {
    let zone = zone.clone();
    let mut asked = 0;
    Fake::start(move |seen: &Seen| {
        let mut all = zone.lock().unwrap();
        if seen.path() == "/token" {
            return Reply::json(200, json!({"access_token": "a-google-token"}));
        }
        if seen.headers.get("authorization").map(String::as_str) != Some("Bearer a-google-token") {
            return Reply::json(401, json!({"error": {"message": "who are you", "code": 401}}));
        }
        let sets = |all: &[Rec]| {
            let mut out: Vec<Value> = Vec::new();
            for r in all {
                let name = format!("{}.", fqdn(&r.name));
                match out.iter_mut().find(|s| s["name"] == name && s["type"] == r.rtype) {
                    Some(set) => set["rrdatas"].as_array_mut().unwrap().push(json!(presented(r))),
                    None => out.push(json!({"name": name, "type": r.rtype, "ttl": r.ttl, "rrdatas": [presented(r)]})),
                }
            }
            out
        };
        let base = "/dns/v1/projects/a-project/managedZones";
        match (seen.method.as_str(), seen.path().trim_start_matches(base)) {
            ("GET", "") => Reply::json(200, json!({"managedZones": [{"id": "9", "dnsName": format!("{APEX}.")}]})),
            ("GET", "/9/rrsets") => {
                let (shown, next) = page(&sets(&all), number(seen, "pageToken").unwrap_or(0), 100);
                let mut answer = json!({"rrsets": shown});
                if let Some(next) = next {
                    answer["nextPageToken"] = json!(next.to_string());
                }
                Reply::json(200, answer)
            }
            ("POST", "/9/changes") => {
                let body = seen.json();
                let mut after = all.clone();
                for set in body["deletions"].as_array().into_iter().flatten() {
                    if !sets(&after).iter().any(|there| there == set) {
                        return Reply::json(412, json!({"error": {"message": "precondition not met", "code": 412}}));
                    }
                    let name = relative(set["name"].as_str().unwrap()).unwrap();
                    after.retain(|r| !(r.name == name && set["type"] == r.rtype));
                }
                for set in body["additions"].as_array().into_iter().flatten() {
                    let (Some(name), Some(rtype)) = (set["name"].as_str().and_then(relative), set["type"].as_str())
                    else {
                        return bad("malformed");
                    };
                    if after.iter().any(|r| r.name == name && r.rtype == rtype) {
                        return Reply::json(409, json!({"error": {"message": "already exists", "code": 409}}));
                    }
                    for data in set["rrdatas"].as_array().into_iter().flatten() {
                        let Some((value, prio)) = understood(rtype, data.as_str().unwrap()) else {
                            return bad("rdata");
                        };
                        let (id, ttl) = (next_id(&after), set["ttl"].as_u64().unwrap());
                        after.push(Rec { id, name: name.clone(), rtype: rtype.into(), ttl, value, prio });
                    }
                }
                *all = after;
                asked = 0;
                Reply::json(200, json!({"id": "c1", "status": "pending"}))
            }
            ("GET", "/9/changes/c1") => {
                asked += 1;
                Reply::json(200, json!({"id": "c1", "status": if asked > 1 { "done" } else { "pending" }}))
            }
            _ => Reply::json(404, json!({"error": {"message": "not found", "code": 404}})),
        }
    })
}

/// OVH: ids, then each record; nobody sees a write before the refresh. The second zone is what is in effect.
pub fn ovh(zone: &Zone) -> (Fake, Zone) {
    let (zone, live) = (zone.clone(), Arc::new(Mutex::new(zone.lock().unwrap().clone())));
    let served = live.clone();
    let fake = Fake::start(move |seen: &Seen| {
        let mut all = zone.lock().unwrap();
        let path = seen.path().trim_start_matches("/1.0");
        if path == "/auth/time" {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            // Its clock is ahead of ours.
            return Reply::json(200, json!(now + 4000));
        }
        let field = |name: &str| seen.headers.get(name).cloned().unwrap_or_default();
        let ahead = field("x-ovh-timestamp").parse::<u64>().unwrap_or(0);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        if !field("x-ovh-signature").starts_with("$1$") || ahead < now + 3900 {
            return Reply::json(403, json!({"message": "Invalid signature", "errorCode": "INVALID_SIGNATURE"}));
        }
        // Its own types for mail are TXT in DNS.
        let native = |r: &Rec| match r.value.get(..5) {
            Some("v=DMA") if r.rtype == "TXT" && r.id < 1000 => "DMARC".to_string(),
            Some("v=spf") if r.rtype == "TXT" && r.id < 1000 => "SPF".to_string(),
            _ => r.rtype.clone(),
        };
        let short = |name: &str| if name == "@" { "" } else { name }.to_string();
        let read = |body: &Value, rtype: &str, id: u64| -> Option<Rec> {
            let (value, prio) = understood(rtype, body["target"].as_str()?)?;
            let name = match body["subDomain"].as_str()? {
                "" => "@".to_string(),
                name => name.to_string(),
            };
            Some(Rec { id, name, rtype: rtype.into(), ttl: body["ttl"].as_u64()?, value, prio })
        };
        let base = format!("/domain/zone/{APEX}");
        match (seen.method.as_str(), path.strip_prefix(&base).unwrap_or(path)) {
            ("GET", "/domain/zone/") => Reply::json(200, json!([APEX, "other.test"])),
            ("GET", "/record") => Reply::json(200, all.iter().map(|r| r.id).collect()),
            ("POST", "/refresh") => {
                *served.lock().unwrap() = all.clone();
                Reply::json(200, json!(null))
            }
            ("GET", one) => match all.iter().find(|r| r.id.to_string() == tail(one)) {
                Some(r) => Reply::json(
                    200,
                    json!({"id": r.id, "subDomain": short(&r.name), "fieldType": native(r),
                                                   "target": presented(r), "ttl": r.ttl, "zone": APEX}),
                ),
                None => Reply::json(404, json!({"message": "This service does not exist"})),
            },
            ("POST", "/record") => {
                let body = seen.json();
                let id = next_id(&all).max(1000);
                let Some(record) = read(&body, body["fieldType"].as_str().unwrap_or(""), id) else {
                    return bad("malformed");
                };
                all.push(record);
                Reply::json(200, json!({"id": id}))
            }
            (method, one) => {
                let Some(at) = all.iter().position(|r| r.id.to_string() == tail(one)) else {
                    return bad("no such record");
                };
                if method == "DELETE" {
                    all.remove(at);
                } else {
                    let rtype = all[at].rtype.clone();
                    let Some(record) = read(&seen.json(), &rtype, all[at].id) else { return bad("malformed") };
                    all[at] = record;
                }
                Reply::json(200, json!(null))
            }
        }
    });
    (fake, live)
}

/// Netcup: JSON-RPC after a login, always 200.
pub fn netcup(zone: &Zone) -> Fake {
    let zone = zone.clone();
    Fake::start(move |seen: &Seen| {
        let mut all = zone.lock().unwrap();
        let body = seen.json();
        let (action, param) = (body["action"].as_str().unwrap_or(""), &body["param"]);
        let ok = |data: Value| {
            Reply::json(200, json!({"status": "success", "statuscode": 2000, "longmessage": "", "responsedata": data}))
        };
        let no = |code: u32, why: &str| {
            Reply::json(200, json!({"status": "error", "statuscode": code, "longmessage": why, "responsedata": ""}))
        };
        if action == "login" {
            return ok(json!({"apisessionid": "a-netcup-session"}));
        }
        if param["apisessionid"] != "a-netcup-session" || param["domainname"] != APEX {
            return no(4001, "The session id is not in a valid format.");
        }
        let shown = |r: &Rec| {
            json!({"id": r.id.to_string(), "hostname": r.name, "type": r.rtype, "destination": r.value,
                   "priority": r.prio.unwrap_or(0).to_string(), "deleterecord": false, "state": "yes"})
        };
        match action {
            "infoDnsZone" => ok(json!({"name": APEX, "ttl": "300", "serial": "1"})),
            "infoDnsRecords" if all.is_empty() => no(5029, "Can not get DNS records for zone. There are no records."),
            "infoDnsRecords" => ok(json!({"dnsrecords": all.iter().map(shown).collect::<Vec<_>>()})),
            "updateDnsRecords" => {
                for r in param["dnsrecordset"]["dnsrecords"].as_array().into_iter().flatten() {
                    let text = |name: &str| r[name].as_str().unwrap_or_default().to_string();
                    let at = all.iter().position(|known| r["id"].as_str() == Some(&known.id.to_string()));
                    if r["deleterecord"] == true {
                        let Some(at) = at else { return no(4013, "no such record") };
                        all.remove(at);
                        continue;
                    }
                    let prio = text("priority").parse().ok().filter(|_| text("type") == "MX");
                    let id = at.map_or_else(|| next_id(&all), |at| all[at].id);
                    let record = Rec {
                        id,
                        name: text("hostname"),
                        rtype: text("type"),
                        ttl: 300,
                        value: text("destination"),
                        prio,
                    };
                    match at {
                        Some(at) => all[at] = record,
                        None => all.push(record),
                    }
                }
                ok(json!({"dnsrecords": all.iter().map(shown).collect::<Vec<_>>()}))
            }
            _ => no(4000, "unknown action"),
        }
    })
}

/// IIJ DPF: sets are edited, then applied; both are jobs. The second zone is what is in effect.
pub fn iij_dpf(zone: &Zone) -> (Fake, Zone) {
    let (live, staged) = (zone.clone(), Arc::new(Mutex::new(zone.lock().unwrap().clone())));
    let served = staged.clone();
    let mut polls = 0;
    let fake = Fake::start(move |seen: &Seen| {
        let (mut live, mut staged) = (live.lock().unwrap(), served.lock().unwrap());
        let path = seen.path().trim_start_matches("/dpf/v1");
        let sets = |all: &[Rec]| {
            let mut out: Vec<Value> = Vec::new();
            for r in all {
                let name = format!("{}.", fqdn(&r.name));
                let one = json!({"value": presented(r)});
                match out.iter_mut().find(|s| s["name"] == name && s["rrtype"] == r.rtype) {
                    Some(set) => set["rdata"].as_array_mut().unwrap().push(one),
                    None => out.push(json!({"id": format!("r{}-{}", r.rtype, r.name), "name": name, "rrtype": r.rtype, "ttl": r.ttl, "rdata": [one]})),
                }
            }
            out
        };
        let job =
            || Reply::json(202, json!({"request_id": "J1", "jobs_url": "https://api.dns-platform.jp/dpf/v1/jobs/J1"}));
        let put = |all: &mut Vec<Rec>, name: &str, rtype: &str, body: &Value| -> Option<()> {
            let ttl = body["ttl"].as_u64()?;
            for one in body["rdata"].as_array()? {
                let (value, prio) = understood(rtype, one["value"].as_str()?)?;
                let id = next_id(all);
                all.push(Rec { id, name: name.into(), rtype: rtype.into(), ttl, value, prio });
            }
            Some(())
        };
        match (seen.method.as_str(), path.trim_start_matches("/zones/m1")) {
            ("GET", "/zones") => Reply::json(200, json!({"results": [{"id": "m1", "name": format!("{APEX}.")}]})),
            ("GET", "/records/currents") => {
                let (from, size) = (number(seen, "offset").unwrap_or(0), number(seen, "limit").unwrap_or(100));
                Reply::json(200, json!({"results": page(&sets(&live), from, size).0}))
            }
            ("GET", "/records/diffs") => {
                let edits: &[u8] = if *live == *staged { &[] } else { &[1] };
                Reply::json(200, json!({"results": edits}))
            }
            ("GET", "/jobs/J1") => {
                polls += 1;
                Reply::json(200, json!({"status": if polls % 2 == 0 { "SUCCESSFUL" } else { "RUNNING" }}))
            }
            ("POST", "/records") => {
                let body = seen.json();
                let (Some(name), Some(rtype)) = (body["name"].as_str().and_then(relative), body["rrtype"].as_str())
                else {
                    return bad("malformed");
                };
                if staged.iter().any(|r| r.name == name && r.rtype == rtype) {
                    return bad("already exists");
                }
                put(&mut staged, &name, rtype, &body).map_or_else(|| bad("malformed"), |()| job())
            }
            ("PATCH", "/changes") => {
                *live = staged.clone();
                job()
            }
            (method @ ("PATCH" | "DELETE"), one) => {
                let id = tail(one).replace("%40", "@");
                let Some((rtype, name)) = id.strip_prefix('r').and_then(|id| id.split_once('-')) else {
                    return bad("id");
                };
                if !staged.iter().any(|r| r.name == name && r.rtype == rtype) {
                    return bad("no such record");
                }
                staged.retain(|r| !(r.name == name && r.rtype == rtype));
                if method == "DELETE" {
                    return job();
                }
                put(&mut staged, name, rtype, &seen.json()).map_or_else(|| bad("malformed"), |()| job())
            }
            _ => Reply::json(404, json!({"error_type": "NotFound", "error_message": "not found"})),
        }
    });
    (fake, staged)
}

/// ConoHa, version 3: the login answers in a header field.
pub fn conoha_v3(zone: &Zone) -> Fake {
    let zone = zone.clone();
    Fake::start(move |seen: &Seen| {
        let mut all = zone.lock().unwrap();
        if seen.path() == "/v3/auth/tokens" {
            let mut reply = Reply::json(201, json!({"token": {"expires_at": "2026-11-28T00:00:00Z"}}));
            reply.headers.push(("x-subject-token", "a-conoha-token".into()));
            return reply;
        }
        if seen.headers.get("x-auth-token").map(String::as_str) != Some("a-conoha-token") {
            return Reply::json(401, json!({"message": "Unauthorized"}));
        }
        let shown = |r: &Rec| json!({"uuid": format!("u{}", r.id), "name": format!("{}.", fqdn(&r.name)), "type": r.rtype, "ttl": r.ttl, "data": r.value, "priority": r.prio});
        let read = |body: &Value, id: u64| -> Option<Rec> {
            Some(Rec {
                id,
                name: body["name"].as_str().filter(|n| n.ends_with('.')).and_then(relative)?,
                rtype: body["type"].as_str()?.into(),
                ttl: body["ttl"].as_u64().filter(|t| *t >= 60)?,
                value: body["data"].as_str()?.into(),
                prio: body["priority"].as_u64(),
            })
        };
        match (seen.method.as_str(), seen.path().trim_start_matches("/v1/domains/d1")) {
            ("GET", "/v1/domains") => {
                Reply::json(200, json!({"domains": [{"uuid": "d1", "name": format!("{APEX}."), "ttl": 3600}]}))
            }
            ("GET", "/records") => Reply::json(200, json!({"records": all.iter().map(shown).collect::<Vec<_>>()})),
            ("POST", "/records") => {
                let Some(record) = read(&seen.json(), next_id(&all)) else { return bad("malformed") };
                all.push(record.clone());
                Reply::json(200, shown(&record))
            }
            (method, one) => {
                let Some(at) = all.iter().position(|r| format!("u{}", r.id) == tail(one)) else {
                    return bad("no record");
                };
                if method == "DELETE" {
                    all.remove(at);
                    return Reply::empty(204);
                }
                let Some(record) = read(&seen.json(), all[at].id) else { return bad("malformed") };
                all[at] = record.clone();
                Reply::json(200, shown(&record))
            }
        }
    })
}

/// One pair of a form, decoded.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits: String = [bytes.next().unwrap(), bytes.next().unwrap()].map(char::from).iter().collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).unwrap()
}

/// Namecheap: XML, and every host record at once. Records of its own kinds and attributes of its own are among them.
pub fn namecheap(zone: &Zone) -> (Fake, Arc<Mutex<Vec<Vec<(String, String)>>>>) {
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    let host = |id: u64, name: &str, rtype: &str, address: &str, prio: u64, ttl: u64, friendly: &str| {
        vec![
            pair("HostId", &id.to_string()),
            pair("Name", name),
            pair("Type", rtype),
            pair("Address", address),
            pair("MXPref", &prio.to_string()),
            pair("TTL", &ttl.to_string()),
            pair("AssociatedAppTitle", ""),
            pair("FriendlyName", friendly),
            pair("IsActive", "true"),
            pair("IsDDNSEnabled", "false"),
        ]
    };
    let mut hosts: Vec<Vec<(String, String)>> = zone
        .lock()
        .unwrap()
        .iter()
        .map(|r| host(r.id, &r.name, &r.rtype, &r.value, r.prio.unwrap_or(10), r.ttl, ""))
        .collect();
    hosts.push(host(7, "go", "URL301", "http://www.example.test/?a=1&b=<2>", 10, 1800, "URL & \"more\""));
    let hosts = Arc::new(Mutex::new(hosts));
    let mine = hosts.clone();
    let fake = Fake::start(move |seen: &Seen| {
        let mut hosts = mine.lock().unwrap();
        let xml =
            |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let answer = |status: &str, errors: &str, inner: &str| {
            let text = format!(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<ApiResponse Status=\"{status}\" xmlns=\"http://api.namecheap.com/xml.response\">\
                 <Errors>{errors}</Errors><CommandResponse>{inner}</CommandResponse></ApiResponse>"
            );
            Reply::text(200, text)
        };
        let query = seen.target.split_once('?').map_or("", |(_, query)| query);
        let pairs = |text: &str| -> Vec<(String, String)> {
            text.split('&').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (decoded(n), decoded(v))).collect()
        };
        let of = |pairs: &[(String, String)], name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let query = pairs(query);
        if of(&query, "ApiKey").is_none() || of(&query, "ClientIP").is_none() {
            return answer(
                "ERROR",
                "<Error Number=\"1011102\">API Key is invalid or API access has not been enabled</Error>",
                "",
            );
        }
        match of(&query, "Command").as_deref() {
            Some("namecheap.domains.dns.getHosts") => {
                let list: String = hosts
                    .iter()
                    .map(|host| {
                        let attributes: String = host.iter().map(|(n, v)| format!(" {n}=\"{}\"", xml(v))).collect();
                        format!("<host{attributes} />")
                    })
                    .collect();
                answer(
                    "OK",
                    "",
                    &format!(
                        "<DomainDNSGetHostsResult Domain=\"{APEX}\" EmailType=\"MX\" IsUsingOurDNS=\"true\">{list}</DomainDNSGetHostsResult>"
                    ),
                )
            }
            Some("namecheap.domains.dns.setHosts") => {
                let body = pairs(&seen.body);
                if of(&body, "EmailType").as_deref() != Some("MX") || of(&body, "SLD").as_deref() != Some("example") {
                    return answer("ERROR", "<Error Number=\"2011280\">the mail setting must stay</Error>", "");
                }
                let mut after: Vec<Vec<(String, String)>> = Vec::new();
                for number in 1.. {
                    let own: Vec<(String, String)> = body
                        .iter()
                        .filter_map(|(n, v)| {
                            let name = n.strip_suffix(&number.to_string())?;
                            (!name.is_empty() && !name.ends_with(|c: char| c.is_ascii_digit())).then(|| match name {
                                "HostName" => pair("Name", v),
                                "RecordType" => pair("Type", v),
                                other => pair(other, v),
                            })
                        })
                        .collect();
                    if own.is_empty() {
                        break;
                    }
                    after.push(own);
                }
                *hosts = after;
                answer("OK", "", &format!("<DomainDNSSetHostsResult Domain=\"{APEX}\" IsSuccess=\"true\" />"))
            }
            _ => answer("ERROR", "<Error Number=\"1010102\">Parameter Command is missing</Error>", ""),
        }
    });
    (fake, hosts)
}
