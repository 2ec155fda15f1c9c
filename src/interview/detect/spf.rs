//! The published SPF record, and whom each of its terms lets send.

use std::collections::VecDeque;
use std::net::IpAddr;

use hickory_proto::rr::{RData, RecordType};

use crate::auth::spf::budget_of;
use crate::dns::lookup::Lookup;
use crate::model::name::{self, Name};
use crate::model::spf::{
    Mechanism, Modifier, Qualifier, RecordState, SpfRecord, TermCost, TermKind, target_name, within,
};
use crate::profile::preset::Preset;

/// How deep records of the same organisation are looked into.
const DEPTH: usize = 4;

/// What the published SPF record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpfFacts {
    /// The record.
    pub text: String,
    /// The domains that it includes.
    pub includes: Vec<String>,
    /// The qualifier of `all`.
    pub all: Option<Qualifier>,
    /// Whom it lets send, in its order; those behind records of the domain's own organisation too.
    pub parts: Vec<SpfPart>,
    /// How many of the ten lookups it costs at worst (RFC 7208 §4.6.4).
    pub lookups: u32,
    /// How many of them find nothing, at worst; two are allowed.
    pub voids: u32,
    /// Whether every include could be looked into.
    pub complete: bool,
}

/// A term and whose servers it lets send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpfPart {
    /// The term, as written.
    pub text: String,
    /// The term of the domain's own record that leads to it, if it does not stand there itself.
    pub through: Option<String>,
    /// Whose servers.
    pub whose: Whose,
}

/// Whose servers a term stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A service's, by the id of its preset.
    Service(String),
    /// The domain's own: hosts that receive its mail, or this machine.
    Own,
    /// Nobody knows.
    Left,
    /// Nobody's: it lets nobody send. Why, as a clause.
    Dead(String),
    /// DNS did not say.
    Unknown,
}

impl SpfFacts {
    /// The ids of the services that it lets send, each once.
    pub fn services(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for part in &self.parts {
            if let Whose::Service(id) = &part.whose
                && !out.contains(&id.as_str())
            {
                out.push(id);
            }
        }
        out
    }

    /// The terms of its own that are neither a known service's nor the domain's own servers'.
    pub fn left_over(&self) -> Vec<&str> {
        let left = |p: &&SpfPart| p.through.is_none() && matches!(p.whose, Whose::Left | Whose::Unknown);
        let own = self.parts.iter().filter(left).map(|p| p.text.as_str());
        // A record of one's own in between stays as it is, with all that it leads to.
        let between = self.parts.iter().filter_map(|p| p.through.as_deref());
        let mut out: Vec<&str> = Vec::new();
        for text in own.chain(between) {
            if !out.contains(&text) {
                out.push(text);
            }
        }
        out
    }

    /// The terms that let nobody send, and why.
    pub fn dead(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts.iter().filter_map(|p| match &p.whose {
            Whose::Dead(why) => Some((p.text.as_str(), why.as_str())),
            _ => None,
        })
    }
}

/// The record, or of several, which receivers believe none of (RFC 7208 §4.5), what they say together: every term once,
/// and the first one's end.
pub(super) fn united(records: &[SpfRecord]) -> Option<SpfRecord> {
    let [first, more @ ..] = records else { return None };
    if more.is_empty() {
        return Some(first.clone());
    }
    // DNS gives them in any order.
    let mut records: Vec<&SpfRecord> = records.iter().collect();
    records.sort_by(|a, b| a.octets.cmp(&b.octets));
    let text = |record: &SpfRecord| String::from_utf8_lossy(&record.octets).into_owned();
    let is_end = |word: &str| word.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all");
    let mut words: Vec<String> = vec!["v=spf1".into()];
    for word in
        records.iter().flat_map(|record| text(record).split(' ').skip(1).map(str::to_string).collect::<Vec<_>>())
    {
        if !word.is_empty() && !is_end(&word) && !words.iter().any(|known| known.eq_ignore_ascii_case(&word)) {
            words.push(word);
        }
    }
    words.extend(text(records[0]).split(' ').find(|word| is_end(word)).map(str::to_string));
    SpfRecord::read(words.join(" ").as_bytes()).into_record()
}

