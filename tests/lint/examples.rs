//! Every example of the rules' documentation through the three doors.

use std::collections::BTreeSet;

use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::lint::explain::{Example, explain};
use mailproof::lint::facts::Facts;
use mailproof::lint::finding::Finding;
use mailproof::lint::gather;
use mailproof::lint::registry::RULES;
use mailproof::lint::rule::{Check, Needs, Rule, Severity};
use mailproof::lint::run::run;
use mailproof::lint::sorted::Sorted;
use mailproof::lint::zone_index::{Coverage, ZoneIndex};
use mailproof::model::name::{self, Name};
use mailproof::model::wire;
use mailproof::server::setup::{Paths, Wish, read};
use mailproof::server::tree::Memory;
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
    let found = run(&facts, &Sorted::new(RULES), 2);
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

/// A logo.
fn as_indicator(example: &Example) -> Told {
    lint(vec![gather::indicator("logo.svg", example.text.as_str()).unwrap()])
}

/// Every TXT record of the example by itself.
fn as_records(example: &Example) -> Told {
    let text = format!("{HEAD}{}", example.text);
    let zone = gather::master_file("example.zone", text, &apex(), Limits::default(), &mut NoIncludes).unwrap();
    let mut out = Told::new();
    for entry in zone.entries().iter().filter(|e| e.rtype == 16) {
        let owner = Name::from_labels(wire::labels(zone.name(entry.owner))).unwrap();
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
        if !matches!(rule.needs, Needs::Live | Needs::Profile) {
            assert!(!text.bad.is_empty() && !text.good.is_empty(), "{} has no examples", rule.code);
            // Unused suppressions are seen when all rules have spoken.
            assert!(rule.code == "ZONE012" || !matches!(rule.check, Check::Elsewhere), "{} checks nothing", rule.code);
        }
    }
}

/// Rules of which a provider's listing says something else than the text of a zone file, and why.
const NOT_BY_LISTING: &[(&str, &str)] = &[
    ("DMARC015", "its example has the zone of the reports' receiver too, and a listing is of one zone"),
    ("ZONE002", "a listing has no syntax"),
    ("ZONE003", "no provider lists a string that no record can hold"),
    ("ZONE004", "names in a listing are whole"),
    ("ZONE005", "a listing has no names outside its zone"),
    ("ZONE006", "an example without SOA is not a whole zone in a listing"),
    ("ZONE008", "comments are for texts"),
    ("ZONE009", "what stood without quotes is joined in a listing"),
    ("ZONE010", "a record set of a listing has one TTL"),
];

/// Rules of which a record by itself says something else than its zone, and why.
const NOT_BY_RECORD: &[(&str, &str)] = &[
    ("SPF001", "the fault is between two records of a name"),
    ("DKIM017", "the fault is between two records of a name"),
    ("DMARC004", "the fault is between two records of a name"),
    ("RPT001", "the fault is between two records of a name"),
    ("STS001", "the fault is between two records of a name"),
    ("ZONE001", "the fault is between two records of a name"),
    ("ZONE007", "the fault is between two records of a name"),
    ("ZONE010", "the fault is between two records of a name"),
    ("SPF004", "the type is not TXT"),
    ("DKIM020", "the type is not TXT"),
    ("HOST004", "the type is not TXT"),
    ("MX001", "the type is not TXT"),
    ("MX002", "the type is not TXT"),
    ("MX003", "the type is not TXT"),
    ("MX004", "the type is not TXT"),
    ("MX005", "the type is not TXT"),
    ("TLSA001", "the type is not TXT"),
    ("SPF014", "it asks for another record of the zone"),
    ("SPF023", "it asks for another record of the zone"),
    ("SPF024", "it asks for another record of the zone"),
    ("SPF026", "it asks for another record of the zone"),
    ("SPF027", "it asks for another record of the zone"),
    ("SPF028", "it asks for another record of the zone"),
    ("SPF031", "it asks for another record of the zone"),
    ("BIMI002", "it asks for another record of the zone"),
    ("DKIM019", "it asks for another record of the zone"),
    ("DMARC001", "it asks for another record of the zone"),
    ("DMARC015", "it asks for another record of the zone"),
    ("DMARC022", "it asks for another record of the zone"),
    ("DMARC023", "it asks for another record of the zone"),
    ("DMARC024", "it asks for another record of the zone"),
    ("DMARC027", "it asks for another record of the zone"),
    ("MX006", "it asks for another record of the zone"),
    ("DKIM021", "a name by itself has no zone that it could repeat"),
    ("ZONE004", "a name by itself has no zone that it could repeat"),
    ("ZONE005", "a name by itself has no zone that it could repeat"),
    ("ZONE006", "a name by itself has no zone that it could repeat"),
    ("ZONE002", "a value by itself has no zone file around it"),
    ("ZONE003", "a value by itself has no zone file around it"),
    ("ZONE008", "a value by itself has no zone file around it"),
    ("ZONE009", "a value by itself has no zone file around it"),
    ("ZONE011", "a value by itself has no TTL"),
];

