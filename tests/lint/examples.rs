//! Every example of the rules' documentation through the three doors.

use std::collections::BTreeSet;

use mailproof::lint::explain::{Example, explain};
use mailproof::lint::facts::Facts;
use mailproof::lint::finding::Finding;
use mailproof::lint::registry::RULES;
use mailproof::lint::rule::{Check, Needs, Rule};
use mailproof::lint::run::run;
use mailproof::lint::zone_index::{Coverage, ZoneIndex};
use mailproof::lint::{gather, wire};
use mailproof::model::name::{self, Name};
use mailproof::zone::load::load;
use mailproof::zone::walk::{Limits, NoIncludes};

const HEAD: &str = "$ORIGIN example.com.\n$TTL 3600\n";

fn apex() -> Name {
    name::domain("example.com").unwrap()
}

/// One finding as a reader of it sees it, whatever the door: code, name, octets of the value, message.
fn told(zones: &[ZoneIndex], finding: &Finding) -> (String, String, Option<(u32, u32)>, String) {
    let zone = &zones[finding.spot.zone as usize];
    let name = finding.spot.record.and_then(|n| zone.entry(n)).map_or(&zone.apex[..], |e| zone.name(e.owner));
    (
        finding.rule.code.to_string(),
        wire::show(name),
        finding.spot.octets.map(|s| (s.start, s.end)),
        finding.message.to_string(),
    )
}

type Told = BTreeSet<(String, String, Option<(u32, u32)>, String)>;

fn lint(zones: Vec<ZoneIndex>) -> Told {
    let facts = Facts::new(zones);
    let found = run(&facts, RULES, 2);
    found.findings.iter().map(|f| told(&facts.zones, f)).collect()
}

fn as_text(example: &Example) -> Told {
    let text = format!("{HEAD}{}", example.text);
    lint(vec![gather::master_file("example.zone", text, &apex(), Limits::default(), &mut NoIncludes).unwrap()])
}

/// A policy file, with a zone behind a line of dashes.
fn as_policy(example: &Example) -> Told {
    let (policy, zone) = example.text.split_once("---\n").unwrap_or((&example.text, ""));
    let zone = gather::master_file("z", format!("{HEAD}{zone}"), &apex(), Limits::default(), &mut NoIncludes).unwrap();
    lint(vec![zone, gather::policy("mta-sts.txt", policy, None).unwrap()])
}

fn as_listing(example: &Example) -> Told {
    let text = format!("{HEAD}{}", example.text);
    let loaded = load("example.zone", text, &apex(), Limits::default(), &mut NoIncludes).unwrap();
    let coverage = if example.text.contains("SOA") { Coverage::Whole } else { Coverage::Part };
    lint(vec![gather::listing(&loaded.snapshot, "provider", coverage).unwrap()])
}

/// Every TXT record of the example by itself.
fn as_records(example: &Example) -> Told {
    let text = format!("{HEAD}{}", example.text);
    let zone = gather::master_file("example.zone", text, &apex(), Limits::default(), &mut NoIncludes).unwrap();
    let mut out = Told::new();
    for entry in zone.entries().iter().filter(|e| e.rtype == 16) {
        let mut owner = Name::from_ascii(wire::show(zone.name(entry.owner))).unwrap();
        owner.set_fqdn(true);
        let data = String::from_utf8_lossy(entry.data.of(zone.text(entry.source))).into_owned();
        out.extend(lint(vec![gather::record(&data, Some(&owner)).unwrap()]));
    }
    out
}

fn codes(told: &Told, rule: &Rule) -> Told {
    told.iter().filter(|t| t.0 == rule.code).cloned().collect()
}

#[test]
fn every_rule_is_documented_and_named_once() {
    let (mut seen_codes, mut seen_slugs) = (BTreeSet::new(), BTreeSet::new());
    for rule in RULES {
        assert!(seen_codes.insert(rule.code), "{} twice", rule.code);
        assert!(seen_slugs.insert((rule.code[..3].to_string(), rule.slug)), "{} twice", rule.slug);
        let text = explain(rule);
        assert!(!text.what.is_empty() && !text.why.is_empty(), "{} is not explained", rule.code);
        assert!(!text.reference.is_empty() && !text.since.is_empty(), "{} has no reference or version", rule.code);
        if matches!(rule.needs, Needs::Record | Needs::Zone | Needs::Text) {
            assert!(!text.bad.is_empty() && !text.good.is_empty(), "{} has no examples", rule.code);
            // Unused suppressions are seen when all rules have spoken.
            assert!(rule.code == "ZONE012" || !matches!(rule.check, Check::Elsewhere), "{} checks nothing", rule.code);
        }
    }
}

#[test]
fn examples_through_three_doors() {
    let mut wrong = Vec::new();
    let mut shown = 0;
    for rule in RULES {
        let text = explain(rule);
        let all = text.bad.iter().map(|e| (e, true)).chain(text.good.iter().map(|e| (e, false)));
        for (example, bad) in all.filter(|(e, _)| e.form.starts_with("zone") || e.form.starts_with("policy")) {
            shown += 1;
            if example.form.starts_with("policy") {
                if codes(&as_policy(example), rule).is_empty() == bad {
                    wrong.push(format!("{}: {}\n  {:?}", rule.code, example.text, as_policy(example)));
                }
                continue;
            }
            let by_text = codes(&as_text(example), rule);
            if by_text.is_empty() == bad {
                wrong.push(format!("{}: {}\n  text door: {:?}", rule.code, example.text, as_text(example)));
                continue;
            }
            if rule.needs == Needs::Text || example.form.contains("text-only") {
                continue;
            }
            let by_listing = codes(&as_listing(example), rule);
            if by_listing != by_text {
                wrong.push(format!("{}: {}\n  text: {by_text:?}\n  listing: {by_listing:?}", rule.code, example.text));
            }
            let txt_only = by_text.iter().all(|t| t.2.is_some());
            if rule.needs == Needs::Record && txt_only && !example.form.contains("related") {
                let by_record = codes(&as_records(example), rule);
                if by_record != by_text {
                    wrong
                        .push(format!("{}: {}\n  text: {by_text:?}\n  record: {by_record:?}", rule.code, example.text));
                }
            }
        }
    }
    assert!(shown > 20, "the examples were not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn good_examples_have_no_errors_of_other_rules() {
    let mut wrong = Vec::new();
    for rule in RULES {
        for example in explain(rule).good.iter().filter(|e| e.form == "zone") {
            let errors: Vec<_> = as_text(example)
                .into_iter()
                // The examples are pieces of zones: that they have no policy is not their point.
                .filter(|t| t.0 != "DMARC001")
                .filter(|t| RULES.iter().any(|r| r.code == t.0 && r.severity == mailproof::lint::rule::Severity::Error))
                .collect();
            if !errors.is_empty() {
                wrong.push(format!("{}: {}\n  {errors:?}", rule.code, example.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
