//! A page of charts and tables. What a stranger wrote into a report cannot run: data stand in JSON, drawn by the script as
//! text; charts are SVG.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use crate::report::frame::frame;
use crate::report::html_text::{html_text, turns};
use crate::words::Lang;

const STYLE: &str = include_str!("../../templates/page/page.css");
const SCRIPT: &str = include_str!("../../templates/page/page.js");

/// A page.
#[derive(Debug)]
pub struct Page {
    lang: Lang,
    title: String,
    body: String,
    tables: usize,
}

/// How a column is shown and sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// As it stands.
    Text,
    /// A number.
    Num,
    /// A share from 0 to 1.
    Pct,
    /// An index into the badges; the table can be filtered by it.
    Badge,
}

/// A column.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its title.
    pub title: String,
    /// How it is shown.
    pub kind: Kind,
    /// It is left out on a narrow screen.
    pub optional: bool,
}

impl Column {
    /// A column that is always shown.
    pub fn new(title: &str, kind: Kind) -> Self {
        Column { title: title.into(), kind, optional: false }
    }

    /// A column that a narrow screen leaves out.
    pub fn optional(title: &str, kind: Kind) -> Self {
        Column { optional: true, ..Self::new(title, kind) }
    }
}

/// A word with a colour.
#[derive(Clone, Debug, Serialize)]
pub struct Badge {
    /// The word.
    pub text: String,
    /// Its colour, 0 to 7.
    pub color: usize,
}

/// More about a row, shown when it is opened.
#[derive(Clone, Debug, Serialize)]
pub struct Detail {
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// Counts by colour, month by month.
    pub months: Vec<(String, Vec<u64>)>,
}

/// A table that can be sorted, searched and filtered.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The columns; the first one is the row's name.
    pub columns: Vec<Column>,
    /// A value a column.
    pub rows: Vec<Vec<Value>>,
    /// What badges mean.
    pub badges: Vec<Badge>,
    /// A detail a row, or none at all.
    #[serde(skip)]
    pub details: Vec<Option<Detail>>,
    /// The column that it is sorted by at first, the largest first.
    pub sort: usize,
}

impl Page {
    /// An empty page.
    pub fn new(lang: Lang, title: &str, lead: &str) -> Self {
        let mut body = String::new();
        let theme = lang.of("Light or dark", "明るさの切り替え");
        let _ = writeln!(
            body,
            "<header><div><h1>{}</h1><p class=\"lead\">{}</p></div><button type=\"button\" class=\"theme\">{theme}</button></header>",
            html_text(title),
            html_text(lead)
        );
        Page { lang, title: title.into(), body, tables: 0 }
    }

    /// Figures side by side: value and what it is, with a colour from 0 to 7 where it has one.
    pub fn cards(&mut self, cards: &[(String, String, Option<usize>)]) {
        self.body.push_str("<section><div class=\"cards\">");
        for (value, label, color) in cards {
            let border = color.map(|c| format!(" style=\"border-color:var(--c{c})\"")).unwrap_or_default();
            let _ =
                write!(self.body, "<div{border}><b>{}</b><span>{}</span></div>", html_text(value), html_text(label));
        }
        self.body.push_str("</div></section>\n");
    }

    /// Sentences under a heading.
    pub fn notes(&mut self, title: &str, sentences: &[String]) {
        if sentences.is_empty() {
            return;
        }
        let _ = write!(self.body, "<section><h2>{}</h2><ul class=\"plain\">", html_text(title));
        sentences.iter().for_each(|s| {
            let _ = write!(self.body, "<li>{}</li>", html_text(s));
        });
        self.body.push_str("</ul></section>\n");
    }

    /// One bar in parts, with their legend.
    pub fn bar(&mut self, title: &str, parts: &[(String, u64, usize)]) {
        let whole: u64 = parts.iter().map(|p| p.1).sum();
        let _ = write!(self.body, "<section><h2>{}</h2>", html_text(title));
        let _ = write!(
            self.body,
            "<svg viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" style=\"height:2.5rem\" role=\"img\" aria-label=\"{}\">",
            html_text(title)
        );
        let mut x = 0.0;
        for (label, count, color) in parts.iter().filter(|p| p.1 > 0) {
            let width = *count as f64 / whole.max(1) as f64 * 1000.0;
            let _ = write!(
                self.body,
                "<rect x=\"{x:.2}\" y=\"0\" width=\"{width:.2}\" height=\"40\" class=\"f{color}\"><title>{}: {count}</title></rect>",
                html_text(label)
            );
            x += width;
        }
        self.body.push_str("</svg>");
        self.legend(parts.iter().map(|(label, count, color)| (label.as_str(), Some((*count, whole)), *color)));
        self.body.push_str("</section>\n");
    }

