//! Looking before asking: what DNS and the machine say already.

mod dmarc;
mod host;
mod inventory;
mod keys;
mod name_server;
mod software;
mod spf;

use std::collections::BTreeMap;
use std::net::IpAddr;

use futures_util::future::join_all;
use hickory_proto::rr::{RData, RecordType};

use crate::auth::dmarc::{Discovery, discover};
use crate::dns::authority::zone_of;
use crate::dns::gather::{Unknown, gather_mail};
use crate::dns::lookup::Lookup;
use crate::model::mta_sts::StsRecord;
use crate::model::name::{self, Name};
use crate::model::report_uri::ReportUri;
use crate::model::snapshot::{Key, RecordSet};
use crate::model::spf::SpfRecord;
use crate::model::tag_list::TagList;
use crate::model::tls_rpt::TlsRptRecord;
use crate::profile::preset::Preset;

pub use dmarc::DmarcFacts;
pub use host::{HostFacts, host, reverse};
pub use inventory::{Inventory, inventory};
pub use keys::KeyFacts;
pub use name_server::{DnsApi, dns_api};
pub use software::{Software, software};
pub use spf::{SpfFacts, SpfPart, Whose};

/// Exchangers that are looked at one by one.
const MOST_EXCHANGERS: usize = 8;

/// What the machine knows of itself; the caller finds out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Its host name, if that is a whole one.
    pub name: Option<String>,
    /// Its addresses towards the internet.
    pub addresses: Vec<IpAddr>,
    /// The mail software on it.
    pub software: Software,
    /// The API of a name server on it.
    pub dns_api: Option<DnsApi>,
}

impl Machine {
    /// Whether it is `host`, by its name or by one of the host's `addresses`.
    pub fn is(&self, host: &str, addresses: &[IpAddr]) -> bool {
        self.name.as_deref() == Some(host) || addresses.iter().any(|a| self.addresses.contains(a))
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The zone that the domain is in.
    pub zone: Option<String>,
    /// The zone's name servers.
    pub name_servers: Vec<String>,
    /// Whether one of them is this machine.
    pub served_here: bool,
    /// Mail exchangers, lowest preference first; a null MX (RFC 7505) is an empty name.
    pub exchangers: Vec<(u16, String)>,
    /// What DNS says of the exchangers that are no known service's.
    pub hosts: BTreeMap<String, HostFacts>,
    /// The SPF record; several as the one that they should be.
    pub spf: Option<SpfFacts>,
    /// How many SPF records there are.
    pub spf_records: usize,
    /// The DMARC record.
    pub dmarc: Option<DmarcFacts>,
    /// Whose policy holds where the domain has none of its own, and which (RFC 9989 §4.10).
    pub inherited: Option<(String, String)>,
    /// Keys under the selectors that were tried.
    pub keys: Vec<KeyFacts>,
    /// Selectors whose key is revoked.
    pub revoked: Vec<String>,
    /// The id of the MTA-STS record, if there is one.
    pub sts_id: Option<String>,
    /// Where TLS reports go, without `mailto:`.
    pub tls_reports: Option<Vec<String>>,
    /// The reverse names of this machine's addresses; none where DNS did not answer.
    pub reverse: Vec<(IpAddr, Option<Vec<String>>)>,
    /// Who sends as the domain in the mailbox or log that was named.
    pub inventory: Option<Inventory>,
    /// What came of connecting to port 25, where that was asked for: the host, and why not, if not.
    pub port_25: Vec<(String, Result<(), String>)>,
    /// What DNS did not answer: there or not, nobody knows.
    pub unanswered: Vec<Unknown>,
}

impl Found {
    /// Whether the question for `rtype` at `name` stayed open.
    pub fn is_open(&self, name: &Name, rtype: RecordType) -> bool {
        let key = Key::new(name, rtype);
        self.unanswered.iter().any(|u| u.key == key)
    }

    /// The addresses of an exchanger, as far as they were looked for.
    pub fn addresses(&self, host: &str) -> &[IpAddr] {
        self.hosts.get(host).map(|facts| facts.addresses.as_slice()).unwrap_or_default()
    }

    /// The services that receive, send or sign for the domain, by the ids of their presets, each once.
    pub fn services(&self, presets: &[Preset]) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let receive = |p: &&Preset| self.exchangers.iter().any(|(_, host)| p.receives_at(host));
        let receiving = presets.iter().filter(receive).map(|p| p.id.as_str());
        let sending = self.spf.iter().flat_map(SpfFacts::services);
        let signing = self.keys.iter().filter_map(|k| k.service.as_deref());
        let seen = self.inventory.iter().flat_map(|i| i.services.keys()).map(String::as_str);
        for id in receiving.chain(sending).chain(signing).chain(seen) {
            if !out.iter().any(|known| known == id) {
                out.push(id.into());
            }
        }
        out
    }
}

