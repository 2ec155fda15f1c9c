//! Authentication-Results (RFC 8601): written, and read with suspicion.

mod compare;
mod write;

pub use compare::{Agreement, compare};
pub use write::write;

pub use crate::model::authentication_results::{StatedProperty, StatedResult, StatedResults};

use crate::model::message::{Field, Message};
use crate::model::reading::Reading;

/// The name of the field.
pub const FIELD: &str = "Authentication-Results";

/// Reads the value of the field.
///
/// # Errors
/// A sentence that says where the grammar is left.
pub fn read(value: &[u8]) -> Result<StatedResults, String> {
    match StatedResults::read(value) {
        Reading::NotOurs => Err("it is empty".into()),
        Reading::Ours(stated) => Ok(stated),
        Reading::Broken { record, faults } => {
            Err(faults.first().map_or_else(String::new, |fault| record.sentence(fault)))
        }
    }
}

/// Whether a border server named `authserv_id` must take `field` out before it adds its own (RFC 8601 §5):
/// it claims to be from that server, or cannot be read.
pub fn must_go(field: &Field<'_>, authserv_id: &str) -> bool {
    field.is(FIELD) && read(field.value).map_or(true, |stated| stated.is_from(authserv_id))
}

/// The results in `message` that are believed: those of `authserv_id`.
pub fn believed(message: &Message<'_>, authserv_id: &str) -> Vec<StatedResults> {
    message.named(FIELD).filter_map(|f| read(f.value).ok()).filter(|s| s.is_from(authserv_id)).collect()
}
