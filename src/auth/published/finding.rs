//! Something wrong, in the form that every report of this program has.

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::model::name::{self, Name};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A record is ignored or rejected, or lets anyone in.
    Error,
    /// It works today, but somewhere breaks or weakens.
    Warning,
}

/// One finding about live DNS, which has no place in a file and no edit that would mend it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The rule of the catalogue, where it has one.
    pub code: Option<&'static str>,
    /// Its name.
    pub slug: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The owner name.
    pub name: String,
    /// The record type.
    #[serde(rename = "type")]
    pub rtype: String,
    /// A sentence without a full stop.
    pub message: String,
    /// What a receiver makes of it.
    pub receiver_sees: Option<&'static str>,
    /// What to do.
    pub help: Option<&'static str>,
    /// Where it is written.
    pub rfc: Option<&'static str>,
    location: Option<()>,
    fix: Option<()>,
}

impl Finding {
    pub(super) fn error(owner: &Name, rtype: RecordType) -> Self {
        Finding {
            code: None,
            slug: "",
            severity: Severity::Error,
            name: name::show(owner),
            rtype: rtype.to_string(),
            message: String::new(),
            receiver_sees: None,
            help: None,
            rfc: None,
            location: None,
            fix: None,
        }
    }

    pub(super) fn warning(owner: &Name, rtype: RecordType) -> Self {
        Finding { severity: Severity::Warning, ..Self::error(owner, rtype) }
    }

    pub(super) fn about(self, code: Option<&'static str>, slug: &'static str, message: impl Into<String>) -> Self {
        Finding { code, slug, message: message.into(), ..self }
    }

    pub(super) fn receivers(self, see: &'static str) -> Self {
        Finding { receiver_sees: Some(see), ..self }
    }

    pub(super) fn help(self, help: &'static str) -> Self {
        Finding { help: Some(help), ..self }
    }

    pub(super) fn rfc(self, rfc: &'static str) -> Self {
        Finding { rfc: Some(rfc), ..self }
    }
}
