//! What a domain publishes about its mail, read as a receiver reads it.

mod details;
mod finding;
mod judge;
mod key;
mod reverse;
mod senders;

pub use details::Details;
pub use finding::{Finding, Location, Severity, Skipped};
pub use judge::{Judge, Judged};
pub use key::{KeyStatus, PublishedKey};
pub use reverse::reverse;
pub use senders::{Senders, senders};

use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use hickory_proto::rr::{RData, RecordType};
use serde::Serialize;

use crate::auth::dmarc::{Discovery, WalkStep, discover};
use crate::auth::spf::{SpfRequest, SpfResult, check_host};
use crate::dns::dnssec::Dnssec;
use crate::dns::gather::Gathered;
use crate::dns::lookup::Lookup;
use crate::lint::live::Server;
use crate::model::dmarc::has_version;
use crate::model::mta_sts::StsRecord;
use crate::model::name::{self, Name};
use crate::model::service::Services;
use crate::model::tls_rpt::TlsRptRecord;
use crate::model::txt;

/// An address that nobody sends from (RFC 1112 §4): evaluating SPF for it goes through every term.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(240, 0, 0, 1));

/// How a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// There, and receivers can use it.
    Ok,
    /// Not there.
    Missing,
    /// There, and receivers cannot use it.
    Broken,
    /// DNS did not say.
    Unknown,
}

/// SPF, as it is for an address that is not listed.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedSpf {
    /// How it stands.
    pub status: Status,
    /// The record.
    pub record: Option<String>,
    /// What an address that is not listed gets.
    pub others: SpfResult,
    /// Terms that query, includes and all (RFC 7208 §4.6.4).
    pub lookups: u32,
    /// Those that find nothing.
    pub void_lookups: u32,
    /// A sentence that says why.
    pub reason: String,
}

/// DMARC: the record that applies, and how it was found.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedDmarc {
    /// How it stands.
    pub status: Status,
    /// The walk and what came of it.
    #[serde(flatten)]
    pub discovery: Discovery,
}

/// A mail host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailHost {
    /// Lower is tried first.
    pub preference: u16,
    /// Its name; `.` for a null MX (RFC 7505).
    pub host: String,
}

/// A TXT record of which there must be exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SingleRecord {
    /// How it stands.
    pub status: Status,
    /// Its text; with several, the first.
    pub record: Option<String>,
}

/// A question that stayed open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenQuestion {
    /// The name asked for.
    pub name: String,
    /// The type asked for.
    #[serde(rename = "type")]
    pub rtype: String,
    /// Why there is no answer.
    pub reason: String,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// The domain.
    pub domain: String,
    /// Whether the name exists at all; true where DNS did not say.
    pub exists: bool,
    /// SPF.
    pub spf: PublishedSpf,
    /// DMARC.
    pub dmarc: PublishedDmarc,
    /// The keys that were asked for by selector, or were found.
    pub dkim: Vec<PublishedKey>,
    /// The mail hosts, by preference.
    pub mx: Vec<MailHost>,
    /// MTA-STS.
    pub mta_sts: SingleRecord,
    /// TLS-RPT.
    pub tls_rpt: SingleRecord,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Rules that could not look at everything.
    pub skipped: Vec<Skipped>,
    /// What DNS did not answer.
    pub unknown: Vec<OpenQuestion>,
    /// Whether DNSSEC proves it, and on whose word; where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnssec: Option<Dnssec>,
    /// What each authoritative server of the zone says, where they were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
    /// What the servers said, where they were visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services: Option<Services>,
    /// More about it, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
}

/// Reads what was gathered. SPF and DMARC lead to other names, which `lookup` is asked for.
///
/// With `selectors` their keys are told, there or not; without, whatever keys are in `gathered`. What is wrong with all of
/// it is for `judge` to say.
pub async fn read(lookup: &dyn Lookup, gathered: &Gathered, selectors: &[String], now: SystemTime) -> Published {
    let domain = &gathered.domain;
    let spf = spf(lookup, domain, now).await;
    let dmarc = dmarc(lookup, domain).await;
    let dkim = key::read_all(gathered, selectors);
    let mta_sts = single(gathered, "_mta-sts", |text| {
        let reading = StsRecord::read(text);
        (reading.is_ours(), reading.faults().is_empty())
    });
    let tls_rpt = single(gathered, "_smtp._tls", |text| {
        let reading = TlsRptRecord::read(text);
        (reading.is_ours(), reading.faults().is_empty())
    });
    let mut unknown: Vec<OpenQuestion> = gathered
        .unknown
        .iter()
        .map(|u| OpenQuestion {
            name: name::show(&u.key.name),
            rtype: u.key.rtype.to_string(),
            reason: u.failure.to_string(),
        })
        .collect();
    if unknown.is_empty() && spf.status == Status::Unknown {
        // The domain's own records are there; one that they lead to is not to be had.
        unknown.push(OpenQuestion { name: name::show(domain), rtype: "TXT".into(), reason: spf.reason.clone() });
    }
    Published {
        domain: name::show(domain),
        exists: !gathered.nonexistent.contains(domain),
        spf,
        dmarc,
        dkim,
        mx: mail_hosts(gathered),
        mta_sts,
        tls_rpt,
        findings: Vec::new(),
        skipped: Vec::new(),
        unknown,
        services: None,
        dnssec: None,
        servers: Vec::new(),
        details: None,
    }
}

