//! One domain as a page, without scripts.

mod findings;
mod markup;
mod mechanisms;
mod receivers;
mod senders;

use std::fmt::Write as _;

use crate::auth::published::Published;
use crate::lint::rule::Severity;
use crate::prove::receivers::Standing;
use crate::report::frame::frame;
use crate::report::html_text::html_text;
use crate::words::Lang;

/// The style sheet, put into the page.
const STYLE: &str = include_str!("../../../templates/report/style.css");

/// The page about `published`, seen at `when`.
pub fn page(published: &Published, standings: &[Standing], when: &str) -> String {
    let mut out =
        format!("<header>\n<p class=\"what\">E-mail authentication</p>\n<h1>{}</h1>\n", html_text(&published.domain));
    let _ = writeln!(out, "<p class=\"when\">seen {} by mailproof {}</p>", html_text(when), env!("CARGO_PKG_VERSION"));
    out.push_str(&verdict(published));
    out.push_str("</header>\n<main>\n");
    out.push_str(&mechanisms::section(published));
    out.push_str(&findings::section(published));
    out.push_str(&receivers::section(standings));
    out.push_str(&senders::section(published));
    out.push_str("</main>\n");
    frame(Lang::En, &format!("{}: e-mail authentication", published.domain), STYLE, None, &out)
}

/// The counts, as what stands out.
fn verdict(published: &Published) -> String {
    let count = |severity: Severity| published.findings.iter().filter(|f| f.severity == severity).count();
    let mut out = String::from("<ul class=\"verdict\">\n");
    let mut one = |count: usize, class: &str, singular: &str, plural: &str| {
        if count > 0 {
            let _ = writeln!(
                out,
                "<li class=\"{class}\"><b>{count}</b> {}</li>",
                if count == 1 { singular } else { plural }
            );
        }
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    one(errors, "bad", "error", "errors");
    one(warnings, "warn", "warning", "warnings");
    one(count(Severity::Advice), "note", "piece of advice", "pieces of advice");
    one(published.unknown.len(), "open", "question open", "questions open");
    if errors + warnings + published.unknown.len() == 0 {
        out.push_str("<li class=\"good\">nothing is wrong</li>\n");
    }
    out.push_str("</ul>\n");
    out
}
