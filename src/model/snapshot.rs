//! Record sets with an origin: the one shape in which zone text, a provider, live DNS, the profile and a plan's
//! outcome all reach the code that judges.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{RData, RecordType};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::txt;
use crate::words::wrap::fold;

/// Where a record set was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A line of a zone file.
    File {
        /// The path as the person gave it.
        path: String,
        /// Line of the first record of the set, from 1.
        line: usize,
    },
    /// A provider's API or zone transfer; the provider's id.
    Provider(String),
    /// An answer from live DNS; the server that gave it.
    Live(String),
    /// What the profile asks for.
    Profile,
}

/// All records of one name and type, in the sense of RFC 2181 §5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    /// The owner name, absolute.
    pub name: Name,
    /// The type of every value.
    pub rtype: RecordType,
    /// Time to live, in seconds.
    pub ttl: u32,
    /// The data, in the order in which it was seen.
    pub values: Vec<RData>,
    /// Where it was seen.
    pub origin: Origin,
    /// Why it is there, in a sentence, where the profile asks for it.
    pub reason: Option<String>,
}

/// A record set of a type or form that this program does not model: never written, but known to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpaqueSet {
    /// The owner name, without the last dot.
    pub name: String,
    /// The type as its source writes it.
    pub rtype: String,
    /// The data as its source writes it.
    pub values: Vec<String>,
}

/// Where a set stands in a snapshot: canonical name order first (RFC 4034 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The owner name, absolute and in lower case.
    pub name: Name,
    /// The record type.
    pub rtype: RecordType,
}

impl Key {
    /// The key of `name` and `rtype`.
    pub fn new(name: &Name, rtype: RecordType) -> Self {
        Key { name: name.clone(), rtype }
    }
}

/// Record sets of one zone (or of what of it was asked for).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The zone's apex.
    pub apex: Name,
    /// Sets that are not modelled.
    pub opaque: Vec<OpaqueSet>,
    sets: BTreeMap<Key, RecordSet>,
}

impl RecordSet {
    /// A set from the profile.
    pub fn desired(name: Name, ttl: u32, values: Vec<RData>, reason: impl Into<String>) -> Self {
        let rtype = values.first().map_or(RecordType::TXT, RData::record_type);
        RecordSet { name, rtype, ttl, values, origin: Origin::Profile, reason: Some(reason.into()) }
    }

    /// Its key.
    pub fn key(&self) -> Key {
        Key::new(&self.name, self.rtype)
    }

    /// Why it is there, in lines that fit into a comment at 80 columns.
    pub fn reason_lines(&self) -> Vec<String> {
        self.reason.iter().flat_map(|reason| reason.lines()).flat_map(|line| fold(line.trim_end(), 76)).collect()
    }

    /// The joined octets of every TXT value.
    pub fn texts(&self) -> Vec<Vec<u8>> {
        self.values
            .iter()
            .filter_map(|v| match v {
                RData::TXT(t) => Some(txt::joined(t)),
                _ => None,
            })
            .collect()
    }

    /// Whether both hold the same data: TXT compared joined, names without case, order and repeats ignored.
    /// TTLs are not compared.
    pub fn same_data(&self, other: &RecordSet) -> bool {
        let canon = |set: &RecordSet| {
            let mut all: Vec<Vec<u8>> = set.values.iter().map(canonical).collect();
            all.sort();
            all.dedup();
            all
        };
        self.rtype == other.rtype && canon(self) == canon(other)
    }
}

/// Data in a form that is equal exactly when two values mean the same.
pub fn canonical(value: &RData) -> Vec<u8> {
    match value {
        RData::TXT(t) => txt::joined(t),
        other => show_value(other).to_ascii_lowercase().into_bytes(),
    }
}

/// Data in master-file form; TXT quoted and escaped, names with their last dot.
pub fn show_value(value: &RData) -> String {
    let mut out = String::new();
    push_value(&mut out, value);
    out
}

/// As [`show_value`], at the end of `out`.
pub fn push_value(out: &mut String, value: &RData) {
    match value {
        RData::TXT(t) => txt::push_quoted(out, t),
        // A string takes whatever is written.
        other => drop(write!(out, "{other}")),
    }
}

/// Reads data of `rtype` in master-file form. Names without a last dot are taken as absolute.
///
/// # Errors
/// A configuration error that shows the text, when it is not data of that type.
pub fn parse_value(rtype: RecordType, text: &str) -> Result<RData> {
    if rtype == RecordType::TXT {
        let strings = txt::parse_quoted(text)?;
        return Ok(RData::TXT(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect())));
    }
    RData::try_from_str(rtype, text)
        .map_err(|e| Error::config(format!("`{text}` is not data of type {rtype}")).because(e))
}

impl Snapshot {
    /// An empty snapshot of the zone at `apex`.
    pub fn new(apex: Name) -> Self {
        Snapshot { apex, opaque: Vec::new(), sets: BTreeMap::new() }
    }

    /// Puts a set in the place of whatever stood there; an empty one removes it.
    pub fn put(&mut self, set: RecordSet) {
        if set.values.is_empty() {
            self.sets.remove(&set.key());
        } else {
            self.sets.insert(set.key(), set);
        }
    }

