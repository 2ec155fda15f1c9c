//! A BIMI indicator, as rules are shown it.

use crate::lint::finding::Spot;
use crate::lint::zone_index::ZoneIndex;
use crate::model::reading::Fault;
use crate::model::source::{Place, SourceId, Span};
use crate::model::svg_tiny_ps::ProfileFault;

/// An indicator.
pub struct IndicatorText<'a> {
    /// The file, in the form of a zone without records.
    pub zone: &'a ZoneIndex,
    /// Its number.
    pub zone_number: u32,
    /// Everything that is wrong with it.
    pub faults: &'a [Fault<ProfileFault>],
}

impl IndicatorText<'_> {
    /// The place of some octets of the file.
    pub fn at(&self, span: Span) -> Spot {
        let place = Place { source: SourceId(0), span };
        Spot { zone: self.zone_number, record: None, place, octets: None }
    }
}
