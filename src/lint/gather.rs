//! The doors: a master file, a snapshot or a single record becomes a [`ZoneIndex`].

use std::hash::BuildHasher;
use std::io::Read as _;

use foldhash::quality::RandomState;

use hickory_proto::rr::{RData, RecordType};

use crate::error::Result;
use crate::lint::names::NameId;
use crate::lint::parts;
use crate::lint::zone_index::{Coverage, Door, Entry, Form, ZoneIndex};
use crate::model::name::Name;
use crate::model::snapshot::{Snapshot, push_value};
use crate::model::source::{Source, SourceId, Sources, Span};
use crate::model::txt;
use crate::model::wire;
use crate::model::wire_name::WireName;
use crate::zone::parser::{self, IN};
use crate::zone::record::Record;
use crate::zone::walk::{Includes, Limits, NoIncludes};

/// Records are about this long in a file, to make room for them at once.
pub(crate) const USUAL_RECORD: usize = 100;

/// Reads the master file `text` of the zone at `origin`, which came from `path`.
///
/// # Errors
/// Only that the text is too large; what is wrong in it is among the zone's faults.
pub fn master_file(
    path: &str,
    text: impl Into<Vec<u8>>,
    origin: &Name,
    limits: Limits,
    includes: &mut dyn Includes,
) -> Result<ZoneIndex> {
    master_file_in_parts(path, text, origin, limits, includes, parts::PART)
}

/// As [`master_file`], which gives the same for any `size` of the parts that are read side by side, in octets.
///
/// # Errors
/// As [`master_file`].
pub fn master_file_in_parts(
    path: &str,
    text: impl Into<Vec<u8>>,
    origin: &Name,
    limits: Limits,
    includes: &mut dyn Includes,
    size: usize,
) -> Result<ZoneIndex> {
    let mut zone = ZoneIndex::new(origin.octets().to_vec(), Door::Text, Coverage::Part);
    let root = zone.sources.add(Source::new(path, text)?);
    parts::read(&mut zone, root, origin, limits, includes, size);
    zone.finish();
    Ok(zone)
}

/// Reads the octoDNS zone `origin` from `text`, which came from `path`.
///
/// # Errors
/// Only that the text is too large; what is wrong in it is among the zone's faults.
pub fn octodns(path: &str, text: impl Into<Vec<u8>>, origin: &Name) -> Result<ZoneIndex> {
    let read = crate::zone::octodns::read(path, text, origin)?;
    let mut zone = ZoneIndex::new(origin.octets().to_vec(), Door::Yaml, Coverage::Whole);
    zone.sources = read.sources;
    zone.faults = read.faults;
    zone.undotted = read.undotted;
    for unread in &read.unread {
        if let Some(name) = wire::from_text(&unread.name) {
            zone.push_hidden(name);
        }
    }
    parts::read(&mut zone, read.made, origin, Limits::default(), &mut NoIncludes, parts::PART);
    zone.finish();
    Ok(zone)
}

/// Takes the records of a text into a zone.
pub(crate) struct Intake<'z> {
    /// The zone.
    pub zone: &'z mut ZoneIndex,
    hasher: Hasher,
    owner: NameId,
    buffer: Vec<u8>,
}

impl<'z> Intake<'z> {
    /// Into `zone`, the text's first owner being `origin`.
    pub fn new(zone: &'z mut ZoneIndex, origin: &Name, hasher: Hasher) -> Self {
        let owner = zone.intern(origin.octets());
        Intake { zone, hasher, owner, buffer: Vec::with_capacity(512) }
    }

    /// What makes the digests of its data.
    pub fn hasher(&self) -> Hasher {
        self.hasher.clone()
    }

