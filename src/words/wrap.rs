//! Text folded at a width, counted in terminal columns.

use unicode_width::UnicodeWidthStr;

/// Characters that do not begin a line in Japanese.
const NOT_FIRST: &str = "、。，．・：；？！）」』】〕…～ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ";

/// Words of `text` in lines of at most `width` columns; a longer word stands alone. Wide characters are words of their
/// own, as Japanese has no spaces; brackets and marks stay with what they belong to.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for (gap, word) in text.split_whitespace().flat_map(units) {
        let gap = gap && !line.is_empty();
        if !line.is_empty() && line.width() + usize::from(gap) + word.width() > width {
            lines.push(std::mem::take(&mut line));
        } else if gap {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// What of a word stays together, each with whether a space stands before it.
fn units(word: &str) -> Vec<(bool, String)> {
    let wide = |c: char| unicode_width::UnicodeWidthChar::width(c) == Some(2);
    let mut out: Vec<(bool, String)> = Vec::new();
    for c in word.chars() {
        let before = out.last().and_then(|(_, unit)| unit.chars().last());
        let together = match before {
            None => false,
            Some(_) if NOT_FIRST.contains(c) => true,
            Some(before) => "（「『【〔".contains(before) || (!wide(c) && !wide(before)),
        };
        match out.last_mut() {
            Some((_, unit)) if together => unit.push(c),
            _ => out.push((out.is_empty(), c.to_string())),
        }
    }
    out
}

/// A line in as many as it needs at `width` columns, each with its indent; empty lines stay.
pub fn fold(line: &str, width: usize) -> Vec<String> {
    if line.width() <= width {
        return vec![line.into()];
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    wrap(line, width.saturating_sub(indent.width()).max(12)).into_iter().map(|part| format!("{indent}{part}")).collect()
}

/// `text` filled with spaces to `width` columns; never cut.
pub fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// `text` in at most `width` columns, the end left out for `…` where it is longer.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.into();
    }
    let mut out = String::new();
    let mut columns = 1;
    for c in text.chars() {
        columns += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if columns > width {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(wrap("証明済み 送信側 ok", 10), ["証明済み", "送信側 ok"]);
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("公開しました。（確認済み）です", 12), ["公開しまし", "た。（確認済", "み）です"]);
        assert_eq!(wrap("SPF レコードが a.example に", 12), ["SPF レコード", "が a.example", "に"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(pad("送信", 6), "送信  ");
        assert_eq!([cut("送信側", 6), cut("送信側", 5), cut("送信側", 4)], ["送信側", "送信…", "送…"]);
    }
}
