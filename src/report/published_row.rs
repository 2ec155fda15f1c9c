//! What a domain publishes, in one row: for spreadsheets, and for people who look at many.

use crate::auth::published::{KeyStatus, Published, Status};
use crate::error::{Error, Result};
use crate::report::csv_cell::csv_cell;
use crate::report::harmless::harmless;
use crate::words::wrap::pad;

/// The columns of [`csv`].
pub const CSV_HEADER: &str = "domain,exists,spf,spf_others,spf_lookups,dmarc,dmarc_policy,dmarc_domain,dkim_keys,mx,\
                              mta_sts,tls_rpt,findings,unknown,spf_record,dmarc_record\n";

/// Octets that a result takes, about, so that there is room for it at once.
const USUAL_RESULT: usize = 4096;

/// An object of JSON on a line, line feed included.
///
/// # Errors
/// None that is known of: a result is text and numbers.
pub fn json(published: &Published) -> Result<String> {
    let unwritable = || Error::config("a result cannot be written");
    let mut out = Vec::with_capacity(USUAL_RESULT);
    serde_json::to_writer(&mut out, published).map_err(|e| unwritable().because(e))?;
    out.push(b'\n');
    String::from_utf8(out).map_err(|e| unwritable().because(e))
}

/// A row of comma-separated values (RFC 4180), line feed included. It never holds another: control characters are
/// written as in a zone file.
pub fn csv(published: &Published) -> String {
    let spf = &published.spf;
    let dmarc = &published.dmarc;
    let codes: Vec<&str> = published.findings.iter().map(|f| f.code).collect();
    let hosts: Vec<&str> = published.mx.iter().map(|m| m.host.as_str()).collect();
    let cells = [
        published.domain.clone(),
        published.exists.to_string(),
        word(spf.status).into(),
        spf.others.to_string(),
        spf.lookups.to_string(),
        word(dmarc.status).into(),
        dmarc.discovery.policy.map_or(String::new(), |p| p.to_string()),
        dmarc.discovery.policy_domain.clone().unwrap_or_default(),
        keys(published).to_string(),
        hosts.join(" "),
        word(published.mta_sts.status).into(),
        word(published.tls_rpt.status).into(),
        codes.join(" "),
        published.unknown.len().to_string(),
        spf.record.clone().unwrap_or_default(),
        dmarc.discovery.record.clone().unwrap_or_default(),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    format!("{}\n", cells.join(","))
}

/// A line for people, line feed included.
pub fn line(published: &Published) -> String {
    let codes: Vec<&str> = published.findings.iter().map(|f| f.code).collect();
    let policy = match (published.dmarc.status, published.dmarc.discovery.policy) {
        (Status::Ok, Some(policy)) => policy.to_string(),
        (status, _) => word(status).into(),
    };
    let open = if published.unknown.is_empty() { String::new() } else { format!("  {} open", published.unknown.len()) };
    let text = format!(
        "{} SPF {} DMARC {} DKIM {} MX {} {}{open}",
        pad(&published.domain, 32),
        pad(word(published.spf.status), 8),
        pad(&policy, 11),
        pad(&keys(published).to_string(), 3),
        pad(&published.mx.len().to_string(), 3),
        codes.join(" "),
    );
    format!("{}\n", harmless(text.trim_end()))
}

fn keys(published: &Published) -> usize {
    published.dkim.iter().filter(|key| key.status == KeyStatus::Ok).count()
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Missing => "missing",
        Status::Broken => "broken",
        Status::Unknown => "unknown",
    }
}
