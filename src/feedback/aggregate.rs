//! A DMARC aggregate report.

use serde::Serialize;

/// Whose form it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Form {
    /// RFC 7489 appendix C, or an older draft.
    #[default]
    #[serde(rename = "rfc7489")]
    Rfc7489,
    /// RFC 9990 appendix A: it has the namespace `urn:ietf:params:xml:ns:dmarc-2.0`, or elements that only it knows.
    #[serde(rename = "rfc9990")]
    Rfc9990,
}

/// One report of one receiver about one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Aggregate {
    /// Its form.
    pub form: Form,
    /// Who reports; the domain of the report's e-mail address where the name is left empty.
    pub org: String,
    /// The reporter's address.
    pub email: String,
    /// What the reporter calls the report.
    pub report_id: String,
    /// The first second of the time it is about, since 1970.
    pub begin: i64,
    /// The last second.
    pub end: i64,
    /// The software that made it.
    pub generator: String,
    /// What the reporter says went wrong on its side.
    pub errors: Vec<String>,
    /// The policy that the reporter found.
    pub policy: PublishedPolicy,
    /// The rows.
    pub rows: Vec<Row>,
    /// What is broken about the report, though it could be read.
    pub faults: Vec<String>,
}

impl Aggregate {
    /// The messages of all rows.
    pub fn messages(&self) -> u64 {
        self.rows.iter().fold(0, |sum, row| sum.saturating_add(row.count))
    }

    /// Those of them that passed DMARC.
    pub fn passing(&self) -> u64 {
        self.rows.iter().filter(|r| r.passes()).fold(0, |sum, row| sum.saturating_add(row.count))
    }
}

/// The policy as the reporter saw it; values as they stand there, in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PublishedPolicy {
    /// The domain whose record it is.
    pub domain: String,
    /// `p`.
    pub p: String,
    /// `sp`.
    pub sp: String,
    /// `np` (RFC 9990).
    pub np: String,
    /// `adkim`.
    pub adkim: String,
    /// `aspf`.
    pub aspf: String,
    /// `pct` (RFC 7489).
    pub pct: String,
    /// `t`, in the element `testing` (RFC 9990).
    pub testing: String,
    /// `psl` or `treewalk` (RFC 9990).
    pub discovery: String,
    /// `fo`.
    pub fo: String,
}

/// Messages that a receiver treated alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The address that they came from, in its usual form; as it stands where it is none.
    pub source: String,
    /// How many.
    pub count: u64,
    /// What was done with them: `none`, `quarantine`, `reject`, `pass` (RFC 9990).
    pub disposition: String,
    /// An aligned DKIM signature passed.
    pub dkim: bool,
    /// SPF passed for an aligned domain.
    pub spf: bool,
    /// Why the receiver departed from the policy.
    pub reasons: Vec<OverrideReason>,
    /// The author domain.
    pub header_from: String,
    /// The envelope sender's domain.
    pub envelope_from: String,
    /// The recipient's domain.
    pub envelope_to: String,
    /// Signatures.
    pub dkim_auth: Vec<DkimAuth>,
    /// SPF checks.
    pub spf_auth: Vec<SpfAuth>,
}

impl Row {
    /// Whether DMARC passed.
    pub fn passes(&self) -> bool {
        self.dkim || self.spf
    }
}

/// Why a receiver did not do as the policy says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OverrideReason {
    /// `forwarded`, `mailing_list`, `local_policy`, …
    pub kind: String,
    /// In words.
    pub comment: String,
}

/// A signature's outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DkimAuth {
    /// `d=`.
    pub domain: String,
    /// `s=`.
    pub selector: String,
    /// The result.
    pub result: String,
}

/// An SPF outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SpfAuth {
    /// The domain that was checked.
    pub domain: String,
    /// `mfrom` or `helo`.
    pub scope: String,
    /// The result.
    pub result: String,
}
