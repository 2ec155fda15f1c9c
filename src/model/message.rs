//! An Internet message (RFC 5322) as octets: header fields and body, nothing decoded, nothing lost.

use std::borrow::Cow;

/// More header fields than any real message has; what follows is not looked at.
const MAX_FIELDS: usize = 5000;

/// A message over its octets.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The header fields in their order.
    pub fields: Vec<Field<'a>>,
    /// What follows the empty line.
    pub body: &'a [u8],
    /// The header has more fields than were read: such a message cannot be judged.
    pub overlong: bool,
}

/// One header field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// What stands before the colon, as it stands; empty for a line that is no field.
    pub name: &'a [u8],
    /// What stands after the colon: folded, with its last line end.
    pub value: &'a [u8],
    /// All of it.
    pub raw: &'a [u8],
}

impl Field<'_> {
    /// Whether this is the field `name`, whatever the case. White space before the colon (RFC 5322 §4.5) is skipped.
    pub fn is(&self, name: &str) -> bool {
        self.name.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value unfolded (RFC 5322 §2.2.3), octets that are not UTF-8 replaced.
    pub fn text(&self) -> String {
        let octets: Vec<u8> = self.value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        String::from_utf8_lossy(octets.trim_ascii()).into_owned()
    }
}

impl<'a> Message<'a> {
    /// Splits `raw` into fields and body. Lines may end in CR LF or LF.
    pub fn read(raw: &'a [u8]) -> Self {
        let mut message = Message { fields: Vec::new(), body: &[], overlong: false };
        let mut rest = raw;
        while !rest.is_empty() {
            let first = line_length(rest);
            if rest[..first].iter().all(|b| matches!(b, b'\r' | b'\n')) {
                message.body = &rest[first..];
                break;
            }
            if message.fields.len() == MAX_FIELDS {
                message.overlong = true;
                break;
            }
            let mut end = first;
            while matches!(rest.get(end), Some(b' ' | b'\t')) {
                end += line_length(&rest[end..]);
            }
            let (field, after) = rest.split_at(end);
            let (name, value) = match field.iter().position(|b| matches!(b, b':' | b'\n')) {
                Some(colon) if field[colon] == b':' => (&field[..colon], &field[colon + 1..]),
                _ => (&field[..0], field),
            };
            message.fields.push(Field { name, value, raw: field });
            rest = after;
        }
        message
    }

    /// The fields called `name`, whatever the case.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |f| f.is(name))
    }
}

/// The length of the first line with its end.
fn line_length(text: &[u8]) -> usize {
    memchr::memchr(b'\n', text).map_or(text.len(), |i| i + 1)
}

/// `raw` with every line end as CR LF, the form in which messages travel and are signed (RFC 6376 §5.3).
pub fn with_crlf(raw: &[u8]) -> Cow<'_, [u8]> {
    // Without an early way out, so that many octets go at a time; most messages have one kind of line end throughout.
    let pairs = raw.iter().zip(raw.get(1..).unwrap_or_default());
    let any = pairs.fold(false, |any, (&before, &this)| any | ((this == b'\n') & (before != b'\r')));
    if !any && raw.first() != Some(&b'\n') {
        return Cow::Borrowed(raw);
    }
    let bare = || memchr::memchr_iter(b'\n', raw).filter(|&i| i == 0 || raw[i - 1] != b'\r');
    let count = bare().count();
    let mut out = Vec::with_capacity(raw.len() + count);
    let mut copied = 0;
    for i in bare() {
        out.extend_from_slice(&raw[copied..i]);
        out.push(b'\r');
        copied = i;
    }
    out.extend_from_slice(&raw[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

    #[test]
    fn fields_and_body() {
        let rows: &[Row] = &[
            ("A: 1\r\nB: 2\r\n\r\nbody\r\n", &[("A", " 1\r\n"), ("B", " 2\r\n")], "body\r\n"),
            ("A: 1\n\n\nbody", &[("A", " 1\n")], "\nbody"), // line feeds alone
            ("A: 1\r\n\tand 2\r\n\r\n", &[("A", " 1\r\n\tand 2\r\n")], ""), // folded
            ("A: 1\r\n \r\nB: 2\r\n", &[("A", " 1\r\n \r\n"), ("B", " 2\r\n")], ""), // a line of spaces is no end
            ("From x\r\nA: 1\r\n\r\n", &[("", "From x\r\n"), ("A", " 1\r\n")], ""), // a line that is no field
            ("no colon\r\n here: x\r\n\r\n", &[("", "no colon\r\n here: x\r\n")], ""), // nor with one in its fold
            ("A : 1\r\n\r\n", &[("A ", " 1\r\n")], ""),
            ("A: 1", &[("A", " 1")], ""), // ends without a line end
            (" x: 1\r\n\r\n", &[(" x", " 1\r\n")], ""),
            ("\r\nbody", &[], "body"),
            ("", &[], ""),
        ];
        for (raw, fields, body) in rows {
            let message = Message::read(raw.as_bytes());
            let got: Vec<(&str, &str)> = message
                .fields
                .iter()
                .map(|f| (std::str::from_utf8(f.name).unwrap(), std::str::from_utf8(f.value).unwrap()))
                .collect();
            assert_eq!((&got[..], message.body), (*fields, body.as_bytes()), "{raw:?}");
        }
        let message = Message::read(b"Subject : a\r\n b\r\n\r\n");
        assert_eq!(message.named("subject").next().map(Field::text).as_deref(), Some("a b"));
    }

    #[test]
    fn a_header_without_end_is_cut() {
        let raw = "A:\n".repeat(MAX_FIELDS + 1);
        let message = Message::read(raw.as_bytes());
        assert_eq!((message.fields.len(), message.overlong), (MAX_FIELDS, true));
        assert!(!Message::read("A:\n".repeat(MAX_FIELDS).as_bytes()).overlong);
    }

    #[test]
    fn line_ends() {
        for (raw, want) in
            [("a\nb\n", "a\r\nb\r\n"), ("a\r\nb\n\n", "a\r\nb\r\n\r\n"), ("a\rb", "a\rb"), ("\n", "\r\n")]
        {
            assert_eq!(&*with_crlf(raw.as_bytes()), want.as_bytes(), "{raw:?}");
        }
        assert!(matches!(with_crlf(b"a\r\n"), Cow::Borrowed(_)));
    }
}
