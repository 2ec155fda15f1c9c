//! What a profile says, for rules that hold zones against it.

use std::collections::HashMap;

use hickory_proto::rr::RecordType;
use jiff::civil::Date;

use crate::lint::facts::{Answer, Facts, Known};
use crate::lint::finding::Spot;
use crate::lint::run::decode;
use crate::lint::zone_view::ZoneView;
use crate::model::decoded::Decoded;
use crate::model::dkim::PublicKey;
use crate::model::wire;
use crate::profile::schema::{Domain, KeyState};

/// The profile of a run.
#[derive(Clone, Debug, Default)]
pub struct ProfileFacts {
    /// Its domains.
    pub domains: Vec<ProfileDomain>,
    /// The day of the run.
    pub today: Option<Date>,
}

/// One domain of the profile.
#[derive(Clone, Debug)]
pub struct ProfileDomain {
    /// What the profile says of it.
    pub domain: Domain,
    /// Its name, in wire form and lower case.
    pub name: Vec<u8>,
    /// The public halves of its keys, by selector, of those whose file could be read.
    pub keys: HashMap<String, PublicKey>,
}

/// A domain of the profile beside the zones of a run.
pub struct ProfileView<'a> {
    /// What the run knows.
    pub facts: &'a Facts,
    /// The whole profile.
    pub profile: &'a ProfileFacts,
    /// The domain.
    pub own: &'a ProfileDomain,
}

/// A TXT value that was found.
pub struct FoundText<'a> {
    /// The record.
    pub known: Known<'a>,
    /// Its value.
    pub decoded: Decoded,
}

impl FoundText<'_> {
    /// Its place.
    pub fn spot(&self) -> Spot {
        let place = self.known.zone.data_place(self.known.entry);
        Spot { zone: self.known.zone_number, record: Some(self.known.number), place, octets: None }
    }
}

impl<'a> ProfileView<'a> {
    /// The domain for people.
    pub fn shown(&self) -> String {
        wire::show(&self.own.name)
    }

    /// The TXT values at a name; `None` where the zones do not say.
    pub fn texts(&self, name: &[u8]) -> Option<Vec<FoundText<'a>>> {
        match self.facts.lookup(name, RecordType::TXT) {
            Answer::Unknown(_) => None,
            Answer::Nothing => Some(Vec::new()),
            Answer::Found(known) => Some(
                known
                    .into_iter()
                    .filter_map(|k| Some(FoundText { decoded: decode(k.zone, k.entry)?, known: k }))
                    .collect(),
            ),
        }
    }

    /// The place that stands for the domain: the zone that it is in. `None` if that is not at hand.
    pub fn spot(&self) -> Option<Spot> {
        let inside = |apex: &[u8]| wire::is_in(&self.own.name, apex) && apex != wire::ROOT;
        let (number, zone) =
            self.facts.zones.iter().enumerate().filter(|(_, z)| inside(&z.apex)).max_by_key(|(_, z)| z.apex.len())?;
        Some(ZoneView { facts: self.facts, zone, zone_number: number as u32 }.spot())
    }

    /// The name of a selector of the domain.
    pub fn selector(&self, selector: &str) -> Option<Vec<u8>> {
        let base = wire::child(b"_domainkey", &self.own.name)?;
        let labels: Vec<&[u8]> = selector.split('.').map(str::as_bytes).collect();
        wire::under(&labels, &base)
    }
}

impl ProfileFacts {
    /// The part about the domain called `name` (in wire form and lower case); nothing where it is not in the profile.
    pub fn only(&self, name: &[u8]) -> Option<ProfileFacts> {
        let domains: Vec<ProfileDomain> = self.domains.iter().filter(|d| d.name == name).cloned().collect();
        (!domains.is_empty()).then_some(ProfileFacts { domains, today: self.today })
    }

    /// Whether the profile signs with the selector whose record stands at `name`.
    pub fn signs_with(&self, name: &[u8]) -> bool {
        self.domains.iter().any(|d| {
            let view = |selector: &str| {
                let base = wire::child(b"_domainkey", &d.name)?;
                let labels: Vec<&[u8]> = selector.split('.').map(str::as_bytes).collect();
                wire::under(&labels, &base)
            };
            d.domain.dkim.iter().any(|k| k.state == KeyState::Active && view(&k.selector).as_deref() == Some(name))
        })
    }
}