/// Reads the record and looks into what it includes. `own` are the addresses of servers of the domain's own.
pub(super) async fn facts(
    lookup: &dyn Lookup,
    domain: &Name,
    record: &SpfRecord,
    presets: &[Preset],
    own: &[IpAddr],
) -> SpfFacts {
    let shown = name::show(domain);
    let tree = budget_of(lookup, &shown, record).await;
    let includes = record.directives().filter_map(|(_, d)| match &d.mechanism {
        Mechanism::Include(domain) if d.qualifier == Qualifier::Pass => domain.literal().map(str::to_ascii_lowercase),
        _ => None,
    });
    let mut facts = SpfFacts {
        text: String::from_utf8_lossy(&record.octets).into_owned(),
        includes: includes.collect(),
        all: record.all().map(|(_, d)| d.qualifier),
        parts: Vec::new(),
        lookups: tree.lookups(),
        voids: tree.voids_v4().max(tree.voids_v6()),
        complete: tree.is_complete(),
    };
    for fault in SpfRecord::read(&record.octets).faults() {
        // The whole word: that is what would be taken out.
        let (start, end) = (fault.span.start as usize, fault.span.end as usize);
        let from =
            record.octets[..start.min(record.octets.len())].iter().rposition(|b| *b == b' ').map_or(0, |i| i + 1);
        let rest = record.octets.get(end..).unwrap_or_default();
        let to = rest.iter().position(|b| *b == b' ').map_or(record.octets.len(), |i| end + i);
        let text = String::from_utf8_lossy(&record.octets[from..to]).into_owned();
        let whose = Whose::Dead(format!("{}: receivers take the whole record for broken", fault.kind));
        facts.parts.push(SpfPart { text, through: None, whose });
    }
    let mut namer = Namer { lookup, presets, own, organisation: organisation(&shown) };
    let mut queue = VecDeque::from([(&tree, None::<String>, 0)]);
    while let Some((tree, through, depth)) = queue.pop_front() {
        for term in &tree.terms {
            let Some(whose) = namer.whose(term).await else { continue };
            let inside = term.target.as_deref().is_some_and(|t| organisation(t) == namer.organisation);
            match &term.nested {
                Some(nested) if whose == Whose::Left && inside && depth < DEPTH => {
                    queue.push_back((nested, Some(through.clone().unwrap_or_else(|| term.text.clone())), depth + 1));
                }
                _ => facts.parts.push(SpfPart { text: term.text.clone(), through: through.clone(), whose }),
            }
        }
    }
    facts
}

struct Namer<'a> {
    lookup: &'a dyn Lookup,
    presets: &'a [Preset],
    own: &'a [IpAddr],
    organisation: String,
}

