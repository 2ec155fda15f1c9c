//! Failure reports of software that writes sentences in place of a `message/feedback-report`, such as Exim's recipe.

use super::damage::Damage;
use super::failure::{Failure, address, date, domain};

/// Reads a text that has lines like `Sender Domain: example.com`; nothing where it is no such report.
pub fn read(text: &str, reporter: &str) -> Option<Result<Failure, Damage>> {
    let value = |label: &str| {
        text.lines().take(200).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(label).then(|| value.trim().to_string())
        })
    };
    let about = value("Sender Domain")?;
    let source = value("Sender IP Address")?;
    // The header of the message follows in the same part.
    let original =
        text.split_once("\n------ This is a copy of the headers").and_then(|(_, rest)| rest.split_once("\n\n"));
    let original = original.or_else(|| {
        text.split_once("------ This is a copy of the headers").and_then(|(_, rest)| rest.split_once("\r\n\r\n"))
    });
    let failure = Failure {
        org: reporter.into(),
        at: value("Received date").and_then(|d| date(&d)).unwrap_or_default(),
        source: address(&source),
        domain: domain(&about),
        failed: vec!["dmarc".into()],
        ..Failure::default()
    };
    Some(failure.complete(original.map(|(_, header)| header.as_bytes())))
}
