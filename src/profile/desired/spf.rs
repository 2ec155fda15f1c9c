//! The SPF records of a profile (RFC 7208).

use std::net::IpAddr;

use crate::model::spf::{MAX_LOOKUPS, SpfRecord};
use crate::profile::schema::{Domain, Host, SpfAll};

/// Receivers may take only answers of this size for granted (RFC 7208 §3.4).
const COMFORTABLE_SIZE: usize = 450;

/// A record and the reason for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpfText {
    /// The name that it is for.
    pub name: String,
    /// The record.
    pub text: String,
    /// Why.
    pub reason: String,
}

/// The record of the domain itself. Networks come first: they cost no query.
///
/// Never has `ptr` (RFC 7208 §5.5) nor the reporting modifiers of RFC 6652, which some receivers choke on.
pub fn of_domain(domain: &Domain) -> SpfText {
    let sending: Vec<&Host> = domain.hosts.iter().filter(|h| h.sends).collect();
    let own = sending.iter().flat_map(|h| host_terms(h, &domain.domain));
    let includes = domain.senders.iter().filter_map(|s| s.include.as_ref()).map(|i| format!("include:{i}"));
    let text = record(own.chain(includes).chain(domain.spf.terms.iter().cloned()), all(domain.spf.all));
    let mut who: Vec<&str> = sending.iter().map(|h| h.name.as_str()).collect();
    who.extend(domain.senders.iter().filter(|s| s.include.is_some()).map(|s| s.name.as_str()));
    let others = match domain.spf.all {
        SpfAll::Fail => "nobody else may",
        SpfAll::SoftFail => "everybody else is suspect",
        SpfAll::Neutral => "nothing is said of others",
    };
    let reason = match who.as_slice() {
        [] if domain.spf.terms.is_empty() => format!("SPF: no server is named that sends mail as {}", domain.domain),
        [] => format!("SPF: who may send mail as {}; {others}", domain.domain),
        names => format!("SPF: {} may send mail as {}; {others}", list(names), domain.domain),
    };
    SpfText { name: domain.domain.clone(), text, reason }
}

/// The record of each name that a sending host says in HELO: receivers check that too (RFC 7208 §2.3), and for bounces,
/// which have no sender, nothing else (§2.4).
pub fn of_helo_names(domain: &Domain) -> Vec<SpfText> {
    let mut out: Vec<SpfText> = Vec::new();
    let sending = || domain.hosts.iter().filter(|h| h.sends);
    for host in sending() {
        let helo = host.helo.as_ref().unwrap_or(&host.name);
        if out.iter().any(|o| o.name == *helo) {
            continue;
        }
        let same = sending().filter(|h| h.helo.as_ref().unwrap_or(&h.name) == helo);
        let mut terms: Vec<String> = same.flat_map(|h| host_terms(h, helo)).collect();
        let mut seen = Vec::new();
        terms.retain(|t| {
            !seen.contains(t) && {
                seen.push(t.clone());
                true
            }
        });
        let text = format!("v=spf1 {} -all", terms.join(" "));
        let reason = "SPF of the name in HELO: all that receivers have to check a bounce by (RFC 7208 §2.4)";
        out.push(SpfText { name: helo.clone(), text, reason: reason.into() });
    }
    out
}

/// What is worth knowing of a record of `name`: its size and the queries that it causes.
pub fn cautions(name: &str, text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.len() > COMFORTABLE_SIZE {
        out.push(format!(
            "the SPF record of {name} has {} octets; over {COMFORTABLE_SIZE} the answer may not fit into a packet \
             (RFC 7208 §3.4)",
            text.len()
        ));
    }
    let reading = SpfRecord::read(text.as_bytes());
    let lookups = reading.record().map_or(0, |r| r.directives().filter(|(_, d)| d.mechanism.costs_lookup()).count());
    if lookups > MAX_LOOKUPS as usize {
        out.push(format!(
            "the SPF record of {name} causes at least {lookups} lookups; receivers stop at {MAX_LOOKUPS} and no mail \
             passes (RFC 7208 §4.6.4)"
        ));
    }
    out
}

/// The record of `terms`, each once.
fn record(terms: impl Iterator<Item = String>, all: &str) -> String {
    let mut words = vec!["v=spf1".to_string()];
    for term in terms {
        if !words.contains(&term) {
            words.push(term);
        }
    }
    words.push(all.into());
    words.join(" ")
}

/// The terms for a host in the record of `owner`.
fn host_terms(host: &Host, owner: &str) -> Vec<String> {
    if host.addresses.is_empty() {
        // Its name is all that is known: whatever it resolves to.
        let here = host.name == owner;
        return vec![if here { "a".into() } else { format!("a:{}", host.name) }];
    }
    host.addresses
        .iter()
        .map(|ip| match ip {
            IpAddr::V4(v4) => format!("ip4:{v4}"),
            IpAddr::V6(v6) => format!("ip6:{v6}"),
        })
        .collect()
}

fn all(all: SpfAll) -> &'static str {
    match all {
        SpfAll::Fail => "-all",
        SpfAll::SoftFail => "~all",
        SpfAll::Neutral => "?all",
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).into(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
