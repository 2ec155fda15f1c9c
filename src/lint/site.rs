//! A name of a zone, as rules are shown it.

use hickory_proto::rr::RecordType;

use crate::lint::facts::{Answer, Facts};
use crate::lint::finding::{Edit, Spot};
use crate::lint::horizon::Horizon;
use crate::lint::names::NameId;
use crate::lint::role::Role;
use crate::lint::zone_index::{Coverage, Door, Entry, ZoneIndex};
use crate::model::source::{Place, Span};
use crate::model::wire;

/// A name, with the zone that it is in and everything that is known beside it.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// What the run knows.
    pub facts: &'a Facts,
    /// The zone.
    pub zone: &'a ZoneIndex,
    /// Its number.
    pub zone_number: u32,
    /// The name's number in the zone.
    pub id: NameId,
    /// The name, in wire form and lower case.
    pub name: &'a [u8],
    /// What it is for.
    pub role: Role,
}

impl<'a> Site<'a> {
    /// The name for people.
    pub fn shown(&self) -> String {
        wire::show(self.name)
    }

    /// The records at the name, in the order of the file.
    pub fn records(&self) -> impl Iterator<Item = (u32, &'a Entry)> + use<'a> {
        let zone = self.zone;
        zone.at(self.id).iter().filter_map(move |n| Some((*n, zone.entry(*n)?)))
    }

    /// The records of one type at the name.
    pub fn of_type(&self, rtype: RecordType) -> impl Iterator<Item = (u32, &'a Entry)> + use<'a> {
        let rtype = u16::from(rtype);
        self.records().filter(move |(_, e)| e.rtype == rtype)
    }

    /// The zones as this one sees them.
    pub fn horizon(&self) -> Horizon<'a> {
        self.facts.seen_from(self.zone_number)
    }

    /// What the zones at hand say about another name.
    pub fn ask(&self, name: &[u8], rtype: RecordType) -> Answer<'a> {
        self.horizon().lookup(name, rtype)
    }

    /// The domain that the records here speak for: what stands behind `_dmarc`, `s._domainkey` and so on.
    pub fn domain(&self) -> &'a [u8] {
        let after = |marker: &[u8]| {
            wire::ancestors(self.name).find_map(|a| {
                let label = wire::labels(a).next()?;
                (label == marker).then(|| wire::parent(a)).flatten()
            })
        };
        match self.role {
            Role::Plain | Role::Unsaid => None,
            Role::Dmarc | Role::ReportAuthorisation => after(b"_dmarc"),
            Role::Selector | Role::DomainKey => after(b"_domainkey"),
            Role::MtaSts => after(b"_mta-sts"),
            Role::TlsRpt => after(b"_tls"),
            Role::Bimi => after(b"_bimi"),
        }
        .unwrap_or(self.name)
    }

    /// Whether the name is the zone's apex.
    pub fn is_apex(&self) -> bool {
        self.name == self.zone.apex
    }

    /// Whether the whole zone is known.
    pub fn whole_zone(&self) -> bool {
        self.zone.coverage == Coverage::Whole
    }

    /// Whether there is a master file to speak of.
    pub fn is_text(&self) -> bool {
        self.zone.door == Door::Text
    }

    /// The owner's token of a record; where it is left out, the record's data.
    pub fn owner_spot(&self, number: u32, entry: &Entry) -> Spot {
        let place = match self.zone.door {
            Door::Text => self.zone.owner_place(entry),
            _ => self.zone.data_place(entry),
        };
        let place = if place.span.is_empty() { self.zone.data_place(entry) } else { place };
        Spot { zone: self.zone_number, record: Some(number), place, octets: None }
    }

    /// All of a record's data.
    pub fn data_spot(&self, number: u32, entry: &Entry) -> Spot {
        Spot { zone: self.zone_number, record: Some(number), place: self.zone.data_place(entry), octets: None }
    }

    /// A token of a record's data.
    pub fn token_spot(&self, number: u32, entry: &Entry, token: Span) -> Spot {
        let place = Place { source: entry.source, span: token };
        Spot { zone: self.zone_number, record: Some(number), place, octets: None }
    }

    /// The tokens of a record's data.
    pub fn tokens(&self, entry: &Entry) -> Vec<Span> {
        crate::lint::tokens::split(self.zone.text(entry.source), entry.data)
    }

    /// The octets of a token.
    pub fn token(&self, entry: &Entry, token: Span) -> &'a [u8] {
        token.of(self.zone.text(entry.source))
    }

    /// An edit in the text of the zone.
    pub fn edit(&self, entry: &Entry, span: Span, text: impl Into<String>) -> Edit {
        Edit { place: Place { source: entry.source, span }, text: text.into() }
    }
}