impl Namer<'_> {
    /// Whose servers `term` lets send; `None` where it lets nobody in particular.
    async fn whose(&mut self, term: &TermCost) -> Option<Whose> {
        let reading = SpfRecord::read(format!("v=spf1 {}", term.text).as_bytes()).into_record()?;
        let kind = &reading.terms.first()?.kind;
        let directive = match kind {
            TermKind::Modifier(Modifier::Redirect(_)) => return Some(self.led_to(term)),
            TermKind::Directive(directive) if directive.qualifier == Qualifier::Pass => directive,
            _ => return None,
        };
        Some(match &directive.mechanism {
            Mechanism::All => return None,
            Mechanism::Ip4 { network, prefix } => self.network((*network).into(), *prefix),
            Mechanism::Ip6 { network, prefix } => self.network((*network).into(), *prefix),
            Mechanism::Include(_) => self.led_to(term),
            Mechanism::Exists(_) => Whose::Left,
            Mechanism::Ptr { .. } => Whose::Dead("`ptr` is not to be used, and large receivers skip it".into()),
            Mechanism::A { .. } | Mechanism::Mx { .. } => self.named(term, directive.mechanism.name()).await,
        })
    }

    fn led_to(&self, term: &TermCost) -> Whose {
        let Some(target) = &term.target else { return Whose::Left };
        let plain = target.trim_end_matches('.').to_ascii_lowercase();
        if let Some(preset) = self.presets.iter().find(|p| p.included_as(&plain)) {
            return Whose::Service(preset.id.clone());
        }
        match term.nested.as_ref().map(|n| &n.state) {
            Some(RecordState::Missing) => Whose::Dead(format!("{target} has no SPF record")),
            Some(RecordState::Several(n)) => Whose::Dead(format!("{target} has {n} SPF records")),
            Some(RecordState::Broken(_)) => Whose::Dead(format!("the record of {target} is broken")),
            Some(RecordState::Failed(_) | RecordState::Unknown) => Whose::Unknown,
            _ => Whose::Left,
        }
    }

    fn network(&self, network: IpAddr, prefix: u8) -> Whose {
        if self.own.iter().any(|own| within(*own, network, prefix)) { Whose::Own } else { Whose::Left }
    }

    /// Of `a` and `mx`: whose the addresses are.
    async fn named(&self, term: &TermCost, what: &str) -> Whose {
        let Some(target) = &term.target else { return Whose::Left };
        if term.void_v4 == Some(true) && term.void_v6 == Some(true) {
            let what = if what == "mx" { "mail exchanger" } else { "address" };
            return Whose::Dead(format!("{target} has no {what}"));
        }
        let hosts = if what == "mx" { term.hosts.clone() } else { vec![target.clone()] };
        let (mut addresses, mut open) = (Vec::new(), false);
        for host in hosts.iter().take(crate::model::spf::MAX_NAMES) {
            let Some(host) = target_name(host) else { continue };
            for rtype in [RecordType::A, RecordType::AAAA] {
                match self.lookup.lookup(&host, rtype).await {
                    Ok(answer) => addresses.extend(answer.records.iter().filter_map(RData::ip_addr)),
                    Err(_) => open = true,
                }
            }
        }
        if addresses.is_empty() {
            return if open { Whose::Unknown } else { Whose::Dead(format!("{target} has no address")) };
        }
        if addresses.iter().all(|a| self.own.contains(a)) { Whose::Own } else { Whose::Left }
    }
}

