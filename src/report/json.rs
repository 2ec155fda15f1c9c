//! Findings as JSON, a finding at a time: a run may have very many.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::lint::explain::reference;
use crate::lint::finding::Finding;
use crate::lint::outcome::Outcome;
use crate::model::source::Location;

/// A run: `{"findings":[…],"skipped":[…],"summary":{…}}`.
pub fn outcome(outcome: &Outcome) -> String {
    let mut out = String::from("{\"findings\":[");
    for (i, finding) in outcome.findings.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        let _ = write!(out, "{}", self::finding(outcome, finding));
    }
    let skipped: Vec<Value> =
        outcome.skipped.iter().map(|s| json!({"code": s.rule, "slug": s.slug, "reason": s.reason})).collect();
    let summary = &outcome.summary;
    let summary = json!({
        "errors": summary.errors,
        "warnings": summary.warnings,
        "advice": summary.advice,
        "names": summary.names,
        "fixable": summary.fixable,
        "allowed": summary.allowed,
    });
    let _ = writeln!(out, "],\n\"skipped\":{},\n\"summary\":{summary}}}", Value::Array(skipped));
    out
}

/// One finding.
pub fn finding(outcome: &Outcome, finding: &Finding) -> Value {
    let at = outcome.locate(finding);
    let fix = finding.fix.as_ref().map(|fix| {
        let edits: Vec<Value> = fix
            .edits
            .iter()
            .filter_map(|e| {
                let mut edit = place(&outcome.locate_edit(finding, e)?);
                edit.insert("text".into(), json!(e.text));
                Some(Value::Object(edit))
            })
            .collect();
        json!({"title": fix.title, "edits": edits, "value": fix.value.as_deref().map(String::from_utf8_lossy)})
    });
    let mut location = if at.in_text {
        place(&at.location)
    } else {
        json!({"path": at.location.path, "line": null, "column": null, "end_line": null, "end_column": null})
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    if let Some(octets) = at.octets {
        location.insert("octets".into(), json!([octets.start, octets.end]));
    }
    json!({
        "code": finding.rule.code,
        "slug": finding.rule.slug,
        "severity": finding.severity.word(),
        "name": at.name,
        "type": at.rtype,
        "message": finding.message,
        "receiver_sees": finding.receiver_sees,
        "help": finding.help,
        "detail": finding.detail,
        "rfc": reference(finding.rule),
        "location": location,
        "fix": fix,
    })
}

fn place(at: &Location) -> serde_json::Map<String, Value> {
    let value = json!({
        "path": at.path,
        "line": at.start.line,
        "column": at.start.column,
        "end_line": at.end.line,
        "end_column": at.end.column,
    });
    value.as_object().cloned().unwrap_or_default()
}
