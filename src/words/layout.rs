//! Lines of a screen: columns stay where they are, whatever stands in them.

use unicode_width::UnicodeWidthStr;

/// Each line with its texts replaced by what `find` knows. Columns are parted by two spaces or more, and begin where they
/// began, or two spaces behind what has become longer.
pub(super) fn lines(text: &str, find: &dyn Fn(&str) -> Option<String>) -> String {
    text.split('\n').map(|line| one(line, find)).collect::<Vec<_>>().join("\n")
}

fn one(line: &str, find: &dyn Fn(&str) -> Option<String>) -> String {
    let inner = line.trim();
    if inner.is_empty() {
        return line.into();
    }
    let indent = &line[..line.len() - line.trim_start().len()];
    let tail = &line[line.trim_end().len()..];
    if let Some(whole) = find(inner) {
        return format!("{indent}{whole}{tail}");
    }
    let mut out = indent.to_string();
    for (start, column) in columns(line) {
        if !out.trim().is_empty() {
            let at = line[..start].width();
            out.push_str(&" ".repeat(at.saturating_sub(out.width()).max(2)));
        }
        out.push_str(&find(column).unwrap_or_else(|| column.to_string()));
    }
    format!("{out}{tail}")
}

/// The columns of a line, each with the octet at which it begins.
fn columns(line: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut at = line.len() - line.trim_start().len();
    let end = line.trim_end().len();
    while at < end {
        let length = line[at..end].find("  ").unwrap_or(end - at);
        out.push((at, &line[at..at + length]));
        at += length;
        at += line[at..end].len() - line[at..end].trim_start().len();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay() {
        let find = |text: &str| match text {
            "sending" => Some("送信側".to_string()),
            "proven" => Some("証明済み".to_string()),
            "a  b" => Some("丙".to_string()),
            _ => None,
        };
        for (line, want) in [
            ("  SPF     sending      x", "  SPF     送信側       x"),
            ("proven  x", "証明済み  x"),
            ("ok  proven  ok  proven", "ok  証明済み  ok  証明済み"),
            ("  a  b ", "  丙 "),
            ("\n  sending\n", "\n  送信側\n"),
            ("   ", "   "),
        ] {
            assert_eq!(lines(line, &find), want, "{line}");
        }
    }
}
