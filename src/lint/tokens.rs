//! The tokens of a record's data in a master file, found again from its span.

use crate::model::decoded::{BadString, Decoded};
use crate::model::source::{SourceId, Span};

/// The tokens at `span` in `text`, quotes included: parentheses, line ends and comments part them (RFC 1035 §5.1).
pub fn split(text: &[u8], span: Span) -> Vec<Span> {
    let mut out = Vec::with_capacity(4);
    let end = span.range().end.min(text.len());
    let mut i = span.range().start;
    while i < end {
        match text[i] {
            b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' => i += 1,
            b';' => i += text[i..end].iter().position(|b| *b == b'\n').unwrap_or(end - i),
            first => {
                let start = i;
                i += 1;
                if first == b'"' {
                    i = quote_end(&text[..end], i);
                } else {
                    if first == b'\\' {
                        i += 1;
                    }
                    while i < end {
                        match text[i] {
                            b'\\' => i += 1,
                            b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b';' | b'"' => break,
                            _ => {}
                        }
                        i += 1;
                    }
                }
                i = i.min(end);
                out.push(Span::new(start, i));
            }
        }
    }
    out
}

/// One past the quote that closes the string from `at` on; the end of the text if there is none.
fn quote_end(text: &[u8], mut at: usize) -> usize {
    while let Some(i) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        if text[at + i] == b'"' {
            return at + i + 1;
        }
        at += i + 2;
    }
    text.len()
}

/// The strings at `tokens`, joined; the generic form `\# length hex` (RFC 3597 §5) too.
///
/// # Errors
/// The first escape that cannot be read.
pub fn strings(source: SourceId, text: &[u8], tokens: &[Span]) -> Result<Decoded, BadString> {
    match tokens {
        [mark, _, hex @ ..] if mark.of(text) == b"\\#" => Ok(generic(source, text, hex)),
        _ => Decoded::tokens(source, text, tokens),
    }
}

/// Character-strings from generic data: what is no such data is left out, the parser has said so.
fn generic(source: SourceId, text: &[u8], hex: &[Span]) -> Decoded {
    let digits: Vec<(u8, usize)> = hex
        .iter()
        .flat_map(|t| t.range())
        .filter_map(|i| Some(((*text.get(i)? as char).to_digit(16)? as u8, i)))
        .collect();
    let octets: Vec<(u8, usize)> = digits.chunks_exact(2).map(|c| (c[0].0 << 4 | c[1].0, c[0].1)).collect();
    let mut decoded = Decoded { octets: Vec::new(), map: crate::model::source::OctetMap::new(source) };
    let mut rest = octets.as_slice();
    while let Some(((len, at), tail)) = rest.split_first() {
        decoded.map.begin_string(*at);
        let (string, behind) = tail.split_at(usize::from(*len).min(tail.len()));
        for (octet, at) in string {
            decoded.octets.push(*octet);
            decoded.map.push(1, *at, 2);
        }
        rest = behind;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let rows: &[(&str, &[&str])] = &[
            (r#""v=spf1 -all""#, &[r#""v=spf1 -all""#]),
            ("( \"a;b\" ; comment \"x\"\n  \"c\" )", &["\"a;b\"", "\"c\""]),
            (r#"10 mail.example.com. ; note"#, &["10", "mail.example.com."]),
            (r#"a\;b\ c d"#, &[r"a\;b\ c", "d"]),
            (r#""a""b"c"#, &["\"a\"", "\"b\"", "c"]),
            (r#""open \" end"#, &[r#""open \" end"#]),
            (r"\", &[r"\"]),
            ("", &[]),
        ];
        for (text, want) in rows {
            let got: Vec<&str> =
                split(text.as_bytes(), Span::new(0, text.len())).iter().map(|s| &text[s.range()]).collect();
            assert_eq!(got, *want, "{text}");
        }
    }

    #[test]
    fn generic_data() {
        let text = br"\# 5 03 616263 0";
        let tokens = split(text, Span::new(0, text.len()));
        let decoded = strings(SourceId(0), text, &tokens).unwrap();
        assert_eq!(decoded.octets, b"abc");
        assert_eq!(decoded.map.span(1..2).of(text), b"62");
    }
}