/// A part of the looking that is done, for whoever shows progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Name servers and zone.
    NameServers,
    /// Mail exchangers and their addresses.
    MailHosts,
    /// The records: SPF with its includes, DKIM, DMARC, MTA-STS, TLS-RPT.
    Records,
    /// This machine's reverse names.
    Machine,
}

/// Looks at `domain`, from `machine`. Questions that fail are told in [`Found::unanswered`]; `done` hears of every part
/// that is finished.
pub async fn look(
    lookup: &dyn Lookup,
    domain: &Name,
    machine: &Machine,
    presets: &[Preset],
    done: &(dyn Fn(Part) + Sync),
) -> Found {
    let mail = async {
        let mut gathered = gather_mail(lookup, domain, &[], "").await;
        let shown = name::show(domain);
        let own: Vec<String> = machine.software.selectors(&shown).into_iter().map(str::to_string).collect();
        keys::more(lookup, domain, presets, &own, &mut gathered).await;
        gathered
    };
    let zone = async {
        let zone = servers(lookup, domain).await;
        done(Part::NameServers);
        zone
    };
    let reverse = async {
        let asked = machine.addresses.iter().map(|ip| async { (*ip, reverse(lookup, *ip).await) });
        let reverse = join_all(asked).await;
        done(Part::Machine);
        reverse
    };
    let (zone, gathered, reverse) = futures_util::join!(zone, mail, reverse);
    let mut found = Found { reverse, ..Found::default() };
    found.unanswered.clone_from(&gathered.unknown);
    (found.zone, found.name_servers) = (zone.0, zone.1);
    found.unanswered.extend(zone.2);
    let texts = |owner: &Name| gathered.snapshot.get(owner, RecordType::TXT).map(RecordSet::texts).unwrap_or_default();
    let below = |labels: &str| name::below(labels, domain).map(|owner| texts(&owner)).unwrap_or_default();
    if let Some(set) = gathered.snapshot.get(domain, RecordType::MX) {
        found.exchangers = exchangers(&set.values);
    }
    let strangers = found.exchangers.iter().map(|(_, host)| host).filter(|h| !presets.iter().any(|p| p.receives_at(h)));
    let strangers: Vec<Name> = strangers.filter_map(|h| name::domain(h).ok()).take(MOST_EXCHANGERS).collect();
    let looked = strangers.iter().map(|name| async { (name::show(name), host(lookup, name).await) });
    found.hosts = join_all(looked).await.into_iter().collect();
    done(Part::MailHosts);
    let records: Vec<SpfRecord> = texts(domain).iter().filter_map(|t| SpfRecord::read(t).into_record()).collect();
    found.spf_records = records.len();
    if let Some(record) = spf::united(&records) {
        let own = own_addresses(&found, machine, &name::show(domain));
        found.spf = Some(spf::facts(lookup, domain, &record, presets, &own).await);
    }
    found.dmarc = dmarc::facts(&below("_dmarc"));
    if found.dmarc.is_none() {
        found.inherited = inherited(discover(lookup, domain).await);
    }
    found.keys = keys::keys(&gathered, domain, presets);
    found.revoked = keys::revoked(&gathered, domain);
    found.sts_id = one(&below("_mta-sts"), |text| {
        let reading = StsRecord::read(text);
        let record = reading.record()?;
        Some(String::from_utf8_lossy(record.tags.slice(record.id?)).into_owned())
    });
    found.tls_reports = one(&below("_smtp._tls"), |text| {
        let reading = TlsRptRecord::read(text);
        let record = reading.record()?;
        Some(addresses(&record.tags, &record.reports))
    });
    done(Part::Records);
    found
}

/// The zone, its name servers, and the question that stayed open.
async fn servers(lookup: &dyn Lookup, domain: &Name) -> (Option<String>, Vec<String>, Option<Unknown>) {
    match zone_of(lookup, domain).await {
        // A domain that does not exist is in the zone of its parent, `com` and the like: nobody's to publish in.
        Ok(Some(zone)) if psl::domain_str(&name::show(&zone)).is_some() => {
            let shown = Some(name::show(&zone));
            match lookup.lookup(&zone, RecordType::NS).await {
                Ok(answer) => (shown, host::names(&answer.records), None),
                Err(failure) => (shown, Vec::new(), Some(Unknown { key: Key::new(&zone, RecordType::NS), failure })),
            }
        }
        Ok(_) => (None, Vec::new(), None),
        Err(failure) => (None, Vec::new(), Some(Unknown { key: Key::new(domain, RecordType::SOA), failure })),
    }
}

