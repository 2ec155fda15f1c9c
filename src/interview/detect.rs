//! Looking before asking: what DNS and the machine say already.

use std::collections::BTreeMap;
use std::net::IpAddr;

use futures_util::future::join_all;
use hickory_proto::rr::{RData, RecordType};

use crate::auth::spf::budget;
use crate::dns::authority::zone_of;
use crate::dns::lookup::Lookup;
use crate::model::dkim::KeyRecord;
use crate::model::dmarc::{DmarcRecord, Policy};
use crate::model::name::{self, Name};
use crate::model::spf::{Mechanism, Qualifier, SpfRecord};
use crate::model::spf::tree::SpfTree;

/// What the machine knows of itself; the caller finds out.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Its host name, if that is a whole one.
    pub name: Option<String>,
    /// Its addresses towards the internet.
    pub addresses: Vec<IpAddr>,
}

/// A host and what DNS says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The addresses whose reverse name is this host.
    pub confirmed: Vec<IpAddr>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The zone that the domain is in.
    pub zone: Option<String>,
    /// The zone's name servers.
    pub name_servers: Vec<String>,
    /// Mail exchangers, lowest preference first; a null MX (RFC 7505) is an empty name.
    pub exchangers: Vec<(u16, String)>,
    /// The SPF record, if there is exactly one.
    pub spf: Option<SpfFacts>,
    /// How many SPF records there are.
    pub spf_records: usize,
    /// The DMARC record.
    pub dmarc: Option<DmarcFacts>,
    /// Selectors that have a key, of those that were tried.
    pub selectors: Vec<String>,
    /// Questions that DNS did not answer.
    pub unanswered: Vec<String>,
}

/// What the published SPF record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpfFacts {
    /// The record.
    pub text: String,
    /// The domains that it includes.
    pub includes: Vec<String>,
    /// The qualifier of `all`.
    pub all: Option<Qualifier>,
    /// How many of the ten lookups it costs at worst (RFC 7208 §4.6.4).
    pub lookups: u32,
}

/// What the published DMARC record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DmarcFacts {
    /// `p`
    pub policy: Option<Policy>,
    /// The first address of `rua`.
    pub reports: Option<String>,
}

/// Looks at `domain`; `selectors` are tried for keys. Questions that fail are told in [`Found::unanswered`].
pub async fn look(lookup: &dyn Lookup, domain: &Name, selectors: &[String]) -> Found {
    let mut found = Found::default();
    let ask = |name: Name, rtype| async move { (name::show(&name), rtype, lookup.lookup(&name, rtype).await) };
    let mut questions = vec![ask(domain.clone(), RecordType::MX), ask(domain.clone(), RecordType::TXT)];
    let below = |label: &str| name::below(label, domain).ok();
    questions.extend(below("_dmarc").map(|n| ask(n, RecordType::TXT)));
    let keys: Vec<(String, Name)> =
        selectors.iter().filter_map(|s| Some((s.clone(), below(&format!("{s}._domainkey"))?))).collect();
    questions.extend(keys.iter().map(|(_, n)| ask(n.clone(), RecordType::TXT)));
    let (zone, answers) = futures_util::join!(zone_of(lookup, domain), join_all(questions));
    match zone {
        Ok(zone) => found.zone = zone.map(|z| name::show(&z)),
        Err(e) => found.unanswered.push(format!("zone of {}: {e}", name::show(domain))),
    }
    for (owner, rtype, answer) in answers {
        let answer = match answer {
            Ok(answer) => answer,
            Err(e) => {
                found.unanswered.push(format!("{rtype} of {owner}: {e}"));
                continue;
            }
        };
        let texts = answer.texts();
        if rtype == RecordType::MX {
            found.exchangers = exchangers(&answer.records);
        } else if owner == name::show(domain) {
            spf(&texts, &mut found);
        } else if let Some((selector, _)) = keys.iter().find(|(_, n)| name::show(n) == owner) {
            if texts.iter().any(|t| KeyRecord::read(t).record().is_some_and(|k| !k.revoked())) {
                found.selectors.push(selector.clone());
            }
        } else {
            found.dmarc = dmarc(&texts);
        }
    }
    if let Some(facts) = &mut found.spf {
        facts.lookups = budget(lookup, &name::show(domain)).await.lookups();
    }
    if let Some(zone) = found.zone.as_deref().and_then(|z| name::domain(z).ok()) {
        match lookup.lookup(&zone, RecordType::NS).await {
            Ok(answer) => found.name_servers = names(&answer.records),
            Err(e) => found.unanswered.push(format!("NS of {}: {e}", name::show(&zone))),
        }
    }
    found
}

