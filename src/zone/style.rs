//! The columns in which a master file is written, so that new lines look like the lines around them.

use std::ops::Range;

use crate::model::source::Span;

/// How far a tab reaches.
const TAB: usize = 8;

/// Where the fields of a record's line begin, in columns from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether the record gives its TTL.
    pub has_ttl: bool,
    fields: Vec<(Kind, usize)>,
    class: String,
    data: usize,
    tabs: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ttl,
    Class,
    Type,
}

/// The column behind `octets` that begin at `column`.
fn column_after(mut column: usize, octets: &[u8]) -> usize {
    for b in octets {
        match b {
            b'\t' => column = (column / TAB + 1) * TAB,
            // The octets of a character behind its first take no column.
            0x80..=0xbf => {}
            _ => column += 1,
        }
    }
    column
}

/// Blanks from `column` to `target`, one at least.
fn pad(column: usize, target: usize, tabs: bool) -> String {
    let mut out = String::new();
    let mut at = column;
    while tabs && (at / TAB + 1) * TAB <= target {
        out.push('\t');
        at = (at / TAB + 1) * TAB;
    }
    out.extend(std::iter::repeat_n(' ', target.saturating_sub(at)));
    if out.is_empty() {
        out.push(if tabs { '\t' } else { ' ' });
    }
    out
}

impl Style {
    /// One blank between fields.
    pub fn plain() -> Self {
        Style {
            has_ttl: true,
            fields: vec![(Kind::Ttl, 0), (Kind::Class, 0), (Kind::Type, 0)],
            class: "IN".into(),
            data: 0,
            tabs: false,
        }
    }

    /// The style of a record that takes `lines`; its owner, TTL and type stand where the spans say.
    pub fn of(text: &[u8], lines: Span, owner: Option<Span>, ttl: Option<Span>, rtype: Span, tokens: &[Span]) -> Self {
        let lead = Span { start: lines.start, end: rtype.end.max(lines.start) };
        // Lines that begin with a parenthesis or break before the type are no model.
        let odd = lead.of(text).iter().any(|b| matches!(b, b'\n' | b'(' | b';' | b'"'));
        let Some(first) = tokens.first().filter(|_| !odd) else { return Self::plain() };
        let column = |offset: u32| column_after(0, Span { start: lines.start, end: offset }.of(text));
        let mut style = Style { fields: Vec::new(), has_ttl: ttl.is_some(), ..Self::plain() };
        let mut at = owner.map_or(lines.start, |o| o.end) as usize;
        let mut blanks = Vec::new();
        while at < rtype.end as usize {
            let rest = text.get(at..rtype.end as usize).unwrap_or_default();
            let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            let word = rest.iter().skip(blank).take_while(|b| !b.is_ascii_whitespace()).count();
            blanks.extend_from_slice(rest.get(..blank).unwrap_or_default());
            let span = Span::new(at + blank, at + blank + word);
            let kind = if Some(span) == ttl {
                Kind::Ttl
            } else if span == rtype {
                Kind::Type
            } else {
                style.class = String::from_utf8_lossy(span.of(text)).into_owned();
                Kind::Class
            };
            style.fields.push((kind, column(span.start)));
            at = span.range().end;
        }
        if !style.fields.iter().any(|(kind, _)| *kind == Kind::Class) {
            style.class.clear();
        }
        style.tabs = blanks.contains(&b'\t');
        // A parenthesis before the data counts as its start, if it stands in the same line.
        let behind = Span { start: rtype.end, end: first.end }.of(text);
        let gap = behind.iter().take_while(|b| matches!(b, b' ' | b'\t')).count() as u32;
        style.data = column(rtype.end + gap);
        style
    }

    /// A line, with its end, for a record with these fields; an empty owner is left out.
    pub fn line(&self, owner: &str, ttl: Option<u32>, rtype: &str, data: &[String], newline: &str) -> String {
        let mut out = owner.to_string();
        let mut column = column_after(0, owner.as_bytes());
        let mut field = |text: &str, target: usize, column: &mut usize| {
            let blanks = pad(*column, target, self.tabs);
            *column = column_after(*column, blanks.as_bytes());
            *column = column_after(*column, text.as_bytes());
            out.push_str(&blanks);
            out.push_str(text);
        };
        if let (Some(ttl), false) = (ttl, self.fields.iter().any(|(kind, _)| *kind == Kind::Ttl)) {
            let target = self.fields.first().map_or(0, |(_, at)| *at);
            field(&ttl.to_string(), target, &mut column);
        }
        for (kind, target) in &self.fields {
            match (kind, ttl) {
                (Kind::Ttl, Some(ttl)) => field(&ttl.to_string(), *target, &mut column),
                (Kind::Ttl, None) => {}
                (Kind::Class, _) => field(&self.class, *target, &mut column),
                (Kind::Type, _) => field(rtype, *target, &mut column),
            }
        }
        field(&self.data_text(rtype, data, newline), self.data, &mut column);
        out.push_str(newline);
        out
    }