/// The addresses of exchangers below the domain, and of this machine where it is one of them or is named below it.
fn own_addresses(found: &Found, machine: &Machine, domain: &str) -> Vec<IpAddr> {
    let mut out: Vec<IpAddr> = Vec::new();
    for (host, facts) in &found.hosts {
        if name::is_within(host, domain) || machine.is(host, &facts.addresses) {
            out.extend(&facts.addresses);
        }
    }
    if machine.name.as_deref().is_some_and(|host| name::is_within(host, domain))
        || machine.addresses.iter().any(|a| out.contains(a))
    {
        out.extend(&machine.addresses);
    }
    out
}

fn inherited(discovery: Discovery) -> Option<(String, String)> {
    let policy = discovery.policy.as_ref()?;
    Some((discovery.policy_domain.clone()?, policy.to_string()))
}

/// Where reports go, as far as it can be used, without `mailto:`.
fn addresses(tags: &TagList<'_>, uris: &[ReportUri<'_>]) -> Vec<String> {
    let valid = uris.iter().filter(|uri| uri.valid).map(|uri| String::from_utf8_lossy(tags.slice(uri.span)));
    valid.map(|uri| uri.strip_prefix("mailto:").unwrap_or(&uri).to_string()).collect()
}

/// What the one text says that is ours; two are as good as none.
fn one<T>(texts: &[Vec<u8>], read: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let mut ours = texts.iter().filter_map(|t| read(t));
    ours.next().filter(|_| ours.next().is_none())
}

fn exchangers(records: &[RData]) -> Vec<(u16, String)> {
    let mut out: Vec<(u16, String)> = records
        .iter()
        .filter_map(|r| match r {
            RData::MX(mx) if mx.exchange.is_root() => Some((mx.preference, String::new())),
            RData::MX(mx) => Some((mx.preference, Name::from(&mx.exchange).to_string())),
            _ => None,
        })
        .collect();
    out.sort();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::dmarc::Policy;
    use crate::model::snapshot::parse_value;
    use crate::model::spf::Qualifier;
    use crate::profile::preset;

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
        let found = look(&dns, &domain, &Machine::default(), &preset::all().unwrap(), &|_| {}).await;
        assert_eq!(found.zone.as_deref(), Some("example.com"));
        assert_eq!(found.name_servers, ["ns1.example.com"]);
        assert_eq!(found.exchangers, [(10, "mail.example.com".into()), (20, "mx.example.net".into())]);
        let spf = found.spf.clone().unwrap();
        assert_eq!((spf.includes.clone(), spf.all), (vec!["_spf.google.com".to_string()], Some(Qualifier::Fail)));
        assert_eq!((found.spf_records, spf.lookups), (1, 1));
        let dmarc = found.dmarc.as_ref().unwrap();
        assert_eq!((dmarc.policy, dmarc.reports.join(" ").as_str()), (Some(Policy::Quarantine), "d@example.com"));
        let keys: Vec<_> = found.keys.iter().map(|k| (k.selector.as_str(), k.service.as_deref())).collect();
        assert_eq!(keys, [("google", Some("google"))], "a revoked key is none");
        assert_eq!(found.revoked, ["s1"]);
        assert_eq!(found.unanswered.len(), 1);
        assert!(found.is_open(&name::domain("_mta-sts.example.com").unwrap(), RecordType::TXT));

        let facts = host(&dns, &name::domain("mail.example.com").unwrap()).await;
        assert_eq!(facts.addresses.len(), 2);
        assert_eq!(facts.confirmed, ["192.0.2.10".parse::<IpAddr>().unwrap()]);
    }

    async fn quick(dns: &TableLookup) -> Found {
        let domain = name::domain("example.com").unwrap();
        look(dns, &domain, &Machine::default(), &preset::all().unwrap(), &|_| {}).await
    }

    #[tokio::test]
    async fn a_domain_with_nothing_and_one_with_too_much() {
        let found = quick(&table(&[])).await;
        assert!(found.zone.is_none() && found.spf.is_none() && found.dmarc.is_none(), "{found:?}");
        let dns = table(&[
            ("example.com", RecordType::MX, "0 ."),
            ("example.com", RecordType::TXT, "\"v=spf1 -all\""),
            ("example.com", RecordType::TXT, "\"v=spf1 ip4:192.0.2.1 ~all\""),
            ("_dmarc.example.com", RecordType::TXT, "\"v=DMARC1; p=quarantin; rua=mailto:d@example.com\""),
        ]);
        let found = quick(&dns).await;
        let united = found.spf.as_ref().map(|spf| spf.text.as_str());
        assert_eq!((united, found.spf_records), (Some("v=spf1 ip4:192.0.2.1 -all"), 2), "what both say, once");
        let dmarc = found.dmarc.as_ref().unwrap();
        assert_eq!((dmarc.policy, dmarc.slip.as_deref()), (Some(Policy::None), Some("quarantin")));
        assert_eq!(found.exchangers, [(0, String::new())], "a null MX");
    }
}
