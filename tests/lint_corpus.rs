//! The linter on zones and records that others wrote.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mailproof::lint::facts::Facts;
use mailproof::lint::outcome::Outcome;
use mailproof::lint::registry::RULES;
use mailproof::lint::run::run;
use mailproof::lint::sorted::Sorted;
use mailproof::lint::zone_index::ZoneIndex;
use mailproof::lint::{fix, gather};
use mailproof::model::name;
use mailproof::model::reading::Reading;
use mailproof::model::spf::SpfRecord;
use mailproof::provider::zone_includes::FileIncludes;
use mailproof::zone::walk::Limits;

fn corpus(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: the corpus {folder} is not here");
    None
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { out.push(path) }
        }
    }
    out.sort();
    out
}

fn lint(zones: Vec<ZoneIndex>) -> Outcome {
    let facts = Facts::new(zones);
    let found = run(&facts, &Sorted::new(RULES), 2);
    Outcome::new(facts, found.findings, &found.unseen, RULES)
}

fn errors(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let severe = outcome.findings.iter().filter(|f| f.severity.word() == "error");
    severe.map(|f| (f.rule.code, outcome.locate(f).name)).collect()
}

fn zone_file(path: &Path, origin: &str) -> ZoneIndex {
    let text = std::fs::read(path).unwrap();
    let mut includes = FileIncludes::beside(path).unwrap();
    let origin = name::domain(origin).unwrap();
    gather::master_file(&path.display().to_string(), text, &origin, Limits::default(), &mut includes).unwrap()
}

/// Faults that named-checkzone finds in data that no rule looks into.
const NOT_OURS: &[(&str, &str)] = &[
    ("bad-_dns-svcb1.db", "what a name server for encrypted DNS needs in SVCB"),
    ("bad-_dns-svcb2.db", "what a name server for encrypted DNS needs in SVCB"),
    ("bad-_dns-svcb3.db", "what a name server for encrypted DNS needs in SVCB"),
    ("bad-_dns-svcb4.db", "what a name server for encrypted DNS needs in SVCB"),
    ("bad-_dns-svcb5.db", "what a name server for encrypted DNS needs in SVCB"),
    ("bad-_dns-svcb6.db", "what a name server for encrypted DNS needs in SVCB"),
    ("bad-cdnskey.db", "the parts of CDNSKEY"),
    ("bad-cds.db", "the length of a CDS digest"),
    ("bad-ds.db", "the length of a DS digest"),
    ("bad-ds-2.db", "the length of a DS digest"),
    ("bad-dns-sd-reverse.db", "host names in reverse zones"),
    ("bad-nsap-empty.db", "the digits of NSAP"),
    ("bad-nsap-odd-nibble.db", "the digits of NSAP"),
    ("bad-nsec3-length.db", "the length and padding of NSEC3"),
    ("bad-nsec3-padded.db", "the length and padding of NSEC3"),
    ("bad-nsec3owner-padded.db", "the length and padding of NSEC3"),
    ("bad-rpz-prefix.db", "prefixes of response policy zones"),
    ("bad-svcb-alpn1.db", "the parameters of SVCB"),
    ("bad-svcb-alpn2.db", "the parameters of SVCB"),
    ("bad-svcb-alpn3.db", "the parameters of SVCB"),
    ("bad-svcb-alpn4.db", "the parameters of SVCB"),
    ("bad-svcb-alpn5.db", "the parameters of SVCB"),
    ("bad-svcb-alpn6.db", "the parameters of SVCB"),
    ("bad-svcb-mandatory.db", "the parameters of SVCB"),
    ("bad-svcb-servername.db", "the parameters of SVCB"),
    ("bad-svcb.db", "the parameters of SVCB"),
    ("bad-unspec.db", "the digits of UNSPEC"),
];

