//! What an SPF record says about one address, as far as the zones at hand reach.

use std::net::IpAddr;

use hickory_proto::rr::RecordType;

use crate::lint::facts::{Answer, Facts};
use crate::lint::spf_tree::spf_texts;
use crate::model::reading::Reading;
use crate::model::spf::{DualCidr, MacroString, Mechanism, Qualifier, SpfRecord, within};
use crate::model::wire;

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A term matches, and means this.
    Matches(Qualifier),
    /// No term matches.
    Nothing,
    /// A term that decides is not in the zones at hand, or depends on the message.
    Unknown,
    /// The record, or one that it includes, cannot be evaluated.
    Broken,
}

/// So deep includes are followed: more would be over the ten look-ups.
const DEPTH: usize = 10;

/// What the record at `domain` says about `address` (RFC 7208 §4.6).
pub fn verdict(domain: &[u8], address: IpAddr, facts: &Facts) -> Verdict {
    at(domain, address, facts, DEPTH)
}

fn at(domain: &[u8], address: IpAddr, facts: &Facts, depth: usize) -> Verdict {
    let answer = facts.lookup(domain, RecordType::TXT);
    if answer.is_unknown() {
        return Verdict::Unknown;
    }
    let texts = spf_texts(answer.records());
    let [text] = texts.as_slice() else { return Verdict::Broken };
    let Reading::Ours(record) = SpfRecord::read(text) else { return Verdict::Broken };
    for (_, directive) in record.directives() {
        let matches = match &directive.mechanism {
            Mechanism::All => Some(true),
            Mechanism::Ip4 { network, prefix } => Some(within(address, IpAddr::V4(*network), *prefix)),
            Mechanism::Ip6 { network, prefix } => Some(within(address, IpAddr::V6(*network), *prefix)),
            Mechanism::A { domain: target, cidr } => {
                name_of(target.as_ref(), domain).and_then(|name| has_address(&name, *cidr, address, facts))
            }
            Mechanism::Mx { domain: target, cidr } => {
                name_of(target.as_ref(), domain).and_then(|name| exchanges(&name, *cidr, address, facts))
            }
            Mechanism::Include(target) => match target.literal().and_then(wire::from_text) {
                None => None,
                Some(name) if depth > 0 => match at(&name, address, facts, depth - 1) {
                    Verdict::Matches(qualifier) => Some(qualifier == Qualifier::Pass),
                    Verdict::Nothing => Some(false),
                    Verdict::Unknown => None,
                    Verdict::Broken => return Verdict::Broken,
                },
                Some(_) => return Verdict::Broken,
            },
            Mechanism::Exists(_) | Mechanism::Ptr { .. } => None,
        };
        match matches {
            Some(true) => return Verdict::Matches(directive.qualifier),
            Some(false) => {}
            None => return Verdict::Unknown,
        }
    }
    match record.redirect().map(|(_, target)| target.literal().and_then(wire::from_text)) {
        None => Verdict::Nothing,
        Some(Some(name)) if depth > 0 => at(&name, address, facts, depth - 1),
        Some(_) => Verdict::Unknown,
    }
}

fn name_of(target: Option<&MacroString>, domain: &[u8]) -> Option<Vec<u8>> {
    match target {
        None => Some(domain.to_vec()),
        Some(target) => target.literal().and_then(wire::from_text),
    }
}

/// Whether a name has an address in whose network `address` is; `None` where the zones do not say.
fn has_address(name: &[u8], cidr: DualCidr, address: IpAddr, facts: &Facts) -> Option<bool> {
    let (rtype, prefix) = match address {
        IpAddr::V4(_) => (RecordType::A, cidr.v4),
        IpAddr::V6(_) => (RecordType::AAAA, cidr.v6),
    };
    match facts.lookup(name, rtype) {
        Answer::Unknown(_) => None,
        Answer::Nothing => Some(false),
        Answer::Found(known) => Some(known.iter().any(|k| {
            let text = std::str::from_utf8(k.entry.data.of(k.zone.text(k.entry.source))).unwrap_or_default();
            text.trim().parse().is_ok_and(|network| within(address, network, prefix))
        })),
    }
}

fn exchanges(name: &[u8], cidr: DualCidr, address: IpAddr, facts: &Facts) -> Option<bool> {
    match facts.lookup(name, RecordType::MX) {
        Answer::Unknown(_) => None,
        Answer::Nothing => Some(false),
        Answer::Found(known) => {
            let mut sure = true;
            for target in known.iter().filter_map(|k| Some(k.zone.name(k.entry.target?))) {
                match has_address(target, cidr, address, facts) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => sure = false,
                }
            }
            sure.then_some(false)
        }
    }
}
