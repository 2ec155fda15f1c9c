//! A whole record, and the three things that a text can be.

use std::borrow::Cow;
use std::fmt;

use crate::model::spf::{Directive, Fault, MacroString, Mechanism, Modifier, Span, Term, TermKind};

/// What a TXT text is to an SPF reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// No SPF record: it does not begin with the version section (RFC 7208 §4.5).
    NotSpf,
    /// An SPF record with syntax errors: every reader answers permerror (§4.6).
    Broken {
        /// What could be read of it.
        record: Record,
        /// All errors, in the order of their places.
        faults: Vec<Fault>,
    },
    /// An SPF record that can be evaluated.
    Good(Record),
}

impl Parsed {
    /// The record, good or broken.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Parsed::NotSpf => None,
            Parsed::Broken { record, .. } | Parsed::Good(record) => Some(record),
        }
    }

    /// Its syntax errors.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Parsed::Broken { faults, .. } => faults,
            _ => &[],
        }
    }
}

/// An SPF record: its octets and its terms in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The octets as published, the strings joined.
    pub octets: Vec<u8>,
    /// The terms that could be read. In a good record these are all.
    pub terms: Vec<Term>,
}

impl Record {
    /// The text at `span`; octets that are no UTF-8 show as U+FFFD, a span outside the record as nothing.
    pub fn text(&self, span: &Span) -> Cow<'_, str> {
        String::from_utf8_lossy(self.octets.get(span.clone()).unwrap_or_default())
    }

    /// The directives with their terms, in order of evaluation (RFC 7208 §4.6.2).
    pub fn directives(&self) -> impl Iterator<Item = (&Term, &Directive)> {
        self.terms.iter().filter_map(|t| match &t.kind {
            TermKind::Directive(d) => Some((t, d)),
            TermKind::Modifier(_) => None,
        })
    }

    /// The modifiers with their terms.
    pub fn modifiers(&self) -> impl Iterator<Item = (&Term, &Modifier)> {
        self.terms.iter().filter_map(|t| match &t.kind {
            TermKind::Modifier(m) => Some((t, m)),
            TermKind::Directive(_) => None,
        })
    }

    /// The target of `redirect` (§6.1), whether or not an `all` stands beside it.
    pub fn redirect(&self) -> Option<(&Term, &MacroString)> {
        self.modifiers().find_map(|(t, m)| match m {
            Modifier::Redirect(target) => Some((t, target)),
            _ => None,
        })
    }

    /// The target of `exp` (§6.2).
    pub fn explanation(&self) -> Option<(&Term, &MacroString)> {
        self.modifiers().find_map(|(t, m)| match m {
            Modifier::Explanation(target) => Some((t, target)),
            _ => None,
        })
    }

    /// The first `all`: nothing after it is evaluated, and `redirect` is ignored beside it (§5.1, §6.1).
    pub fn all(&self) -> Option<(&Term, &Directive)> {
        self.directives().find(|(_, d)| d.mechanism == Mechanism::All)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.octets))
    }
}