    /// Takes an entry in: a record or a fault.
    pub fn entry(&mut self, entry: &parser::Entry<'_>) {
        match entry {
            parser::Entry::Record(record) => self.record(record),
            parser::Entry::Fault(fault) => self.zone.faults.push(*fault),
            parser::Entry::Directive(_) | parser::Entry::Comment(_) => {}
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        if !record.same_owner {
            lower(record.owner, &mut self.buffer);
            self.owner = self.zone.intern(&self.buffer);
        }
        if record.class != IN {
            return;
        }
        let target = target_of(record).map(|name| {
            lower(&name, &mut self.buffer);
            self.zone.intern(&self.buffer)
        });
        let digest = self.hasher.record(record, target.map(|t| self.zone.name(t)), &mut self.buffer);
        self.zone.push(Entry {
            owner: self.owner,
            target,
            ttl: record.ttl,
            source: record.source,
            start: record.owner_span.unwrap_or(record.span).start,
            data: record.data_span(),
            digest,
            rtype: u16::from(record.rtype),
            form: Form::Master,
        });
    }
}

/// The records of a snapshot. `coverage` says whether it is all of the zone.
///
/// # Errors
/// That it is too large.
pub fn listing(snapshot: &Snapshot, label: &str, coverage: Coverage) -> Result<ZoneIndex> {
    let mut zone = ZoneIndex::new(snapshot.apex.octets().to_vec(), Door::Listing, coverage);
    let hasher = Hasher::default();
    let mut text = String::new();
    for set in snapshot.sets() {
        let owner = zone.intern(set.name.octets());
        for value in &set.values {
            let start = text.len();
            push_value(&mut text, value);
            let data = Span::new(start, text.len());
            let digest = match value {
                RData::TXT(strings) => hasher.octets(&txt::joined(strings)),
                _ => hasher.octets(text[start..].to_ascii_lowercase().as_bytes()),
            };
            text.push('\n');
            let target = match value {
                RData::CNAME(n) => Some(&n.0),
                RData::NS(n) => Some(&n.0),
                RData::PTR(n) => Some(&n.0),
                RData::MX(mx) => Some(&mx.exchange),
                RData::SRV(srv) => Some(&srv.target),
                _ => None,
            };
            let target = target.map(|n| zone.intern(Name::from(n).octets()));
            zone.push(Entry {
                owner,
                target,
                ttl: set.ttl,
                source: SourceId(0),
                start: data.start,
                data,
                digest,
                rtype: u16::from(set.rtype),
                form: Form::Master,
            });
        }
    }
    for set in &snapshot.opaque {
        let (Some(name), Some(rtype)) = (wire::from_text(&set.name), crate::zone::rtype::read(set.rtype.as_bytes()))
        else {
            continue;
        };
        let owner = zone.intern(&name);
        for value in &set.values {
            let start = text.len();
            text.push_str(value);
            let data = Span::new(start, text.len());
            text.push('\n');
            let digest = hasher.octets(value.as_bytes());
            let (source, rtype) = (SourceId(0), u16::from(rtype));
            zone.push(Entry {
                owner,
                target: None,
                ttl: 0,
                source,
                start: data.start,
                data,
                digest,
                rtype,
                form: Form::Master,
            });
        }
    }
    zone.sources.add(Source::new(label, text)?);
    zone.finish();
    Ok(zone)
}

/// One TXT value by itself, at `name` if that is given.
///
/// The text is the value, or, when it begins with a quote and is nothing but quoted strings, those strings joined:
/// what people paste from a zone file or from `dig`.
///
/// # Errors
/// That it is too large.
pub fn record(text: &str, name: Option<&Name>) -> Result<ZoneIndex> {
    let name = name.cloned().unwrap_or_else(Name::root).octets().to_vec();
    let mut zone = ZoneIndex::new(name.clone(), Door::Record, Coverage::Part);
    let source = zone.sources.add(Source::new("record", text)?);
    let data = Span::new(0, text.len());
    let listed = text.trim_start().starts_with('"')
        && crate::model::decoded::Decoded::listed(source, text.as_bytes(), data).is_ok();
    let form = if listed { Form::Master } else { Form::Verbatim };
    let owner = zone.intern(&name);
    let rtype = u16::from(RecordType::TXT);
    zone.push(Entry { owner, target: None, ttl: 0, source, start: 0, data, digest: 0, rtype, form });
    zone.finish();
    Ok(zone)
}

/// Whether a text is an MTA-STS policy file: its first field is `version`, or a slip of it.
pub fn is_policy(text: &[u8]) -> bool {
    let line = text.trim_ascii_start().split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or_default();
    let has = |part: &[u8]| line.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part));
    !line.starts_with(b"v=") && line.contains(&b':') && has(b"STSv")
}