/// Looks at a host: its addresses, and whether they lead back to it.
pub async fn host(lookup: &dyn Lookup, host: &Name) -> HostFacts {
    let (v4, v6) = futures_util::join!(lookup.lookup(host, RecordType::A), lookup.lookup(host, RecordType::AAAA));
    let mut addresses: Vec<IpAddr> = [v4, v6]
        .into_iter()
        .flatten()
        .flat_map(|answer| answer.records.iter().filter_map(RData::ip_addr).collect::<Vec<_>>())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let reverse = addresses.iter().map(|ip| async move {
        let name = Name::from(*ip);
        let names = lookup.lookup(&name, RecordType::PTR).await.map(|a| names(&a.records)).unwrap_or_default();
        names.contains(&name::show(host)).then_some(*ip)
    });
    let confirmed = join_all(reverse).await.into_iter().flatten().collect();
    HostFacts { addresses, confirmed }
}

fn exchangers(records: &[RData]) -> Vec<(u16, String)> {
    let mut out: Vec<(u16, String)> = records
        .iter()
        .filter_map(|r| match r {
            RData::MX(mx) if mx.exchange.is_root() => Some((mx.preference, String::new())),
            RData::MX(mx) => Some((mx.preference, name::show(&mx.exchange))),
            _ => None,
        })
        .collect();
    out.sort();
    out
}

fn names(records: &[RData]) -> Vec<String> {
    let mut out: Vec<String> = records
        .iter()
        .filter_map(|r| match r {
            RData::NS(ns) => Some(name::show(&ns.0)),
            RData::PTR(ptr) => Some(name::show(&ptr.0)),
            _ => None,
        })
        .collect();
    out.sort();
    out
}

fn spf(texts: &[Vec<u8>], found: &mut Found) {
    let records: Vec<SpfRecord> = texts.iter().filter_map(|t| SpfRecord::read(t).into_record()).collect();
    found.spf_records = records.len();
    let [record] = records.as_slice() else { return };
    let includes = record.directives().filter_map(|(_, d)| match &d.mechanism {
        Mechanism::Include(domain) if d.qualifier == Qualifier::Pass => domain.literal().map(str::to_ascii_lowercase),
        _ => None,
    });
    found.spf = Some(SpfFacts {
        text: String::from_utf8_lossy(&record.octets).into_owned(),
        includes: includes.collect(),
        all: record.all().map(|(_, d)| d.qualifier),
        lookups: 0,
    });
}

fn dmarc(texts: &[Vec<u8>]) -> Option<DmarcFacts> {
    let readings: Vec<_> = texts.iter().map(|t| DmarcRecord::read(t)).filter(|r| r.is_ours()).collect();
    let [reading] = readings.as_slice() else { return None };
    let record = reading.record()?;
    let first = record.aggregate.iter().find(|uri| uri.valid).map(|uri| record.tags.slice(uri.span));
    let reports = first.map(|uri| String::from_utf8_lossy(uri).into_owned());
    Some(DmarcFacts {
        policy: record.effective_policy(),
        reports: reports.map(|uri| uri.strip_prefix("mailto:").map(str::to_string).unwrap_or(uri)),
    })
}

/// The facts of several hosts, by name.
pub type Hosts = BTreeMap<String, HostFacts>;
