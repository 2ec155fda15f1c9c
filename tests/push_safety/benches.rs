//! Everything that the scenarios are run against: real servers, a file, an emulator, and stand-ins.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use hickory_proto::rr::{RData, RecordType};
use mailproof::model::name::{self, Name};
use mailproof::model::snapshot::{Origin, Snapshot, parse_value};
use mailproof::model::txt;
use mailproof::provider::Provider;
use mailproof::provider::sandbox::Sandbox;

use crate::credentials::{CREDENTIALS, credentials, settings};
use crate::fakes::{self, APEX, LIVED_IN, Zone};
use crate::fakes_more;
use crate::journey::opened;
use crate::moto::Moto;
use crate::support::bind::Bind;
use crate::support::dig;
use crate::support::fake::Fake;
use crate::support::knot::Knot;
use crate::support::powerdns::PowerDns;

/// A zone in A-labels.
pub const IDN: &str = "xn--bcher-kva.test";

type Open = Box<dyn Fn(&Name) -> Box<dyn Provider> + Send>;

/// A server under test.
pub struct Bench {
    pub name: &'static str,
    pub open: Open,
    /// Where the stand-in is; empty for others.
    pub endpoint: String,
    /// The port where it answers DNS.
    pub dns: Option<u16>,
    /// Whether it has the zone [`IDN`] too.
    pub idn: bool,
    /// The scenarios that it cannot carry, and what the refusal says.
    pub refuses: &'static [(&'static str, &'static str)],
    /// Holds what a provider cannot see against what it was.
    pub untouched: Box<dyn Fn() + Send>,
    /// Brings it to where it began, before each scenario.
    pub afresh: Box<dyn Fn() + Send>,
    /// Kept running.
    _kept: Box<dyn Any + Send>,
}

impl Bench {
    /// The TXT values that it answers in DNS.
    pub fn served(&self, owner: &Name) -> Option<Vec<Vec<u8>>> {
        let lines = dig(self.dns?, &name::show(owner), "TXT");
        Some(lines.iter().map(|line| txt::parse_quoted(line).unwrap().concat()).collect())
    }
}

fn master_file(apex: &str) -> String {
    let mut out = format!(
        "$ORIGIN {apex}.\n$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 300\n@ IN NS ns1\nns1 IN A 127.0.0.1\n"
    );
    for (owner, rtype, ttl, value, prio) in LIVED_IN {
        let data = match (*rtype, prio) {
            // Strings in odd places, as other tools leave them.
            ("TXT", _) if value.len() > 20 => {
                let (one, two) = value.split_at(9);
                format!("{} {}", txt::quoted_string(one.as_bytes()), txt::quoted_string(two.as_bytes()))
            }
            ("TXT", _) => fakes::quoted(value),
            (_, Some(prio)) => format!("{prio} {value}"),
            _ => (*value).to_string(),
        };
        out.push_str(&format!("{owner} {ttl} IN {rtype} {data}\n"));
    }
    out
}

fn snapshot(apex: &Name) -> Snapshot {
    let mut out = Snapshot::new(apex.clone());
    for (owner, rtype, ttl, value, prio) in LIVED_IN {
        let rtype: RecordType = rtype.parse().unwrap();
        let data = match (rtype, prio) {
            (RecordType::TXT, _) => RData::TXT(txt::split(value.as_bytes())),
            (_, Some(prio)) => parse_value(rtype, &format!("{prio} {value}")).unwrap(),
            _ => parse_value(rtype, value).unwrap(),
        };
        out.add(
            &crate::journey::owner(owner, apex),
            u32::try_from(*ttl).unwrap(),
            data,
            Origin::Provider("sandbox".into()),
        );
    }
    out
}