#[test]
fn examples_through_three_doors() {
    let mut wrong = Vec::new();
    let (mut not_by_listing, mut not_by_record) = (BTreeSet::new(), BTreeSet::new());
    let (mut shown, mut by_record) = (0, 0);
    for rule in RULES {
        let text = explain(rule);
        let all = text.bad.iter().map(|e| (e, true)).chain(text.good.iter().map(|e| (e, false)));
        for (example, bad) in all {
            shown += 1;
            // What is no zone has one door.
            let other = match example.form.split(' ').next().unwrap_or_default() {
                "zone" => None,
                "policy" => Some(as_policy(example)),
                "indicator" => Some(as_indicator(example)),
                // Sketches for people; what they say is tested with a profile, a real key and the command.
                "profile" | "text" => continue,
                // `examples_of_servers` reads these.
                "server" => continue,
                form => panic!("{}: nothing reads `{form}`", rule.code),
            };
            if let Some(told) = other {
                if codes(&told, rule).is_empty() == bad {
                    wrong.push(format!("{}: {}\n  {told:?}", rule.code, example.text));
                }
                continue;
            }
            let by_text = codes(&as_text(example), rule);
            if by_text.is_empty() == bad {
                wrong.push(format!("{}: {}\n  text door: {:?}", rule.code, example.text, as_text(example)));
                continue;
            }
            if codes(&as_listing(example), rule) != by_text {
                not_by_listing.insert(rule.code);
            }
            if codes(&as_records(example), rule) != by_text {
                not_by_record.insert(rule.code);
            } else if bad {
                by_record += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(shown > 200, "{shown} examples");
    assert!(by_record > 50, "{by_record} bad examples are told of the record alone");
    let listed = |list: &[(&'static str, &str)]| -> BTreeSet<&str> { list.iter().map(|(code, _)| *code).collect() };
    assert_eq!(not_by_listing, listed(NOT_BY_LISTING), "a listing says the same but for these");
    assert_eq!(not_by_record, listed(NOT_BY_RECORD), "a record says the same but for these");
}

/// The catalogue: code, name, severity, and whether it can be seen live alone.
fn catalogue() -> Option<Vec<(String, String, char, bool)>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/RULES.md");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: the catalogue is not here");
        return None;
    };
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, code, slug, severity, what, ..] = cells.as_slice() else { return None };
        let letters = code.bytes().take_while(u8::is_ascii_uppercase).count();
        let is_code = letters > 1 && code.len() == letters + 3 && code[letters..].bytes().all(|b| b.is_ascii_digit());
        let live = what.contains("*live*");
        is_code.then(|| (code.to_string(), slug.to_string(), severity.chars().next().unwrap(), live))
    };
    Some(text.lines().filter_map(row).collect())
}

