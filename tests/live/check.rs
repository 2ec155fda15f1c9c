//! `mailproof check --format json`, and the codes of its findings.

use std::path::Path;

use serde_json::Value;

use crate::support::{mailproof, told};

/// What `check` says about `domain`, asking the name server at `port` of 127.0.0.1 and trusting `authority`.
pub(crate) fn check(port: u16, authority: &Path, domain: &str, flags: &[&str]) -> Value {
    let output = mailproof()
        .args(["check", domain, "--nameserver", &format!("127.0.0.1:{port}"), "--format", "json", "--ca-file"])
        .arg(authority)
        .args(flags)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{domain}: {e}: {}", told(&output)))
}

/// The codes of the findings that begin with one of `families`, sorted.
pub(crate) fn codes(value: &Value, families: &[&str]) -> Vec<String> {
    let findings = value["findings"].as_array().unwrap();
    let codes = findings.iter().map(|f| f["code"].as_str().unwrap_or_default().to_string());
    let mut codes: Vec<String> = codes.filter(|code| families.iter().any(|f| code.starts_with(f))).collect();
    codes.sort();
    codes
}

/// A zone in master-file form around `records`, its name server being `ns` in it.
pub(crate) fn zone(apex: &str, records: &str) -> String {
    format!("$ORIGIN {apex}.\n$TTL 300\n@ SOA ns hostmaster 1 7200 900 1209600 300\n@ NS ns\nns A 127.0.0.1\n{records}")
}