    fn data_text(&self, rtype: &str, data: &[String], newline: &str) -> String {
        if rtype != "TXT" || data.len() < 2 {
            return data.join(" ");
        }
        let indent = if self.tabs { "\t" } else { "    " };
        format!("({newline}{indent}{} )", data.join(&format!("{newline}{indent}")))
    }
}

/// `owner` in the room of the blanks `lead`.
pub fn owner_column(owner: &str, lead: &[u8]) -> String {
    let blanks = pad(column_after(0, owner.as_bytes()), column_after(0, lead), lead.contains(&b'\t'));
    format!("{owner}{blanks}")
}

/// The edits that put `new` in the place of the data of a record, which stands in `region` (from behind its type to its
/// end) as `tokens`, which mean `old`. What of it stays the same is not touched; comments stay.
pub fn replace_data(
    text: &[u8],
    region: Range<usize>,
    tokens: &[Span],
    comments: &[Span],
    old: &[String],
    new: &[String],
) -> Vec<(Range<usize>, String)> {
    if tokens.len() == old.len() && old.len() == new.len() {
        let changed = tokens.iter().zip(old.iter().zip(new)).filter(|(_, (old, new))| old != new);
        return changed.map(|(token, (_, new))| (token.range(), new.clone())).collect();
    }
    let octets = text.get(region.clone()).unwrap_or_default();
    let gap = octets.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let inside: Vec<Span> = comments.iter().copied().filter(|c| (c.start as usize) < region.end).collect();
    // Parentheses outside tokens and comments: one that was opened before the region has to be closed in it.
    let covered = |at: usize| tokens.iter().chain(&inside).any(|s| s.range().contains(&at));
    let count = |paren: u8| {
        let found = octets.iter().enumerate().filter(|(i, b)| **b == paren && !covered(region.start + i));
        found.count()
    };
    let closing = count(b')').saturating_sub(count(b'('));
    let crlf = octets.windows(2).any(|w| w == b"\r\n");
    let newline = if crlf { "\r\n" } else { "\n" };
    let mut out = match (new.len(), closing) {
        (0 | 1, 0) => new.join(" "),
        (_, 0) => format!("({newline}    {} )", new.join(&format!("{newline}    "))),
        _ => format!("{}{}", new.join(" "), " )".repeat(closing)),
    };
    for comment in inside {
        out.push(' ');
        out.push_str(&String::from_utf8_lossy(comment.of(text)));
    }
    vec![(region.start + gap..region.end, out)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line in the style of `model`, whose fields are owner (or blank), TTL if it is a number, class, type, data.
    fn like(model: &str, owner: &str, ttl: Option<u32>) -> String {
        let mut spans = Vec::new();
        let mut at = 0;
        for word in model.split([' ', '\t']) {
            if !word.is_empty() {
                spans.push(Span::new(at, at + word.len()));
            }
            at += word.len() + 1;
        }
        let mut spans = spans.into_iter();
        let owner_span = if model.starts_with([' ', '\t']) { None } else { spans.next() };
        let rest: Vec<Span> = spans.collect();
        let text = model.as_bytes();
        let ttl_span = rest.iter().copied().find(|s| s.of(text)[0].is_ascii_digit()).filter(|s| s.end < 20);
        let rtype = rest.iter().copied().find(|s| matches!(s.of(text), b"A" | b"MX")).unwrap();
        let tokens: Vec<Span> = rest.iter().copied().filter(|s| s.start > rtype.start).collect();
        let style = Style::of(text, Span::new(0, text.len()), owner_span, ttl_span, rtype, &tokens);
        style.line(owner, ttl, "TXT", &["\"x\"".to_string()], "\n")
    }

    #[test]
    fn new_lines_look_like_old_ones() {
        let cases = [
            ("www     IN  A       192.0.2.1", "_dmarc", None, "_dmarc  IN  TXT     \"x\"\n", "blanks"),
            ("www\tIN\tA\t192.0.2.1", "_dmarc", None, "_dmarc\tIN\tTXT\t\"x\"\n", "tabs"),
            ("w\t\tIN\tA\t192.0.2.1", "s._domainkey", None, "s._domainkey\tIN\tTXT\t\"x\"\n", "a longer owner"),
            ("w A 192.0.2.1", "longer", None, "longer TXT \"x\"\n", "no class"),
            ("www 300 IN A 192.0.2.1", "a", Some(60), "a   60  IN TXT \"x\"\n", "a TTL of its own"),
            ("www IN 300 A 192.0.2.1", "www", Some(60), "www IN 60  TXT \"x\"\n", "class before TTL"),
            ("www IN A 192.0.2.1", "www", Some(60), "www 60 IN TXT \"x\"\n", "a TTL where there was none"),
            ("    IN  MX  10 mail", "", None, "    IN  TXT \"x\"\n", "an owner left out"),
        ];
        for (model, owner, ttl, want, why) in cases {
            assert_eq!(like(model, owner, ttl), want, "{why}");
        }
        assert_eq!(owner_column("www", b"        "), "www     ");
        assert_eq!(owner_column("www", b"\t\t"), "www\t\t");
        assert_eq!(owner_column("longer", b"  "), "longer ");
    }
}
