//! A server's configuration, as rules are shown it.

use crate::lint::facts::Facts;
use crate::lint::finding::Spot;
use crate::model::source::Place;
use crate::server::setup::Setup;

/// A configuration.
pub struct ServerView<'a> {
    /// What the run knows.
    pub facts: &'a Facts,
    /// The number of the zone in whose form its texts stand.
    pub zone_number: u32,
    /// What it says.
    pub setup: &'a Setup,
}

impl ServerView<'_> {
    /// A place in one of its files.
    pub fn at(&self, place: Place) -> Spot {
        Spot { zone: self.zone_number, record: None, place, octets: None }
    }
}
