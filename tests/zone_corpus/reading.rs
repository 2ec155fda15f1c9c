//! A zone as a list that can be compared.

use std::path::Path;

use hickory_proto::rr::RecordType;
use mailproof::model::name;
use mailproof::model::source::{Source, SourceId, Sources};
use mailproof::provider::zone_includes::FileIncludes;
use mailproof::zone::parser::Entry;
use mailproof::zone::walk::{Includes, Limits, NoIncludes, walk};

/// One record, comparable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flat {
    pub owner: String,
    pub ttl: u32,
    pub rtype: u16,
    /// The data on the wire; none for types that are kept as they are written.
    pub wire: Option<Vec<u8>>,
}

impl Flat {
    /// Without the data of types that are kept as they are written.
    pub fn new(owner: &str, ttl: u32, rtype: u16, wire: Vec<u8>) -> Self {
        let known = mailproof::zone::layout::fields(rtype).is_some();
        Flat { owner: owner.to_lowercase(), ttl, rtype, wire: known.then_some(wire) }
    }
}

/// What a file holds.
#[derive(Debug)]
pub struct Reading {
    pub records: Vec<Flat>,
    /// `line:kind`.
    pub faults: Vec<String>,
}

pub fn read_text(path: &str, text: &[u8], origin: &str, includes: &mut dyn Includes) -> Reading {
    let mut sources = Sources::new();
    let root = sources.add(Source::new(path, text).unwrap());
    let (mut records, mut faults) = (Vec::new(), Vec::new());
    let origin = name::shown(origin).unwrap();
    walk(&mut sources, root, &origin, Limits::default(), includes, |entry| match entry {
        Entry::Record(r) => {
            let mut wire = Vec::new();
            let known = r.data().wire(&mut wire).expect("what was checked can be written");
            let generic = r.data().is_generic() && mailproof::zone::layout::fields(r.rtype.into()).is_none();
            let wire = (known && !generic).then_some(wire);
            records.push(Flat { owner: r.owner.to_string().to_lowercase(), ttl: r.ttl, rtype: r.rtype.into(), wire });
            if r.rdata().is_none() {
                let modelled = matches!(r.rtype, RecordType::TXT | RecordType::MX | RecordType::A | RecordType::AAAA);
                assert!(!modelled, "{path}: data of {} that cannot be handed on", r.owner);
            }
        }
        Entry::Fault(fault) => faults.push(fault),
        Entry::Directive(_) | Entry::Comment(_) => {}
    });
    let faults = faults
        .into_iter()
        .map(|fault| {
            let inside = sources.get(fault.place.source).unwrap().text().len() as u32;
            assert!(
                fault.place.span.start <= fault.place.span.end && fault.place.span.end <= inside,
                "{path}: {fault:?}"
            );
            let at = sources.locate(fault.place);
            let file = if sources.written(fault.place).source == SourceId(0) { "" } else { at.path.as_str() };
            format!("{file}{}:{:?}", at.start.line, fault.kind)
        })
        .collect();
    Reading { records, faults }
}

/// Reads a file with what it includes from beside it.
pub fn read(path: &Path, origin: &str) -> Reading {
    let text = std::fs::read(path).unwrap();
    let mut includes = FileIncludes::beside(path).unwrap();
    read_text(path.to_str().unwrap(), &text, origin, &mut includes)
}

/// Reads a text that includes nothing.
pub fn read_alone(text: &[u8], origin: &str) -> Reading {
    read_text("zone", text, origin, &mut NoIncludes)
}
