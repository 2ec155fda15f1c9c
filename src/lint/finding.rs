//! A finding: which rule, where exactly, what a receiver will do about it, and the way out.

use std::borrow::Cow;

use crate::lint::rule::{Rule, Severity};
use crate::model::source::{Place, Span};

/// Where a finding is: in a text, and in the decoded octets of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The number of the zone.
    pub zone: u32,
    /// The number of the record in it; `None` for the zone itself, which is then named by its apex.
    pub record: Option<u32>,
    /// The place in a text of the zone.
    pub place: Place,
    /// The octets of the record's value, when the place lies inside one.
    pub octets: Option<Span>,
}

/// Text to put in the place of other text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in a text of the zone.
    pub place: Place,
    /// With what.
    pub text: String,
}

/// A mechanical way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: Cow<'static, str>,
    /// The edits; all or none.
    pub edits: Vec<Edit>,
    /// The record's value once it is done, when it changes one record's value.
    pub value: Option<Vec<u8>>,
}

/// One thing that a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is: the rule's severity, unless the case is another.
    pub severity: Severity,
    /// Where.
    pub spot: Spot,
    /// What is wrong, in a sentence without a full stop.
    pub message: Cow<'static, str>,
    /// What a receiver does about it.
    pub receiver_sees: Cow<'static, str>,
    /// What to do.
    pub help: Cow<'static, str>,
    /// More lines to show below, such as a tree.
    pub detail: Option<Box<str>>,
    /// A mechanical way out, if there is one.
    pub fix: Option<Box<Fix>>,
    /// The name that it is about, where there is no record to point at.
    pub owner: Option<Box<[u8]>>,
}

impl Finding {
    /// Says what a receiver does.
    pub fn sees(&mut self, text: impl Into<Cow<'static, str>>) -> &mut Self {
        self.receiver_sees = text.into();
        self
    }

    /// Says what to do.
    pub fn help(&mut self, text: impl Into<Cow<'static, str>>) -> &mut Self {
        self.help = text.into();
        self
    }

    /// Gives it another severity than its rule's.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Adds lines to show below.
    pub fn detail(&mut self, text: impl Into<String>) -> &mut Self {
        self.detail = Some(text.into().into_boxed_str());
        self
    }

    /// Says which name it is about, where there is no record to point at.
    pub fn at_name(&mut self, name: &[u8]) -> &mut Self {
        self.owner = Some(name.into());
        self
    }

    /// Adds the way out.
    pub fn fix(&mut self, fix: Option<Fix>) -> &mut Self {
        self.fix = fix.map(Box::new);
        self
    }
}
