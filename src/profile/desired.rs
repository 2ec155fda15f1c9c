//! The profile's wish as a snapshot: every record set that a domain needs, each with its reason.
//!
//! Pure: public keys are handed in, see [`crate::profile::key_files`].

pub mod dmarc;
pub mod mta_sts;
pub mod spf;

use std::collections::BTreeMap;
use std::net::IpAddr;

use hickory_proto::rr::RData;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX};

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{RecordSet, Snapshot};
use crate::model::txt;
use crate::profile::leaf;
use crate::profile::schema::{DkimKey, Domain, Host, KeyState};

/// The key record of each selector, as [`crate::keys::pair::KeyPair::record`] writes it.
pub type KeyRecords = BTreeMap<String, String>;

/// What a domain needs.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The record sets of its own zone.
    pub snapshot: Snapshot,
    /// Record sets that belong into somebody else's zone: to be asked for, never pushed.
    pub elsewhere: Vec<RecordSet>,
    /// What a person should know, each a sentence without a full stop.
    pub notes: Vec<String>,
}

/// The record sets of `domain`; `keys` holds the record of every key that is not revoked.
///
/// # Errors
/// A configuration error when a key has no record in `keys`, or a name becomes longer than names may be.
pub fn desired(domain: &Domain, keys: &KeyRecords) -> Result<Desired> {
    let mut wish = Wish {
        domain,
        name: domain.name()?,
        out: Desired { snapshot: Snapshot::new(domain.zone()?), elsewhere: Vec::new(), notes: Vec::new() },
    };
    if domain.parked {
        wish.parked()?;
    } else {
        wish.exchangers()?;
        wish.host_addresses()?;
        wish.spf()?;
        wish.keys(keys)?;
        wish.dmarc()?;
        wish.transport()?;
    }
    Ok(wish.out)
}

/// The work in hand.
struct Wish<'a> {
    domain: &'a Domain,
    name: Name,
    out: Desired,
}

