//! Findings as JUnit XML: a test case a finding, for CI systems that show tests.

use std::fmt::Write as _;

use crate::lint::outcome::Outcome;
use crate::lint::rule::Severity;

/// A suite: errors and warnings fail, advice and skipped rules are skipped.
pub fn outcome(outcome: &Outcome) -> String {
    let s = &outcome.summary;
    let (failures, skipped) = (s.errors + s.warnings, s.advice + outcome.skipped.len());
    let tests = (outcome.findings.len() + outcome.skipped.len()).max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ =
        writeln!(out, "<testsuites name=\"mailproof lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">");
    let _ = writeln!(
        out,
        "  <testsuite name=\"mailproof lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">"
    );
    if outcome.findings.is_empty() && outcome.skipped.is_empty() {
        out.push_str("    <testcase name=\"nothing found\" classname=\"mailproof\"/>\n");
    }
    for finding in &outcome.findings {
        let at = outcome.locate(finding);
        let place = at.place();
        let _ = writeln!(
            out,
            "    <testcase name=\"{} {} {}\" classname=\"{}\" file=\"{}\" line=\"{}\">",
            finding.rule.code,
            finding.rule.slug,
            escape(&at.name),
            escape(&at.location.path),
            escape(&at.location.path),
            at.location.start.line
        );
        let text =
            format!("{place}\n{}\nreceivers: {}\nhelp: {}", finding.message, finding.receiver_sees, finding.help);
        match finding.severity {
            Severity::Advice => {
                let _ = writeln!(
                    out,
                    "      <skipped message=\"{}\"/>",
                    escape(&format!("{}: {}", finding.severity.word(), finding.message))
                );
            }
            _ => {
                let _ = writeln!(
                    out,
                    "      <failure type=\"{}\" message=\"{}\">{}</failure>",
                    finding.severity.word(),
                    escape(&finding.message),
                    escape(&text)
                );
            }
        }
        out.push_str("    </testcase>\n");
    }
    for skip in &outcome.skipped {
        let _ = writeln!(
            out,
            "    <testcase name=\"{} {}\" classname=\"mailproof\">\n      <skipped message=\"{}\"/>\n    </testcase>",
            skip.rule,
            skip.slug,
            escape(&skip.reason)
        );
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Text for XML; control characters that XML cannot hold become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_holds_anything() {
        assert_eq!(escape("a<b>&\"c\"\u{1}\n"), "a&lt;b&gt;&amp;&quot;c&quot;\u{fffd}&#10;");
    }
}
