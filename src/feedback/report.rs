//! Any report.

use super::aggregate::Aggregate;
use super::damage::Damage;
use super::failure::Failure;
use super::tls::TlsReport;
use super::{aggregate_xml, tls};

/// A report of one of the three kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// DMARC, many messages.
    Aggregate(Box<Aggregate>),
    /// DMARC, one message.
    Failure(Failure),
    /// TLS.
    Tls(TlsReport),
}

impl Report {
    /// Who sent it.
    pub fn org(&self) -> &str {
        match self {
            Report::Aggregate(report) => &report.org,
            Report::Failure(report) => &report.org,
            Report::Tls(report) => &report.org,
        }
    }

    /// What the reporter calls it.
    pub fn id(&self) -> &str {
        match self {
            Report::Aggregate(report) => &report.report_id,
            Report::Failure(report) => &report.report_id,
            Report::Tls(report) => &report.report_id,
        }
    }

    /// What is broken about it, though it was read.
    pub fn faults(&self) -> &[String] {
        match self {
            Report::Aggregate(report) => &report.faults,
            Report::Failure(_) | Report::Tls(_) => &[],
        }
    }
}

/// What the first octets of a document promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    Xml,
    Json,
    Other,
}

pub(super) fn looks(octets: &[u8]) -> Looks {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    match octets.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'<') => Looks::Xml,
        Some(b'{') => Looks::Json,
        _ => Looks::Other,
    }
}

/// Reads a document that is out of its wrapping: XML or JSON.
///
/// # Errors
/// [`Damage`]: it is neither, or damaged.
pub fn read_document(octets: &[u8]) -> Result<Report, Damage> {
    match looks(octets) {
        Looks::Xml => aggregate_xml::read(octets).map(|report| Report::Aggregate(Box::new(report))),
        Looks::Json => tls::read(octets).map(Report::Tls),
        Looks::Other if octets.is_empty() => Err(Damage::new("it is empty")),
        Looks::Other => Err(Damage::new("it is no report: neither XML nor JSON")),
    }
}
