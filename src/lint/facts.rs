//! What a run knows: its zones, and what follows from them, asked for but never looked up elsewhere.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;
use hickory_proto::rr::RecordType;

use crate::lint::horizon::Horizon;
use crate::lint::live::LiveFacts;
use crate::lint::profile_view::ProfileFacts;
use crate::lint::zone_index::{Coverage, Entry, ZoneIndex};
use crate::model::wire;
use crate::server::setup::Setup;

/// All zones of a run. An include of one may lie in another.
#[derive(Debug, Default)]
pub struct Facts {
    /// The zones, in the order in which they were given.
    pub zones: Vec<ZoneIndex>,
    /// The profile to hold the zones against, if there is one.
    pub profile: Option<ProfileFacts>,
    /// What live DNS said beside the records, if it was asked.
    pub live: Option<LiveFacts>,
    /// A mail server's configuration, whose texts are those of the zone that came through [`crate::lint::zone_index::Door::Server`].
    pub server: Option<Setup>,
    /// The numbers of the zones at each apex, in order.
    by_apex: HashMap<Vec<u8>, Vec<u32>, RandomState>,
    /// Questions of rules that the zones could not answer, where somebody wants to know them.
    open: Option<Mutex<BTreeSet<Question>>>,
}

/// A name and the number of a type.
pub type Question = (Vec<u8>, u16);

/// A record of one of the zones.
#[derive(Clone, Copy, Debug)]
pub struct Known<'f> {
    /// The zone.
    pub zone: &'f ZoneIndex,
    /// Its number.
    pub zone_number: u32,
    /// The record's number in it.
    pub number: u32,
    /// The record.
    pub entry: &'f Entry,
}

/// What the zones at hand say to a question.
#[derive(Clone, Debug)]
pub enum Answer<'f> {
    /// These records, CNAMEs followed.
    Found(Vec<Known<'f>>),
    /// There are none.
    Nothing,
    /// It is not in these zones. The name where the trail leaves them.
    Unknown(Vec<u8>),
}

impl<'f> Answer<'f> {
    /// The records, if any.
    pub fn records(&self) -> &[Known<'f>] {
        match self {
            Answer::Found(records) => records,
            _ => &[],
        }
    }

    /// Whether it is certain that there are none.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Answer::Nothing)
    }

    /// Whether the zones do not say.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Answer::Unknown(_))
    }
}

/// As many CNAMEs in a row as resolvers follow.
const MAX_CHAIN: usize = 10;

impl Facts {
    /// Of these zones, each [`finished`](ZoneIndex::finish).
    pub fn new(zones: Vec<ZoneIndex>) -> Self {
        let mut by_apex: HashMap<Vec<u8>, Vec<u32>, RandomState> = HashMap::default();
        for (i, zone) in zones.iter().enumerate() {
            by_apex.entry(zone.apex.clone()).or_default().push(i as u32);
        }
        Facts { zones, profile: None, live: None, server: None, by_apex, open: None }
    }

    /// The same, noting from now on what rules ask and the zones do not answer.
    #[must_use]
    pub fn noting_questions(mut self) -> Self {
        self.open = Some(Mutex::default());
        self
    }

    /// What was noted.
    pub fn noted_questions(&self) -> Vec<Question> {
        self.open
            .iter()
            .flat_map(|open| open.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect::<Vec<_>>())
            .collect()
    }

    /// The zones that `name` may be in, the closest apex first, and among those of one apex `home`.
    fn zones_for<'f, 'n>(
        &'f self,
        name: &'n [u8],
        home: Option<u32>,
    ) -> impl Iterator<Item = (u32, &'f ZoneIndex)> + use<'f, 'n> {
        // One zone, the common case, costs no hash of every name above.
        let only = self.zones.first().filter(|z| self.zones.len() == 1 && wire::is_in(name, &z.apex)).map(|z| (0, z));
        let above = (self.zones.len() > 1).then(|| wire::ancestors(name)).into_iter().flatten();
        let among = above
            .filter_map(|apex| self.by_apex.get(apex))
            .flat_map(move |zones| {
                let own = home.filter(|home| zones.binary_search(home).is_ok());
                own.into_iter().chain(zones.iter().copied().filter(move |i| Some(*i) != own))
            })
            .filter_map(|i| Some((i, self.zones.get(i as usize)?)));
        only.into_iter().chain(among)
    }

    /// The zones as the one with this number sees them.
    pub fn seen_from(&self, zone_number: u32) -> Horizon<'_> {
        Horizon::new(self, Some(zone_number))
    }

    /// The zones as nobody in particular sees them.
    pub fn seen_from_outside(&self) -> Horizon<'_> {
        Horizon::new(self, None)
    }

    /// What the zones say to somebody outside of them.
    pub fn lookup(&self, name: &[u8], rtype: RecordType) -> Answer<'_> {
        self.seen_from_outside().lookup(name, rtype)
    }

    /// What the zones say to a question from `home`.
    pub(super) fn answer(&self, name: &[u8], rtype: RecordType, home: Option<u32>) -> Answer<'_> {
        let mut alias = match self.step(name, rtype, home) {
            Step::Done(answer) => return answer,
            Step::Alias(target) => target,
        };
        for _ in 1..MAX_CHAIN {
            match self.step(&alias, rtype, home) {
                Step::Done(answer) => return answer,
                Step::Alias(target) => alias = target,
            }
        }
        Answer::Nothing
    }

    fn step(&self, name: &[u8], rtype: RecordType, home: Option<u32>) -> Step<'_> {
        let mut settled = None;
        for (zone_number, zone) in self.zones_for(name, home) {
            let own = zone.find(name).filter(|id| !zone.at(*id).is_empty());
            if !zone.governs(name) && own.is_none() {
                continue;
            }
            let in_vain = zone.asked_in_vain(name, rtype);
            // Who asked and got nothing knows that no wildcard answers there.
            let Some(id) = own.or_else(|| if in_vain { None } else { zone.wildcard_for(name) }) else {
                if zone.knows_all_of(name) || in_vain {
                    settled = Some(Answer::Nothing);
                    if Some(zone_number) == home {
                        break;
                    }
                }
                continue;
            };
            let known = |(number, entry)| Known { zone, zone_number, number, entry };
            let found: Vec<_> = zone.of_type(id, rtype).map(known).collect();
            if !found.is_empty() {
                return Step::Done(Answer::Found(found));
            }
            let alias = zone.of_type(id, RecordType::CNAME).next().and_then(|(_, e)| e.target);
            if let Some(target) = alias.filter(|_| rtype != RecordType::CNAME) {
                return Step::Alias(zone.name(target).to_vec());
            }
            let sure = zone.knows_all_of(name) && zone.governs(name);
            if sure || zone.asked_in_vain(name, rtype) {
                settled = Some(Answer::Nothing);
                if Some(zone_number) == home {
                    break;
                }
            }
        }
        if settled.is_none()
            && let Some(open) = &self.open
        {
            open.lock().unwrap_or_else(PoisonError::into_inner).insert((name.to_vec(), u16::from(rtype)));
        }
        Step::Done(settled.unwrap_or_else(|| Answer::Unknown(name.to_vec())))
    }

    /// Whether any of the zones has an SOA or is a whole listing: the questions about absence can then be answered.
    pub fn has_whole_zone(&self) -> bool {
        self.zones.iter().any(|z| z.coverage == Coverage::Whole)
    }
}

enum Step<'f> {
    Done(Answer<'f>),
    Alias(Vec<u8>),
}
