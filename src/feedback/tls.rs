//! A TLS report (RFC 8460).

use serde::{Deserialize, Serialize};

use super::damage::Damage;
use super::limits;

/// One report of one sender about the TLS of a domain's mail exchangers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsReport {
    /// Who reports.
    pub org: String,
    /// What it calls the report.
    pub report_id: String,
    /// The first second it is about, since 1970.
    pub begin: i64,
    /// The last.
    pub end: i64,
    /// One entry a policy.
    pub policies: Vec<TlsPolicy>,
}

/// What became of sessions under one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsPolicy {
    /// The domain.
    pub domain: String,
    /// `sts`, `tlsa` or `no-policy-found`.
    pub kind: String,
    /// Sessions that were encrypted as the policy wants it.
    pub successes: u64,
    /// Sessions that were not.
    pub failures: u64,
    /// Why not.
    pub details: Vec<TlsFailure>,
}

/// Sessions that failed alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TlsFailure {
    /// `certificate-expired`, `starttls-not-supported`, …
    pub kind: String,
    /// The sending server.
    pub sender: String,
    /// The mail exchanger.
    pub mx: String,
    /// How many.
    pub count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    #[serde(default)]
    organization_name: String,
    date_range: RawRange,
    report_id: String,
    policies: Vec<RawPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawRange {
    start_datetime: String,
    end_datetime: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawPolicy {
    policy: RawDescription,
    summary: RawSummary,
    #[serde(default)]
    failure_details: Option<Vec<RawFailure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawDescription {
    policy_type: String,
    policy_domain: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawSummary {
    // RFC 8460 §4.4 says -count; some senders leave it out of the name.
    #[serde(alias = "total-successful-sessions")]
    total_successful_session_count: u64,
    #[serde(alias = "total-failure-sessions")]
    total_failure_session_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawFailure {
    result_type: String,
    #[serde(default)]
    sending_mta_ip: String,
    #[serde(default)]
    receiving_mx_hostname: String,
    #[serde(default)]
    failed_session_count: u64,
}

/// Reads one report.
///
/// # Errors
/// [`Damage`]: it is not JSON of that form.
pub fn read(octets: &[u8]) -> Result<TlsReport, Damage> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let raw: Raw = serde_json::from_slice(octets).map_err(|e| {
        // The library's sentence names the field; its text of the value may be anything.
        Damage::new(format!("it is JSON, but no TLS report: {e}"))
    })?;
    let details: usize = raw.policies.iter().map(|p| 1 + p.failure_details.as_ref().map_or(0, Vec::len)).sum();
    if details > limits::DETAILS {
        return Err(Damage::new(format!("it has more than {} policies and failures: refused", limits::DETAILS)));
    }
    let second = |text: &str| {
        text.parse::<jiff::Timestamp>()
            .map(jiff::Timestamp::as_second)
            .map_err(|_| Damage::new("its date range is not in the form of RFC 3339"))
    };
    let policies = raw.policies.into_iter().map(|policy| TlsPolicy {
        domain: policy.policy.policy_domain.trim_end_matches('.').to_ascii_lowercase(),
        kind: policy.policy.policy_type.to_ascii_lowercase(),
        successes: policy.summary.total_successful_session_count,
        failures: policy.summary.total_failure_session_count,
        details: policy
            .failure_details
            .unwrap_or_default()
            .into_iter()
            .map(|f| TlsFailure {
                kind: f.result_type.to_ascii_lowercase(),
                sender: f.sending_mta_ip,
                mx: f.receiving_mx_hostname.to_ascii_lowercase(),
                count: f.failed_session_count,
            })
            .collect(),
    });
    Ok(TlsReport {
        org: raw.organization_name.trim().into(),
        report_id: raw.report_id,
        begin: second(&raw.date_range.start_datetime)?,
        end: second(&raw.date_range.end_datetime)?,
        policies: policies.collect(),
    })
}
