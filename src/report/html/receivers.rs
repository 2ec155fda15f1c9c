//! What the large receivers ask for.

use std::fmt::Write as _;

use crate::prove::receivers::{Ask, Met, Standing, advice};
use crate::report::html::markup::sentence;
use crate::report::html_text::html_text;

/// The table, then what to do, the most useful first.
pub(super) fn section(standings: &[Standing]) -> String {
    if standings.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "<section>\n<h2>What the large receivers ask for</h2>\n<div class=\"scroll\"><table class=\"stacked\">\n\
         <thead><tr><th>receiver</th><th>of everybody</th><th>of bulk senders</th><th>lacking</th></tr></thead>\n<tbody>\n",
    );
    for one in standings {
        let names = |asks: &[Ask]| asks.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ");
        let mut lacking = names(&one.lacking);
        if !one.open.is_empty() {
            let gap = if lacking.is_empty() { "" } else { "; " };
            let _ = write!(lacking, "{gap}not known: {}", names(&one.open));
        }
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th>{}{}<td{}>{}</td></tr>\n\
             <tr class=\"also\"><td colspan=\"4\">also, not to be seen from outside: {} (<span class=\"source\">{}</span>, compared {})</td></tr>",
            html_text(&one.receiver),
            cell("of everybody", one.ordinary),
            cell("of bulk senders", one.bulk),
            if lacking.is_empty() { "" } else { " data-label=\"lacking\"" },
            html_text(&lacking),
            html_text(&one.also),
            html_text(&one.source),
            html_text(&one.checked)
        );
    }
    out.push_str("</tbody>\n</table></div>\n");
    let todo = advice(standings);
    if !todo.is_empty() {
        out.push_str("<ol class=\"todo\">\n");
        todo.into_iter().for_each(|ask| {
            let _ = writeln!(out, "<li>{}</li>", sentence(ask.advice()));
        });
        out.push_str("</ol>\n");
    }
    out.push_str("</section>\n");
    out
}

fn cell(label: &str, met: Met) -> String {
    let (class, word) = match met {
        Met::Yes => ("good", "met"),
        Met::No => ("bad", "not met"),
        Met::Unknown => ("open", "not known"),
    };
    format!("<td data-label=\"{label}\"><span class=\"state {class}\">{word}</span></td>")
}
