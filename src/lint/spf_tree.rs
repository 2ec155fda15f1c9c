//! An SPF record with all that it includes, as far as the zones at hand reach.

use hickory_proto::rr::rdata::{A, AAAA, MX, TXT};
use hickory_proto::rr::{RData, RecordType};

use crate::lint::facts::{self, Answer};
use crate::lint::horizon::Horizon;
use crate::lint::records::TextKind;
use crate::lint::role::Role;
use crate::lint::run::{decode, kind_of};
use crate::lint::tokens;
use crate::model::name::Name;
use crate::model::reading::Reading;
use crate::model::spf::{Known, MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, Mechanism, SpfRecord, SpfTree, TermCost};
use crate::model::wire;

/// A record's tree, and what of it is not in the zones at hand.
#[derive(Clone, Debug)]
pub struct ZoneTree {
    /// The tree.
    pub tree: SpfTree,
    /// Names that are not in these zones.
    pub unknown: Vec<Vec<u8>>,
}

/// What there is to say about a record with its includes.
#[derive(Clone, Debug)]
pub enum Reach {
    /// Nothing: few terms query, each finds what it asks for, or it is not in these zones (then these are the names).
    Quiet(Vec<Vec<u8>>),
    /// The whole tree is to be looked at.
    Tree(Box<ZoneTree>),
}

impl Reach {
    /// Of `record`, published at `domain`. Most records of a large zone are quiet, and cost no tree.
    pub fn of(record: &SpfRecord, domain: &[u8], zones: Horizon<'_>) -> Self {
        match quiet(record, domain, zones) {
            Some(unknown) => Reach::Quiet(unknown),
            None => Reach::Tree(Box::new(ZoneTree::of(record, domain, zones))),
        }
    }

    /// The tree, if there is something to say.
    pub fn tree(&self) -> Option<&ZoneTree> {
        match self {
            Reach::Quiet(_) => None,
            Reach::Tree(tree) => Some(tree),
        }
    }

    /// The names that are not in these zones.
    pub fn unknown(&self) -> &[Vec<u8>] {
        match self {
            Reach::Quiet(unknown) => unknown,
            Reach::Tree(tree) => &tree.unknown,
        }
    }
}

/// The names that are not in these zones, if there is nothing else to say: when in doubt there is.
fn quiet(record: &SpfRecord, domain: &[u8], zones: Horizon<'_>) -> Option<Vec<Vec<u8>>> {
    let mut unknown = Vec::new();
    let mut note = |name: Vec<u8>| {
        if !unknown.contains(&name) {
            unknown.push(name);
        }
    };
    let (mut lookups, mut voids) = (0, 0);
    if record.redirect().is_some() || domain == wire::ROOT || domain.starts_with(b"\x01*") {
        return None;
    }
    for (_, directive) in record.directives() {
        let spec = directive.mechanism.domain_spec();
        let name = match spec {
            None => std::borrow::Cow::Borrowed(domain),
            Some(spec) => std::borrow::Cow::Owned(wire::from_text(spec.literal()?)?),
        };
        match &directive.mechanism {
            Mechanism::All => break,
            Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => continue,
            Mechanism::Include(_) => match zones.lookup(&name, RecordType::TXT) {
                Answer::Unknown(at) => note(at),
                Answer::Found(known) if lists_networks(&known) => {}
                _ => return None,
            },
            Mechanism::A { .. } => match zones.lookup(&name, RecordType::A) {
                Answer::Unknown(at) => note(at),
                Answer::Found(_) => voids += u32::from(zones.lookup(&name, RecordType::AAAA).is_nothing()),
                Answer::Nothing => return None,
            },
            Mechanism::Mx { .. } => match zones.lookup(&name, RecordType::MX) {
                Answer::Unknown(at) => note(at),
                Answer::Found(known) if known.len() <= MAX_NAMES && reachable(&known, zones) => {}
                _ => return None,
            },
            Mechanism::Exists(_) | Mechanism::Ptr { .. } => return None,
        }
        lookups += 1;
    }
    (lookups < MAX_LOOKUPS - 1 && voids <= MAX_VOID_LOOKUPS).then_some(unknown)
}

