//! A whole record.

use std::borrow::Cow;
use std::fmt;

use crate::model::source::Span;
use crate::model::spf::{Directive, MacroString, Mechanism, Modifier, Term, TermKind};
use crate::model::txt;

/// An SPF record: its octets and its terms in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpfRecord {
    /// The octets as published, the strings joined.
    pub octets: Vec<u8>,
    /// The terms that could be read. In a good record these are all.
    pub terms: Vec<Term>,
}

impl SpfRecord {
    /// The text at `span`; octets that are no UTF-8 show as U+FFFD, a span outside the record as nothing.
    pub fn text(&self, span: Span) -> Cow<'_, str> {
        txt::shown(span.of(&self.octets))
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

impl fmt::Display for SpfRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&txt::shown(&self.octets))
    }
}
