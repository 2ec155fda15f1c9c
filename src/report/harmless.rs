//! Text of strangers, made fit for a terminal.

use crate::report::html_text::turns;

/// `text` with everything that could steer a terminal shown as `\DDD`, octet by octet as in a zone file: control
/// characters but the line feed, and the marks that reorder what stands around them (UAX #9).
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if turns(c) || (c.is_control() && c != '\n') {
            c.to_string().bytes().for_each(|b| out.push_str(&format!("\\{b:03}")));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, want) in [
            ("v=spf1 -all\n", "v=spf1 -all\n"),
            ("日本 é", "日本 é"),
            ("a\u{1b}[31mred", "a\\027[31mred"),
            ("over\rwritten", "over\\013written"),
            ("\u{9b}2J", "\\194\\1552J"),
            ("\u{202e}txt", "\\226\\128\\174txt"),
        ] {
            assert_eq!(harmless(text), want);
        }
    }
}