impl Wish<'_> {
    /// Puts a set where it belongs: into the zone, or among those for other zones.
    fn put(&mut self, name: Name, values: Vec<RData>, reason: impl Into<String>) {
        let set = RecordSet::desired(name, self.domain.ttl, values, reason);
        if self.out.snapshot.apex.zone_of(&set.name) {
            self.out.snapshot.put(set);
        } else {
            self.out.elsewhere.push(set);
        }
    }

    fn put_text(&mut self, name: Name, text: &str, reason: impl Into<String>) {
        self.put(name, vec![RData::TXT(txt::split(text.as_bytes()))], reason);
    }

    fn below(&self, label: &str) -> Result<Name> {
        name::below(label, &self.name)
    }

    fn parked(&mut self) -> Result<()> {
        let shown = name::show(&self.name);
        self.put(
            self.name.clone(),
            vec![RData::MX(MX::new(0, Name::root().into()))],
            format!("MX: {shown} receives no mail (a null MX, RFC 7505)"),
        );
        self.put_text(self.name.clone(), "v=spf1 -all", format!("SPF: nobody sends mail as {shown}"));
        self.put_text(
            self.below("*._domainkey")?,
            "v=DKIM1; p=",
            "DKIM: every selector is revoked, so that no old key signs for it",
        );
        self.dmarc()
    }

    fn exchangers(&mut self) -> Result<()> {
        let own = self.domain.hosts.iter().filter_map(|h| Some((h.mx?, h.name.as_str())));
        let theirs = self.domain.senders.iter().flat_map(|s| &s.mx).map(|m| (m.preference, m.host.as_str()));
        let mut all: Vec<(u16, &str)> = own.chain(theirs).collect();
        all.sort_unstable();
        all.dedup();
        let values: Result<Vec<RData>> = all
            .iter()
            .map(|(preference, host)| Ok(RData::MX(MX::new(*preference, name::domain(host)?.into()))))
            .collect();
        if !all.is_empty() {
            let reason = format!("MX: where mail to {} is delivered, the lowest number first", name::show(&self.name));
            self.put(self.name.clone(), values?, reason);
        }
        Ok(())
    }

    fn host_addresses(&mut self) -> Result<()> {
        for host in self.domain.hosts.iter().filter(|h| h.publish_addresses) {
            let name = name::domain(&host.name)?;
            let (v4, v6): (Vec<_>, Vec<_>) = distinct(&host.addresses).into_iter().partition(IpAddr::is_ipv4);
            for family in [v4, v6].into_iter().filter(|f| !f.is_empty()) {
                let values = family.into_iter().map(address_data).collect();
                self.put(name.clone(), values, format!("The address of {}", host.name));
            }
        }
        Ok(())
    }

    fn spf(&mut self) -> Result<()> {
        let record = spf::of_domain(self.domain);
        let shown = name::show(&self.name);
        self.put_text(self.name.clone(), &record.text, record.reason);
        self.out.notes.extend(spf::cautions(&shown, &record.text));
        self.out.notes.extend(private_addresses(self.domain));
        for helo in spf::of_helo_names(self.domain) {
            let name = name::domain(&helo.name)?;
            // Where HELO name and domain are one, the domain's record speaks for both.
            if name != self.name {
                self.put_text(name, &helo.text, helo.reason);
            }
        }
        Ok(())
    }

    fn keys(&mut self, keys: &KeyRecords) -> Result<()> {
        for key in &self.domain.dkim {
            let name = self.below(&format!("{}._domainkey", key.selector))?;
            let text = match key.state {
                // RFC 6376 §3.6.1: an empty p= means that the key has been revoked.
                KeyState::Revoked => "v=DKIM1; p=",
                KeyState::Active | KeyState::Next => keys.get(&key.selector).ok_or_else(|| {
                    Error::config(format!("there is no public key for selector {}", key.selector))
                        .hint(format!("its private key is meant to be in {}", key.key.display()))
                })?,
            };
            self.put_text(name, text, key_reason(key, &name::show(&self.name)));
        }
        for sender in &self.domain.senders {
            for cname in &sender.dkim_cnames {
                let name = self.below(&format!("{}._domainkey", cname.selector))?;
                let target = name::domain(&cname.target)?;
                let reason = format!("DKIM: {} signs as {} with keys of its own", sender.name, name::show(&self.name));
                self.put(name, vec![RData::CNAME(CNAME(target.into()))], reason);
            }
        }
        Ok(())
    }

    fn dmarc(&mut self) -> Result<()> {
        if self.domain.dmarc.inherited {
            return Ok(());
        }
        let name = self.below("_dmarc")?;
        self.put_text(name, &dmarc::text(self.domain)?, dmarc::reason(self.domain));
        for (name, target) in dmarc::external_targets(self.domain)? {
            let reason = format!(
                "DMARC: {target} agrees to receive reports about {} (RFC 9990 §4); it belongs into the zone of {target}",
                self.domain.domain
            );
            self.put_text(name, "v=DMARC1;", reason);
        }
        Ok(())
    }

    /// MTA-STS and TLS-RPT.
    fn transport(&mut self) -> Result<()> {
        let shown = name::show(&self.name);
        if let Some(sts) = &self.domain.mta_sts {
            let name = self.below("_mta-sts")?;
            let reason = "MTA-STS: senders fetch the policy again when this id changes (RFC 8461 §3.1)";
            self.put_text(name, &format!("v=STSv1; id={};", sts.id), reason);
            self.out.notes.push(format!(
                "MTA-STS: the policy file must be served at https://mta-sts.{shown}/.well-known/mta-sts.txt; \
                 `mailproof records --mta-sts-policy` prints it"
            ));
        }
        if let Some(rpt) = &self.domain.tls_rpt {
            let uris: Result<Vec<String>> = rpt.reports.iter().map(|r| dmarc::report_uri(r)).collect();
            let name = self.below("_smtp._tls")?;
            let reason = "TLS-RPT: where senders report failed encryption (RFC 8460 §3)";
            self.put_text(name, &format!("v=TLSRPTv1; rua={}", uris?.join(",")), reason);
        }
        Ok(())
    }
}

fn key_reason(key: &DkimKey, domain: &str) -> String {
    match key.state {
        KeyState::Active => format!("DKIM: the {} key that signs mail of {domain}", key.algorithm),
        KeyState::Next => format!("DKIM: the {} key that will sign next, published ahead of use", key.algorithm),
        KeyState::Revoked => "DKIM: revoked; nothing that it signed is to be believed".into(),
    }
}

fn distinct(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut out: Vec<IpAddr> = Vec::new();
    for address in addresses {
        if !out.contains(address) {
            out.push(*address);
        }
    }
    out
}

fn address_data(address: IpAddr) -> RData {
    match address {
        IpAddr::V4(v4) => RData::A(A(v4)),
        IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
    }
}

