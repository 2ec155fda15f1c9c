//! An MTA-STS policy file, as rules are shown it.

use std::borrow::Cow;

use crate::lint::facts::Facts;
use crate::lint::finding::{Edit, Fix, Spot};
use crate::lint::zone_index::ZoneIndex;
use crate::model::mta_sts::{PolicyFault, StsPolicy};
use crate::model::reading::Fault;
use crate::model::source::{Place, SourceId, Span};

/// A policy file.
pub struct PolicyText<'a> {
    /// What the run knows.
    pub facts: &'a Facts,
    /// The file, in the form of a zone without records.
    pub zone: &'a ZoneIndex,
    /// Its number.
    pub zone_number: u32,
    /// The domain whose policy it is, where that is known.
    pub domain: Option<&'a [u8]>,
    /// The policy, as far as it could be read.
    pub policy: &'a StsPolicy,
    /// Everything that breaks its grammar.
    pub faults: &'a [Fault<PolicyFault>],
}

impl<'a> PolicyText<'a> {
    /// The octets of the file.
    pub fn octets(&self) -> &'a [u8] {
        self.zone.text(SourceId(0))
    }

    /// Some of them, for people.
    pub fn slice(&self, span: Span) -> String {
        String::from_utf8_lossy(span.of(self.octets())).into_owned()
    }

    /// The place of some of them.
    pub fn at(&self, span: Span) -> Spot {
        let place = Place { source: SourceId(0), span };
        Spot { zone: self.zone_number, record: None, place, octets: Some(span) }
    }

    /// A fix that puts `text` in the place of some octets.
    pub fn replace(&self, title: impl Into<Cow<'static, str>>, span: Span, text: &str) -> Fix {
        let place = Place { source: SourceId(0), span };
        Fix { title: title.into(), edits: vec![Edit { place, text: text.to_string() }], value: None }
    }
}