#[test]
fn zones_of_bind() {
    let Some(folder) = corpus("zones-bind9-checkzone") else { return };
    let (mut good, mut bad) = (0, 0);
    let mut wrong = Vec::new();
    for path in files(&folder) {
        let file = path.file_name().unwrap().to_str().unwrap();
        let origin = if file.contains("dns-sd-reverse") { "0.0.0.0.in-addr.arpa" } else { "example" };
        if !file.starts_with("good") && !file.starts_with("bad") || file.ends_with(".j2") || file.ends_with(".raw") {
            continue;
        }
        let errors = errors(&lint(vec![zone_file(&path, origin)]));
        if file.starts_with("good") {
            good += 1;
            if !errors.is_empty() {
                wrong.push(format!("{file} is good: {errors:?}"));
            }
        } else {
            bad += 1;
            let ours = !NOT_OURS.iter().any(|(name, _)| *name == file);
            if errors.is_empty() == ours {
                wrong.push(format!("{file} is bad, ours: {ours}: {errors:?}"));
            }
        }
    }
    assert!(good >= 14 && bad >= 115, "{good} good and {bad} bad zones were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_zone_of_others_makes_it_fall() {
    let mut seen = 0;
    for folder in [
        "zones-bind9-checkzone",
        "zones-nsd",
        "zones-ldns",
        "zones-simdzone",
        "zones-dnspython",
        "zones-octodns",
        "zones-internetnl",
    ] {
        let Some(folder) = corpus(folder) else { return };
        for path in files(&folder) {
            let outcome = lint(vec![zone_file(&path, "example.com")]);
            // Every finding has a place in a text, and every fix can be made.
            outcome.findings.iter().for_each(|f| assert!(outcome.locate(f).location.start.line > 0));
            fix::apply(&outcome);
            seen += 1;
        }
    }
    assert!(seen > 250, "{seen} files");
}

/// Every error on the real zones, looked at one by one.
const REAL: &[(&str, &str, &str)] = &[
    ("DKIM004", "s1._domainkey.cjsm.secure-email.ppud.justice.gov.uk", "quotes before `p`: no tag of that name"),
    ("DKIM006", "adcourt._domainkey.administrativecourtoffice.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "courttran._domainkey.court-transcription.service.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "courttrans._domainkey.court-transcription.service.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "crimcourt._domainkey.criminalappealoffice.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "dkim2048._domainkey.people-development.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "dkim2048._domainkey.recruitment.service.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "google._domainkey.courtstore.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "google._domainkey.courtstore.staging.justice.gov.uk", "quotes inside the base64"),
    ("DKIM006", "poppulo._domainkey.yjb.gov.uk", "quotes inside the base64"),
    ("DKIM022", "dsd.io", "a key record at the domain itself"),
    ("DKIM023", "fmk7xlvhjfqqruhiytlb6434lcykrduv._domainkey.justice.gov.uk", "a host name as TXT"),
    ("DKIM023", "selector1._domainkey.yjbservicespp.yjb.gov.uk", "a host name as TXT"),
    ("DKIM023", "u4wwsopiajlepnevuytnwa3ob34xisjv._domainkey.justice.gov.uk", "a host name as TXT"),
    ("DKIM023", "zer52fvryrnfdepqqw2xl2huersvzctv._domainkey.justice.gov.uk", "a host name as TXT"),
    ("DKIM024", "s1._domainkey.cjsm.secure-email.ppud.justice.gov.uk", "quotes before `p`"),
    ("DMARC001", "nottinghaminquiry.uk", "mail, and no record"),
    ("DMARC001", "odpm.gov.uk", "mail, and no record of its own"),
    ("DMARC002", "cshrcasework.justice.gov.uk", "a policy at the host name"),
    ("DMARC003", "_dmarc.email.prisonvisits.service.gov.uk", "`nv=DMARC1`"),
    ("SPF007", "hmctssurvey.justice.gov.uk", "`nclude`"),
];

#[test]
fn every_error_on_real_zones_is_right() {
    let Some(folder) = corpus("zones-real-moj-octodns") else { return };
    let mut zones = Vec::new();
    for path in files(&folder).iter().filter(|p| p.extension().is_some_and(|e| e == "yaml")) {
        let origin = name::domain(path.file_stem().unwrap().to_str().unwrap()).unwrap();
        let text = std::fs::read(path).unwrap();
        zones.push(gather::octodns(&path.display().to_string(), text, &origin).unwrap());
    }
    assert_eq!(zones.len(), 209);
    let got: BTreeSet<(&str, String)> = errors(&lint(zones)).into_iter().collect();
    let want: BTreeSet<(&str, String)> = REAL.iter().map(|(code, name, _)| (*code, (*name).to_string())).collect();
    let new: Vec<_> = got.difference(&want).collect();
    let gone: Vec<_> = want.difference(&got).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}\ngone: {gone:#?}");
}

/// What libspf2 takes and RFC 7208 does not, or the reverse.
const LIBSPF2: &[(&str, &str)] = &[
    ("v=spf1 a:/32//12", "nothing behind the colon (§7.1)"),
    ("v=spf1 a:/32//128", "nothing behind the colon (§7.1)"),
    ("v=spf1 a:as%- mx=%{i3r}.spf.%{d}", "a name may end in a macro, `%-` is one (§7.1); theirs is a warning"),
    ("v=spf1 a:as%-/24 mx=%{i3r}.spf.%{d}", "the same"),
    ("v=spf1 a:as%-/24//4 mx=%{i3r}.spf.%{d}", "the same"),
    ("v=spf1 ip4:111.222.133.144/22 ip4:1.2.3.4/004", "a prefix length has no leading zero (§5.6)"),
    ("v=spf1 ip6:::1 ip4:111.222.133.144/22 ip4:1.2.3.4/004", "the same"),
];

#[test]
fn records_of_libspf2() {
    let Some(folder) = corpus("spf-libspf2") else { return };
    let text = String::from_utf8_lossy(&std::fs::read(folder.join("test_parser.txt")).unwrap()).into_owned();
    let mut records: Vec<(String, Option<bool>)> = Vec::new();
    for line in text.lines() {
        if let Some(record) = line.strip_prefix("spftest spf \"").and_then(|l| l.strip_suffix('"')) {
            records.push((record.replace("\\\"", "\""), None));
        } else if let (Some(rest), Some(last)) = (line.strip_prefix("err-msg"), records.last_mut()) {
            let fine = rest.contains("no errors");
            // Its warnings are about names without a top-level domain, which RFC 7208 §7.1 made errors.
            last.1 = Some(fine);
        }
    }
    let mut wrong = Vec::new();
    for (record, fine) in &records {
        let ours = matches!(SpfRecord::read(record.as_bytes()), Reading::Ours(_));
        let listed = LIBSPF2.iter().any(|(r, _)| r == record);
        if (Some(ours) != *fine) != listed {
            wrong.push(format!("{record}: ours {ours}, theirs {fine:?}"));
        }
    }
    assert!(records.len() >= 80);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Records as people published them: nothing falls, and what is no SPF record is not taken for one.
    let text = String::from_utf8_lossy(&std::fs::read(folder.join("test_adopt_roll.txt")).unwrap()).into_owned();
    let mut shown = 0;
    for record in text.lines().filter_map(|l| l.strip_prefix("spftest spf \"")?.strip_suffix('"')) {
        let record = record.replace("\\\"", "\"");
        let outcome = lint(vec![gather::record(record.trim_matches('"'), None).unwrap()]);
        let read = SpfRecord::read(record.trim_matches('"').as_bytes());
        let severe = outcome.findings.iter().any(|f| f.rule.code.starts_with("SPF") && f.severity.word() == "error");
        if matches!(read, Reading::Broken { .. }) {
            assert!(severe, "{record}");
        }
        shown += 1;
    }
    assert!(shown >= 160, "{shown}");
}

/// Tests of syntax sections whose permerror does not come from the record's own text.
const NOT_SYNTAX: &[(&str, &str)] = &[
    ("include-permerror", "the record that is included is broken"),
    ("include-none", "the record that is included is not there"),
];

#[test]
fn verdicts_of_the_spf_suite() {
    let Some(folder) = corpus("spf-openspf-suite") else { return };
    let text = std::fs::read_to_string(folder.join("rfc7208-tests.yml")).unwrap();
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in text.split("\n---") {
        let Ok(suite) = serde_yaml::from_str::<serde_yaml::Value>(document) else { continue };
        let Some(title) = suite.get("description").and_then(|d| d.as_str()) else { continue };
        if !title.to_lowercase().contains("syntax") && !title.contains("Record evaluation") {
            continue;
        }
        for (name, test) in suite["tests"].as_mapping().unwrap() {
            let name = name.as_str().unwrap();
            let host = test["mailfrom"].as_str().unwrap_or_default().rsplit('@').next().unwrap_or_default();
            let results: Vec<&str> = match &test["result"] {
                serde_yaml::Value::Sequence(all) => all.iter().filter_map(|r| r.as_str()).collect(),
                one => one.as_str().into_iter().collect(),
            };
            let records = texts(&suite["zonedata"], host);
            let [record] = records.as_slice() else { continue };
            seen += 1;
            let broken = matches!(SpfRecord::read(record), Reading::Broken { .. });
            // Where the suite leaves a choice, the text is good and the name behind it is none.
            let expected = results == ["permerror"];
            let listed = NOT_SYNTAX.iter().any(|(n, _)| *n == name);
            if (broken != expected) != listed {
                wrong.push(format!(
                    "{title}: {name}: broken {broken}, {results:?}: {}",
                    String::from_utf8_lossy(record)
                ));
            }
        }
    }
    assert!(seen > 80, "{seen} tests were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The SPF records that a suite publishes for a host.
fn texts(zone: &serde_yaml::Value, host: &str) -> Vec<Vec<u8>> {
    let find = zone
        .as_mapping()
        .and_then(|m| m.iter().find(|(k, _)| k.as_str().is_some_and(|k| k.eq_ignore_ascii_case(host))).map(|(_, v)| v));
    let Some(entries) = find.and_then(|v| v.as_sequence()) else { return Vec::new() };
    let mut out: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for entry in entries.iter().filter_map(|e| e.as_mapping()) {
        for (rtype, value) in entry {
            let joined: String = match value {
                serde_yaml::Value::Sequence(parts) => parts.iter().filter_map(|p| p.as_str()).collect(),
                one => one.as_str().unwrap_or_default().to_string(),
            };
            // The suite writes octets as characters.
            let octets: Vec<u8> = joined.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
            if SpfRecord::read(&octets).is_ours() {
                out.entry(rtype.as_str().unwrap_or_default()).or_default().push(octets);
            }
        }
    }
    out.remove("TXT").or_else(|| out.remove("SPF")).unwrap_or_default()
}
