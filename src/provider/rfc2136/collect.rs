//! Records of a server's answers as a snapshot.

use std::collections::{BTreeMap, HashSet};

use hickory_proto::rr::{DNSClass, RData, Record, RecordType};

use crate::model::name::{self, Name};
use crate::model::snapshot::{Key, OpaqueSet, Origin, RecordSet, Snapshot};
use crate::zone::{print, rtype};

/// Records as they come, in any order.
#[derive(Debug, Default)]
pub struct Collection {
    sets: BTreeMap<Key, (Name, u32, Vec<RData>)>,
}

impl Collection {
    /// Takes a record in if it belongs to the zone at `apex`.
    pub fn add(&mut self, apex: &Name, record: Record) {
        let name = Name::from(&record.name);
        if record.dns_class != DNSClass::IN || !apex.zone_of(&name) {
            return;
        }
        let key = Key::new(&name, record.record_type());
        let set = self.sets.entry(key).or_insert_with(|| (name, record.ttl, Vec::new()));
        set.2.push(record.data);
    }

    /// Whether there is a set of this name and type.
    pub fn has(&self, name: &Name, rtype: RecordType) -> bool {
        self.sets.contains_key(&Key::new(name, rtype))
    }

    /// Whether there is a set of any type at `name`.
    pub fn has_name(&self, name: &Name) -> bool {
        let first = Key::new(name, RecordType::ZERO);
        self.sets.range(&first..).next().is_some_and(|(key, _)| key.name == first.name)
    }

    /// The zone at `apex`. What this program does not model, or cannot read, becomes opaque.
    pub fn into_snapshot(self, apex: &Name) -> Snapshot {
        let mut snapshot = Snapshot::new(apex.clone());
        for (Key { rtype, .. }, (name, ttl, mut values)) in self.sets {
            // A transfer may have the same record twice (RFC 5936 §2.2).
            let mut seen = HashSet::new();
            values.retain(|value| seen.insert(print::wire(value)));
            let modelled = rtype::is_modelled(rtype) && !values.iter().any(|v| matches!(v, RData::Unknown { .. }));
            if modelled {
                let origin = Origin::Provider("rfc2136".into());
                snapshot.put(RecordSet { name, rtype, ttl, values, origin, reason: None });
            } else {
                let mut values: Vec<String> = values.iter().map(|value| print::tokens(value).join(" ")).collect();
                // Servers turn the order of a set from answer to answer.
                values.sort();
                snapshot.opaque.push(OpaqueSet { name: name::show(&name), rtype: rtype::show(rtype).into(), values });
            }
        }
        snapshot
    }
}
