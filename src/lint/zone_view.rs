//! A zone as rules about the whole of it are shown it.

use crate::lint::facts::Facts;
use crate::lint::finding::Spot;
use crate::lint::names::NameId;
use crate::lint::role::Role;
use crate::lint::site::Site;
use crate::lint::zone_index::{Coverage, Door, ZoneIndex};
use crate::model::source::Place;

/// A zone.
pub struct ZoneView<'a> {
    /// What the run knows.
    pub facts: &'a Facts,
    /// The zone.
    pub zone: &'a ZoneIndex,
    /// Its number.
    pub zone_number: u32,
}

impl<'a> ZoneView<'a> {
    /// The name with this number.
    pub fn site(&self, id: NameId) -> Site<'a> {
        let name = self.zone.name(id);
        let role = if self.zone.door == Door::Record && name == crate::model::wire::ROOT {
            Role::Unsaid
        } else {
            Role::of(name)
        };
        Site { facts: self.facts, zone: self.zone, zone_number: self.zone_number, id, name, role }
    }

    /// The apex, if it has records.
    pub fn apex(&self) -> Option<Site<'a>> {
        let id = self.zone.find(&self.zone.apex)?;
        (!self.zone.at(id).is_empty()).then(|| self.site(id))
    }

    /// Whether all of the zone is known.
    pub fn is_whole(&self) -> bool {
        self.zone.coverage == Coverage::Whole
    }

    /// A place that the parser tells, in a text that the person wrote.
    pub fn fault_spot(&self, place: Place) -> Spot {
        Spot { zone: self.zone_number, record: None, place: self.zone.sources.written(place), octets: None }
    }

    /// The place that stands for the zone: the first record at its apex, or the start of its text.
    pub fn spot(&self) -> Spot {
        let first = self.apex().and_then(|site| site.records().next().map(|(n, e)| site.owner_spot(n, e)));
        match first {
            Some(spot) => Spot { record: None, ..spot },
            None => Spot { zone: self.zone_number, record: None, place: Place::default(), octets: None },
        }
    }
}
