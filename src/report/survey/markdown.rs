//! Markdown: for a ticket or a wiki page.

use std::fmt::Write as _;

use super::words;
use crate::report::bars::{grouped, percent};
use crate::report::markdown::cell;
use crate::survey::{Class, Tally};

/// Rows of the table; the whole belongs into another form.
const ROWS: usize = 100;

/// The classes and the largest senders.
pub fn markdown(tally: &Tally) -> String {
    let total = tally.total();
    let senders = tally.senders_by_class();
    let mut out = format!(
        "## {} messages of {} senders\n\n| class | messages | | senders |\n|---|--:|--:|--:|\n",
        grouped(total.messages),
        grouped(tally.senders.len() as u64)
    );
    for class in Class::ALL {
        let n = total.classes[class.index()];
        let share = percent(n, total.messages);
        let _ = writeln!(
            out,
            "| {} | {} | {share} | {} |",
            words::class(class),
            grouped(n),
            grouped(senders[class.index()])
        );
    }
    out.push_str(
        "\n| sender | messages | class | SPF | DKIM | DMARC | policy | key |\n|---|--:|---|--:|--:|--:|---|---|\n",
    );
    let ranked = tally.ranked();
    for (name, sender) in ranked.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(name),
            grouped(sender.messages),
            words::class(sender.main_class()),
            words::passing(&sender.spf),
            words::passing(&sender.dkim),
            words::passing(&sender.dmarc),
            words::policy(sender),
            cell(&words::keys(sender))
        );
    }
    if ranked.len() > ROWS {
        let _ = writeln!(out, "\n… and {} more", ranked.len() - ROWS);
    }
    out
}
