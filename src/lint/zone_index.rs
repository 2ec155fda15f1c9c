//! One zone, gathered once: every name a number, every record a few octets that lead back to its text.
//!
//! A zone of a million records takes some fifty octets a record beside its text. What a rule wants to see of a record is
//! read again from the text, when and if it wants to see it.

use std::collections::{HashMap, HashSet};

use foldhash::quality::RandomState;
use hickory_proto::rr::RecordType;

use crate::lint::names::{NameId, Names};
use crate::model::source::{Place, SourceId, Sources, Span};
use crate::model::wire;

/// How much of a zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it: what is not here does not exist.
    Whole,
    /// Some records.
    Part,
}

/// Through which door a zone came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The text of a master file: places are lines and columns in it.
    Text,
    /// A YAML zone folder: places are lines and columns, but there is no master-file syntax to speak of.
    Yaml,
    /// Records without a text: a provider's listing, live answers, the profile.
    Listing,
    /// One record given by itself.
    Record,
    /// An MTA-STS policy file, which is no zone at all.
    Policy,
    /// Records of others, such as a provider's: they answer questions and are not judged themselves.
    Others,
    /// A BIMI indicator, which is none either.
    Indicator,
    /// The files of a mail server, which are none either.
    Server,
}

impl Door {
    /// Whether it leads to records that are judged.
    pub fn is_zone(self) -> bool {
        !matches!(self, Door::Policy | Door::Indicator | Door::Others | Door::Server)
    }
}

/// How the data of a record is written at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As in a master file.
    Master,
    /// The octets of one TXT value, as they are.
    Verbatim,
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its owner.
    pub owner: NameId,
    /// The name that its data points to (CNAME, DNAME, NS, MX, PTR, SRV), if there is one.
    pub target: Option<NameId>,
    /// Time to live, in seconds.
    pub ttl: u32,
    /// Which text it stands in.
    pub source: SourceId,
    /// Where the record begins there: its owner, or the blank in its place.
    pub start: u32,
    /// Where its data stands, comments and parentheses inside.
    pub data: Span,
    /// A hash of its data: equal data, equal hash.
    pub digest: u32,
    /// The number of its type.
    pub rtype: u16,
    /// How the data is written.
    pub form: Form,
}

/// The name has DKIM selectors, or a name below it has.
const SIGNS: u8 = 1;
/// A CNAME points to the name.
const ALIASED: u8 = 2;
/// An MX record points to the name.
const EXCHANGE: u8 = 4;

/// What a zone has that most have not.
#[derive(Clone, Copy, Debug, Default)]
struct Shape {
    /// Some name below the apex has NS records.
    delegates: bool,
    /// Some name begins with `*`.
    wildcards: bool,
    /// The zone has DNAME records.
    dnames: bool,
}

/// Everything that is known of one zone.
#[derive(Debug)]
pub struct ZoneIndex {
    /// Its texts.
    pub sources: Sources,
    /// Its apex, in wire form and lower case.
    pub apex: Vec<u8>,
    /// How much of it is known.
    pub coverage: Coverage,
    /// Through which door it came.
    pub door: Door,
    /// Names in data without their last dot, where the form demands one.
    pub undotted: Vec<Place>,
    /// What the parser found wrong.
    pub faults: Vec<crate::zone::fault::Fault>,
    names: Names,
    entries: Vec<Entry>,
    /// The entries by owner, in file order within each.
    order: Vec<u32>,
    /// Where each owner's entries begin in `order`.
    starts: Vec<u32>,
    /// Domains with their DKIM selectors, sorted once all are here.
    signers: Vec<(NameId, NameId)>,
    /// What is known of each name beside its records: see [`SIGNS`] and the others.
    marks: Vec<u8>,
    /// Names with records that cannot be read, such as octoDNS's ALIAS.
    hidden: HashSet<Vec<u8>>,
    /// Names that were asked for in vain, with the types; [`RecordType::ANY`] where the name does not exist.
    nothing: HashMap<Vec<u8>, Vec<u16>, RandomState>,
    shape: Shape,
}

impl ZoneIndex {
    /// Nothing yet of the zone at `apex`.
    pub fn new(apex: Vec<u8>, door: Door, coverage: Coverage) -> Self {
        ZoneIndex {
            sources: Sources::new(),
            apex,
            coverage,
            door,
            undotted: Vec::new(),
            faults: Vec::new(),
            names: Names::default(),
            entries: Vec::new(),
            order: Vec::new(),
            starts: Vec::new(),
            signers: Vec::new(),
            marks: Vec::new(),
            hidden: HashSet::new(),
            nothing: HashMap::default(),
            shape: Shape::default(),
        }
    }

    /// Makes room for about so many records.
    pub fn reserve(&mut self, records: usize) {
        self.entries.reserve(records);
        self.names.reserve(records / 2);
    }