/// The organisational domain by the public suffix list; this only sorts a record's terms.
fn organisation(domain: &str) -> String {
    let domain = domain.trim_end_matches('.').to_ascii_lowercase();
    psl::domain_str(&domain).unwrap_or(&domain).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::lookup::LookupFailure;
    use crate::dns::table::TableLookup;
    use crate::model::snapshot::parse_value;
    use crate::profile::preset;

    #[tokio::test]
    async fn every_term_is_named() {
        let name = |text: &str| name::domain(text).unwrap();
        let table = || {
            let mut dns = TableLookup::new();
            for (owner, rtype, data) in [
                ("_spf.google.com", RecordType::TXT, "\"v=spf1 ip4:198.51.100.0/24 ~all\""),
                ("spf.reseller.example", RecordType::TXT, "\"v=spf1 include:_spf.google.com ~all\""),
                ("_spf.example.com", RecordType::TXT, "\"v=spf1 include:sendgrid.net ip4:203.0.113.7 -all\""),
                ("sendgrid.net", RecordType::TXT, "\"v=spf1 ip4:198.51.100.9 ~all\""),
                ("twice.example", RecordType::TXT, "\"v=spf1 ~all\""),
                ("twice.example", RecordType::TXT, "\"v=spf1 -all\""),
                ("mail.example.com", RecordType::A, "192.0.2.10"),
                ("www.example.com", RecordType::A, "192.0.2.80"),
                ("example.com", RecordType::MX, "10 mail.example.com."),
                ("example.com", RecordType::A, "192.0.2.10"),
            ] {
                dns.add(&name(owner), parse_value(rtype, data).unwrap());
            }
            dns.fail(&name("silent.example"), RecordType::TXT, LookupFailure::Timeout);
            dns
        };
        let own: Vec<IpAddr> = vec!["192.0.2.10".parse().unwrap(), "2001:db8::10".parse().unwrap()];
        let service = |id: &str| Some(Whose::Service(id.into()));
        let dead = |why: &str| Some(Whose::Dead(why.into()));
        for (term, want, through) in [
            ("include:_spf.google.com", service("google"), false),
            ("include:_SPF.Google.com.", service("google"), false),
            ("redirect=_spf.google.com", service("google"), false),
            ("include:spf.reseller.example", Some(Whose::Left), false),
            ("include:_spf.example.com", service("sendgrid"), true),
            ("redirect=_spf.example.com", service("sendgrid"), true),
            ("include:gone.example", dead("gone.example has no SPF record"), false),
            ("include:twice.example", dead("twice.example has 2 SPF records"), false),
            ("include:silent.example", Some(Whose::Unknown), false),
            ("ip4:192.0.2.0/24", Some(Whose::Own), false),
            ("ip4:192.0.2.11", Some(Whose::Left), false),
            ("ip6:2001:db8::/32", Some(Whose::Own), false),
            ("ip6:2001:db8::11", Some(Whose::Left), false),
            ("mx", Some(Whose::Own), false),
            ("a", Some(Whose::Own), false),
            ("a:www.example.com", Some(Whose::Left), false),
            ("a:gone.example", dead("gone.example has no address"), false),
            ("mx:gone.example", dead("gone.example has no mail exchanger"), false),
            ("ptr", dead("`ptr` is not to be used, and large receivers skip it"), false),
            ("exists:%{i}.ok.example", Some(Whose::Left), false),
            ("inlude:x.example", dead("unknown mechanism `inlude`: receivers take the whole record for broken"), false),
            ("-ip4:192.0.2.10", None, false),
            ("?include:_spf.google.com", None, false),
        ] {
            let text = format!("v=spf1 {term}");
            let mut dns = table();
            dns.add(&name("example.com"), RData::TXT(crate::model::txt::split(text.as_bytes())));
            let record = SpfRecord::read(text.as_bytes()).into_record().unwrap();
            let facts = facts(&dns, &name("example.com"), &record, &preset::all().unwrap(), &own).await;
            let part = facts.parts.first();
            assert_eq!(part.map(|p| p.whose.clone()), want, "{term}");
            assert_eq!(part.is_some_and(|p| p.through.as_deref() == Some(term)), through, "{term}");
        }
    }

    #[test]
    fn what_is_left_over() {
        let part = |text: &str, through: Option<&str>, whose| SpfPart {
            text: text.into(),
            through: through.map(str::to_string),
            whose,
        };
        let facts = SpfFacts {
            parts: vec![
                part("include:_spf.google.com", None, Whose::Service("google".into())),
                part("ip4:192.0.2.1", None, Whose::Own),
                part("ip4:192.0.2.2", None, Whose::Left),
                part("include:sendgrid.net", Some("include:_spf.example.com"), Whose::Service("sendgrid".into())),
                part("ip4:192.0.2.3", Some("include:_spf.example.com"), Whose::Left),
                part("include:gone.example", None, Whose::Dead("gone".into())),
            ],
            ..SpfFacts::default()
        };
        assert_eq!(facts.left_over(), ["ip4:192.0.2.2", "include:_spf.example.com"]);
        assert_eq!(facts.services(), ["google", "sendgrid"]);
        assert_eq!(facts.dead().collect::<Vec<_>>(), [("include:gone.example", "gone")]);
    }
}
