//! Findings as workflow commands of GitHub Actions, which annotate the lines of a pull request.

use std::fmt::Write as _;

use crate::lint::outcome::Outcome;
use crate::lint::rule::Severity;

/// A command a finding.
pub fn outcome(outcome: &Outcome) -> String {
    let mut out = String::new();
    for finding in &outcome.findings {
        let at = outcome.locate(finding);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "notice",
        };
        let (start, end) = (at.location.start, at.location.end);
        let mut place = format!("file={}", property(&at.location.path));
        if at.in_text {
            let _ = write!(place, ",line={},endLine={}", start.line, end.line);
            // Columns are for a place within one line.
            if start.line == end.line {
                let _ = write!(place, ",col={},endColumn={}", start.column, end.column);
            }
        }
        let title = property(&format!("{} {}", finding.rule.code, finding.rule.slug));
        let text = data(&format!("{}\nReceivers: {}\nHelp: {}", finding.message, finding.receiver_sees, finding.help));
        let _ = writeln!(out, "::{command} {place},title={title}::{text}");
    }
    let s = &outcome.summary;
    let _ = writeln!(out, "{} errors, {} warnings, {} advice in {} names", s.errors, s.warnings, s.advice, s.names);
    out
}

/// What stands behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_command() {
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
