//! Findings as Markdown: for the summary of a job or a comment on a pull request.

use std::fmt::Write as _;

use crate::lint::outcome::Outcome;

/// So many rows; the whole belongs into another form.
const ROWS: usize = 200;

/// A heading, a table of findings, and what was skipped.
pub fn outcome(outcome: &Outcome) -> String {
    let s = &outcome.summary;
    let mut out = format!(
        "## mailproof lint\n\n{} errors, {} warnings, {} advice in {} names\n",
        s.errors, s.warnings, s.advice, s.names
    );
    if !outcome.findings.is_empty() {
        out.push_str("\n| | rule | where | what | receivers |\n|---|---|---|---|---|\n");
    }
    for finding in outcome.findings.iter().take(ROWS) {
        let at = outcome.locate(finding);
        let place = at.place();
        let _ = writeln!(
            out,
            "| {} | {} {} | {} {} | {} | {} |",
            finding.severity.word(),
            finding.rule.code,
            finding.rule.slug,
            cell(&place),
            cell(&at.name),
            cell(&finding.message),
            cell(&finding.receiver_sees)
        );
    }
    if outcome.findings.len() > ROWS {
        let _ = writeln!(out, "\n… and {} more", outcome.findings.len() - ROWS);
    }
    if !outcome.skipped.is_empty() {
        out.push_str("\n<details><summary>Skipped</summary>\n\n");
        for skipped in &outcome.skipped {
            let _ = writeln!(out, "- {} {}: {}", skipped.rule, skipped.slug, cell(&skipped.reason));
        }
        out.push_str("\n</details>\n");
    }
    out
}

/// Text that stays within its cell and is no markup.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_what_they_are_given() {
        assert_eq!(cell("a|b\n<script>"), "a\\|b &lt;script&gt;");
    }
}
