//! The published DMARC policy.

use crate::interview::detect::addresses;
use crate::model::dmarc::{DmarcFault, DmarcRecord, Policy};

/// What the published DMARC record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DmarcFacts {
    /// `p`, as receivers take it.
    pub policy: Option<Policy>,
    /// What stands there instead of a policy.
    pub slip: Option<String>,
    /// `sp`, where it stands.
    pub subdomains: Option<Policy>,
    /// `np`, where it stands.
    pub nonexistent: Option<Policy>,
    /// `t=y`
    pub testing: bool,
    /// The addresses of `rua` that can be used, without `mailto:`.
    pub reports: Vec<String>,
    /// The same of `ruf`.
    pub failure_reports: Vec<String>,
    /// `adkim=s`
    pub strict_dkim: bool,
    /// `aspf=s`
    pub strict_spf: bool,
}

/// Reads the texts at `_dmarc`; with two records there is no policy (RFC 9989 §4.10).
pub(super) fn facts(texts: &[Vec<u8>]) -> Option<DmarcFacts> {
    let readings: Vec<_> = texts.iter().map(|t| DmarcRecord::read(t)).filter(|r| r.is_ours()).collect();
    let [reading] = readings.as_slice() else { return None };
    let record = reading.record()?;
    let slip = reading.faults().iter().find(|fault| fault.kind == DmarcFault::BadPolicy);
    Some(DmarcFacts {
        policy: record.effective_policy(),
        slip: slip.map(|fault| String::from_utf8_lossy(record.tags.slice(fault.span)).into_owned()),
        subdomains: record.subdomain_policy,
        nonexistent: record.nonexistent_policy,
        testing: record.testing,
        reports: addresses(&record.tags, &record.aggregate),
        failure_reports: addresses(&record.tags, &record.failure),
        strict_dkim: record.dkim_alignment == crate::model::dmarc::Alignment::Strict,
        strict_spf: record.spf_alignment == crate::model::dmarc::Alignment::Strict,
    })
}
