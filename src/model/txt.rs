//! TXT data: decoded octets on one side, character-strings of at most 255 octets on the other.
//!
//! What SPF, DKIM and DMARC readers see is the strings joined without a space
//! (RFC 7208 §3.3, RFC 6376 §3.6.2.2): values are always compared joined.

use std::borrow::Cow;

use hickory_proto::rr::rdata::TXT;

use crate::error::{Error, Result};

/// The longest character-string (RFC 1035 §3.3).
pub const MAX_STRING: usize = 255;

/// The strings of a TXT record joined, as a verifier reads them.
pub fn joined(txt: &TXT) -> Vec<u8> {
    txt.txt_data.concat()
}

/// The strings of TXT data in wire form; nothing where one runs over the end.
pub fn from_wire(mut octets: &[u8]) -> Option<TXT> {
    let mut out = Vec::new();
    while let Some((length, rest)) = octets.split_first() {
        let (string, rest) = rest.split_at_checked(usize::from(*length))?;
        out.push(string);
        octets = rest;
    }
    Some(TXT::from_bytes(out))
}

/// A TXT record for `value`, split every 255 octets.
pub fn split(value: &[u8]) -> TXT {
    if value.is_empty() {
        return TXT::from_bytes(vec![b""]);
    }
    TXT::from_bytes(value.chunks(MAX_STRING).collect())
}

/// Octets for people: what is no UTF-8 shows as U+FFFD.
///
/// As [`String::from_utf8_lossy`], which goes octet by octet where all is well, as nearly always.
pub fn shown(octets: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(octets).map_or_else(|_| String::from_utf8_lossy(octets), Cow::Borrowed)
}

/// One character-string in master-file form with quotes (RFC 1035 §5.1):
/// `"` and `\` are escaped, octets outside printable ASCII are `\DDD`.
pub fn quoted_string(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len() + 2);
    push_quoted_string(&mut out, octets);
    out
}

fn push_quoted_string(out: &mut String, octets: &[u8]) {
    let plain = |b: &u8| matches!(b, 0x20..=0x7e) && !matches!(b, b'"' | b'\\');
    out.push('"');
    let mut rest = octets;
    while !rest.is_empty() {
        let (run, behind) = rest.split_at(rest.iter().position(|b| !plain(b)).unwrap_or(rest.len()));
        out.push_str(&shown(run));
        rest = behind;
        let Some((&b, behind)) = rest.split_first() else { break };
        match b {
            b'"' | b'\\' => out.extend(['\\', char::from(b)]),
            _ => out.push_str(&format!("\\{b:03}")),
        }
        rest = behind;
    }
    out.push('"');
}

/// All strings of a TXT record in master-file form: `"v=spf1 …" "…"`.
pub fn quoted(txt: &TXT) -> String {
    let mut out = String::new();
    push_quoted(&mut out, txt);
    out
}

/// As [`quoted`], at the end of `out`.
pub fn push_quoted(out: &mut String, txt: &TXT) {
    for (i, string) in txt.txt_data.iter().enumerate() {
        if i > 0 {
            out.push(' ');
        }
        push_quoted_string(out, string);
    }
}

/// Reads strings in master-file form, quoted or not: `"a b" c` is two strings.
///
/// # Errors
/// An unfinished quote or escape.
pub fn parse_quoted(text: &str) -> Result<Vec<Vec<u8>>> {
    let bytes = text.as_bytes();
    let bad = |why: &str| Error::config(format!("TXT data `{text}`: {why}"));
    let (mut i, mut out) = (0, Vec::new());
    while i < bytes.len() {
        if bytes[i].is_ascii_whitespace() {
            i += 1;
            continue;
        }
        let quoted = bytes[i] == b'"';
        i += usize::from(quoted);
        let mut string = Vec::new();
        let mut closed = !quoted;
        while i < bytes.len() {
            match bytes[i] {
                b'"' if quoted => {
                    closed = true;
                    i += 1;
                    break;
                }
                b if !quoted && b.is_ascii_whitespace() => break,
                b'\\' => {
                    let rest = &bytes[i + 1..];
                    match rest {
                        [a, b, c, ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
                            let value = rest[..3].iter().fold(0u32, |n, d| n * 10 + u32::from(d - b'0'));
                            string.push(u8::try_from(value).map_err(|_| bad("an escape over \\255"))?);
                            i += 4;
                        }
                        [c, ..] => {
                            string.push(*c);
                            i += 2;
                        }
                        [] => return Err(bad("it ends in a lone backslash")),
                    }
                }
                b => {
                    string.push(b);
                    i += 1;
                }
            }
        }
        if !closed {
            return Err(bad("a quote is not closed"));
        }
        out.push(string);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_loses_nothing() {
        for value in [&b"v=spf1 -all"[..], b"", b"a\"b\\c;d", "日本".as_bytes(), &[0, 127, 255], &[b'x'; 511]] {
            let txt = split(value);
            let back = parse_quoted(&quoted(&txt)).unwrap();
            assert_eq!(back.concat(), value);
            assert!(back.iter().all(|s| s.len() <= MAX_STRING));
        }
    }

    #[test]
    fn unquoted_and_broken() {
        assert_eq!(parse_quoted(r#"a\;b "c d" \101"#).unwrap(), [b"a;b".to_vec(), b"c d".to_vec(), b"e".to_vec()]);
        for bad in ["\"open", "x\\", "\\999"] {
            assert!(parse_quoted(bad).is_err(), "{bad}");
        }
    }
}