/// Whether there is one SPF record among these, and it is sound and lists nothing but networks, as most providers' do.
fn lists_networks(known: &[facts::Known<'_>]) -> bool {
    let texts = spf_texts(known);
    let [text] = texts.as_slice() else { return false };
    let Reading::Ours(record) = SpfRecord::read(text) else { return false };
    let lists =
        |mechanism: &Mechanism| matches!(mechanism, Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. });
    record.redirect().is_none() && record.directives().all(|(_, directive)| lists(&directive.mechanism))
}

/// Whether any of these exchanges may have an address.
fn reachable(exchanges: &[facts::Known<'_>], zones: Horizon<'_>) -> bool {
    exchanges.iter().filter_map(|k| Some(k.zone.name(k.entry.target?))).any(|host| {
        !zones.lookup(host, RecordType::A).is_nothing() || !zones.lookup(host, RecordType::AAAA).is_nothing()
    })
}

impl ZoneTree {
    /// The tree of `record`, published at `domain`.
    pub fn of(record: &SpfRecord, domain: &[u8], zones: Horizon<'_>) -> Self {
        let mut unknown: Vec<Vec<u8>> = Vec::new();
        // At a wildcard, and where no name was given, nobody knows what the domain will be.
        let nameless = domain == wire::ROOT || domain.starts_with(b"\x01*");
        let tree = SpfTree::of(&wire::show(domain), record, |name, rtype| {
            let name = name.octets().to_vec();
            if nameless && wire::is_in(&name, domain) {
                return Known::Unasked;
            }
            match zones.lookup(&name, rtype) {
                Answer::Nothing => Known::Records(Vec::new()),
                Answer::Found(known) => Known::Records(known.iter().filter_map(rdata).collect()),
                Answer::Unknown(at) => {
                    if !unknown.contains(&at) {
                        unknown.push(at);
                    }
                    Known::Unasked
                }
            }
        });
        ZoneTree { tree, unknown }
    }

    /// Whether all that can be said is a lower bound.
    pub fn is_partial(&self) -> bool {
        !self.tree.is_complete()
    }

    /// The terms of the record itself that query.
    pub fn terms(&self) -> impl Iterator<Item = &TermCost> {
        self.tree.terms.iter().filter(|t| t.lookups > 0)
    }
}

/// Everything below a term, itself first.
pub fn below(term: &TermCost) -> impl Iterator<Item = &TermCost> {
    std::iter::once(term).chain(term.nested.iter().flat_map(|n| n.terms()))
}

/// The data of a record of the types that SPF asks for.
fn rdata(known: &facts::Known<'_>) -> Option<RData> {
    let (zone, entry) = (known.zone, known.entry);
    let text = || std::str::from_utf8(entry.data.of(zone.text(entry.source))).ok();
    match RecordType::from(entry.rtype) {
        RecordType::A => Some(RData::A(A(text()?.trim().parse().ok()?))),
        RecordType::AAAA => Some(RData::AAAA(AAAA(text()?.trim().parse().ok()?))),
        RecordType::MX => {
            let octets = zone.text(entry.source);
            let preference = tokens::split(octets, entry.data).first().copied()?;
            let preference = std::str::from_utf8(preference.of(octets)).ok()?.parse().ok()?;
            let exchange = Name::from_labels(wire::labels(zone.name(entry.target?)))?;
            Some(RData::MX(MX::new(preference, exchange.into())))
        }
        RecordType::TXT => Some(RData::TXT(TXT::from_bytes(vec![&decode(zone, entry)?.octets]))),
        _ => None,
    }
}

/// The SPF records among TXT records.
pub fn spf_texts(known: &[facts::Known<'_>]) -> Vec<Vec<u8>> {
    known
        .iter()
        .filter_map(|k| decode(k.zone, k.entry))
        .filter(|d| kind_of(&d.octets, Role::Plain) == TextKind::Spf)
        .map(|d| d.octets)
        .collect()
}