    /// Adds one value, making the set if there is none. The set keeps the TTL and origin of its first value.
    pub fn add(&mut self, name: &Name, ttl: u32, value: RData, origin: Origin) {
        let key = Key::new(name, value.record_type());
        self.sets
            .entry(key)
            .or_insert_with(|| RecordSet {
                name: name.clone(),
                rtype: value.record_type(),
                ttl,
                values: Vec::new(),
                origin,
                reason: None,
            })
            .values
            .push(value);
    }

    /// Takes a set out.
    pub fn remove(&mut self, key: &Key) -> Option<RecordSet> {
        self.sets.remove(key)
    }

    /// The set of `name` and `rtype`.
    pub fn get(&self, name: &Name, rtype: RecordType) -> Option<&RecordSet> {
        self.sets.get(&Key::new(name, rtype))
    }

    /// Every set, in canonical name order.
    pub fn sets(&self) -> impl Iterator<Item = &RecordSet> {
        self.sets.values()
    }

    /// Every set at `name`.
    pub fn at<'a>(&'a self, name: &Name) -> impl Iterator<Item = &'a RecordSet> + use<'a> {
        let name = Key::new(name, RecordType::ZERO).name;
        self.sets
            .range(Key { name: name.clone(), rtype: RecordType::ZERO }..)
            .take_while(move |(k, _)| k.name == name)
            .map(|(_, set)| set)
    }

    /// How many sets there are.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

impl fmt::Display for RecordSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, value) in self.values.iter().enumerate() {
            let nl = if i == 0 { "" } else { "\n" };
            write!(f, "{nl}{}. {} IN {} {}", name::show(&self.name), self.ttl, self.rtype, show_value(value))?;
        }
        Ok(())
    }
}

/// How a set is written in plans, journals and JSON output.
#[derive(Serialize, Deserialize)]
struct SetForm {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    ttl: u32,
    values: Vec<String>,
    origin: Origin,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Serialize for RecordSet {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        SetForm {
            name: name::show(&self.name),
            rtype: self.rtype.to_string(),
            ttl: self.ttl,
            values: self.values.iter().map(show_value).collect(),
            origin: self.origin.clone(),
            reason: self.reason.clone(),
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for RecordSet {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        use serde::de::Error as _;
        let form = SetForm::deserialize(d)?;
        let rtype: RecordType =
            form.rtype.parse().map_err(|_| D::Error::custom(format!("unknown type {}", form.rtype)))?;
        let values: Result<Vec<RData>> = form.values.iter().map(|v| parse_value(rtype, v)).collect();
        let name = name::shown(&form.name).map_err(D::Error::custom)?;
        Ok(RecordSet {
            name,
            rtype,
            ttl: form.ttl,
            values: values.map_err(D::Error::custom)?,
            origin: form.origin,
            reason: form.reason,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct SnapshotForm {
    zone: String,
    record_sets: Vec<RecordSet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    opaque: Vec<OpaqueSet>,
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        SnapshotForm {
            zone: name::show(&self.apex),
            record_sets: self.sets().cloned().collect(),
            opaque: self.opaque.clone(),
        }
        .serialize(s)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        use serde::de::Error as _;
        let form = SnapshotForm::deserialize(d)?;
        let mut snapshot = Snapshot::new(name::domain(&form.zone).map_err(D::Error::custom)?);
        snapshot.opaque = form.opaque;
        form.record_sets.into_iter().for_each(|set| snapshot.put(set));
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn txt(text: &str) -> RData {
        RData::TXT(txt::split(text.as_bytes()))
    }

    #[test]
    fn sets_survive_json() {
        let apex = name::domain("example.com").unwrap();
        let mut snapshot = Snapshot::new(apex.clone());
        snapshot.add(&apex, 300, txt(&"k".repeat(600)), Origin::Profile);
        snapshot.add(&apex, 300, txt("a \"quoted\" \\ value; and more"), Origin::Profile);
        for (rtype, text) in [
            (RecordType::MX, "10 mail.example.com."),
            (RecordType::A, "192.0.2.1"),
            (RecordType::CAA, "0 issue \"ca.example\""),
            (RecordType::CNAME, "x.example.com."),
        ] {
            snapshot.add(&apex, 60, parse_value(rtype, text).unwrap(), Origin::Provider("x".into()));
        }
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
        assert_eq!(snapshot.at(&apex).count(), 5);
    }

    #[test]
    fn data_is_compared_decoded() {
        let apex = name::domain("example.com").unwrap();
        let set = |values: Vec<RData>| RecordSet::desired(apex.clone(), 60, values, "");
        let resplit = RData::TXT(TXT::from_bytes(vec![b"v=spf1 ", b"-all"]));
        assert!(set(vec![txt("v=spf1 -all"), txt("b")]).same_data(&set(vec![txt("b"), resplit])));
        assert!(!set(vec![txt("v=spf1 -all")]).same_data(&set(vec![txt("V=spf1 -all")])));
    }
}
