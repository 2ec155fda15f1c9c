//! Authentication-Results (RFC 8601): written, and read with suspicion.

mod compare;
mod read;
mod write;

pub use compare::{Agreement, compare};
pub use read::read;
pub use write::write;

use serde::Serialize;

use crate::model::message::{Field, Message};

/// The name of the field.
pub const FIELD: &str = "Authentication-Results";

/// An Authentication-Results field as it was read. Anybody can write one: it says nothing until
/// [`StatedResults::is_from`] our own server and that server removes what strangers bring along (RFC 8601 §5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatedResults {
    /// Who claims to have judged. Empty where the field does not say, as Microsoft's does not.
    pub authserv_id: String,
    /// The version of the field's form, 1 if it does not say.
    pub version: u32,
    /// The results, in their order.
    pub results: Vec<StatedResult>,
}

/// One method's result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatedResult {
    /// `spf`, `dkim`, `dmarc`, …, in lower case.
    pub method: String,
    /// `pass`, `fail`, …, in lower case.
    pub result: String,
    /// What `reason=` says.
    pub reason: Option<String>,
    /// The comments, without their parentheses.
    pub comments: Vec<String>,
    /// What was judged.
    pub properties: Vec<StatedProperty>,
}

/// One `ptype.property=value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatedProperty {
    /// `smtp.mailfrom`, `header.d`, …, in lower case.
    pub name: String,
    /// The value, unquoted.
    pub value: String,
}

impl StatedResults {
    /// Whether it claims to be from `authserv_id`. Names are compared without case (RFC 8601 §2.2).
    pub fn is_from(&self, authserv_id: &str) -> bool {
        self.authserv_id.eq_ignore_ascii_case(authserv_id)
    }
}

impl StatedResult {
    /// The value of the property `name`.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|p| p.name == name).map(|p| p.value.as_str())
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
