//! What DNS answered about a domain, in the form in which the rules of the linter are shown zones.
//!
//! The domain's own records are a zone that is judged; so is a DMARC record above it. What others publish - the record
//! behind an include, the addresses of a provider's hosts - answers the rules' questions and is not judged itself.

use std::collections::{BTreeMap, BTreeSet};

use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{RData, RecordType};

use crate::dns::gather::{Gathered, key_name};
use crate::dns::lookup::{Answer, LookupFailure};
use crate::dns::recorder::Recorded;
use crate::error::Result;
use crate::lint::facts::Facts;
use crate::lint::gather::{listing, policy as policy_file};
use crate::lint::live::{LiveFacts, OpenQuestion};
use crate::lint::zone_index::{Coverage, Door};
use crate::model::name::{self, Name};
use crate::model::service::Services;
use crate::model::snapshot::{Key, OpaqueSet, Origin, RecordSet, Snapshot};
use crate::model::txt;
use crate::model::wire;
use crate::zone::rtype;

/// The facts about the domain of `gathered`, with what was asked beside it. `selectors` are those that must be there,
/// `services` what was seen beside DNS.
///
/// # Errors
/// That there is more text than a zone may have.
pub fn facts(
    gathered: &Gathered,
    asked: &BTreeMap<Key, Recorded>,
    selectors: &[String],
    services: Option<&Services>,
) -> Result<Facts> {
    let mut evidence = Evidence::new(gathered);
    evidence.take_gathered();
    for (key, outcome) in asked {
        if evidence.is_gathered(key) {
            continue;
        }
        match outcome {
            Ok(answer) => evidence.take(key, answer),
            Err(failure) => evidence.live.open.push(open(key, failure)),
        }
    }
    evidence.live.selectors =
        selectors.iter().filter_map(|s| Some(key_name(s, &gathered.domain).ok()?.octets().to_vec())).collect();
    let mut live = evidence.live;
    live.services = services.cloned();
    let mut own = listing(&evidence.own, &evidence.label, Coverage::Part)?;
    let mut others = listing(&evidence.others, "elsewhere", Coverage::Part)?;
    others.door = Door::Others;
    for (name, rtype) in evidence.nothing {
        let zone = if wire::is_in(&name, &own.apex) { &mut own } else { &mut others };
        zone.push_nothing(name, rtype);
    }
    let mut zones = vec![own];
    for snapshot in evidence.above.values() {
        zones.push(listing(snapshot, &evidence.label, Coverage::Part)?);
    }
    zones.push(others);
    if let Some(policy) = services.and_then(|s| s.policy.as_ref()).filter(|p| p.fault.is_none()) {
        zones.push(policy_file(&policy.url, policy.octets.clone(), Some(&gathered.domain))?);
    }
    let mut facts = Facts::new(zones);
    facts.live = Some(live);
    Ok(facts)
}

fn open(key: &Key, failure: &LookupFailure) -> OpenQuestion {
    OpenQuestion {
        name: key.name.octets().to_vec(),
        rtype: key.rtype,
        truncated: *failure == LookupFailure::Truncated,
        why: failure.to_string(),
    }
}

struct Evidence<'g> {
    gathered: &'g Gathered,
    label: String,
    own: Snapshot,
    /// DMARC records of the organisation above the domain.
    above: BTreeMap<Name, Snapshot>,
    others: Snapshot,
    /// Questions without an answer; [`RecordType::ANY`] for a name that does not exist.
    nothing: Vec<(Vec<u8>, RecordType)>,
    /// Names of the domain that are aliases, but stand here with the data behind them.
    flattened: BTreeSet<Name>,
    live: LiveFacts,
}

impl<'g> Evidence<'g> {
    fn new(gathered: &'g Gathered) -> Self {
        let root = Name::root();
        let label = gathered.snapshot.sets().next().map_or(String::new(), |set| match &set.origin {
            Origin::Live(server) => server.clone(),
            _ => String::new(),
        });
        Evidence {
            gathered,
            label: if label.is_empty() { "DNS".into() } else { label },
            own: Snapshot::new(gathered.domain.clone()),
            above: BTreeMap::new(),
            others: Snapshot::new(root),
            nothing: Vec::new(),
            flattened: BTreeSet::new(),
            live: LiveFacts { domain: gathered.domain.octets().to_vec(), ..LiveFacts::default() },
        }
    }

