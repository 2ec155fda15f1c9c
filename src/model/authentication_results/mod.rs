//! Authentication-Results (RFC 8601): what a field says, and where.

mod read;

use std::fmt;

use serde::Serialize;

use crate::model::reading::Fault;
use crate::model::source::Span;

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
    /// Where the authserv-id stands.
    #[serde(skip)]
    pub id_span: Span,
    /// The value of the field, as it was written.
    #[serde(skip)]
    octets: Vec<u8>,
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
    /// Where method and result stand.
    #[serde(skip)]
    pub span: Span,
}

/// One `ptype.property=value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatedProperty {
    /// `smtp.mailfrom`, `header.d`, …, in lower case.
    pub name: String,
    /// The value, unquoted.
    pub value: String,
    /// Where all of it stands.
    #[serde(skip)]
    pub span: Span,
}

/// Where the grammar is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultsFault {
    /// A result that no semicolon parts from what is before it.
    NoSemicolon,
    /// No `=`.
    NoEquals,
    /// No method, result or property.
    NoName,
    /// No value.
    NoValue,
    /// A `/` without the version of the method.
    NoVersion,
    /// A comment that is not closed.
    OpenComment,
    /// A quoted string that is not closed.
    OpenString,
    /// More results than any server writes.
    TooMany,
}

impl ResultsFault {
    /// What should stand there.
    fn wanted(self) -> &'static str {
        match self {
            ResultsFault::NoSemicolon => "semicolon",
            ResultsFault::NoEquals => "`=`",
            ResultsFault::NoName => "name",
            ResultsFault::NoValue => "value",
            ResultsFault::NoVersion => "version of the method",
            ResultsFault::OpenComment => "end of the comment",
            ResultsFault::OpenString => "end of the quoted string",
            ResultsFault::TooMany => "end",
        }
    }
}

impl StatedResults {
    /// Nothing yet, of the value `octets`.
    fn of(octets: &[u8]) -> Self {
        StatedResults {
            authserv_id: String::new(),
            version: 1,
            results: Vec::new(),
            id_span: Span::default(),
            octets: octets.to_vec(),
        }
    }

    /// The value of the field, as it was written.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// A fault of this field as a sentence.
    pub fn sentence(&self, fault: &Fault<ResultsFault>) -> String {
        if fault.kind == ResultsFault::TooMany {
            return "it has more results than any server writes".into();
        }
        let rest = self.octets.get(fault.span.start as usize..).unwrap_or_default();
        let place: String =
            String::from_utf8_lossy(rest.trim_ascii_end()).chars().take(30).filter(|c| !c.is_control()).collect();
        let wanted = fault.kind.wanted();
        if place.is_empty() {
            format!("it ends where {wanted} should stand")
        } else {
            format!("no {wanted} at `{place}`")
        }
    }

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

impl fmt::Display for StatedResults {
    /// The value of the field, as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.octets))
    }
}
