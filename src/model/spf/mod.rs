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
