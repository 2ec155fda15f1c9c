//! The openspf.org test suites for RFC 7208 and RFC 4408 through `check_host()`.
//!
//! The suites are read from `../shared/corpus/spf-openspf-suite`; without that folder the tests say so and pass.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::join_all;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, PTR, TXT};
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use mail_auth::MessageAuthenticator;
use mail_auth::spf::verify::SpfParameters;
use mailproof::auth::spf::{SmtpClient, SpfEvaluation, check_mail_from};
use mailproof::dns::lookup::{Lookup, LookupFailure};
use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};
use mailproof::dns::resolver::Resolver;
use mailproof::dns::table::TableLookup;
use mailproof::model::snapshot::{Origin, Snapshot};
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

    /// The zone in an overlay server; names that time out are silent.
    fn overlay(&self) -> Overlay {
        let mut zone = Snapshot::new(Name::root());
        for (name, data) in &self.records {
            // A TXT record without any string cannot be sent: with an empty one it says the same.
            let data = match data {
                RData::TXT(text) if text.txt_data.is_empty() => RData::TXT(TXT::from_bytes(vec![b""])),
                other => other.clone(),
            };
            zone.add(name, 300, data, Origin::Profile);
        }
        let types = [RecordType::TXT, RecordType::A, RecordType::AAAA, RecordType::MX, RecordType::PTR];
        let silent = self.silent.iter().flat_map(|name| {
            let missing = types.into_iter().filter(|t| zone.get(name, *t).is_none());
            missing.map(|t| FaultAt { name: name.clone(), rtype: Some(t), fault: Fault::Silent })
        });
        Overlay { faults: silent.collect(), zones: vec![zone.clone()], ..Overlay::default() }
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

/// Policies at `a`, `b` and `c` of `.example`, and a message of `a.example` from 192.0.2.1.
fn nested(policies: [&str; 3]) -> (Scenario, Case) {
    let published = ["a.example", "b.example", "c.example"].into_iter().zip(policies).filter(|(_, p)| !p.is_empty());
    let record = |policy: &str| RData::TXT(TXT::new(vec![format!("v=spf1 {policy}")]));
    let records = published.map(|(owner, policy)| (name(owner), record(policy))).collect();
    let case = Case {
        id: policies.join(" | "),
        helo: "mail.a.example".into(),
        host: "192.0.2.1".parse().unwrap(),
        mail_from: "user@a.example".into(),
        results: Vec::new(),
        explanation: None,
    };
    (Scenario { description: case.id.clone(), records, silent: Vec::new(), cases: Vec::new() }, case)
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
        let (scenario, case) = nested(policies);
        let evaluation = case.run(&scenario.table()).await;
        assert_eq!(evaluation.result.as_str(), want, "{why}: {policies:?}\n{evaluation}");
    }
}

/// RFC 7208 obsoletes RFC 4408. Where the suites differ, the older one accepts what the newer one wants beside what it
/// had, as the SPF record type.
#[tokio::test]
async fn rfc_4408() {
    let Some(scenarios) = suite("rfc4408-tests.yml") else { return };
    assert_eq!(run_on_tables(&scenarios, &BTreeMap::new()).await, 191);
}

/// The tests that pyspf was developed with.
#[tokio::test]
async fn pyspf_own() {
    let Some(scenarios) = suite("test.yml") else { return };
    let exceptions = BTreeMap::from([
        ("default-modifier", "`default=` was pyspf's own: RFC 7208 §6 ignores unknown modifiers"),
        ("default-modifier-harsh", "`ambiguous` is a result of pyspf's, not of RFC 7208 §2.6"),
    ]);
    assert_eq!(run_on_tables(&scenarios, &exceptions).await, 16);
}

/// The same over real sockets: an overlay server on loopback, asked over UDP and TCP.
#[tokio::test]
async fn rfc_7208_over_sockets() {
    let Some(scenarios) = suite("rfc7208-tests.yml") else { return };
    let runs = scenarios.iter().map(|scenario| async move {
        let server = OverlayServer::start(scenario.overlay()).await.unwrap();
        let resolver = Resolver::at(server.addr()).with_timeout(Duration::from_secs(2));
        let resolver = &resolver;
        join_all(scenario.cases.iter().map(|case| async move { case.complaint(&case.run(resolver).await) })).await
    });
    let complaints: Vec<Option<String>> = join_all(runs).await.concat();
    assert_eq!(complaints.len(), 203);
    let complaints: Vec<String> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n\n"));
}

/// mail-auth's verifier on the same servers: where it is wrong by the suite is known by name, and nowhere else.
/// Who reads both results must know these.
#[tokio::test]
async fn mail_auth_beside_it() {
    let Some(scenarios) = suite("rfc7208-tests.yml") else { return };
    let runs = scenarios.iter().map(|scenario| async move {
        let server = OverlayServer::start(scenario.overlay()).await.unwrap();
        let peer = mail_auth_at(server.addr());
        let peer = &peer;
        join_all(scenario.cases.iter().map(|case| async move {
            let result = ask_mail_auth(peer, case).await;
            let wrong = !case.results.contains(&result);
            wrong.then(|| (case.id.clone(), result))
        }))
        .await
    });
    let wrong: BTreeMap<String, String> = join_all(runs).await.concat().into_iter().flatten().collect();
    let known: BTreeMap<String, String> =
        MAIL_AUTH_DIFFERS.iter().map(|(id, result)| ((*id).into(), (*result).into())).collect();
    assert_eq!(wrong, known);
}

