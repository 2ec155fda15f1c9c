//! Terms as several rules look at them.

use crate::lint::records::SpfText;
use crate::model::source::Span;
use crate::model::spf::{MacroString, Modifier, SpfFault, Term, TermKind};

/// The names of mechanisms (RFC 7208 §4.6.2).
pub const MECHANISMS: &[&str] = &["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];

/// The modifiers of RFC 6652 §3.
pub const REPORTING: &[&str] = &["ra", "rp", "rr"];

/// The whole term in which `at` stands.
pub fn term_at(octets: &[u8], at: u32) -> Span {
    let at = (at as usize).min(octets.len());
    let start = octets[..at].iter().rposition(|b| *b == b' ').map_or(0, |i| i + 1);
    let end = octets[at..].iter().position(|b| *b == b' ').map_or(octets.len(), |i| at + i);
    Span::new(start, end)
}

/// Whether an unknown word is a mechanism with the next term glued on.
pub fn is_glued(name: &str) -> bool {
    MECHANISMS.iter().any(|m| m.eq_ignore_ascii_case(name))
}

/// Whether fault `index` is but the argument that a space cut off from the term before.
pub fn follows_empty(spf: &SpfText<'_>, index: usize) -> bool {
    let (Some(fault), Some(before)) = (spf.faults.get(index), index.checked_sub(1).and_then(|i| spf.faults.get(i)))
    else {
        return false;
    };
    let between = spf.octets().get(before.span.end as usize..fault.span.start as usize).unwrap_or_default();
    let empty = |kind: &SpfFault| matches!(kind, SpfFault::EmptyArgument { .. });
    empty(&before.kind) && !empty(&fault.kind) && !between.is_empty() && between.iter().all(|b| *b == b' ')
}

/// The domain-spec of a term, if it has one.
pub fn domain_spec(term: &Term) -> Option<&MacroString> {
    match &term.kind {
        TermKind::Directive(d) => d.mechanism.domain_spec(),
        TermKind::Modifier(Modifier::Redirect(target) | Modifier::Explanation(target)) => Some(target),
        TermKind::Modifier(Modifier::Unknown { .. }) => None,
    }
}
