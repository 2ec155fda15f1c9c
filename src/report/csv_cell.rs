//! A cell of comma-separated values (RFC 4180).

use crate::report::harmless::harmless;

/// `text` as a cell that stays one: control characters as in a zone file, quoted where it must be. What a spreadsheet
/// would take for a formula gets an apostrophe in front.
pub fn csv_cell(text: &str) -> String {
    let mut cell = harmless(text).replace('\n', "\\010");
    if cell.starts_with(['=', '+', '-', '@']) {
        cell.insert(0, '\'');
    }
    if cell.contains([',', '"', ' ', ';']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stays_a_cell() {
        for (text, want) in [
            ("a.example", "a.example"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\nb", "a\\010b"),
            ("=cmd()", "'=cmd()"),
            ("reject", "reject"),
            ("v=spf1 -all", "\"v=spf1 -all\""),
            ("two\nlines", "two\\010lines"),
            ("\u{1b}[31m", "\\027[31m"),
        ] {
            assert_eq!(csv_cell(text), want);
        }
    }
}
