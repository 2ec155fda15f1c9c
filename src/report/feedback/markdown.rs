//! Markdown: for a ticket or a wiki page.

use std::fmt::Write as _;

use super::words;
use crate::feedback::Digest;
use crate::report::bars::{grouped, percent};
use crate::report::markdown::cell;

/// Rows of the table; the whole belongs into another form.
const ROWS: usize = 100;

/// One domain.
pub fn markdown(digest: &Digest) -> String {
    let mut out = format!("## {}\n\n{}\n\n", cell(&digest.domain), cell(&words::policy(digest)));
    let _ = writeln!(
        out,
        "{} messages in {} reports of {} receivers; {} pass DMARC (DKIM {}, SPF {})\n",
        grouped(digest.messages),
        digest.reports,
        digest.reporters.len(),
        percent(digest.passing, digest.messages),
        percent(digest.dkim, digest.messages),
        percent(digest.spf, digest.messages)
    );
    for sentence in words::advice(digest) {
        let _ = writeln!(out, "- {}", cell(&sentence));
    }
    if !digest.sources.is_empty() {
        out.push_str("\n| who | address | messages | pass DMARC | how it stands |\n|---|---|--:|--:|---|\n");
    }
    for source in digest.sources.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            cell(&source.organization),
            cell(&source.address),
            grouped(source.messages),
            percent(source.passing, source.messages),
            words::standing(source.standing)
        );
    }
    if digest.sources.len() > ROWS {
        let _ = writeln!(out, "\n… and {} more", digest.sources.len() - ROWS);
    }
    for line in &digest.tls {
        let all = line.successes.saturating_add(line.failures);
        let _ = writeln!(
            out,
            "\nTLS ({}): {} sessions, {} as they should be",
            cell(&line.kind),
            grouped(all),
            percent(line.successes, all)
        );
        for (kind, mx, sessions) in &line.details {
            let _ = writeln!(out, "- {} sessions: {} at {}", grouped(*sessions), cell(kind), cell(mx));
        }
    }
    out
}
