//! Who may send, and what SPF costs.

use std::fmt::Write as _;

use crate::auth::published::Published;
use crate::report::html::markup::code;
use crate::report::html_text::html_text;

/// Networks named.
const SHOWN_NETWORKS: usize = 200;

/// Networks, reverse names of single hosts, and the SPF tree.
pub(super) fn section(published: &Published) -> String {
    let Some(details) = &published.details else { return String::new() };
    let senders = &details.senders;
    let mut out = String::from("<section>\n<h2>Who may send</h2>\n");
    let count = senders.networks.len();
    if count == 0 && senders.others.is_empty() {
        out.push_str("<p>Nobody may send.</p>\n");
    }
    if count > 0 {
        let named: Vec<String> = senders.networks.iter().take(SHOWN_NETWORKS).map(|n| code(n)).collect();
        let more = if count > SHOWN_NETWORKS { format!(" and {} more", count - SHOWN_NETWORKS) } else { String::new() };
        let _ = writeln!(out, "<p class=\"networks\">{}{more}</p>", named.join(" "));
    }
    if !senders.others.is_empty() {
        let named: Vec<String> = senders.others.iter().map(|n| code(n)).collect();
        let _ = writeln!(out, "<p>And by what depends on the message: {}</p>", named.join(" "));
    }
    if senders.incomplete {
        out.push_str("<p>Not all of it could be looked at.</p>\n");
    }
    if !details.reverse_names.is_empty() {
        out.push_str("<div class=\"scroll\"><table class=\"stacked\">\n<thead><tr><th>host</th><th>reverse name</th><th>leads back</th></tr></thead>\n<tbody>\n");
        for host in &details.reverse_names {
            let (class, word) = match (&host.confirmed, &host.failure, host.names.is_empty()) {
                (Some(_), ..) => ("good", "yes"),
                (None, Some(_), _) => ("open", "not known"),
                (None, None, true) => ("bad", "no name"),
                (None, None, false) => ("bad", "no"),
            };
            let names = html_text(&host.names.join(", "));
            let _ = writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td data-label=\"reverse name\">{names}</td><td data-label=\"leads back\"><span class=\"state {class}\">{word}</span></td></tr>",
                host.address
            );
        }
        out.push_str("</tbody>\n</table></div>\n");
    }
    if published.spf.record.is_some() {
        let tree = html_text(&details.spf_tree.to_string());
        let _ = writeln!(
            out,
            "<details><summary>The SPF tree and what its terms cost</summary><pre>{tree}</pre></details>"
        );
    }
    out.push_str("</section>\n");
    out
}
