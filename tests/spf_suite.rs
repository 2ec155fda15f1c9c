//! The openspf.org test suites for RFC 7208 and RFC 4408 through `check_host()`.
//!
//! The suites are read from `../shared/corpus/spf-openspf-suite`; without that folder the tests say so and pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, PTR, TXT};
use hickory_proto::rr::{Name, RData, RecordType};
use mailproof::auth::spf::{SmtpClient, SpfEvaluation, check_mail_from};
use mailproof::dns::lookup::{Lookup, LookupFailure};
use mailproof::dns::table::TableLookup;
use serde::Deserialize as _;
use serde_yaml::Value;

/// One document of a suite: its zone and its tests.
struct Scenario {
    description: String,
    records: Vec<(Name, RData)>,
    /// Names at which questions without records time out.
    silent: Vec<Name>,
    cases: Vec<Case>,
}

struct Case {
    id: String,
    helo: String,
    host: IpAddr,
    mail_from: String,
    /// The results that are acceptable.
    results: Vec<String>,
    /// `DEFAULT` means that the domain explains nothing.
    explanation: Option<String>,
}

impl Scenario {
    fn table(&self) -> TableLookup {
        let mut table = TableLookup::new();
        self.records.iter().for_each(|(name, data)| table.add(name, data.clone()));
        self.silent.iter().for_each(|name| table.fail(name, RecordType::ANY, LookupFailure::Timeout));
        table
    }
}

impl Case {
    async fn run(&self, lookup: &dyn Lookup) -> SpfEvaluation {
        let client = SmtpClient {
            ip: self.host,
            helo: &self.helo,
            mail_from: &self.mail_from,
            receiver: "receiver.example",
            now: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        };
        check_mail_from(lookup, &client).await
    }

    /// What is wrong with `evaluation`, if anything.
    fn complaint(&self, evaluation: &SpfEvaluation) -> Option<String> {
        let result = evaluation.result.to_string();
        let explanation = evaluation.explanation.as_deref().unwrap_or("DEFAULT");
        let right = self.results.contains(&result) && self.explanation.as_deref().is_none_or(|e| e == explanation);
        (!right).then(|| {
            format!(
                "{}: {result} {explanation:?}, not {:?} {:?}\n{evaluation}",
                self.id, self.results, self.explanation
            )
        })
    }
}

fn suite(file: &str) -> Option<Vec<Scenario>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/spf-openspf-suite").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {file} is not there: the openspf.org suite was not run");
        return None;
    };
    let documents = serde_yaml::Deserializer::from_str(&text).map(|d| Value::deserialize(d).unwrap());
    Some(documents.filter(|d| d.get("tests").is_some()).map(|d| scenario(&d)).collect())
}

fn scenario(document: &Value) -> Scenario {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_string();
    let mut records = Vec::new();
    let mut silent = Vec::new();
    for (owner, entries) in document["zonedata"].as_mapping().unwrap() {
        let owner = name(&text(owner));
        let entries = entries.as_sequence().unwrap();
        let typed: Vec<(String, &Value)> =
            entries.iter().filter_map(Value::as_mapping).flat_map(|m| m.iter().map(|(k, v)| (text(k), v))).collect();
        // A name without TXT entries has its SPF entries as TXT; `TXT: NONE` prevents that.
        let has_txt = typed.iter().any(|(rtype, _)| rtype == "TXT");
        for (rtype, value) in typed {
            match rtype.as_str() {
                "TXT" if value.as_str() == Some("NONE") => {}
                "SPF" if has_txt => {}
                _ => records.push((owner.clone(), data(&rtype, value))),
            }
        }
        if entries.iter().any(|e| e.as_str() == Some("TIMEOUT")) {
            silent.push(owner);
        }
    }
    let cases = document["tests"].as_mapping().unwrap().iter().map(|(id, test)| Case {
        id: text(id),
        helo: text(&test["helo"]),
        host: text(&test["host"]).parse().unwrap(),
        mail_from: text(&test["mailfrom"]),
        results: match &test["result"] {
            Value::Sequence(all) => all.iter().map(text).collect(),
            one => vec![text(one)],
        },
        explanation: test.get("explanation").map(text),
    });
    Scenario { description: text(&document["description"]), records, silent, cases: cases.collect() }
}

