//! Names and TXT data as Route 53 writes them: escapes are octal where master files have decimal ones.

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::txt;
use hickory_proto::rr::rdata::TXT;

/// The longest text of one value, in characters.
pub const LONGEST: usize = 4000;

/// `name` with its last dot.
pub fn write_name(name: &Name) -> String {
    format!("{}.", name::show(name))
}

/// The name that `text` stands for: `\052.example.com.` is a wildcard.
///
/// # Errors
/// A configuration error for a name that this program does not write.
pub fn read_name(text: &str) -> Result<Name> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code.map(char::from) {
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '*' | '-' | '_') => plain.push(c),
            _ => return Err(Error::config(format!("`{text}` has a character that no host name has"))),
        }
        rest = &rest[at + 4..];
    }
    plain.push_str(rest);
    name::domain(&plain)
}

/// `value` in strings of at most 255 octets.
pub fn write(value: &TXT) -> String {
    escapes(&txt::quoted(&txt::split(&txt::joined(value))), 10, 8)
}

/// The value that `text` stands for; `None` when it is malformed.
pub fn read(text: &str) -> Option<TXT> {
    let strings = txt::parse_quoted(&escapes(text, 8, 10)).ok()?;
    if strings.is_empty() || strings.iter().any(|s| s.len() > txt::MAX_STRING) {
        return Some(txt::split(&strings.concat()));
    }
    Some(TXT::from_bytes(strings.iter().map(Vec::as_slice).collect()))
}

/// `text` with the numbers in its escapes written to another base.
fn escapes(text: &str, from: u32, to: u32) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, from).ok()) {
            Some(octet) if to == 8 => out.push_str(&format!("\\{octet:03o}")),
            Some(octet) => out.push_str(&format!("\\{octet:03}")),
            None => {
                // An escaped character; what comes after it is nothing's escape.
                let end = rest[at + 1..].chars().next().map_or(at + 1, |c| at + 1 + c.len_utf8());
                out.push_str(&rest[at..end]);
                rest = &rest[end..];
                continue;
            }
        }
        rest = &rest[at + 4..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, want) in [
            ("example.com.", Some("example.com")),
            ("\\052.example.com.", Some("*.example.com")),
            ("_dmarc.example.com.", Some("_dmarc.example.com")),
            ("\\137dmarc.example.com.", Some("_dmarc.example.com")),
            ("a\\056b.example.com.", None),
            ("\\300.example.com.", None),
            ("\\05", None),
        ] {
            assert_eq!(read_name(text).ok().map(|n| name::show(&n)).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn octal_there_and_back() {
        for value in ["v=spf1 -all", "a\"b\\c;d", "日本 é", "\\303", "\u{7f}", "x", &"k".repeat(600), "end\\"] {
            let data = txt::split(value.as_bytes());
            assert_eq!(read(&write(&data)), Some(data), "{value}");
        }
        assert_eq!(write(&txt::split("é\\".as_bytes())), "\"\\303\\251\\\\\"");
        assert_eq!(txt::joined(&read("\"\\303\\251\" \"x\"").unwrap()), "éx".as_bytes());
    }
}
