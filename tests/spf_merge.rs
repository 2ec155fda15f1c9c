//! SPF records that become one: whoever was allowed before is still allowed, as `check_host()` sees it; there are never
//! two records, and never more than ten lookups without a refusal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::IpAddr;
use std::time::SystemTime;

use hickory_proto::rr::{RData, RecordType};
use mailproof::auth::spf::{SpfRequest, SpfResult, budget, check_host};
use mailproof::commands::spf_cost;
use mailproof::dns::table::TableLookup;
use mailproof::model::name;
use mailproof::model::snapshot::{Origin, Snapshot, parse_value};
use mailproof::model::spf::SpfRecord;
use mailproof::model::txt;
use mailproof::plan::build::{Inputs, build};
use mailproof::plan::merge::SpfMode;
use mailproof::profile::desired::desired;
use mailproof::profile::load;
use proptest::prelude::*;

const DOMAIN: &str = "example.com";

/// What else is in the world: services with their records, hosts with their addresses, and names where nothing is.
const WORLD: &[(&str, RecordType, &str)] = &[
    ("one.example", RecordType::TXT, "\"v=spf1 ip4:203.0.113.0/28 ~all\""),
    ("two.example", RecordType::TXT, "\"v=spf1 include:one.example ip4:203.0.113.64/28 -all\""),
    ("three.example", RecordType::TXT, "\"v=spf1 include:two.example a:host.example ~all\""),
    ("four.example", RecordType::TXT, "\"v=spf1 include:two.example include:one.example mx:host.example -all\""),
    ("open.example", RecordType::TXT, "\"v=spf1 ?all\""),
    ("host.example", RecordType::A, "198.51.100.10"),
    ("host.example", RecordType::AAAA, "2001:db8::10"),
    ("host.example", RecordType::MX, "10 host.example."),
    ("example.com", RecordType::A, "198.51.100.20"),
    ("example.com", RecordType::MX, "10 host.example."),
    ("mail.example.com", RecordType::A, "192.0.2.10"),
];

/// Addresses inside and outside of everything that a record here can name.
const CLIENTS: &[&str] = &[
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.10",
    "192.0.2.130",
    "192.0.2.200",
    "198.51.100.10",
    "198.51.100.20",
    "203.0.113.1",
    "203.0.113.65",
    "203.0.113.200",
    "10.9.8.7",
    "2001:db8::10",
    "2001:db8:1::1",
    "2001:db9::1",
];

/// The world with these texts at the domain.
fn world(texts: &[String]) -> TableLookup {
    let mut table = TableLookup::new();
    for (owner, rtype, data) in WORLD {
        table.add(&name::domain(owner).unwrap(), parse_value(*rtype, data).unwrap());
    }
    for text in texts {
        table.add_text(&name::domain(DOMAIN).unwrap(), text.as_bytes());
    }
    table
}

async fn passing(table: &TableLookup) -> Vec<&'static str> {
    let mut out = Vec::new();
    for client in CLIENTS {
        let request = SpfRequest {
            ip: client.parse::<IpAddr>().unwrap(),
            domain: DOMAIN,
            sender: "a@example.com",
            helo: "mail.example.com",
            receiver: "mx.example.net",
            now: SystemTime::UNIX_EPOCH,
        };
        if check_host(table, &request).await.result == SpfResult::Pass {
            out.push(*client);
        }
    }
    out
}

/// A term of a published record: also refusing ones, dead ones and slips.
fn term() -> impl Strategy<Value = String> {
    let body = prop_oneof![
        6 => "ip4:192\\.0\\.2\\.(1|2|10|128/25|0/24|0/30)",
        2 => "ip6:2001:db8:(:10|:/32|1::/48)",
        4 => "include:(one|two|three|four|open)\\.example",
        2 => Just("mx".to_string()),
        2 => "(a|a:host\\.example|a:mail\\.example\\.com|mx:host\\.example|A/24)",
        1 => "(exists:%\\{i\\}\\.list\\.example|ptr|include:gone\\.example|a:gone\\.example)",
    ];
    ("[+?~-]?", body).prop_map(|(q, body)| format!("{}{body}", if q == "+" { "" } else { &q }))
}

