//! An SPF record (RFC 7208) as a text with places: every term and every fault knows its octets.
//!
//! Evaluation and linting read the same type, so that what the one rejects the other can point at.

mod cidr;
mod expand;
mod fault;
mod macro_string;
mod network;
mod parse;
mod record;
mod term;
mod tree;

pub use cidr::DualCidr;
pub use expand::target_name;
pub use fault::SpfFault;
pub use macro_string::{MacroLetter, MacroPart, MacroString};
pub use network::within;
pub use record::SpfRecord;
pub use term::{Directive, Mechanism, Modifier, Qualifier, Term, TermKind};
pub use tree::{Known, RecordState, SpfTree, TermCost};

use fault::bad;

/// At most so many terms that query, those of includes counted (RFC 7208 §4.6.4).
pub const MAX_LOOKUPS: u32 = 10;
/// At most so many of them may find nothing (RFC 7208 §4.6.4).
pub const MAX_VOID_LOOKUPS: u32 = 2;
/// At most so many hosts of one `mx`, and so many reverse names (RFC 7208 §4.6.4).
pub const MAX_NAMES: usize = 10;