/// Nested includes, which the suite does not have: an inner pass ends mail-auth's whole evaluation, and the outer
/// qualifiers are lost.
#[tokio::test]
async fn mail_auth_on_nested_includes() {
    for (policies, right, theirs) in [
        (["-include:b.example +all", "include:c.example", "+all"], "fail", "pass"),
        (["include:b.example -all", "?include:c.example ~all", "+all"], "fail", "neutral"),
        (["include:b.example include:c.example -all", "-include:c.example -all", "+all"], "pass", "fail"),
    ] {
        let (scenario, case) = nested(policies);
        let server = OverlayServer::start(scenario.overlay()).await.unwrap();
        let ours = case.run(&Resolver::at(server.addr())).await.result;
        assert_eq!((ours.as_str(), ask_mail_auth(&mail_auth_at(server.addr()), &case).await.as_str()), (right, theirs));
    }
}

async fn ask_mail_auth(peer: &MessageAuthenticator, case: &Case) -> String {
    let params = match case.mail_from.as_str() {
        "" => SpfParameters::verify_ehlo(case.host, &case.helo, "receiver.example"),
        sender => SpfParameters::verify_mail_from(case.host, &case.helo, "receiver.example", sender),
    };
    match peer.verify_spf(params).await.result() {
        mail_auth::SpfResult::Pass => "pass",
        mail_auth::SpfResult::Fail => "fail",
        mail_auth::SpfResult::SoftFail => "softfail",
        mail_auth::SpfResult::Neutral => "neutral",
        mail_auth::SpfResult::TempError => "temperror",
        mail_auth::SpfResult::PermError => "permerror",
        mail_auth::SpfResult::None => "none",
    }
    .to_string()
}

fn mail_auth_at(server: SocketAddr) -> MessageAuthenticator {
    let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
    name_server.connections.iter_mut().for_each(|c| c.port = server.port());
    let mut options = ResolverOpts::default();
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = Duration::from_secs(2);
    options.attempts = 1;
    MessageAuthenticator::new(ResolverConfig::from_parts(None, Vec::new(), vec![name_server]), options).unwrap()
}

/// Cases of the RFC 7208 suite in which mail-auth 0.13 answers otherwise, and what it answers.
const MAIL_AUTH_DIFFERS: &[(&str, &str)] = &[
    ("a-bad-cidr4", "fail"),
    ("a-bad-cidr6", "fail"),
    ("a-bad-domain", "temperror"),
    ("a-bad-toplabel", "temperror"),
    ("a-cidr6-0-ip4mapped", "pass"),
    ("a-colon-domain", "permerror"),
    ("a-colon-domain-ip4mapped", "permerror"),
    ("a-dual-cidr-ip4-err", "pass"),
    ("a-null", "temperror"),
    ("a-numeric", "neutral"),
    ("a-numeric-toplabel", "neutral"),
    ("a-only-toplabel", "neutral"),
    ("a-only-toplabel-trailing-dot", "neutral"),
    ("badip4", "pass"),
    ("cidr4-032", "pass"),
    ("cidr4-33", "pass"),
    ("cidr6-0-ip4", "pass"),
    ("cidr6-129", "neutral"),
    ("cidr6-ip4", "pass"),
    ("control-char-policy", "pass"),
    ("domain-literal", "permerror"),
    ("empty-modifier-name", "neutral"),
    ("emptylabel", "permerror"),
    ("exists-ip6only", "pass"),
    ("exp-syntax-error", "neutral"),
    ("hello-domain-literal", "temperror"),
    ("helo-domain-literal", "permerror"),
    ("invalid-domain", "fail"),
    ("invalid-domain-empty-label", "temperror"),
    ("invalid-domain-long", "temperror"),
    ("invalid-domain-long-via-macro", "temperror"),
    ("invalid-hello-macro", "temperror"),
    ("invalid-modifier", "neutral"),
    ("macro-mania-in-domain", "temperror"),
    ("modifier-charset-good", "permerror"),
    ("multitxt1", "fail"),
    ("multitxt2", "fail"),
    ("mx-bad-cidr4", "fail"),
    ("mx-bad-cidr6", "fail"),
    ("mx-bad-domain", "temperror"),
    ("mx-bad-toplab", "temperror"),
    ("mx-cidr6-0-ip4mapped", "pass"),
    ("mx-colon-domain", "permerror"),
    ("mx-colon-domain-ip4mapped", "permerror"),
    ("mx-null", "temperror"),
    ("mx-numeric-top-label", "neutral"),
    ("non-ascii-mech", "fail"),
    ("non-ascii-policy", "fail"),
    ("p-macro-multiple", "temperror"),
    ("ptr-match-implicit", "fail"),
    ("ptr-match-ip6", "fail"),
    ("redirect-after-mechanisms2", "permerror"),
    ("redirect-syntax-error", "neutral"),
    ("void-over-limit", "neutral"),
];
