//! The examples of the rules' documentation through the live door: the same text gives the same code.

use std::time::SystemTime;

use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::{RData, RecordType};

use mailproof::auth::published::{Judge, Judged};
use mailproof::dns::gather::{PROBE, gather_mail};
use mailproof::dns::table::TableLookup;
use mailproof::lint::explain::explain;
use mailproof::lint::registry::RULES;
use mailproof::lint::rule::Needs;
use mailproof::lint::sorted::Sorted;
use mailproof::model::name as names;
use mailproof::model::snapshot::{Snapshot, parse_value};
use mailproof::zone::load::load;
use mailproof::zone::walk::{Limits, NoIncludes};

use crate::support::name;

/// Rules whose examples show what a check of one domain is not told, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("DKIM022", "one of its keys stands at a host that nobody asks for; the other is seen"),
    ("DKIM027", "the example's key is shortened"),
    ("DMARC015", "about the record of another domain"),
    ("DMARC019", "about a subdomain: seen when that is checked"),
    ("DMARC022", "about a subdomain: seen when that is checked"),
    ("DMARC023", "that there is no key cannot be known: selectors cannot be listed"),
    ("DMARC027", "about a subdomain: seen when that is checked"),
    ("STS003", "a policy file, fetched by HTTPS"),
    ("STS004", "a policy file, fetched by HTTPS"),
    ("STS005", "a policy file, fetched by HTTPS"),
    ("STS006", "a policy file, fetched by HTTPS"),
    ("TLSA001", "about a host that is no mail host of the domain"),
    ("ZONE007", "DNS answers a record once"),
    ("ZONE011", "every answer of the table has the same TTL"),
];

fn table(snapshot: &Snapshot) -> TableLookup {
    let mut table = TableLookup::new();
    for set in snapshot.sets() {
        set.values.iter().for_each(|value| table.add(&set.name, value.clone()));
    }
    for set in snapshot.opaque.iter().filter(|set| set.rtype == "SPF") {
        for value in &set.values {
            let RData::TXT(text) = parse_value(RecordType::TXT, value).unwrap() else { continue };
            let wire: Vec<u8> = text.txt_data.iter().flat_map(|s| [&[s.len() as u8][..], s].concat()).collect();
            let rdata = NULL::with(wire);
            table.add(&name(&set.name), RData::Unknown { code: RecordType::Unknown(99), rdata });
        }
    }
    table
}

async fn judge(table: &TableLookup, domain: &str, selectors: &[String]) -> Judged {
    let domain = name(domain);
    let gathered = gather_mail(table, &domain, selectors, "192.0.2.53").await;
    Judge { rules: &Sorted::new(RULES), thorough: true, services: None, servers: &[], profile: None }
        .judge(table, &gathered, selectors, SystemTime::now())
        .await
        .unwrap()
}

fn codes(judged: &Judged) -> Vec<&'static str> {
    let mut codes: Vec<&str> = judged.published.findings.iter().map(|f| f.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[tokio::test]
async fn every_example_that_live_dns_can_show() {
    let apex = names::domain("example.com").unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for rule in RULES.iter().filter(|r| matches!(r.needs, Needs::Record | Needs::Zone)) {
        let text = explain(rule);
        for (bad, examples) in [(true, &text.bad), (false, &text.good)] {
            for example in examples {
                let text = format!("$ORIGIN example.com.\n$TTL 3600\n{}", example.text);
                let Ok(loaded) = load("example.zone", text, &apex, Limits::default(), &mut NoIncludes) else {
                    continue;
                };
                let selectors: Vec<String> = loaded
                    .snapshot
                    .sets()
                    .filter_map(|s| Some(names::show(&s.name).split_once("._domainkey.")?.0.to_string()))
                    .collect();
                let mut table = table(&loaded.snapshot);
                // A wildcard answers for a name that nobody has.
                for set in loaded.snapshot.sets().filter(|s| names::show(&s.name) == "*.example.com") {
                    set.values.iter().for_each(|v| table.add(&name(&format!("{PROBE}.example.com")), v.clone()));
                }
                let judged = judge(&table, "example.com", &selectors).await;
                seen += 1;
                if codes(&judged).contains(&rule.code) != bad && !ELSEWHERE.iter().any(|(code, _)| *code == rule.code) {
                    wrong.push(format!(
                        "{} {}: {:?}\n{}",
                        rule.code,
                        if bad { "bad" } else { "good" },
                        codes(&judged),
                        example.text
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 150, "{seen}");
}