    fn is_gathered(&self, key: &Key) -> bool {
        let all = self.gathered;
        all.snapshot.get(&key.name, key.rtype).is_some()
            || all.nothing.contains(key)
            || all.failure(&key.name, key.rtype).is_some()
    }

    /// Data behind a CNAME stands at the name that was asked for, as verifiers see it there.
    fn take_gathered(&mut self) {
        let gathered = self.gathered;
        for set in gathered.snapshot.sets() {
            self.put(set.clone(), true);
        }
        for (key, chain) in &gathered.aliases {
            if gathered.snapshot.get(&key.name, key.rtype).is_some() {
                self.flattened.insert(key.name.clone());
            } else if gathered.nothing.contains(key) {
                self.chain(&key.name, chain, 0);
                self.absent(chain.last().unwrap_or(&key.name), key.rtype);
            }
        }
        for key in &gathered.nothing {
            if !gathered.aliases.contains_key(key) {
                self.absent(&key.name, key.rtype);
            }
        }
        for name in &gathered.nonexistent {
            self.absent(name, RecordType::ANY);
        }
        self.live.open = gathered.unknown.iter().map(|u| open(&u.key, &u.failure)).collect();
    }

    fn take(&mut self, key: &Key, answer: &Answer) {
        let flat = self.flattened.contains(&key.name);
        if !flat && !answer.chain.is_empty() {
            self.chain(&key.name, &answer.chain, answer.ttl);
        }
        let end = if flat { &key.name } else { answer.chain.last().unwrap_or(&key.name) };
        if answer.records.is_empty() {
            self.absent(end, key.rtype);
            return;
        }
        let set = RecordSet {
            name: end.clone(),
            rtype: key.rtype,
            ttl: answer.ttl,
            values: answer.records.clone(),
            origin: Origin::Live(self.label.clone()),
            reason: None,
        };
        let gathered = self.is_gathered(&set.key());
        self.put(set, gathered);
    }

    fn chain(&mut self, start: &Name, chain: &[Name], ttl: u32) {
        let mut at = start.clone();
        for target in chain {
            let origin = Origin::Live(self.label.clone());
            let values = vec![RData::CNAME(CNAME(target.into()))];
            let set = RecordSet { name: at, rtype: RecordType::CNAME, ttl, values, origin, reason: None };
            let gathered = self.is_gathered(&set.key());
            self.put(set, gathered);
            at = target.clone();
        }
    }

    fn absent(&mut self, name: &Name, rtype: RecordType) {
        self.nothing.push((name.octets().to_vec(), rtype));
    }

    /// Puts a set where it belongs. `gathered` says whether it was asked for itself, as part of the domain.
    fn put(&mut self, set: RecordSet, gathered: bool) {
        if set.rtype == rtype::SPF {
            // hickory has no type for it; its data is that of a TXT record.
            let texts = set.values.iter().filter_map(|value| match value {
                RData::Unknown { rdata, .. } => txt::from_wire(&rdata.anything).map(|text| txt::quoted(&text)),
                _ => None,
            });
            let set = OpaqueSet { name: name::show(&set.name), rtype: "SPF".into(), values: texts.collect() };
            self.own.opaque.push(set);
            return;
        }
        // Records of the domain that only others lead to, such as what it includes, are judged through these.
        let own = self.gathered.domain.zone_of(&set.name) && (gathered || set.rtype != RecordType::TXT);
        if own {
            self.own.put(set);
        } else if let Some(apex) = self.policy_above(&set) {
            self.above.entry(apex.clone()).or_insert_with(|| Snapshot::new(apex)).put(set);
        } else {
            self.others.put(set);
        }
    }

    /// The domain above, if this is its DMARC record, and it is no public suffix: that one's is not the domain's affair.
    fn policy_above(&self, set: &RecordSet) -> Option<Name> {
        let above = set.name.parent();
        let dmarc = set.name.labels().next() == Some(b"_dmarc");
        let mine = dmarc && set.rtype == RecordType::TXT && above.zone_of(&self.gathered.domain);
        (mine && psl::domain_str(&name::show(&above)).is_some()).then_some(above)
    }
}
