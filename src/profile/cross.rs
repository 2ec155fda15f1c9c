//! What must hold between parts of a profile, each of which is fine alone.

use std::collections::BTreeMap;

use crate::model::name::{self, Name};
use crate::profile::schema::{Dmarc, Domain, Profile, PsdFlag, StsMode};
use crate::profile::shape::Problem;
use crate::profile::tree::Step;

/// Every contradiction in `profile`, whose names are read already.
pub fn check(profile: &Profile) -> Vec<Problem> {
    let mut found = Found { path: vec![Step::Key("domains".into())], problems: Vec::new() };
    if profile.domains.is_empty() {
        found.at(&[], "a profile has at least one domain");
    }
    let mut seen = BTreeMap::new();
    for (i, domain) in profile.domains.iter().enumerate() {
        found.path.truncate(1);
        found.path.push(Step::Index(i));
        if let Some(first) = seen.insert(domain.domain.clone(), i) {
            let entry = first + 1;
            found.at(&["domain".into()], format!("`{}` is already the {}", domain.domain, ordinal(entry)));
        }
        one_domain(domain, &mut found);
    }
    found.problems
}

struct Found {
    path: Vec<Step>,
    problems: Vec<Problem>,
}

/// A step below a domain.
enum At {
    Key(&'static str),
    Index(usize),
}

impl From<&'static str> for At {
    fn from(key: &'static str) -> Self {
        At::Key(key)
    }
}

impl From<usize> for At {
    fn from(index: usize) -> Self {
        At::Index(index)
    }
}

impl Found {
    fn at(&mut self, below: &[At], message: impl Into<String>) {
        let mut path = self.path.clone();
        path.extend(below.iter().map(|step| match step {
            At::Key(key) => Step::Key((*key).into()),
            At::Index(i) => Step::Index(*i),
        }));
        self.problems.push(Problem { path, at_key: false, message: message.into() });
    }
}

fn one_domain(domain: &Domain, found: &mut Found) {
    if !domain.domain.contains('.') && domain.dmarc.psd != Some(PsdFlag::Yes) {
        found.at(
            &["domain".into()],
            format!("`{}` is a single label; only a public suffix (`dmarc: psd: y`) is one", domain.domain),
        );
    }
    if domain.parked {
        parked(domain, found);
    }
    let alone = Dmarc { inherited: true, ..Dmarc::default() };
    if domain.dmarc.inherited && (domain.parked || domain.dmarc != alone) {
        found.at(
            &["dmarc".into(), "inherited".into()],
            "a domain that leaves DMARC to the one above it has no policy and no reports of its own",
        );
    }
    hosts(domain, found);
    selectors(domain, found);
    if let Some(zone) = domain.provider.as_ref().and_then(|p| p.zone.as_deref())
        && !contains(zone, &domain.domain)
    {
        found.at(&["provider".into(), "zone".into()], format!("the zone `{zone}` does not hold `{}`", domain.domain));
    }
    if let Some(sts) = &domain.mta_sts
        && sts.mode != StsMode::None
        && domain.hosts.iter().all(|h| h.mx.is_none())
        && domain.senders.iter().all(|s| s.mx.is_empty())
    {
        found.at(&["mta_sts".into()], "an MTA-STS policy names the hosts that receive: give one of them an `mx`");
    }
    if domain.tls_rpt.as_ref().is_some_and(|t| t.reports.is_empty()) {
        found.at(&["tls_rpt".into(), "reports".into()], "TLS reports need an address to go to");
    }
}

fn parked(domain: &Domain, found: &mut Found) {
    let filled = [
        ("hosts", !domain.hosts.is_empty()),
        ("senders", !domain.senders.is_empty()),
        ("dkim", !domain.dkim.is_empty()),
        ("spf", domain.spf != crate::profile::schema::Spf::default()),
        ("mta_sts", domain.mta_sts.is_some()),
        ("tls_rpt", domain.tls_rpt.is_some()),
    ];
    for (key, _) in filled.into_iter().filter(|(_, filled)| *filled) {
        found.at(&[key.into()], format!("a parked domain neither sends nor receives mail: `{key}` has no place in it"));
    }
}

fn hosts(domain: &Domain, found: &mut Found) {
    let mut seen = BTreeMap::new();
    for (i, host) in domain.hosts.iter().enumerate() {
        if seen.insert(host.name.as_str(), i).is_some() {
            found.at(&["hosts".into(), i.into(), "name".into()], format!("the host `{}` is given twice", host.name));
        }
        if host.publish_addresses && host.addresses.is_empty() {
            found.at(
                &["hosts".into(), i.into(), "publish_addresses".into()],
                format!("`{}` has no `addresses` to publish", host.name),
            );
        }
        if host.publish_addresses && !contains(domain.zone_text(), &host.name) {
            found.at(
                &["hosts".into(), i.into(), "publish_addresses".into()],
                format!(
                    "`{}` is not in the zone `{}`: its addresses are published elsewhere",
                    host.name,
                    domain.zone_text()
                ),
            );
        }
    }
}

fn selectors(domain: &Domain, found: &mut Found) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut take = |selector: &str, whose: String, found: &mut Found, at: &[At]| {
        if let Some(first) = seen.insert(selector.to_ascii_lowercase(), whose) {
            found.at(at, format!("the selector `{selector}` is taken by {first}"));
        }
    };
    for (i, key) in domain.dkim.iter().enumerate() {
        let whose = format!("the {} of `dkim`", ordinal(i + 1));
        take(&key.selector, whose, found, &["dkim".into(), i.into(), "selector".into()]);
    }
    for (i, sender) in domain.senders.iter().enumerate() {
        for (j, cname) in sender.dkim_cnames.iter().enumerate() {
            let at = ["senders".into(), i.into(), "dkim_cnames".into(), j.into(), "selector".into()];
            take(&cname.selector, sender.name.clone(), found, &at);
        }
    }
}

fn contains(zone: &str, inner: &str) -> bool {
    let read = |text: &str| -> Option<Name> { name::domain(text).ok() };
    matches!((read(zone), read(inner)), (Some(zone), Some(inner)) if zone.zone_of(&inner))
}

fn ordinal(n: usize) -> String {
    match n {
        1 => "first entry".into(),
        2 => "second entry".into(),
        3 => "third entry".into(),
        n => format!("{n}th entry"),
    }
}