    /// Takes in the records of the second part of the same zone, which was read by itself.
    pub fn absorb(&mut self, part: ZoneIndex) {
        let ids: Vec<NameId> =
            (0..part.names.len()).map(|i| self.names.intern(part.names.get(NameId::at(i)))).collect();
        let same = |id: NameId| ids.get(id.index()).copied().unwrap_or(id);
        for (id, marks) in ids.iter().zip(&part.marks) {
            self.mark(*id, *marks);
        }
        self.signers.extend(part.signers.iter().map(|(domain, selector)| (same(*domain), same(*selector))));
        self.entries.extend(part.entries.iter().map(|e| Entry {
            owner: same(e.owner),
            target: e.target.map(same),
            ..*e
        }));
        self.faults.extend(part.faults);
        self.shape.delegates |= part.shape.delegates;
        self.shape.dnames |= part.shape.dnames;
        self.shape.wildcards |= part.shape.wildcards;
    }

    /// The number of a name, taken in if it is new.
    pub fn intern(&mut self, name: &[u8]) -> NameId {
        self.names.intern(name)
    }

    /// Takes a record in.
    pub fn push(&mut self, entry: Entry) {
        let owner = self.names.get(entry.owner);
        let rtype = RecordType::from(entry.rtype);
        self.shape.delegates |= rtype == RecordType::NS && owner.len() > self.apex.len();
        self.shape.dnames |= rtype == RecordType::from(39);
        self.shape.wildcards |= owner.starts_with(b"\x01*");
        if matches!(rtype, RecordType::TXT | RecordType::CNAME)
            && let Some(signer) = signer_of(owner)
        {
            let mut buffer = [0; 255];
            if let Some(copy) = buffer.get_mut(..signer.len()) {
                copy.copy_from_slice(signer);
                self.add_selector(copy, entry.owner);
            }
        }
        if let Some(target) = entry.target {
            match rtype {
                RecordType::CNAME => self.mark(target, ALIASED),
                RecordType::MX => self.mark(target, EXCHANGE),
                _ => false,
            };
        }
        self.entries.push(entry);
    }

    /// Marks a name, and says whether it was so before.
    fn mark(&mut self, id: NameId, bit: u8) -> bool {
        let index = id.index();
        if index >= self.marks.len() {
            self.marks.resize(index + 1, 0);
        }
        let before = self.marks[index] & bit != 0;
        self.marks[index] |= bit;
        before
    }

    fn is_marked(&self, name: &[u8], bit: u8) -> bool {
        self.find(name).and_then(|id| self.marks.get(id.index())).is_some_and(|marks| marks & bit != 0)
    }

    fn add_selector(&mut self, domain: &[u8], selector: NameId) {
        let id = self.names.intern(domain);
        if self.signers.last() != Some(&(id, selector)) {
            self.signers.push((id, selector));
        }
        let apex = self.apex.len();
        for above in wire::ancestors(domain).take_while(|a| a.len() >= apex) {
            let id = self.names.intern(above);
            if self.mark(id, SIGNS) {
                break;
            }
        }
    }

    /// Remembers that `name` has no records of `rtype`, because somebody asked; [`RecordType::ANY`] where the name does
    /// not exist, and so has none of any type (RFC 8020 §2).
    pub fn push_nothing(&mut self, name: Vec<u8>, rtype: RecordType) {
        self.nothing.entry(name).or_default().push(u16::from(rtype));
    }

    /// Remembers that `name` has records that are not among these.
    pub fn push_hidden(&mut self, name: Vec<u8>) {
        self.hidden.insert(name);
    }

    /// Whether all records of `name` are here, in a zone of which all is known.
    pub fn knows_all_of(&self, name: &[u8]) -> bool {
        self.coverage == Coverage::Whole && (self.hidden.is_empty() || !self.hidden.contains(name))
    }

