//! DMARC: the tree walk and verdict of RFC 9989, and what a reader of RFC 7489 concludes beside it.

mod align;
mod discovery;
mod evaluate;
mod legacy;
mod reason;
mod result;
mod show;
mod walk;

pub use align::Alignment;
pub use discovery::{Discovery, Existence, PolicyTag, RecordPlace, discover};
pub use evaluate::{Identifiers, evaluate, evaluate_identifiers};
pub use legacy::{LegacyView, legacy_view};
pub use result::{Disposition, DmarcResult, DmarcVerdict};
pub use walk::{Dropped, Walk, WalkStep};