#[test]
fn the_catalogue_is_here_whole() {
    let Some(catalogue) = catalogue() else { return };
    let all: Vec<_> = catalogue.iter().filter(|(code, ..)| !code.starts_with("CONF")).collect();
    assert!(all.len() > 120, "{}", all.len());
    // Rules of our own have codes behind those of the catalogue, and are held to the same form elsewhere.
    let listed = |rule: &&&'static Rule| all.iter().any(|(code, ..)| code == rule.code);
    let ours: Vec<&Rule> = RULES.iter().filter(listed).copied().collect();
    assert_eq!(
        all.iter().map(|(code, ..)| code.as_str()).collect::<Vec<_>>(),
        ours.iter().map(|r| r.code).collect::<Vec<_>>()
    );
    let letter = |rule: &Rule| match rule.severity {
        Severity::Error => 'E',
        Severity::Warning => 'W',
        Severity::Advice => 'I',
    };
    for ((code, slug, severity, live), rule) in all.iter().zip(ours) {
        assert_eq!((slug.as_str(), *severity), (rule.slug, letter(rule)), "{code}");
        // What no zone can show is skipped, and said to be; everything else has code.
        assert_eq!(*live, rule.needs == Needs::Live, "{code}");
        assert!(*live || code == "ZONE012" || !matches!(rule.check, Check::Elsewhere), "{code}");
    }
    // And each of those is named in a run that could not look.
    let facts = Facts::new(vec![]);
    let found = run(&facts, &Sorted::new(RULES), 1);
    let outcome = mailproof::lint::outcome::Outcome::new(facts, found.findings, &found.unseen, RULES);
    for (code, ..) in all.iter().filter(|(.., live)| *live) {
        assert!(outcome.skipped.iter().any(|s| s.rule == code.as_str() && s.reason.contains("live")), "{code}");
    }
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
                // And they have the addresses of examples (RFC 5737, RFC 3849).
                .filter(|t| t.0 != "HOST004" || rule.code == "HOST004")
                .filter(|t| RULES.iter().any(|r| r.code == t.0 && r.severity == Severity::Error))
                .collect();
            if !errors.is_empty() {
                wrong.push(format!("{}: {}\n  {errors:?}", rule.code, example.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A mail server's files, each behind a line `--- PATH`; `--- profile` has a domain and its selectors a line.
fn as_server(example: &Example) -> Told {
    let key = |algorithm| {
        use secrecy::ExposeSecret as _;
        KeyPair::generate(algorithm).unwrap().to_pem().expose_secret().to_string()
    };
    let mut tree = Memory::parse(&example.text);
    for (mark, algorithm) in [("@rsa\n", Algorithm::Rsa2048), ("@ed25519\n", Algorithm::Ed25519)] {
        for file in tree.files.values_mut().filter(|f| f.as_slice() == mark.as_bytes()) {
            *file = key(algorithm).into_bytes();
        }
    }
    let read = read(&tree, &Paths::default());
    assert!(read.errors.is_empty(), "{}: {:?}", example.text, read.errors);
    let mut setup = read.setup;
    if let Some(profile) = tree.files.get("profile") {
        let mut wish = Wish::default();
        for line in String::from_utf8_lossy(profile).lines() {
            let mut words = line.split_whitespace().map(str::to_string);
            wish.domains.insert(words.next().unwrap(), words.collect());
        }
        setup.wish = Some(wish);
    }
    let mut facts = Facts::new(vec![gather::server(read.sources)]);
    facts.server = Some(setup);
    let found = run(&facts, &Sorted::new(RULES), 1);
    found.findings.iter().map(|f| told(&facts.zones, f)).collect()
}

#[test]
fn examples_of_servers() {
    let mut wrong = Vec::new();
    let mut shown = 0;
    for rule in RULES {
        let text = explain(rule);
        let all = text.bad.iter().map(|e| (e, true)).chain(text.good.iter().map(|e| (e, false)));
        for (example, bad) in all.filter(|(e, _)| e.form == "server") {
            shown += 1;
            let told = as_server(example);
            if codes(&told, rule).is_empty() == bad {
                wrong.push(format!("{}: {}\n  {told:?}", rule.code, example.text));
            }
        }
    }
    assert!(shown >= 30, "the examples were not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
