//! Findings as SARIF 2.1.0 (OASIS), with the rules' documentation and the fixes.

use serde_json::{Value, json};

use crate::lint::explain::{explain, reference};
use crate::lint::finding::Finding;
use crate::lint::outcome::Outcome;
use crate::lint::rule::{Rule, Severity};
use crate::model::source::Location;

/// One run with its rules, results and what was skipped.
pub fn outcome(outcome: &Outcome) -> String {
    let mut rules: Vec<&'static Rule> = outcome.findings.iter().map(|f| f.rule).collect();
    rules.sort_by_key(|r| r.code);
    rules.dedup_by_key(|r| r.code);
    let results: Vec<Value> = outcome.findings.iter().map(|f| result(outcome, f, &rules)).collect();
    let notes: Vec<Value> = outcome
        .skipped
        .iter()
        .map(|s| json!({"level": "note", "message": {"text": format!("{} {} skipped: {}", s.rule, s.slug, s.reason)}}))
        .collect();
    let run = json!({
        "tool": {"driver": {
            "name": "mailproof",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(|r| describe(r)).collect::<Vec<_>>(),
        }},
        // Columns count characters as Rust does: Unicode scalar values.
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notes}],
        "results": results,
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    format!("{log:#}\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn describe(rule: &Rule) -> Value {
    let text = explain(rule);
    json!({
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": text.what},
        "fullDescription": {"text": format!("{} {}", text.what, text.why)},
        "help": {"text": format!("{}\n\n{}\n\n{}", text.what, text.why, text.reference)},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"reference": reference(rule)},
    })
}

fn result(outcome: &Outcome, finding: &Finding, rules: &[&'static Rule]) -> Value {
    let at = outcome.locate(finding);
    let index = rules.iter().position(|r| r.code == finding.rule.code).unwrap_or_default();
    let mut physical = json!({"artifactLocation": {"uri": uri(&at.location.path)}});
    if at.in_text {
        physical["region"] = region(&at.location);
    }
    let mut value = json!({
        "ruleId": finding.rule.code,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": {"text": format!("{}. Receivers: {}. {}.", finding.message, finding.receiver_sees, finding.help)},
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{"fullyQualifiedName": format!("{} {}", at.name, at.rtype).trim()}],
        }],
    });
    let changes = changes(outcome, finding);
    if let (Some(fix), false) = (&finding.fix, changes.is_empty()) {
        value["fixes"] = json!([{"description": {"text": fix.title}, "artifactChanges": changes}]);
    }
    value
}

/// The edits of a fix, by file.
fn changes(outcome: &Outcome, finding: &Finding) -> Vec<Value> {
    let Some(fix) = &finding.fix else { return Vec::new() };
    let mut files: Vec<(String, Vec<Value>)> = Vec::new();
    for edit in &fix.edits {
        let Some(at) = outcome.locate_edit(finding, edit) else { return Vec::new() };
        let replacement = json!({"deletedRegion": region(&at), "insertedContent": {"text": edit.text}});
        match files.iter_mut().find(|(path, _)| *path == at.path) {
            Some((_, list)) => list.push(replacement),
            None => files.push((at.path, vec![replacement])),
        }
    }
    files
        .into_iter()
        .map(|(path, list)| json!({"artifactLocation": {"uri": uri(&path)}, "replacements": list}))
        .collect()
}

fn region(at: &Location) -> Value {
    json!({
        "startLine": at.start.line,
        "startColumn": at.start.column,
        "endLine": at.end.line,
        "endColumn": at.end.column,
    })
}

/// A path as a relative or absolute URI reference (RFC 3986 §4.1).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for b in path.bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(b as char),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_uris() {
        assert_eq!(uri("zones/example.com.zone"), "zones/example.com.zone");
        assert_eq!(uri("/tmp/a b"), "file:///tmp/a%20b");
        assert_eq!(uri("é"), "%C3%A9");
    }
}
