//! The six cells for people.

use console::Style;
use unicode_width::UnicodeWidthStr;

use crate::prove::cells::{Mechanism, Side, SixCells, Standing};
use crate::words::Words;
use crate::words::wrap::{pad, wrap};

/// Where the two sides begin, in columns: the table fits 80.
const SENDING: usize = 33;
const RECEIVING: usize = 57;
const WIDTH: usize = 80;
/// Screens that are narrower have a cell a line.
const NARROW: usize = 76;

/// The table as lines with a line feed each, for a screen of `width` columns: one cell a line where the two sides have no
/// room beside each other. Colours follow the global switch of the console.
pub fn render_at(width: usize, table: &SixCells, words: Words) -> String {
    if width >= NARROW {
        return render(table, words);
    }
    let mut out = format!("{}\n", table.domain);
    for mechanism in Mechanism::ALL {
        out.push_str(&format!("  {}{}\n", pad(mechanism.name(), 7), words.text(mechanism.question())));
        for (side, name) in [(Side::Sending, "sending"), (Side::Receiving, "receiving")] {
            let cell = words.lines(&cell_text(table, mechanism, side, 0)).into_owned();
            out.push_str(&format!("    {}{}\n", pad(&words.text(name), 11), cell.trim_end()));
            let causes = table.get(mechanism, side).map(|cell| cell.causes.as_slice()).unwrap_or_default();
            for line in causes.iter().flat_map(|cause| wrap(&words.text(cause), width.saturating_sub(7).max(12))) {
                out.push_str(&format!("      {line}\n"));
            }
        }
    }
    out
}

/// The table as lines with a line feed each, for a screen of 80 columns.
pub fn render(table: &SixCells, words: Words) -> String {
    let mut out = format!(
        "{}{}receiving\n",
        pad(&table.domain, SENDING.max(table.domain.len() + 2)),
        pad("sending", RECEIVING - SENDING)
    );
    out = words.lines(&out).into_owned();
    for mechanism in Mechanism::ALL {
        let label = format!("  {}{}", pad(mechanism.name(), 8), mechanism.question());
        let sending = cell_text(table, mechanism, Side::Sending, RECEIVING - SENDING);
        let receiving = cell_text(table, mechanism, Side::Receiving, 0);
        out.push_str(&words.lines(format!("{}{sending}{receiving}", pad(&label, SENDING)).trim_end()));
        out.push('\n');
        for side in [Side::Sending, Side::Receiving] {
            let Some(cell) = table.get(mechanism, side) else { continue };
            for cause in &cell.causes {
                let name = if side == Side::Sending { "sending" } else { "receiving" };
                let name = format!("{}: ", words.text(name));
                for (i, line) in wrap(&words.text(cause), WIDTH - 10 - name.width()).iter().enumerate() {
                    let head = if i == 0 { name.to_string() } else { " ".repeat(name.width()) };
                    out.push_str(&format!("          {head}{line}\n"));
                }
            }
        }
    }
    out
}

/// `6 of 6 proven` or `4 of 6 proven, 1 broken, 1 not judged`.
pub fn summary(table: &SixCells, words: Words) -> String {
    let count = |standing| table.cells.iter().filter(|c| c.standing == standing).count();
    let mut parts = Vec::new();
    let would = count(Standing::WouldPass);
    let all = table.cells.len() - count(Standing::Unneeded);
    if would == 0 {
        parts.push(format!("{} of {all} proven", count(Standing::Proven)));
    } else {
        parts.push(format!("{} of {all} would pass", table.good()));
    }
    for standing in [Standing::Published, Standing::Broken, Standing::Missing, Standing::NotJudged] {
        match count(standing) {
            0 => {}
            n => parts.push(format!("{n} {}", standing.word())),
        }
    }
    words.text(&parts.join(", ")).into_owned()
}

fn cell_text(table: &SixCells, mechanism: Mechanism, side: Side, width: usize) -> String {
    let Some(cell) = table.get(mechanism, side) else { return pad("", width) };
    let style = match cell.standing {
        Standing::Proven | Standing::WouldPass => Style::new().green(),
        Standing::Published | Standing::Unneeded => Style::new(),
        Standing::NotJudged => Style::new().yellow(),
        Standing::Missing | Standing::Broken => Style::new().red().bold(),
    };
    let rest = format!("{}  {}", cell.standing.word(), cell.detail);
    let plain = format!("{}  {}", cell.standing.sign(), rest.trim_end());
    let padding = pad(&plain, width)[plain.len()..].to_string();
    format!("{}  {}{padding}", style.apply_to(cell.standing.sign()), rest.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::cells::Cell;

    #[test]
    fn the_picture_everybody_remembers() {
        console::set_colors_enabled(false);
        let cell = |mechanism, side, standing, detail: &str, cause: &str| Cell {
            mechanism,
            side,
            standing,
            detail: detail.into(),
            causes: if cause.is_empty() { vec![] } else { vec![cause.into()] },
        };
        let table = SixCells {
            domain: "example.com".into(),
            cells: vec![
                cell(Mechanism::Spf, Side::Sending, Standing::Proven, "", ""),
                cell(Mechanism::Spf, Side::Receiving, Standing::Proven, "", ""),
                cell(
                    Mechanism::Dkim,
                    Side::Sending,
                    Standing::Broken,
                    "2 keys",
                    "the body was changed after signing: its hash is not the one that the signature names",
                ),
                cell(Mechanism::Dkim, Side::Receiving, Standing::Proven, "", ""),
                cell(Mechanism::Dmarc, Side::Sending, Standing::Proven, "reject", ""),
                cell(Mechanism::Dmarc, Side::Receiving, Standing::NotJudged, "", "nobody judged"),
            ],
        };
        insta::assert_snapshot!(render(&table, Words::default()));
        assert_eq!(summary(&table, Words::default()), "4 of 6 proven, 1 broken, 1 not judged");
        let japanese = Words::new(crate::words::Lang::Ja);
        insta::assert_snapshot!("in_japanese", format!("{}\n{}", render(&table, japanese), summary(&table, japanese)));
        insta::assert_snapshot!("at_40_columns", render_at(40, &table, Words::default()));
        assert!(render_at(40, &table, japanese).lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= 40));
        assert!(render(&table, japanese).lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= WIDTH));
        assert!(render(&table, Words::default()).lines().all(|l| unicode_width::UnicodeWidthStr::width(l) <= WIDTH));
    }
}
