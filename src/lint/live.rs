//! What live DNS said beside the records: what stayed open, what each name server says, and whether it is signed.

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::lint::facts::{Answer, Facts};
use crate::lint::finding::Spot;
use crate::lint::zone_view::ZoneView;
use crate::model::service::{ReverseName, Services};
use crate::model::wire;

/// What was asked about one domain, and is not a record.
#[derive(Clone, Debug, Default)]
pub struct LiveFacts {
    /// The domain, in wire form and lower case.
    pub domain: Vec<u8>,
    /// The names of selectors that must be there, because somebody named them.
    pub selectors: Vec<Vec<u8>>,
    /// Questions that stayed open.
    pub open: Vec<OpenQuestion>,
    /// The reverse names of the hosts that may send.
    pub hosts: Vec<ReverseName>,
    /// What each authoritative server of the zone says, where they were asked.
    pub servers: Vec<Server>,
    /// Why DNSSEC fails, if it does.
    pub bogus: Option<String>,
    /// What was seen of the domain's servers, where they were visited.
    pub services: Option<Services>,
}

/// A question without an answer: never to be read as "no such record".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenQuestion {
    /// The name asked for, in wire form and lower case.
    pub name: Vec<u8>,
    /// The type asked for.
    pub rtype: RecordType,
    /// The answer did not fit into UDP, and TCP does not work.
    pub truncated: bool,
    /// Why there is no answer.
    pub why: String,
}

impl LiveFacts {
    /// Why the question about `name` and `rtype` stayed open, if it did.
    pub fn open(&self, name: &[u8], rtype: RecordType) -> Option<&OpenQuestion> {
        self.open.iter().find(|q| q.rtype == rtype && q.name == name)
    }

    /// Why a question about the name stayed open; the name as people read it.
    pub fn why_open(&self, name: &str) -> Option<&str> {
        let wire = wire::from_text(name)?;
        self.open.iter().find(|q| q.name == wire).map(|q| q.why.as_str())
    }
}

/// What one authoritative server of the domain's zone says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Its name and address.
    #[serde(rename = "server")]
    pub name: String,
    /// The serial of the zone that it has (RFC 1035 §3.3.13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<u32>,
    /// Whether it answers.
    #[serde(flatten)]
    pub state: ServerState,
    /// Its records, by question.
    #[serde(rename = "records")]
    pub sets: Vec<ServerSet>,
}

/// Whether a server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "why", rename_all = "lowercase")]
pub enum ServerState {
    /// It does.
    Answers,
    /// It has no authority for the zone: it refuses, fails or points elsewhere.
    Lame(String),
    /// Nothing comes back; why.
    Silent(String),
    /// Its answer about this name does not fit into UDP, and TCP does not work.
    Truncates(String),
}

/// What a server says to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerSet {
    /// The name asked for, in wire form and lower case.
    #[serde(skip)]
    pub owner: Vec<u8>,
    /// The same for people.
    pub name: String,
    /// The type asked for.
    #[serde(rename = "type", serialize_with = "as_text")]
    pub rtype: RecordType,
    /// The data in a form that is equal exactly when it means the same, sorted.
    #[serde(skip)]
    pub same: Vec<Vec<u8>>,
    /// The data for people.
    #[serde(rename = "values")]
    pub shown: Vec<String>,
}

fn as_text<S: serde::Serializer>(rtype: &RecordType, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(rtype)
}

impl Server {
    /// Its name and address, and which version of the zone it has.
    pub fn shown(&self) -> String {
        match self.serial {
            Some(serial) => format!("{} with serial {serial}", self.name),
            None => self.name.clone(),
        }
    }
}

impl LiveFacts {
    /// What the servers that answer say about `name` and `rtype`, each different answer with who gives it.
    pub fn answers(&self, name: &[u8], rtype: RecordType) -> Vec<(&ServerSet, Vec<String>)> {
        let mut out: Vec<(&ServerSet, Vec<String>)> = Vec::new();
        for server in &self.servers {
            let Some(set) = server.sets.iter().find(|s| s.rtype == rtype && s.owner == name) else { continue };
            match out.iter_mut().find(|(other, _)| other.same == set.same) {
                Some((_, who)) => who.push(server.shown()),
                None => out.push((set, vec![server.shown()])),
            }
        }
        out
    }
}

/// Different answers, each with who gives it, in lines.
pub fn answers_shown(answers: &[(&ServerSet, Vec<String>)]) -> String {
    let line = |(set, who): &(&ServerSet, Vec<String>)| {
        let data = if set.shown.is_empty() { "nothing".to_string() } else { set.shown.join(", ") };
        format!("{}: {data}", who.join(", "))
    };
    answers.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A domain as rules about live DNS are shown it.
pub struct LiveView<'a> {
    /// What the run knows.
    pub facts: &'a Facts,
    /// What live DNS said.
    pub live: &'a LiveFacts,
}

impl<'a> LiveView<'a> {
    /// The domain for people.
    pub fn shown(&self) -> String {
        wire::show(&self.live.domain)
    }

    /// What was answered about a name.
    pub fn ask(&self, name: &[u8], rtype: RecordType) -> Answer<'a> {
        self.facts.lookup(name, rtype)
    }

    /// The place that stands for the domain.
    pub fn spot(&self) -> Spot {
        let own = self.facts.zones.iter().position(|z| z.apex == self.live.domain);
        match own.and_then(|number| Some((number, self.facts.zones.get(number)?))) {
            Some((number, zone)) => ZoneView { facts: self.facts, zone, zone_number: number as u32 }.spot(),
            None => Spot { zone: 0, record: None, place: Default::default(), octets: None },
        }
    }

    /// The place of the first record of a name and type, where there is one; else the domain's.
    pub fn spot_of(&self, name: &[u8], rtype: RecordType) -> Spot {
        let found = self.facts.lookup(name, rtype);
        let Some(known) = found.records().first() else { return self.spot() };
        let place = known.zone.data_place(known.entry);
        Spot { zone: known.zone_number, record: Some(known.number), place, octets: None }
    }
}
