//! Scenarios: a zone, and messages with the results that are acceptable.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, PTR, TXT};
use hickory_proto::rr::{RData, RecordType};
use mailproof::auth::spf::{SmtpClient, SpfEvaluation, check_mail_from};
use mailproof::dns::lookup::{Lookup, LookupFailure};
use mailproof::dns::overlay::{Fault, FaultAt, Overlay};
use mailproof::dns::table::TableLookup;
use mailproof::model::name::Name;
use mailproof::model::snapshot::{Origin, Snapshot};
use serde::Deserialize as _;
use serde_yaml::Value;

/// One document of a suite: its zone and its tests.
pub(crate) struct Scenario {
    pub(crate) description: String,
    pub(crate) records: Vec<(Name, RData)>,
    /// Names at which questions without records time out.
    pub(crate) silent: Vec<Name>,
    pub(crate) cases: Vec<Case>,
}

pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) helo: String,
    pub(crate) host: IpAddr,
    pub(crate) mail_from: String,
    /// The results that are acceptable.
    pub(crate) results: Vec<String>,
    /// `DEFAULT` means that the domain explains nothing.
    pub(crate) explanation: Option<String>,
}

impl Scenario {
    pub(crate) fn table(&self) -> TableLookup {
        let mut table = TableLookup::new();
        self.records.iter().for_each(|(name, data)| table.add(name, data.clone()));
        self.silent.iter().for_each(|name| table.fail(name, RecordType::ANY, LookupFailure::Timeout));
        table
    }

    /// The zone in an overlay server; names that time out are silent.
    pub(crate) fn overlay(&self) -> Overlay {
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
    pub(crate) async fn run(&self, lookup: &dyn Lookup) -> SpfEvaluation {
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
    pub(crate) fn complaint(&self, evaluation: &SpfEvaluation) -> Option<String> {
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

pub(crate) fn suite(file: &str) -> Option<Vec<Scenario>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/spf-openspf-suite").join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {file} is not there: the openspf.org suite was not run");
        return None;
    };
    let documents = serde_yaml::Deserializer::from_str(&text).map(|d| Value::deserialize(d).unwrap());
    Some(documents.filter(|d| d.get("tests").is_some()).map(|d| scenario(&d)).collect())
}

pub(crate) fn scenario(document: &Value) -> Scenario {
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
pub(crate) fn name(text: &str) -> Name {
    let bare = text.trim_end_matches('.');
    if bare.is_empty() {
        return Name::root();
    }
    Name::from_labels(bare.split('.').map(str::as_bytes)).unwrap()
}

pub(crate) fn data(rtype: &str, value: &Value) -> RData {
    let text = || value.as_str().unwrap();
    match rtype {
        "A" => RData::A(A(text().parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(text().parse().unwrap())),
        "PTR" => RData::PTR(PTR(name(text()).into())),
        "CNAME" => RData::CNAME(CNAME(name(text()).into())),
        "MX" => {
            let exchange = name(value[1].as_str().unwrap());
            RData::MX(MX::new(u16::try_from(value[0].as_u64().unwrap()).unwrap(), exchange.into()))
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
pub(crate) fn octets(value: &Value) -> Vec<u8> {
    value.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// Policies at `a`, `b` and `c` of `.example`, and a message of `a.example` from 192.0.2.1.
pub(crate) fn nested(policies: [&str; 3]) -> (Scenario, Case) {
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