/// A name with any octets in its labels.
fn name(text: &str) -> Name {
    let bare = text.trim_end_matches('.');
    if bare.is_empty() {
        return Name::root();
    }
    Name::from_labels(bare.split('.').map(str::as_bytes)).unwrap()
}

fn data(rtype: &str, value: &Value) -> RData {
    let text = || value.as_str().unwrap();
    match rtype {
        "A" => RData::A(A(text().parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(text().parse().unwrap())),
        "PTR" => RData::PTR(PTR(name(text()))),
        "CNAME" => RData::CNAME(CNAME(name(text()))),
        "MX" => {
            let exchange = name(value[1].as_str().unwrap());
            RData::MX(MX::new(u16::try_from(value[0].as_u64().unwrap()).unwrap(), exchange))
        }
        "TXT" | "SPF" => {
            let strings: Vec<Vec<u8>> = match value {
                Value::Sequence(all) => all.iter().map(octets).collect(),
                one => vec![octets(one)],
            };
            RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()))
        }
        other => panic!("unknown type {other}"),
    }
}

/// The suites write octets as characters up to U+00FF.
fn octets(value: &Value) -> Vec<u8> {
    value.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// Runs `suites` on tables; `exceptions` are cases that must be wrong, each with its reason.
async fn run_on_tables(scenarios: &[Scenario], exceptions: &BTreeMap<&str, &str>) -> usize {
    let mut complaints = Vec::new();
    let mut count = 0;
    for scenario in scenarios {
        let table = scenario.table();
        for case in &scenario.cases {
            count += 1;
            match (case.complaint(&case.run(&table).await), exceptions.get(case.id.as_str())) {
                (Some(complaint), None) => complaints.push(format!("[{}] {complaint}", scenario.description)),
                (None, Some(why)) => complaints.push(format!("{}: passes, but should not: {why}", case.id)),
                _ => {}
            }
        }
    }
    assert!(complaints.is_empty(), "{} of {count} wrong:\n{}", complaints.len(), complaints.join("\n\n"));
    count
}

#[tokio::test]
async fn rfc_7208() {
    let Some(scenarios) = suite("rfc7208-tests.yml") else { return };
    assert_eq!(run_on_tables(&scenarios, &BTreeMap::new()).await, 203);
}

/// Policies at `a`, `b` and `c` of `.example`, judged for 192.0.2.1 and `a.example`.
async fn judge(policies: [&str; 3]) -> SpfEvaluation {
    let mut table = TableLookup::new();
    for (owner, policy) in ["a.example", "b.example", "c.example"].iter().zip(policies) {
        if !policy.is_empty() {
            table.add_text(&name(owner), format!("v=spf1 {policy}").as_bytes());
        }
    }
    let client = SmtpClient {
        ip: "192.0.2.1".parse().unwrap(),
        helo: "mail.a.example",
        mail_from: "user@a.example",
        receiver: "receiver.example",
        now: UNIX_EPOCH,
    };
    check_mail_from(&table, &client).await
}

/// What an inner record says must not end the outer evaluation, nor lose its qualifiers (RFC 7208 §5.2).
#[tokio::test]
async fn nested_includes() {
    for (policies, want, why) in [
        (["-include:b.example +all", "include:c.example", "+all"], "fail", "the outer qualifier is that of the result"),
        (["include:b.example -all", "?include:c.example ~all", "+all"], "fail", "an included neutral is no match"),
        (["include:b.example include:c.example -all", "-include:c.example -all", "+all"], "pass", "a fail is no match"),
        (["include:b.example -all", "redirect=c.example", "ip4:192.0.2.1"], "pass", "redirect inside include"),
        (["include:b.example -all", "redirect=c.example", ""], "permerror", "redirect into nothing"),
        (["redirect=b.example", "include:c.example ~all", "-all"], "softfail", "include inside redirect"),
        (["include:b.example +all", "include:a.example", ""], "permerror", "a loop ends at the limit"),
        (["~include:b.example -all", "?all", ""], "fail", "an included ?all does not match"),
        (["~include:b.example -all", "ip4:192.0.2.0/24 -all", ""], "softfail", "a match counts as the outer says"),
    ] {
        let evaluation = judge(policies).await;
        assert_eq!(evaluation.result.as_str(), want, "{why}: {policies:?}\n{evaluation}");
    }
}