fn record() -> impl Strategy<Value = String> {
    let end =
        "( [?~-]all| \\+all| redirect=(two|open|gone)\\.example| ~all exp=why\\.example| -all ip4:10\\.9\\.8\\.7|)";
    (prop::collection::vec(term(), 0..7), end, prop::bool::weighted(0.1)).prop_map(|(terms, end, shout)| {
        let text = format!("v=spf1 {}{end}", terms.join(" ")).trim_end().to_string();
        if shout { text.replacen("v=spf1", "V=SPF1", 1) } else { text }
    })
}

fn profile() -> impl Strategy<Value = String> {
    let includes = prop::sample::subsequence(vec!["one.example", "two.example", "three.example", "four.example"], 0..4);
    let own = prop::bool::ANY;
    let all = prop_oneof![Just("fail"), Just("softfail"), Just("neutral")];
    (includes, own, all).prop_map(|(includes, own, all)| {
        let mut out = String::from("version: 1\ndomains:\n  - domain: example.com\n");
        // `fail` with nobody beside it says that nobody sends, which is another thing.
        let all = if includes.is_empty() && !own { "softfail" } else { all };
        if own {
            out.push_str("    hosts:\n      - {name: mail.example.com, addresses: [192.0.2.10]}\n");
        }
        if !includes.is_empty() {
            out.push_str("    senders:\n");
            for include in includes {
                out.push_str(&format!("      - {{name: {include}, include: {include}}}\n"));
            }
        }
        out + &format!("    spf: {{all: {all}}}\n")
    })
}

fn zone(texts: &[String]) -> Snapshot {
    let apex = name::domain(DOMAIN).unwrap();
    let mut zone = Snapshot::new(apex.clone());
    for text in texts {
        zone.add(&apex, 60, RData::TXT(txt::split(text.as_bytes())), Origin::Profile);
    }
    zone
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_time: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn everybody_who_was_allowed_still_is(
        mut published in prop::collection::vec(record(), 1..2),
        second in prop::option::weighted(0.1, record()),
        profile in profile(),
    ) {
        published.extend(second);
        published.push("site-verification=4711".into());
        let profile = load::parse(&profile, "p").unwrap();
        let wanted = desired(&profile.domains[0], &Default::default()).unwrap().snapshot;
        let observed = zone(&published);
        let inputs = Inputs {
            observed: &observed,
            partial: false,
            desired: &wanted,
            remove: &[],
            spf: SpfMode::Merge,
            provider: "test",
            normalise: &|_| Ok(Vec::new()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let before_table = world(&published);
            let Ok(mut plan) = build(&inputs) else { return Ok(()) };
            if spf_cost::note(&mut plan, &before_table).await.is_err() {
                return Ok(());
            }
            let apex = name::domain(DOMAIN).unwrap();
            let change = plan.changes.iter().find(|c| c.key().name == apex && c.key().rtype == RecordType::TXT);
            let after = change.map_or_else(
                || observed.get(&apex, RecordType::TXT).unwrap().texts(),
                |c| c.after.as_ref().unwrap().texts(),
            );
            let after: Vec<String> = after.into_iter().map(|t| String::from_utf8(t).unwrap()).collect();
            let ours = |t: &&String| SpfRecord::read(t.as_bytes()).is_ours();
            prop_assert_eq!(after.iter().filter(ours).count(), 1, "{:?}", after);
            prop_assert!(after.contains(&"site-verification=4711".to_string()));
            let after_table = world(&after);
            let was = budget(&before_table, DOMAIN).await.lookups();
            let is = budget(&after_table, DOMAIN).await.lookups();
            prop_assert!(is <= 10 || is <= was, "{} lookups, not refused: {:?}", is, after);
            let (before, now) = (passing(&before_table).await, passing(&after_table).await);
            for client in &before {
                prop_assert!(now.contains(client), "{} passed by {:?} and does not by {:?}", client, published, after);
            }
            Ok(())
        })?;
    }
}

/// The property can fail: a record in the place of the other loses those whom only the other named.
#[tokio::test]
async fn a_replacement_would_be_noticed() {
    let before = passing(&world(&["v=spf1 ip4:192.0.2.1 include:two.example -all".into()])).await;
    let after = passing(&world(&["v=spf1 ip4:192.0.2.10 -all".into()])).await;
    assert_eq!(before, ["192.0.2.1", "203.0.113.1", "203.0.113.65"]);
    assert_eq!(after, ["192.0.2.10"]);
}