fn stand_in(
    id: &'static str,
    fake: Fake,
    refuses: &'static [(&'static str, &'static str)],
    untouched: impl Fn() + Send + 'static,
) -> Bench {
    let endpoint = fake.endpoint();
    Bench {
        name: id,
        endpoint: endpoint.clone(),
        open: Box::new(move |apex| opened(id, apex, Some(endpoint.clone()), settings(id), &credentials(), Vec::new())),
        dns: None,
        idn: false,
        refuses,
        untouched: Box::new(untouched),
        afresh: Box::new(|| {}),
        _kept: Box::new(fake),
    }
}

/// The stand-ins alone, each with a zone that has been lived in.
pub fn stand_ins() -> Vec<Bench> {
    let zone = fakes::lived_in;
    let (value_domain, text) = fakes::value_domain(&zone(), 1);
    let other_lines = move || {
        let text = text.lock().unwrap();
        let lines: Vec<&str> = text.split('\n').collect();
        for line in fakes::OTHER_LINES {
            assert!(lines.contains(line), "the line `{line}` is there to the letter in\n{text}");
        }
        assert!(text.ends_with('\n'), "the text ends as it did");
    };
    let (namecheap, hosts) = fakes_more::namecheap(&zone());
    let other_hosts = move || {
        let hosts = hosts.lock().unwrap();
        let odd = hosts.iter().find(|host| host.contains(&("Type".into(), "URL301".into()))).expect("it is there");
        for pair in [
            ("Address", "http://www.example.test/?a=1&b=<2>"),
            ("FriendlyName", "URL & \"more\""),
            ("HostId", "7"),
            ("TTL", "1800"),
        ] {
            assert!(odd.contains(&(pair.0.into(), pair.1.into())), "{pair:?} in {odd:?}");
        }
    };
    // What was written must be in effect, not only stored.
    let in_effect = |one: Zone, other: Zone| move || assert_eq!(*one.lock().unwrap(), *other.lock().unwrap());
    let written = zone();
    let (ovh, live) = fakes_more::ovh(&written);
    let ovh_in_effect = in_effect(written, live);
    let live = zone();
    let (iij, written) = fakes_more::iij_dpf(&live);
    let iij_in_effect = in_effect(written, live);
    vec![
        stand_in("cloudflare", fakes::cloudflare(&zone()), &[], || {}),
        stand_in(
            "sakuracloud",
            fakes::sakuracloud(&zone()),
            &[
                ("510 octets", "at most 500"),
                ("511 octets", "at most 500"),
                ("1000 octets", "at most 500"),
                ("quotes", "does not store `\"`"),
                ("backslashes", "does not store `\\`"),
            ],
            || {},
        ),
        stand_in("value-domain", value_domain, &[("an MX below the zone", "own name only")], other_lines),
        stand_in("azure", fakes::azure(&zone()), &[], || {}),
        stand_in("google", fakes_more::google(&zone()), &[], || {}),
        stand_in("ovh", ovh, &[], ovh_in_effect),
        stand_in("netcup", fakes_more::netcup(&zone()), &[], || {}),
        stand_in("iij-dpf", iij, &[], iij_in_effect),
        stand_in("conoha-v3", fakes_more::conoha_v3(&zone()), &[], || {}),
        stand_in("namecheap", namecheap, &[("quotes", "does not store `\"`")], other_hosts),
    ]
}

/// The records of moto's zone, as Route 53 writes them.
fn moto_records(apex: &str) -> Vec<(String, String, u64, Vec<String>)> {
    let mut sets: BTreeMap<(String, String), (u64, Vec<String>)> = BTreeMap::new();
    for (owner, rtype, ttl, value, prio) in LIVED_IN {
        let owner = if *owner == "@" { format!("{apex}.") } else { format!("{owner}.{apex}.") };
        let data = match (*rtype, prio) {
            ("TXT", _) => fakes::quoted(value),
            (_, Some(prio)) => format!("{prio} {value}"),
            _ => (*value).to_string(),
        };
        sets.entry((owner, (*rtype).to_string())).or_insert((*ttl, Vec::new())).1.push(data);
    }
    sets.into_iter().map(|((owner, rtype), (ttl, values))| (owner, rtype, ttl, values)).collect()
}

