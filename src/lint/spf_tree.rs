//! An SPF record with all that it includes, as far as the zones at hand reach.

use hickory_proto::rr::rdata::{A, AAAA, MX, TXT};
use hickory_proto::rr::{RData, RecordType};

use crate::lint::facts::{self, Answer, Facts};
use crate::lint::records::TextKind;
use crate::lint::role::Role;
use crate::lint::run::{decode, kind_of};
use crate::lint::tokens;
use crate::lint::wire;
use crate::model::name::Name;
use crate::model::spf::{Known, SpfRecord, SpfTree, TermCost};

/// The terms that may query, those of includes counted (RFC 7208 §4.6.4).
pub const MAX_LOOKUPS: u32 = 10;
/// Queries without an answer (RFC 7208 §4.6.4).
pub const MAX_VOIDS: u32 = 2;
/// Names of one `mx` (RFC 7208 §4.6.4).
pub const MAX_NAMES: usize = 10;

/// A record's tree, and what of it is not in the zones at hand.
#[derive(Clone, Debug)]
pub struct ZoneTree {
    /// The tree.
    pub tree: SpfTree,
    /// Names that are not in these zones.
    pub unknown: Vec<Vec<u8>>,
}

impl ZoneTree {
    /// The tree of `record`, published at `domain`.
    pub fn of(record: &SpfRecord, domain: &[u8], facts: &Facts) -> Self {
        let mut unknown: Vec<Vec<u8>> = Vec::new();
        // At a wildcard, and where no name was given, nobody knows what the domain will be.
        let nameless = domain == wire::ROOT || domain.starts_with(b"\x01*");
        let tree = SpfTree::of(&wire::show(domain), record, |name, rtype| {
            let name = wire::from_name(name);
            if nameless && name == domain {
                return Known::Unasked;
            }
            match facts.lookup(&name, rtype) {
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
            let mut exchange = Name::from_labels(wire::labels(zone.name(entry.target?))).ok()?;
            exchange.set_fqdn(true);
            Some(RData::MX(MX::new(preference, exchange)))
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