/// Addresses that no receiver will ever see mail come from.
fn private_addresses(domain: &Domain) -> Vec<String> {
    let private = |ip: &&IpAddr| leaf::is_private(ip);
    let of_host = |host: &Host| host.addresses.iter().filter(private).map(|ip| (host.name.clone(), *ip)).collect();
    let found: Vec<Vec<(String, IpAddr)>> = domain.hosts.iter().filter(|h| h.sends).map(of_host).collect();
    found
        .into_iter()
        .flatten()
        .map(|(host, ip)| format!("{ip} of {host} is a private address: receivers elsewhere see another one"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::dmarc::DmarcRecord;
    use crate::model::snapshot::show_value;
    use crate::profile::load::parse;

    fn wish(yaml: &str) -> Desired {
        let profile = parse(&format!("version: 1\ndomains:\n  - {}\n", yaml.replace('\n', "\n    ")), "p").unwrap();
        let keys = KeyRecords::from([
            ("s1".to_string(), "v=DKIM1; k=rsa; p=AAAA".to_string()),
            ("s2".to_string(), "v=DKIM1; k=ed25519; p=BBBB".to_string()),
        ]);
        desired(&profile.domains[0], &keys).unwrap()
    }

    fn lines<'a>(sets: impl Iterator<Item = &'a RecordSet>) -> Vec<String> {
        let mut out = Vec::new();
        for set in sets {
            assert!(set.reason.as_ref().is_some_and(|r| r.len() > 15), "every record has its reason");
            for value in &set.values {
                out.push(format!("{} {} {} {}", name::show(&set.name), set.ttl, set.rtype, show_value(value)));
            }
        }
        out.sort();
        out
    }

    #[test]
    fn a_domain_with_everything() {
        let got = wish(
            "domain: example.com
hosts:
  - {name: mail.example.com, addresses: [192.0.2.10, \"2001:db8::10\", 192.0.2.10], mx: 10, publish_addresses: true}
  - {name: out.example.net, addresses: [192.0.2.11], helo: mta.example.com}
  - {name: mx.example.com, sends: false, mx: 20}
senders:
  - {name: A, include: _spf.example.org, dkim_cnames: [{selector: a1, target: a1.dkim.example.org}]}
  - {name: B, mx: [{preference: 30, host: mx.example.org}]}
spf: {all: fail, terms: [\"ip4:198.51.100.0/24\"]}
dkim:
  - {selector: s1, algorithm: rsa2048, key: k1}
  - {selector: s2, algorithm: ed25519, key: k2, state: next}
  - {selector: s0, algorithm: rsa2048, key: k0, state: revoked}
dmarc: {policy: quarantine, subdomains: reject, nonexistent: reject, testing: true, psd: n, strict_dkim: true,
  strict_spf: true, reports: [\"a,b@example.com\", d@reports.example.net], failure_reports: [mailto:f@example.net]}
mta_sts: {mode: testing, id: x1}
tls_rpt: {reports: [t@example.com, \"https://example.net/t\"]}
ttl: 300",
        );
        assert_eq!(
            lines(got.snapshot.sets()),
            [
                "_dmarc.example.com 300 TXT \"v=DMARC1; p=quarantine; sp=reject; np=reject; t=y; psd=n; adkim=s; aspf=s; \
                 rua=mailto:a%2Cb@example.com,mailto:d@reports.example.net; ruf=mailto:f@example.net\"",
                "_mta-sts.example.com 300 TXT \"v=STSv1; id=x1;\"",
                "_smtp._tls.example.com 300 TXT \"v=TLSRPTv1; rua=mailto:t@example.com,https://example.net/t\"",
                "a1._domainkey.example.com 300 CNAME a1.dkim.example.org.",
                "example.com 300 MX 10 mail.example.com.",
                "example.com 300 MX 20 mx.example.com.",
                "example.com 300 MX 30 mx.example.org.",
                "example.com 300 TXT \"v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 ip4:192.0.2.11 include:_spf.example.org \
                 ip4:198.51.100.0/24 -all\"",
                "mail.example.com 300 A 192.0.2.10",
                "mail.example.com 300 AAAA 2001:db8::10",
                "mail.example.com 300 TXT \"v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 -all\"",
                "mta.example.com 300 TXT \"v=spf1 ip4:192.0.2.11 -all\"",
                "s0._domainkey.example.com 300 TXT \"v=DKIM1; p=\"",
                "s1._domainkey.example.com 300 TXT \"v=DKIM1; k=rsa; p=AAAA\"",
                "s2._domainkey.example.com 300 TXT \"v=DKIM1; k=ed25519; p=BBBB\"",
            ]
        );
        assert_eq!(
            lines(got.elsewhere.iter()),
            [
                "example.com._report._dmarc.example.net 300 TXT \"v=DMARC1;\"",
                "example.com._report._dmarc.reports.example.net 300 TXT \"v=DMARC1;\"",
            ]
        );
        let dmarc = got.snapshot.sets().find(|s| name::show(&s.name).starts_with("_dmarc")).unwrap().texts();
        assert!(DmarcRecord::read(&dmarc[0]).faults().is_empty(), "our own reader has nothing to say against it");
        assert_eq!(got.notes.len(), 1, "{:?}", got.notes);
    }

    #[test]
    fn a_parked_domain() {
        let got = wish("domain: parked.example\nparked: true\ndmarc: {reports: [d@example.com]}");
        assert_eq!(
            lines(got.snapshot.sets()),
            [
                "*._domainkey.parked.example 3600 TXT \"v=DKIM1; p=\"",
                "_dmarc.parked.example 3600 TXT \"v=DMARC1; p=reject; sp=reject; np=reject; adkim=s; aspf=s; \
                 rua=mailto:d@example.com\"",
                "parked.example 3600 MX 0 .",
                "parked.example 3600 TXT \"v=spf1 -all\"",
            ]
        );
        assert_eq!(lines(got.elsewhere.iter()), ["parked.example._report._dmarc.example.com 3600 TXT \"v=DMARC1;\""]);
    }

    #[test]
    fn small_and_odd_domains() {
        for (yaml, want, why) in [
            (
                "domain: news.example.com\ndmarc: {inherited: true}",
                "news.example.com 3600 TXT \"v=spf1 ~all\"",
                "the DMARC record above holds",
            ),
            ("domain: example.com", "example.com 3600 TXT \"v=spf1 ~all\"", "nobody sends"),
            (
                "domain: example.com\nhosts: [{name: mail.example.com}]",
                "example.com 3600 TXT \"v=spf1 a:mail.example.com ~all\"",
                "no address is known: the name stands for it",
            ),
            (
                "domain: example.com\nhosts: [{name: mail.example.com}]",
                "mail.example.com 3600 TXT \"v=spf1 a -all\"",
                "and at its own name it is `a`",
            ),
            (
                "domain: a.example.com\nprovider: {id: x, zone: example.com}\nhosts: [{name: mail.example.com, \
                 addresses: [192.0.2.1]}]",
                "mail.example.com 3600 TXT \"v=spf1 ip4:192.0.2.1 -all\"",
                "the HELO name is in the zone, though not below the domain",
            ),
        ] {
            let got = lines(wish(yaml).snapshot.sets());
            assert!(got.contains(&want.to_string()), "{why}: {got:#?}");
        }
        let apex = wish("domain: example.com\nhosts: [{name: example.com, addresses: [192.0.2.1]}]");
        assert_eq!(
            lines(apex.snapshot.sets())[1],
            "example.com 3600 TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
            "the domain's own record serves for HELO too"
        );
        let inside = wish("domain: example.com\ndmarc: {reports: [d@mail.example.com]}");
        assert!(inside.elsewhere.is_empty(), "same organisation: no leave needed");
        let foreign = wish("domain: example.com\nhosts: [{name: mail.example.net, addresses: [192.0.2.1]}]");
        assert_eq!(lines(foreign.elsewhere.iter()), ["mail.example.net 3600 TXT \"v=spf1 ip4:192.0.2.1 -all\""]);
    }

    #[test]
    fn cautions() {
        let includes = |n: usize| {
            let all: Vec<String> = (0..n).map(|i| format!("{{name: s{i}, include: spf{i}.example.net}}")).collect();
            format!("domain: example.com\nsenders: [{}]", all.join(", "))
        };
        for (yaml, want) in [
            (includes(10), None),
            (includes(11), Some("at least 11 lookups")),
            (includes(20), Some("octets")),
            ("domain: example.com\nhosts: [{name: a.example.com, addresses: [10.0.0.1]}]".into(), Some("private")),
            ("domain: example.com\nhosts: [{name: a.example.com, addresses: [100.64.0.1]}]".into(), Some("private")),
            ("domain: example.com\nhosts: [{name: a.example.com, addresses: [192.0.2.1]}]".into(), None),
        ] {
            let notes = wish(&yaml).notes.join("\n");
            match want {
                Some(words) => assert!(notes.contains(words), "{yaml}: {notes}"),
                None => assert_eq!(notes, "", "{yaml}"),
            }
        }
    }

    #[test]
    fn a_key_that_is_missing() {
        let profile = parse(
            "version: 1\ndomains: [{domain: example.com, dkim: [{selector: s9, algorithm: rsa2048, key: k9}]}]",
            "p",
        )
        .unwrap();
        let error = desired(&profile.domains[0], &KeyRecords::new()).unwrap_err();
        assert!(error.message().contains("s9"), "{error}");
    }

    #[test]
    fn the_policy_file() {
        use crate::model::mta_sts::StsPolicy;
        let yaml = "version: 1\ndomains: [{domain: example.com, hosts: [{name: mail.example.com, mx: 10}],
                    mta_sts: {mode: enforce, max_age: 86400, id: x1}}]";
        let text = mta_sts::policy(&parse(yaml, "p").unwrap().domains[0]).unwrap();
        assert_eq!(text, "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 86400\r\n");
        assert!(StsPolicy::read(text.as_bytes()).faults().is_empty());
    }
}
