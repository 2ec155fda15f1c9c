//! Looking before asking: what DNS and the machine say already.

use std::net::IpAddr;

use futures_util::future::join_all;
use hickory_proto::rr::{RData, RecordType};

use crate::auth::spf::budget;
use crate::dns::authority::zone_of;
use crate::dns::gather::{Unknown, gather_mail};
use crate::dns::lookup::Lookup;
use crate::model::dkim::KeyRecord;
use crate::model::dmarc::{DmarcRecord, Policy};
use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, RecordSet};
use crate::model::spf::{Mechanism, Qualifier, SpfRecord};

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
    /// How many of the ten lookups the record costs at worst (RFC 7208 §4.6.4).
    pub spf_lookups: u32,
    /// The DMARC record.
    pub dmarc: Option<DmarcFacts>,
    /// Selectors that have a key, of those that were tried.
    pub selectors: Vec<String>,
    /// What DNS did not answer: there or not, nobody knows.
    pub unanswered: Vec<Unknown>,
}

impl Found {
    /// Whether the question for `rtype` at `name` stayed open.
    pub fn is_open(&self, name: &Name, rtype: RecordType) -> bool {
        let key = Key::new(name, rtype);
        self.unanswered.iter().any(|u| u.key == key)
    }
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
}

/// What the published DMARC record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DmarcFacts {
    /// `p`
    pub policy: Option<Policy>,
    /// The first address of `rua`.
    pub reports: Option<String>,
}

/// Looks at `domain`. Questions that fail are told in [`Found::unanswered`].
pub async fn look(lookup: &dyn Lookup, domain: &Name) -> Found {
    let (zone, gathered) = futures_util::join!(zone_of(lookup, domain), gather_mail(lookup, domain, &[], ""));
    let mut found = Found::default();
    found.unanswered.clone_from(&gathered.unknown);
    let texts = |owner: &Name| gathered.snapshot.get(owner, RecordType::TXT).map(RecordSet::texts).unwrap_or_default();
    if let Some(set) = gathered.snapshot.get(domain, RecordType::MX) {
        found.exchangers = exchangers(&set.values);
    }
    spf(&texts(domain), &mut found);
    if found.spf.is_some() {
        found.spf_lookups = budget(lookup, &name::show(domain)).await.lookups();
    }
    found.dmarc = name::below("_dmarc", domain).ok().and_then(|owner| dmarc(&texts(&owner)));
    let keys = format!("._domainkey.{}", name::show(domain));
    for set in gathered.snapshot.sets().filter(|s| s.rtype == RecordType::TXT) {
        let owner = name::show(&set.name);
        let Some(selector) = owner.strip_suffix(&keys) else { continue };
        if set.texts().iter().any(|t| KeyRecord::read(t).record().is_some_and(|k| !k.revoked())) {
            found.selectors.push(selector.to_string());
        }
    }
    match zone {
        // A domain that does not exist is in the zone of its parent, `com` and the like: nobody's to publish in.
        Ok(Some(zone)) if psl::domain_str(&name::show(&zone)).is_some() => {
            match lookup.lookup(&zone, RecordType::NS).await {
                Ok(answer) => found.name_servers = names(&answer.records),
                Err(failure) => found.unanswered.push(Unknown { key: Key::new(&zone, RecordType::NS), failure }),
            }
            found.zone = Some(name::show(&zone));
        }
        Ok(_) => {}
        Err(failure) => found.unanswered.push(Unknown { key: Key::new(domain, RecordType::SOA), failure }),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::snapshot::parse_value;

    fn table(rows: &[(&str, RecordType, &str)]) -> TableLookup {
        let mut table = TableLookup::new();
        for (owner, rtype, data) in rows {
            table.add(&name::domain(owner).unwrap(), parse_value(*rtype, data).unwrap());
        }
        table
    }

    #[tokio::test]
    async fn a_domain_that_mails_already() {
        let mut dns = table(&[
            ("example.com", RecordType::SOA, "ns1.example.com. h.example.com. 1 2 3 4 5"),
            ("example.com", RecordType::NS, "ns1.example.com."),
            ("example.com", RecordType::MX, "20 mx.example.net."),
            ("example.com", RecordType::MX, "10 mail.example.com."),
            ("example.com", RecordType::TXT, "\"v=spf1 ip4:192.0.2.9 include:_spf.google.com -all\""),
            ("example.com", RecordType::TXT, "\"site-verification=1\""),
            ("_spf.google.com", RecordType::TXT, "\"v=spf1 ip4:198.51.100.0/24 ~all\""),
            ("_dmarc.example.com", RecordType::TXT, "\"v=DMARC1; p=quarantine; rua=mailto:d@example.com\""),
            ("google._domainkey.example.com", RecordType::TXT, "\"v=DKIM1; p=AAAA\""),
            ("s1._domainkey.example.com", RecordType::TXT, "\"v=DKIM1; p=\""),
            ("mail.example.com", RecordType::A, "192.0.2.10"),
            ("mail.example.com", RecordType::AAAA, "2001:db8::10"),
            ("10.2.0.192.in-addr.arpa", RecordType::PTR, "mail.example.com."),
        ]);
        dns.fail(&name::domain("_mta-sts.example.com").unwrap(), RecordType::TXT, LookupFailure::Timeout);
        let domain = name::domain("example.com").unwrap();
        let found = look(&dns, &domain).await;
        assert_eq!(found.zone.as_deref(), Some("example.com"));
        assert_eq!(found.name_servers, ["ns1.example.com"]);
        assert_eq!(found.exchangers, [(10, "mail.example.com".into()), (20, "mx.example.net".into())]);
        let spf = found.spf.clone().unwrap();
        assert_eq!((spf.includes, spf.all), (vec!["_spf.google.com".to_string()], Some(Qualifier::Fail)));
        assert_eq!((found.spf_records, found.spf_lookups), (1, 1));
        let dmarc = found.dmarc.as_ref().unwrap();
        assert_eq!((dmarc.policy, dmarc.reports.as_deref()), (Some(Policy::Quarantine), Some("d@example.com")));
        assert_eq!(found.selectors, ["google"], "a revoked key is none");
        assert_eq!(found.unanswered.len(), 1);
        assert!(found.is_open(&name::domain("_mta-sts.example.com").unwrap(), RecordType::TXT));

        let facts = host(&dns, &name::domain("mail.example.com").unwrap()).await;
        assert_eq!(facts.addresses.len(), 2);
        assert_eq!(facts.confirmed, ["192.0.2.10".parse::<IpAddr>().unwrap()]);
    }

    #[tokio::test]
    async fn a_domain_with_nothing_and_one_with_too_much() {
        let found = look(&table(&[]), &name::domain("example.com").unwrap()).await;
        assert!(found.zone.is_none() && found.spf.is_none() && found.dmarc.is_none(), "{found:?}");
        let dns = table(&[
            ("example.com", RecordType::MX, "0 ."),
            ("example.com", RecordType::TXT, "\"v=spf1 -all\""),
            ("example.com", RecordType::TXT, "\"v=spf1 ~all\""),
        ]);
        let found = look(&dns, &name::domain("example.com").unwrap()).await;
        assert_eq!((found.spf.is_some(), found.spf_records), (false, 2), "two SPF records are none to start from");
        assert_eq!(found.exchangers, [(0, String::new())], "a null MX");
    }
}
