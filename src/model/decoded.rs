//! A character-string value decoded from master-file form, with the way back to where it was written.

use crate::model::source::{OctetMap, SourceId, Span};

/// What a verifier reads: the strings of one TXT record joined, and where each octet was written.
///
/// Every door gives it: zone text, a record on the command line, a provider's listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The strings joined without a space (RFC 7208 §3.3).
    pub octets: Vec<u8>,
    /// Where they were written.
    pub map: OctetMap,
}

/// Something in master-file strings that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadString {
    /// A quote that is not closed; where it stands.
    Unclosed(Span),
    /// A backslash with nothing behind it, or `\DDD` over 255 (RFC 1035 §5.1).
    Escape(Span),
}

impl Decoded {
    /// Octets written as they are, without quotes or escapes: one string.
    pub fn verbatim(source: SourceId, text: &[u8], span: Span) -> Self {
        Decoded { octets: span.of(text).to_vec(), map: OctetMap::verbatim(source, span) }
    }

    /// The strings whose tokens, quotes included, stand at `tokens` in `text`.
    ///
    /// # Errors
    /// The first escape that cannot be read.
    pub fn tokens(source: SourceId, text: &[u8], tokens: &[Span]) -> Result<Self, BadString> {
        let room = tokens.iter().map(|t| t.len()).sum();
        let mut decoded = Decoded { octets: Vec::with_capacity(room), map: OctetMap::new(source) };
        for token in tokens {
            decoded.push_token(text, *token)?;
        }
        Ok(decoded)
    }

    /// The part of `text` at `span` as a list of strings, quoted or not, parted by white space, as providers list them
    /// and people paste them.
    ///
    /// # Errors
    /// The first quote that is not closed, or the first escape that cannot be read.
    pub fn listed(source: SourceId, text: &[u8], span: Span) -> Result<Self, BadString> {
        let mut tokens = Vec::new();
        let end = span.range().end.min(text.len());
        let mut i = span.range().start;
        while i < end {
            if text[i].is_ascii_whitespace() {
                i += 1;
                continue;
            }
            let (start, quoted) = (i, text[i] == b'"');
            i += usize::from(quoted);
            loop {
                match text.get(i).filter(|_| i < end) {
                    None if quoted => return Err(BadString::Unclosed(Span::new(start, start + 1))),
                    None => break,
                    Some(b'\\') => i += 2,
                    Some(b'"') if quoted => {
                        i += 1;
                        break;
                    }
                    Some(b) if !quoted && (b.is_ascii_whitespace() || *b == b'"') => break,
                    Some(_) => i += 1,
                }
            }
            tokens.push(Span::new(start, i.min(end)));
        }
        Self::tokens(source, text, &tokens)
    }

    fn push_token(&mut self, text: &[u8], token: Span) -> Result<(), BadString> {
        let inside = inside(text, token);
        let base = inside.start as usize;
        let octets = inside.of(text);
        self.map.begin_string(base);
        let mut i = 0;
        while i < octets.len() {
            if octets[i] == b'\\' {
                let (octet, width) = unescape(&octets[i..])
                    .ok_or_else(|| BadString::Escape(Span::new(base + i, base + octets.len().min(i + 4))))?;
                self.octets.push(octet);
                self.map.push(1, base + i, width);
                i += width;
            } else {
                let plain = memchr::memchr(b'\\', &octets[i..]).unwrap_or(octets.len() - i);
                self.octets.extend_from_slice(&octets[i..i + plain]);
                self.map.push(plain, base + i, 1);
                i += plain;
            }
        }
        Ok(())
    }
}

/// The part of a token between its quotes; all of it where it has none.
pub fn inside(text: &[u8], token: Span) -> Span {
    match token.of(text) {
        [b'"', .., b'"'] => Span { start: token.start + 1, end: token.end - 1 },
        [b'"', ..] => Span { start: token.start + 1, end: token.end },
        _ => token,
    }
}

/// The octet that the escape at the start of `text` means, and how many octets it is written with: `\DDD` or `\X`
/// (RFC 1035 §5.1). None if it is cut short or over 255.
pub fn unescape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', a, b, c, ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
            let value = [a, b, c].iter().fold(0u16, |n, d| n * 10 + u16::from(**d - b'0'));
            u8::try_from(value).ok().map(|v| (v, 4))
        }
        // A digit begins `\DDD`: fewer than three of them mean nothing.
        [b'\\', x, ..] if !x.is_ascii_digit() => Some((*x, 2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_decode_and_lead_back() {
        let id = SourceId(0);
        type Case = (&'static str, Result<&'static [u8], BadString>, &'static str);
        let cases: &[Case] = &[
            (r#""v=spf1 -all""#, Ok(b"v=spf1 -all"), "one quoted string"),
            (r#""v=spf1 " "-all""#, Ok(b"v=spf1 -all"), "two strings join without a space"),
            (r#""a""b""#, Ok(b"ab"), "no white space between"),
            (r"v=DMARC1\; p=none", Ok(b"v=DMARC1;p=none"), "unquoted strings, escaped semicolon"),
            (r#""\"\\\065""#, Ok(b"\"\\A"), "all three escapes"),
            ("", Ok(b""), "nothing"),
            (r#"x "open"#, Err(BadString::Unclosed(Span { start: 2, end: 3 })), "an open quote"),
            (r#""open\""#, Err(BadString::Unclosed(Span { start: 0, end: 1 })), "its end is escaped"),
            (r"a\256", Err(BadString::Escape(Span { start: 1, end: 5 })), "over 255"),
            (r"a\", Err(BadString::Escape(Span { start: 1, end: 2 })), "cut short"),
        ];
        for (text, want, why) in cases {
            let got = Decoded::listed(id, text.as_bytes(), Span::new(0, text.len()));
            assert_eq!(got.as_ref().map(|d| d.octets.as_slice()).map_err(|e| *e), *want, "{why}");
            for decoded in got.into_iter() {
                assert_eq!(decoded.map.len(), decoded.octets.len(), "{why}");
                for (i, octet) in decoded.octets.iter().enumerate() {
                    let written = decoded.map.span(i..i + 1).of(text.as_bytes());
                    let read = unescape(written).map_or(written[0], |(o, _)| o);
                    assert_eq!(read, *octet, "{why}: octet {i} was written `{}`", String::from_utf8_lossy(written));
                }
            }
        }
    }

    #[test]
    fn a_span_in_the_middle_of_a_listing() {
        let text = br#"{"content": "\"a b\""}"#;
        let raw = Decoded::verbatim(SourceId(3), text, Span::new(13, 20));
        assert_eq!(raw.octets, br#"\"a b\""#);
        assert_eq!(raw.map.place(2..3).span, Span::new(15, 16));
        assert_eq!(raw.map.source(), SourceId(3));
    }
}