impl Published {
    /// Adds [`Details`]. What SPF costs is from then on what the whole tree costs at worst, in either address family.
    pub fn deepen(&mut self, details: Details) {
        let tree = &details.spf_tree;
        // A record that is evaluated in a circle costs more than its tree.
        self.spf.lookups = self.spf.lookups.max(tree.lookups());
        self.spf.void_lookups = self.spf.void_lookups.max(tree.voids_v4()).max(tree.voids_v6());
        self.details = Some(details);
    }
}

async fn spf(lookup: &dyn Lookup, domain: &Name, now: SystemTime) -> PublishedSpf {
    let text = name::show(domain);
    let sender = format!("postmaster@{text}");
    let request = SpfRequest { ip: NOBODY, domain: &text, sender: &sender, helo: &text, receiver: "unknown", now };
    let evaluation = check_host(lookup, &request).await;
    let status = match evaluation.result {
        SpfResult::None => Status::Missing,
        SpfResult::PermError => Status::Broken,
        SpfResult::TempError => Status::Unknown,
        _ => Status::Ok,
    };
    PublishedSpf {
        status,
        record: evaluation.trace.record,
        others: evaluation.result,
        lookups: evaluation.lookups,
        void_lookups: evaluation.void_lookups,
        reason: evaluation.reason,
    }
}

async fn dmarc(lookup: &dyn Lookup, domain: &Name) -> PublishedDmarc {
    let discovery = discover(lookup, domain).await;
    // Several at one name discard each other: there is something, and none of it counts.
    let several = |step: &WalkStep| step.dropped.iter().filter(|d| has_version(d.text.as_bytes())).count() > 1;
    let status = match (&discovery.failure, &discovery.record, discovery.policy) {
        (Some(_), ..) => Status::Unknown,
        (None, Some(_), Some(_)) => Status::Ok,
        (None, None, _) if !discovery.walk.steps.iter().any(several) => Status::Missing,
        (None, ..) => Status::Broken,
    };
    PublishedDmarc { status, discovery }
}

fn mail_hosts(gathered: &Gathered) -> Vec<MailHost> {
    let Some(set) = gathered.snapshot.get(&gathered.domain, RecordType::MX) else { return Vec::new() };
    let mut hosts: Vec<MailHost> = set
        .values
        .iter()
        .filter_map(|value| match value {
            RData::MX(mx) => Some(MailHost { preference: mx.preference, host: Name::from(&mx.exchange).to_string() }),
            _ => None,
        })
        .collect();
    hosts.sort_by(|a, b| (a.preference, &a.host).cmp(&(b.preference, &b.host)));
    hosts
}

/// The one record of its kind at `labels` below the domain. `ours` says whether a text is of the kind, and good.
fn single(gathered: &Gathered, labels: &str, ours: fn(&[u8]) -> (bool, bool)) -> SingleRecord {
    let missing = SingleRecord { status: Status::Missing, record: None };
    let Ok(owner) = name::below(labels, &gathered.domain) else { return missing };
    if gathered.failure(&owner, RecordType::TXT).is_some() {
        return SingleRecord { status: Status::Unknown, record: None };
    }
    let texts = gathered.snapshot.get(&owner, RecordType::TXT).map(|set| set.texts()).unwrap_or_default();
    let found: Vec<(Vec<u8>, bool)> = texts
        .into_iter()
        .filter_map(|text| {
            let (is_ours, good) = ours(&text);
            is_ours.then_some((text, good))
        })
        .collect();
    let Some((first, good)) = found.first() else { return missing };
    let status = if found.len() == 1 && *good { Status::Ok } else { Status::Broken };
    SingleRecord { status, record: Some(txt::shown(first).into_owned()) }
}
