//! Text folded at a width, counted in terminal columns.

use unicode_width::UnicodeWidthStr;

/// Words of `text` in lines of at most `width` columns; a longer word stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
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
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(pad("送信", 6), "送信  ");
        assert_eq!([cut("送信側", 6), cut("送信側", 5), cut("送信側", 4)], ["送信側", "送信…", "送…"]);
    }
}