/// An MTA-STS policy file, of `domain` where that is known.
///
/// # Errors
/// That it is too large.
pub fn policy(path: &str, text: impl Into<Vec<u8>>, domain: Option<&Name>) -> Result<ZoneIndex> {
    let mut zone =
        ZoneIndex::new(domain.cloned().unwrap_or_else(Name::root).octets().to_vec(), Door::Policy, Coverage::Part);
    zone.sources.add(Source::new(path, text)?);
    zone.finish();
    Ok(zone)
}

/// Whether the text at `path` is meant as a picture.
pub fn is_indicator(path: &str, text: &[u8]) -> bool {
    let begins = |front: &[u8]| text.trim_ascii_start().starts_with(front);
    [".svg", ".svgz"].iter().any(|e| path.to_ascii_lowercase().ends_with(e)) || begins(b"<svg") || begins(b"<?xml")
}

/// A BIMI indicator.
///
/// # Errors
/// That it is too large.
pub fn indicator(path: &str, text: impl Into<Vec<u8>>) -> Result<ZoneIndex> {
    let mut zone = ZoneIndex::new(wire::ROOT.to_vec(), Door::Indicator, Coverage::Part);
    zone.sources.add(Source::new(path, uncompressed(text.into()))?);
    zone.finish();
    Ok(zone)
}

/// Without compression, which BIMI allows (`.svgz`); a bomb is cut.
fn uncompressed(octets: Vec<u8>) -> Vec<u8> {
    if !octets.starts_with(&[0x1f, 0x8b]) {
        return octets;
    }
    let mut out = Vec::new();
    let most = 8 * crate::model::svg_tiny_ps::MAX_OCTETS as u64;
    match flate2::read::GzDecoder::new(octets.as_slice()).take(most).read_to_end(&mut out) {
        Ok(_) => out,
        Err(_) => octets,
    }
}

/// The texts of a mail server's configuration, in the form of a zone without records.
pub fn server(sources: Sources) -> ZoneIndex {
    let mut zone = ZoneIndex::new(wire::ROOT.to_vec(), Door::Server, Coverage::Part);
    zone.sources = sources;
    zone.finish();
    zone
}

/// A name in wire form and lower case, in `buffer`.
fn lower(name: &WireName, buffer: &mut Vec<u8>) {
    buffer.clear();
    buffer.extend_from_slice(name.wire());
    buffer.make_ascii_lowercase();
}

/// The name that the data of a record points to.
fn target_of(record: &Record<'_>) -> Option<WireName> {
    let index = match record.rtype {
        RecordType::CNAME | RecordType::NS | RecordType::PTR => 0,
        RecordType::MX => 1,
        RecordType::SRV => 3,
        other if u16::from(other) == 39 => 0,
        _ => return None,
    };
    let token = record.tokens.get(index)?;
    let mut name = WireName::root();
    name.read(record.slice(*token), record.origin).ok()?;
    Some(name)
}

/// Makes digests that are equal for equal data.
#[derive(Clone, Default)]
pub(crate) struct Hasher {
    state: RandomState,
}

impl Hasher {
    fn octets(&self, octets: &[u8]) -> u32 {
        self.state.hash_one(octets) as u32
    }

    fn record(&self, record: &Record<'_>, target: Option<&[u8]>, buffer: &mut Vec<u8>) -> u32 {
        buffer.clear();
        if record.is_text() {
            record.join_into(buffer);
        } else if let Some(target) = target {
            // The name, and what stands before it: a preference, or priority, weight and port.
            buffer.extend_from_slice(target);
            let before = record.tokens.split_last().map_or(&[][..], |(_, before)| before);
            before.iter().for_each(|t| buffer.extend_from_slice(record.slice(*t)));
        } else if record.rtype == RecordType::A || !matches!(record.data().wire(buffer), Ok(true)) {
            buffer.clear();
            for token in record.tokens {
                buffer.extend_from_slice(record.slice(*token));
                buffer.push(b' ');
            }
        }
        self.octets(buffer)
    }
}
