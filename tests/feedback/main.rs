//! Reports of strangers: counts as parsedmarc counts them, damage named, hostile archives refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod corpus;
mod hostile;
mod shown;

use std::path::Path;

use mailproof::feedback::{Report, read_file};

/// Each report of a file in one line, or why there is none.
pub(crate) fn lines(path: &Path) -> Vec<String> {
    let mut out = Vec::new();
    read_file(path, |found| {
        out.push(match found.outcome {
            None => "no report".into(),
            Some(Err(damage)) => format!("! {damage}"),
            Some(Ok(report)) => line(&report),
        });
        true
    })
    .unwrap();
    out
}

fn line(report: &Report) -> String {
    match report {
        Report::Aggregate(r) => {
            format!("aggregate|{}|{}|{}|{}|{}", r.org, r.report_id, r.rows.len(), r.messages(), r.passing())
        }
        Report::Failure(r) => format!("failure|{}|{}|{}", r.source, r.domain, r.failed.join(",")),
        Report::Tls(r) => {
            let policies: Vec<String> =
                r.policies.iter().map(|p| format!("{} {} {} {}", p.domain, p.kind, p.successes, p.failures)).collect();
            format!("tls|{}|{}|{}", r.org, r.report_id, policies.join(","))
        }
    }
}
