//! An SPF record (RFC 7208) as a text with places: every term and every fault knows its octets.
//!
//! Evaluation and linting read the same type, so that what the one rejects the other can point at.

mod cidr;
mod fault;
mod macro_string;
mod parse;
mod record;
mod term;

pub use cidr::DualCidr;
pub use fault::{Fault, FaultKind};
pub use macro_string::{MacroLetter, MacroPart, MacroString};
pub use parse::parse;
pub use record::{Parsed, Record};
pub use term::{Directive, Mechanism, Modifier, Qualifier, Term, TermKind};

/// A range of octets in the decoded record: the strings of the TXT record joined (RFC 7208 §3.3).
pub type Span = std::ops::Range<usize>;
