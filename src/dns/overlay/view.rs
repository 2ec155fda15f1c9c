//! What the overlay itself knows: pure look-ups in its record sets.

use std::collections::{BTreeMap, HashMap, HashSet};

use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{RData, Record, RecordType};

use crate::dns::overlay::{Fault, FaultAt};
use crate::model::name::Name;
use crate::model::snapshot::{Key, Snapshot};

/// TTL of the SOA records that are made up for zones without one, in seconds.
const SOA_TTL: u32 = 60;

/// What stands at a name for a type.
#[derive(Debug)]
pub(super) enum Local {
    /// These records.
    Records(Vec<Record>),
    /// Another name's records.
    Alias(Box<Record>, Name),
    /// Nothing, for certain: the plan removes it.
    Removed,
    /// The overlay does not say.
    Unknown,
}

/// The overlay's record sets, indexed. All names are absolute and in lower case.
#[derive(Debug)]
pub(super) struct View {
    sets: HashMap<Name, BTreeMap<RecordType, Vec<Record>>>,
    removed: HashSet<Key>,
    /// Every name with data or with a name below it that has (RFC 8020 §2).
    existing: HashSet<Name>,
    soas: HashMap<Name, Record>,
    faults: Vec<FaultAt>,
}

impl View {
    pub(super) fn new(zones: &[Snapshot], removed: Vec<Key>, faults: Vec<FaultAt>) -> Self {
        let mut view = View {
            sets: HashMap::new(),
            removed: removed.into_iter().map(|k| Key::new(&k.name, k.rtype)).collect(),
            existing: HashSet::from([Name::root()]),
            soas: HashMap::new(),
            faults,
        };
        for zone in zones {
            let apex = Key::new(&zone.apex, RecordType::SOA).name;
            view.exist(&apex);
            for set in zone.sets() {
                let name = set.key().name;
                view.exist(&name);
                let records = set.values.iter().map(|v| Record::from_rdata((&name).into(), set.ttl, v.clone()));
                view.sets.entry(name.clone()).or_default().insert(set.rtype, records.collect());
            }
            let soa = view.sets.get(&apex).and_then(|s| s.get(&RecordType::SOA)?.first().cloned());
            view.soas.insert(apex.clone(), soa.unwrap_or_else(|| made_up_soa(&apex)));
        }
        view
    }

    fn exist(&mut self, name: &Name) {
        let mut name = name.clone();
        while self.existing.insert(name.clone()) {
            name = name.parent();
        }
    }

    pub(super) fn fault(&self, name: &Name, rtype: RecordType) -> Option<Fault> {
        self.faults.iter().find(|f| f.strikes(name, rtype)).map(|f| f.fault)
    }

    /// What stands at `name` itself.
    pub(super) fn local(&self, name: &Name, rtype: RecordType) -> Local {
        if let Some(sets) = self.sets.get(name) {
            // RFC 8482 §4.1: ANY is answered with one of the sets.
            let set = if rtype == RecordType::ANY { sets.values().next() } else { sets.get(&rtype) };
            if let Some(records) = set {
                return Local::Records(records.clone());
            }
            if let Some(alias) = sets.get(&RecordType::CNAME).and_then(|set| set.first())
                && let RData::CNAME(target) = &alias.data
            {
                return Local::Alias(Box::new(alias.clone()), Name::from(&target.0));
            }
        }
        if self.removes(name, rtype) { Local::Removed } else { Local::Unknown }
    }

    /// Whether the plan takes this set away.
    pub(super) fn removes(&self, name: &Name, rtype: RecordType) -> bool {
        !self.removed.is_empty() && self.removed.contains(&Key { name: name.clone(), rtype })
    }

    /// Whether the overlay has data at or below `name`.
    pub(super) fn exists(&self, name: &Name) -> bool {
        self.existing.contains(name)
    }

    /// Whether `name` is in one of the zones: below an apex, and not where another zone begins (RFC 1034 §4.2).
    pub(super) fn is_inside(&self, name: &Name) -> bool {
        let mut at = name.clone();
        loop {
            if self.soas.contains_key(&at) {
                return true;
            }
            if at.is_root() || self.sets.get(&at).is_some_and(|sets| sets.contains_key(&RecordType::NS)) {
                return false;
            }
            at = at.parent();
        }
    }

    /// Whether the overlay has a say about `name` itself, so that a chain of live CNAMEs must be cut there.
    pub(super) fn knows(&self, name: &Name) -> bool {
        self.exists(name)
            || self.removed.iter().any(|key| key.name == *name)
            || self.faults.iter().any(|fault| fault.name == *name)
    }

    /// The wildcard that would answer for `name`: `*` below its closest encloser (RFC 4592 §3.3.1), as far as the
    /// overlay knows. `None` where the name or something between exists in the overlay.
    pub(super) fn wildcard(&self, name: &Name, rtype: RecordType) -> Option<Name> {
        if self.exists(name) {
            return None;
        }
        let mut encloser = name.parent();
        loop {
            let wildcard = encloser.child(b"*")?;
            if self.sets.contains_key(&wildcard) || self.removes(&wildcard, rtype) {
                return Some(wildcard);
            }
            if self.exists(&encloser) {
                return None;
            }
            encloser = encloser.parent();
        }
    }

    /// The SOA record for a negative answer about `name` (RFC 2308 §3).
    pub(super) fn soa(&self, name: &Name) -> Record {
        let mut zone = name.clone();
        loop {
            if let Some(soa) = self.soas.get(&zone) {
                return soa.clone();
            }
            if zone.is_root() {
                return made_up_soa(&zone);
            }
            zone = zone.parent();
        }
    }
}

fn made_up_soa(apex: &Name) -> Record {
    let mailbox = apex.child(b"hostmaster").unwrap_or_else(|| apex.clone());
    let soa = SOA::new(apex.into(), mailbox.into(), 1, 3600, 600, 86_400, SOA_TTL);
    Record::from_rdata(apex.into(), SOA_TTL, RData::SOA(soa))
}
