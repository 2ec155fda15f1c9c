//! A master file as a [`Snapshot`].

use std::collections::HashMap;

use hickory_proto::rr::RecordType;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{OpaqueSet, Origin, Snapshot};
use crate::model::source::{Source, SourceId, Sources};
use crate::model::wire_name::WireName;
use crate::zone::fault::Fault;
use crate::zone::layout;
use crate::zone::parser::{Entry, IN};
use crate::zone::record::Record;
use crate::zone::walk::{Includes, Limits, walk};
use crate::zone::{print, rtype};

/// What a master file and the files that it includes hold.
#[derive(Debug)]
pub struct Loaded {
    /// The record sets inside the zone. What is faulty or out of the zone is not among them.
    pub snapshot: Snapshot,
    /// The texts that were read; the first is the file itself.
    pub sources: Sources,
    /// What is wrong, in the order of the text.
    pub faults: Vec<Fault>,
}

/// Reads the zone at `apex` from `text`, which came from `path`.
///
/// # Errors
/// Only that the text is too large; what is wrong in it is among the faults.
pub fn load(
    path: &str,
    text: impl Into<Vec<u8>>,
    apex: &Name,
    limits: Limits,
    includes: &mut dyn Includes,
) -> Result<Loaded> {
    let mut sources = Sources::new();
    let root = sources.add(Source::new(path, text)?);
    Ok(load_source(sources, root, apex, limits, includes))
}

/// As [`load`], from a text that is among the sources.
pub fn load_source(
    mut sources: Sources,
    root: SourceId,
    apex: &Name,
    limits: Limits,
    includes: &mut dyn Includes,
) -> Loaded {
    let mut snapshot = Snapshot::new(apex.clone());
    let zone = WireName::from_name(apex);
    let (mut faults, mut places) = (Vec::new(), Vec::new());
    let mut opaque: HashMap<(String, String), usize> = HashMap::new();
    walk(&mut sources, root, apex, limits, includes, |entry| match entry {
        // A text with a string that is too long is a fault, and no record set can hold it.
        Entry::Record(record) if record.is_text() && record.data().check().is_err() => {}
        Entry::Record(record) if record.owner.is_in(&zone) => {
            let owner = Name::from(record.owner);
            match record.rdata().filter(|_| record.class == IN) {
                Some(value) => {
                    if snapshot.get(&owner, record.rtype).is_none() {
                        places.push((owner.clone(), record.rtype, record.place(record.span)));
                    }
                    // The path and line are put in below, when the sources may be asked.
                    let origin = Origin::File { path: String::new(), line: 0 };
                    snapshot.add(&owner, record.ttl, value, origin);
                }
                None => {
                    let key = (name::show(&owner), rtype::show(record.rtype).into_owned());
                    let at = *opaque.entry(key).or_insert_with_key(|(name, rtype)| {
                        let (name, rtype) = (name.clone(), rtype.clone());
                        snapshot.opaque.push(OpaqueSet { name, rtype, values: Vec::new() });
                        snapshot.opaque.len() - 1
                    });
                    if let Some(set) = snapshot.opaque.get_mut(at) {
                        set.values.push(opaque_value(&record));
                    }
                }
            }
        }
        Entry::Fault(fault) => faults.push(fault),
        Entry::Record(_) | Entry::Directive(_) | Entry::Comment(_) => {}
    });
    for (owner, rtype, place) in places {
        if let Some(mut set) = snapshot.get(&owner, rtype).cloned() {
            let at = sources.locate(place);
            set.origin = Origin::File { path: at.path, line: at.start.line };
            snapshot.put(set);
        }
    }
    Loaded { snapshot, sources, faults }
}

/// The data on one line, names made absolute where the fields of the type are known.
fn opaque_value(record: &Record<'_>) -> String {
    let number = u16::from(record.rtype);
    let mut wire = Vec::new();
    if let (Some(fields), Ok(true)) = (layout::fields(number), record.data().wire(&mut wire))
        && let Some(text) = print::data(fields, &wire)
    {
        return text;
    }
    let names = if record.data().is_generic() { &[][..] } else { layout::names_in(number) };
    let tokens = record.tokens.iter().enumerate().map(|(i, token)| {
        let text = record.slice(*token);
        let mut name = WireName::root();
        if names.contains(&i) && name.read(text, record.origin).is_ok() {
            return name.to_string();
        }
        String::from_utf8_lossy(text).into_owned()
    });
    tokens.collect::<Vec<_>>().join(" ")
}

impl Loaded {
    /// The file itself.
    pub fn root(&self) -> SourceId {
        SourceId(0)
    }

    /// A fault as an error: `path:line:column: what is wrong`.
    pub fn error(&self, fault: &Fault) -> Error {
        let at = self.sources.locate(fault.place);
        let error = Error::config(format!("{}:{}:{}: {}", at.path, at.start.line, at.start.column, fault.kind));
        match fault.kind.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// The snapshot, if nothing is wrong.
    ///
    /// # Errors
    /// The first fault, with its place.
    pub fn faultless(self) -> Result<Snapshot> {
        match self.faults.first() {
            Some(fault) => Err(self.error(fault)),
            None => Ok(self.snapshot),
        }
    }

    /// The serial of the zone (RFC 1035 §3.3.13), if it has its SOA.
    pub fn serial(&self) -> Option<u32> {
        let set = self.snapshot.get(&self.snapshot.apex, RecordType::SOA)?;
        set.values.iter().find_map(|v| match v {
            hickory_proto::rr::RData::SOA(soa) => Some(soa.serial),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::parse_value;
    use crate::zone::walk::NoIncludes;

    #[test]
    fn a_zone_becomes_a_snapshot() {
        let text = "$TTL 1h\n@ SOA ns root 7 2h 15m 2w 5m\n NS ns\nns A 192.0.2.1\n@ TXT \"v=spf1 \"\n  \"-all\"\n@ SPF \"v=spf1 -all\"\n\
                    www 60 A 192.0.2.2\nother.example.net. A 192.0.2.3\nwww 60 A 192.0.2.4\n_x SVCB 1 @ port=1\n";
        let apex = name::domain("example.com").unwrap();
        let loaded = load("zones/a", text, &apex, Limits::default(), &mut NoIncludes).unwrap();
        assert_eq!(loaded.serial(), Some(7));
        let zone = &loaded.snapshot;
        let www = zone.get(&name::domain("www.example.com").unwrap(), RecordType::A).unwrap();
        assert_eq!(www.values, ["192.0.2.2", "192.0.2.4"].map(|a| parse_value(RecordType::A, a).unwrap()));
        assert_eq!((www.ttl, &www.origin), (60, &Origin::File { path: "zones/a".into(), line: 8 }));
        assert_eq!(zone.len(), 5, "what is out of the zone is not in it");
        let opaque: Vec<String> =
            zone.opaque.iter().map(|o| format!("{} {} {}", o.name, o.rtype, o.values.join("|"))).collect();
        assert_eq!(opaque, ["example.com SPF \"v=spf1 -all\"", "_x.example.com SVCB 1 example.com. port=1"]);
        let fault = loaded.faults.first().map(|f| loaded.error(f).to_string());
        assert_eq!(fault.as_deref(), Some("zones/a:6:3: this is not a record type"), "a string on a line of its own");
        assert!(loaded.faultless().is_err());
    }
}
