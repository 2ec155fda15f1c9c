//! The MTA-STS policy file of a profile (RFC 8461 §3.2).

use crate::profile::schema::{Domain, StsMode};

/// The text to serve at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`, as `text/plain`; `None` without MTA-STS.
///
/// Lines end in CRLF, as the grammar has it; mail hosts are those that the profile's MX names.
pub fn policy(domain: &Domain) -> Option<String> {
    let sts = domain.mta_sts.as_ref()?;
    let mode = match sts.mode {
        StsMode::Enforce => "enforce",
        StsMode::Testing => "testing",
        StsMode::None => "none",
    };
    let own = domain.hosts.iter().filter(|h| h.mx.is_some()).map(|h| h.name.as_str());
    let theirs = domain.senders.iter().flat_map(|s| &s.mx).map(|m| m.host.as_str());
    let mut hosts: Vec<&str> = own.chain(theirs).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let mut lines = vec!["version: STSv1".to_string(), format!("mode: {mode}")];
    lines.extend(hosts.into_iter().map(|host| format!("mx: {host}")));
    lines.push(format!("max_age: {}", sts.max_age));
    Some(lines.iter().map(|line| format!("{line}\r\n")).collect())
}
