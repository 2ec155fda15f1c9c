//! What is wrong, the worst first.

use std::cmp::Reverse;
use std::fmt::Write as _;

use crate::auth::published::{Finding, Published};
use crate::lint::rule::Severity;
use crate::report::html::markup::sentence;
use crate::report::html_text::html_text;

/// Findings, then the questions that stayed open.
pub(super) fn section(published: &Published) -> String {
    let mut out = String::new();
    if !published.findings.is_empty() {
        out.push_str("<section>\n<h2>What to look at</h2>\n");
        let mut all: Vec<&Finding> = published.findings.iter().collect();
        all.sort_by_key(|f| Reverse(f.severity));
        all.iter().for_each(|finding| out.push_str(&one(finding)));
        out.push_str("</section>\n");
    }
    if !published.unknown.is_empty() {
        out.push_str("<section>\n<h2>What stayed open</h2>\n<dl class=\"open\">\n");
        for open in &published.unknown {
            let question = format!("{} {}", open.name, open.rtype);
            let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", html_text(&question), html_text(&open.reason));
        }
        out.push_str("</dl>\n</section>\n");
    }
    out
}

fn one(finding: &Finding) -> String {
    let class = match finding.severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
        Severity::Advice => "note",
    };
    let at = format!("{} {}", finding.name, finding.rtype);
    let mut out = format!(
        "<article class=\"finding {class}\">\n<h3><span class=\"tag\">{}</span> {}</h3>\n<dl>\n",
        finding.severity.word(),
        sentence(&finding.message)
    );
    let mut row = |label: &str, text: &str| {
        if !text.trim().is_empty() {
            let _ = writeln!(out, "<dt>{label}</dt><dd>{}</dd>", sentence(text));
        }
    };
    row("at", &at);
    row("receivers", &finding.receiver_sees);
    row("help", &finding.help);
    row("rule", &format!("{} {}, {}", finding.code, finding.slug, finding.rfc));
    out.push_str("</dl>\n");
    if let Some(detail) = &finding.detail {
        let _ = writeln!(out, "<details><summary>more</summary><pre>{}</pre></details>", html_text(detail));
    }
    out.push_str("</article>\n");
    out
}
