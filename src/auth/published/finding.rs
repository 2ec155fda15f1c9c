//! Something wrong, in the form that every report of this program has.

use serde::Serialize;

use crate::lint::explain::reference;
use crate::lint::finding;
use crate::lint::outcome::Outcome;
pub use crate::lint::rule::Severity;

/// One finding about live DNS. It has a place in a record, but none in a file, and no edit that would mend it.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The rule of the catalogue.
    pub code: &'static str,
    /// Its name.
    pub slug: &'static str,
    /// How bad it is.
    #[serde(serialize_with = "word")]
    pub severity: Severity,
    /// The owner name.
    pub name: String,
    /// The record type; empty where it is about a name.
    #[serde(rename = "type")]
    pub rtype: String,
    /// A sentence without a full stop.
    pub message: String,
    /// What a receiver makes of it.
    pub receiver_sees: String,
    /// What to do.
    pub help: String,
    /// More lines, such as a tree.
    pub detail: Option<String>,
    /// Where it is written.
    pub rfc: &'static str,
    /// Where the finding is.
    pub location: Location,
    fix: Option<()>,
}

/// The place of a finding in what was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Location {
    /// Who answered.
    pub path: String,
    /// The octets of the record's value, first and after last.
    pub octets: Option<[u32; 2]>,
    line: Option<()>,
    column: Option<()>,
    end_line: Option<()>,
    end_column: Option<()>,
}

/// A rule that could not look at everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The rule.
    pub code: &'static str,
    /// Its name.
    pub slug: &'static str,
    /// Why, with the names that it could not see.
    pub reason: String,
}

fn word<S: serde::Serializer>(severity: &Severity, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(severity.word())
}

impl Finding {
    /// A finding of `run`.
    pub fn of(run: &Outcome, finding: &finding::Finding) -> Self {
        let at = run.locate(finding);
        Finding {
            code: finding.rule.code,
            slug: finding.rule.slug,
            severity: finding.severity,
            name: at.name,
            rtype: at.rtype,
            message: finding.message.to_string(),
            receiver_sees: finding.receiver_sees.to_string(),
            help: finding.help.to_string(),
            detail: finding.detail.as_deref().map(str::to_string),
            rfc: reference(finding.rule),
            location: Location {
                path: at.location.path,
                octets: at.octets.map(|span| [span.start, span.end]),
                line: None,
                column: None,
                end_line: None,
                end_column: None,
            },
            fix: None,
        }
    }

    /// Whether it is an error, which is what makes a check fail.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