    /// Sorts the records by owner; to be called once after the last [`push`](Self::push). A zone with an SOA is whole, and
    /// the SOA's owner its apex.
    pub fn finish(&mut self) {
        if self.door == Door::Text
            && let Some(soa) = self.entries.iter().find(|e| e.rtype == u16::from(RecordType::SOA))
        {
            self.apex = self.names.get(soa.owner).to_vec();
            self.coverage = Coverage::Whole;
        }
        self.signers.sort_unstable();
        self.signers.dedup();
        let mut starts = vec![0u32; self.names.len() + 1];
        for entry in &self.entries {
            starts[entry.owner.index() + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; self.entries.len()];
        for (i, entry) in self.entries.iter().enumerate() {
            let slot = &mut next[entry.owner.index()];
            order[*slot as usize] = i as u32;
            *slot += 1;
        }
        (self.starts, self.order) = (starts, order);
    }

    /// How many names there are, those without records too.
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// How many names have records.
    pub fn names_with_records(&self) -> usize {
        self.starts.windows(2).filter(|w| w[0] < w[1]).count()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A name by its number.
    pub fn name(&self, id: NameId) -> &[u8] {
        self.names.get(id)
    }

    /// The number of a name, if the zone mentions it.
    pub fn find(&self, name: &[u8]) -> Option<NameId> {
        self.names.find(name)
    }

    /// The numbers of the records at a name, in the order of the file.
    pub fn at(&self, owner: NameId) -> &[u32] {
        let bound = |i: usize| self.starts.get(i).copied().unwrap_or_default() as usize;
        self.order.get(bound(owner.index())..bound(owner.index() + 1)).unwrap_or_default()
    }

    /// A record by its number.
    pub fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(number as usize)
    }

    /// The records of a type at a name.
    pub fn of_type(&self, owner: NameId, rtype: RecordType) -> impl Iterator<Item = (u32, &Entry)> {
        let rtype = u16::from(rtype);
        self.at(owner).iter().filter_map(move |n| self.entry(*n).filter(|e| e.rtype == rtype).map(|e| (*n, e)))
    }

    /// Every record, in the order in which they came.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The octets of a text of this zone.
    pub fn text(&self, source: SourceId) -> &[u8] {
        self.sources.get(source).map_or(&[], |s| s.text())
    }

    /// Where a record's data stands.
    pub fn data_place(&self, entry: &Entry) -> Place {
        Place { source: entry.source, span: entry.data }
    }

    /// Where a record begins: its owner's token, empty when that is left out.
    pub fn owner_place(&self, entry: &Entry) -> Place {
        let text = self.text(entry.source);
        let start = entry.start as usize;
        let mut end = start;
        while let Some(b) = text.get(end) {
            match b {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        Place { source: entry.source, span: Span::new(start, end.min(text.len())) }
    }

    /// Whether the zone is authoritative for `name`: in it, and not below a delegation.
    pub fn governs(&self, name: &[u8]) -> bool {
        if !wire::is_in(name, &self.apex) {
            return false;
        }
        if !self.shape.delegates && !self.shape.dnames {
            return true;
        }
        let below = wire::ancestors(name).take_while(|a| a.len() > self.apex.len());
        !below.into_iter().any(|a| {
            self.find(a).is_some_and(|id| {
                self.of_type(id, RecordType::NS).next().is_some()
                    || (a.len() < name.len() && self.of_type(id, RecordType::from(39)).next().is_some())
            })
        })
    }

    /// The wildcard that answers for `name`, which has no records of its own (RFC 4592 §3.3).
    pub fn wildcard_for(&self, name: &[u8]) -> Option<NameId> {
        if !self.shape.wildcards {
            return None;
        }
        for encloser in wire::ancestors(name).skip(1).take_while(|a| a.len() >= self.apex.len()) {
            let star = wire::child(b"*", encloser).and_then(|w| self.find(&w)).filter(|id| !self.at(*id).is_empty());
            if star.is_some() {
                return star;
            }
            // Only the closest encloser's wildcard answers.
            if self.exists(encloser) {
                return None;
            }
        }
        None
    }

    /// Whether `name` has records, or names below it have (RFC 4592 §2.2.2).
    pub fn exists(&self, name: &[u8]) -> bool {
        if self.find(name).is_some_and(|id| !self.at(id).is_empty()) {
            return true;
        }
        // Asked for seldom, and only of zones with wildcards.
        let tail = |owner: &[u8]| owner.len() > name.len() && wire::is_in(owner, name);
        (0..self.names.len()).map(NameId::at).any(|id| !self.at(id).is_empty() && tail(self.names.get(id)))
    }

    /// Whether the zone has wildcards.
    pub fn has_wildcards(&self) -> bool {
        self.shape.wildcards
    }

    /// Whether somebody asked for `name` and `rtype`, and there was nothing.
    pub fn asked_in_vain(&self, name: &[u8], rtype: RecordType) -> bool {
        let none = [rtype, RecordType::ANY].map(u16::from);
        !self.nothing.is_empty() && self.nothing.get(name).is_some_and(|types| types.iter().any(|t| none.contains(t)))
    }

    /// Whether a CNAME of the zone points to `name`.
    pub fn is_alias_target(&self, name: &[u8]) -> bool {
        self.is_marked(name, ALIASED)
    }

    /// Whether an MX record of the zone points to `name`.
    pub fn is_exchange(&self, name: &[u8]) -> bool {
        self.is_marked(name, EXCHANGE)
    }

    /// Whether there are selectors of `domain` or of a name below it.
    pub fn has_selectors_in(&self, domain: &[u8]) -> bool {
        self.is_marked(domain, SIGNS)
    }

    /// The names `s._domainkey.DOMAIN` with a key or an alias, for any `s`.
    pub fn selectors(&self, domain: &[u8]) -> impl Iterator<Item = NameId> {
        let id = self.find(domain);
        let start = id.map_or(0, |id| self.signers.partition_point(|(d, _)| *d < id));
        let from = self.signers.get(start..).unwrap_or_default().iter();
        from.take_while(move |(d, _)| Some(*d) == id).map(|(_, selector)| *selector)
    }
}

/// The domain whose selector `owner` is: what stands behind `_domainkey`.
fn signer_of(owner: &[u8]) -> Option<&[u8]> {
    wire::ancestors(owner).skip(1).find_map(|a| a.strip_prefix(b"\x0a_domainkey"))
}
