//! What the large receivers ask for, as a table for people.

use console::Style;

use crate::prove::receivers::{Ask, Met, Standing, advice};
use crate::words::wrap::{pad, wrap};

const WIDTH: usize = 80;
const NAME: usize = 13;
const CELL: usize = 12;

/// The table, then what to do about it; a line feed after each line.
pub fn standings(all: &[Standing]) -> String {
    let mut out = format!("  {}{}{}lacking, from DNS\n", pad("asks", NAME), pad("ordinary", CELL), pad("bulk", CELL));
    for one in all {
        let names = |asks: &[Ask]| asks.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ");
        let mut lacking = names(&one.lacking);
        if !one.open.is_empty() {
            let gap = if lacking.is_empty() { "" } else { "; " };
            lacking.push_str(&format!("{gap}not known: {}", names(&one.open)));
        }
        let lines = wrap(&lacking, WIDTH - 2 - NAME - 2 * CELL);
        let below = format!("\n{}", pad("", 2 + NAME + 2 * CELL));
        let line =
            format!("  {}{}{}{}", pad(&one.receiver, NAME), word(one.ordinary), word(one.bulk), lines.join(&below));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    for (i, ask) in advice(all).into_iter().enumerate() {
        let lines = wrap(ask.advice(), WIDTH - 5);
        out.push_str(&format!("  {}. {}\n", i + 1, lines.join("\n     ")));
    }
    out
}

fn word(met: Met) -> String {
    let (text, style) = match met {
        Met::Yes => ("met", Style::new().green()),
        Met::No => ("not met", Style::new().red()),
        Met::Unknown => ("not known", Style::new().yellow()),
    };
    style.apply_to(pad(text, CELL)).to_string()
}