    /// Columns over time, each in parts; `labels` are the parts' names with their colours.
    pub fn columns(&mut self, title: &str, labels: &[(String, usize)], columns: &[(String, Vec<u64>)]) {
        if columns.is_empty() {
            return;
        }
        const HEIGHT: f64 = 180.0;
        let most = columns.iter().map(|(_, parts)| parts.iter().sum::<u64>()).max().unwrap_or(0).max(1);
        let step = (960.0 / columns.len() as f64).min(80.0);
        let width = step * columns.len() as f64 + 40.0;
        let _ = write!(
            self.body,
            "<section><h2>{}</h2><svg viewBox=\"0 0 {width:.0} 215\" style=\"max-width:{width:.0}px\" role=\"img\" aria-label=\"{}\">",
            html_text(title),
            html_text(title)
        );
        let _ = write!(self.body, "<text x=\"0\" y=\"11\">{}</text>", crate::report::bars::grouped(most));
        // So many labels as have room.
        let every = (70.0 / step).ceil().max(1.0) as usize;
        for (i, (label, parts)) in columns.iter().enumerate() {
            let x = i as f64 * step + 20.0;
            let mut y = 15.0 + HEIGHT;
            for (part, (name, color)) in parts.iter().zip(labels).filter(|(part, _)| **part > 0) {
                let height = *part as f64 / most as f64 * HEIGHT;
                y -= height;
                let _ = write!(
                    self.body,
                    "<rect x=\"{x:.1}\" y=\"{y:.2}\" width=\"{:.1}\" height=\"{height:.2}\" class=\"f{color}\"><title>{} {}: {part}</title></rect>",
                    (step - 2.0).max(step * 0.7),
                    html_text(label),
                    html_text(name)
                );
            }
            if i % every == 0 {
                // A narrow screen has room for a third of them.
                let class = if (i / every).is_multiple_of(3) { "" } else { " class=\"opt\"" };
                let _ = write!(self.body, "<text x=\"{x:.1}\" y=\"210\"{class}>{}</text>", html_text(label));
            }
        }
        self.body.push_str("</svg>");
        self.legend(labels.iter().map(|(label, color)| (label.as_str(), None, *color)));
        self.body.push_str("</section>\n");
    }

    fn legend<'a>(&mut self, entries: impl Iterator<Item = (&'a str, Option<(u64, u64)>, usize)>) {
        self.body.push_str("<ul class=\"legend\">");
        for (label, count, color) in entries {
            let count = count
                .map(|(n, of)| {
                    format!(" {} ({})", crate::report::bars::grouped(n), crate::report::bars::percent(n, of))
                })
                .unwrap_or_default();
            let _ = write!(self.body, "<li><i class=\"f{color}\"></i>{}{count}</li>", html_text(label));
        }
        self.body.push_str("</ul>");
    }

    /// A table.
    pub fn table(&mut self, title: &str, table: &Table) {
        self.tables += 1;
        let id = format!("table-{}", self.tables);
        let _ = write!(
            self.body,
            "<section><h2>{}</h2><div data-table=\"{id}\"></div></section>\n<script type=\"application/json\" id=\"{id}\">{}</script>\n",
            html_text(title),
            embedded(&json!(table))
        );
        if !table.details.is_empty() {
            // A line each, so that only those of rows that are opened need be read.
            let lines: Vec<String> = table.details.iter().map(|detail| embedded(&json!(detail))).collect();
            let _ = writeln!(
                self.body,
                "<script type=\"application/json\" id=\"{id}-details\">{}</script>",
                lines.join("\n")
            );
        }
    }

    /// The whole page.
    pub fn finish(self) -> String {
        let words = json!({
            "search": self.lang.of("Search", "検索"),
            "all": self.lang.of("all", "すべて"),
            "more": self.lang.of("Show more", "さらに表示"),
        });
        let body = format!(
            "<main>\n{}<noscript><p>{}</p></noscript>\n</main>\n<script type=\"application/json\" id=\"words\">{}</script>\n",
            self.body,
            self.lang.of("The tables need JavaScript.", "表の表示には JavaScript が必要です。"),
            embedded(&words)
        );
        frame(self.lang, &self.title, STYLE, Some(SCRIPT), &body)
    }
}

/// JSON that cannot end the script element that it stands in, nor turn the direction of text.
fn embedded(value: &Value) -> String {
    let mut text =
        value.to_string().replace('<', "\\u003c").replace("\u{2028}", "\\u2028").replace("\u{2029}", "\\u2029");
    if text.contains(turns) {
        text = text.replace(turns, "\u{fffd}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_text_stays_text() {
        let evil = "</script><script>alert(1)</script>\"'&";
        let mut page = Page::new(Lang::En, evil, evil);
        page.cards(&[(evil.into(), evil.into(), None)]);
        page.notes(evil, &[evil.into()]);
        page.bar(evil, &[(evil.into(), 1, 0)]);
        page.columns(evil, &[(evil.into(), 0)], &[(evil.into(), vec![1])]);
        let columns = vec![Column::new(evil, Kind::Text)];
        let turned = "moc.\u{202e}elpmaxe\u{61c}\u{2066}";
        let detail = Detail { facts: vec![(evil.into(), turned.into())], months: vec![] };
        let rows = vec![vec![json!(evil)], vec![json!(turned)]];
        let table = Table { columns, rows, badges: vec![], details: vec![Some(detail), None], sort: 0 };
        page.table(evil, &table);
        let text = page.finish();
        // Four elements of ours: data of the table, its details, words, and the script itself.
        assert_eq!((text.matches("<script").count(), text.matches("</script>").count()), (4, 4));
        assert_eq!(text.matches("moc.\u{fffd}elpmaxe\u{fffd}\u{fffd}").count(), 2);
        assert!(!text.contains("<script>alert"));
    }
}