/// The servers that are installed, the file and the sandbox.
pub fn real() -> Vec<Bench> {
    let zones: Vec<(&str, String)> = [APEX, IDN].into_iter().map(|apex| (apex, master_file(apex))).collect();
    let texts: Vec<(&str, &str)> = zones.iter().map(|(apex, text)| (*apex, text.as_str())).collect();
    let mut out = Vec::new();
    if let Some(server) = PowerDns::start(&texts) {
        let (endpoint, key) = (server.endpoint.clone(), server.api_key.clone());
        out.push(Bench {
            name: "PowerDNS",
            endpoint: String::new(),
            open: Box::new(move |apex| {
                opened("powerdns", apex, Some(endpoint.clone()), &[], &[("PDNS_API_KEY", &key)], Vec::new())
            }),
            dns: Some(server.dns_port),
            idn: true,
            refuses: &[],
            untouched: Box::new(|| {}),
            afresh: Box::new(|| {}),
            _kept: Box::new(server),
        });
    }
    let update = |name: &'static str, port: u16, kept: Box<dyn Any + Send>| Bench {
        name,
        endpoint: String::new(),
        open: Box::new(move |apex| {
            let key = crate::support::bind::KEYS[0].line();
            opened("rfc2136", apex, Some(format!("127.0.0.1:{port}")), &[], &[("MAILPROOF_TSIG_KEY", &key)], Vec::new())
        }),
        dns: Some(port),
        idn: true,
        refuses: &[],
        untouched: Box::new(|| {}),
        afresh: Box::new(|| {}),
        _kept: kept,
    };
    if let Some(server) = Bind::start(&texts) {
        out.push(update("BIND", server.port, Box::new(server)));
    }
    if let Some(server) = Knot::start(&texts) {
        out.push(update("Knot", server.port, Box::new(server)));
    }
    if let Some(server) = Moto::start() {
        let endpoint = server.endpoint();
        let server = Arc::new(server);
        let kept = Arc::clone(&server);
        out.push(Bench {
            name: "moto",
            endpoint: String::new(),
            open: Box::new(move |apex| opened("route53", apex, Some(endpoint.clone()), &[], CREDENTIALS, Vec::new())),
            dns: None,
            idn: true,
            refuses: &[],
            untouched: Box::new(|| {}),
            // It refuses to CREATE for ever what it once saw created to the letter, deleted or not; Route 53 does not.
            afresh: Box::new(move || {
                server.reset();
                for apex in [APEX, IDN] {
                    server.zone(apex, &moto_records(apex));
                }
            }),
            _kept: Box::new(kept),
        });
    }
    let dir = tempfile::tempdir().unwrap();
    for (apex, text) in &zones {
        std::fs::write(dir.path().join(apex), text).unwrap();
    }
    let folder = dir.path().to_path_buf();
    out.push(Bench {
        name: "zone file",
        endpoint: String::new(),
        open: Box::new(move |apex| {
            let path = folder.join(name::show(apex));
            opened("zone-file", apex, None, &[("path", path.to_str().unwrap())], &[], Vec::new())
        }),
        dns: None,
        idn: true,
        refuses: &[],
        untouched: Box::new(|| {}),
        afresh: Box::new(|| {}),
        _kept: Box::new(dir),
    });
    let sandboxes: Vec<Sandbox> = [APEX, IDN].map(|apex| Sandbox::new(snapshot(&name::domain(apex).unwrap()))).into();
    out.push(Bench {
        name: "sandbox",
        endpoint: String::new(),
        open: Box::new(move |apex| Box::new(sandboxes[usize::from(name::show(apex) == IDN)].clone())),
        dns: None,
        idn: true,
        refuses: &[],
        untouched: Box::new(|| {}),
        afresh: Box::new(|| {}),
        _kept: Box::new(()),
    });
    out
}
