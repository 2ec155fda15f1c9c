//! Tag lists, `name=value; name=value`, of RFC 6376 §3.2: the form of DKIM keys, and of DMARC, TLS-RPT and BIMI records.

use std::collections::HashSet;

use crate::model::reading::Fault;
use crate::model::source::Span;

/// What can be wrong in a tag list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagFault {
    /// A piece between semicolons without `=`.
    NoEquals,
    /// Nothing between two semicolons, or before the first.
    Empty,
    /// A name that does not begin with a letter or holds something else than letters, digits and `_`.
    BadName,
    /// An octet in a value that is neither printable ASCII nor folding white space.
    BadValue,
    /// A name that was there before; RFC 6376 §3.2 makes the whole list invalid.
    Duplicate,
}

/// One `name=value` and where its parts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The name, without white space around it.
    pub name: Span,
    /// The value, without white space around it; empty at the place where it would stand.
    pub value: Span,
    /// All of it, from the name to the value, without white space around it.
    pub whole: Span,
}

/// A tag list over its text. Its text prints it without loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagList<'a> {
    text: &'a [u8],
    /// The tags in their order, those with a bad name too.
    pub tags: Vec<Tag>,
    /// What is wrong.
    pub faults: Vec<Fault<TagFault>>,
    /// Whether the last tag is followed by a semicolon.
    pub closed: bool,
}

/// Folding white space as it can stand in a record: space, tab, and CR LF (RFC 6376 §2.8).
pub fn is_fws(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// `span` of `text` without the white space at both ends.
pub fn trim(text: &[u8], span: Span) -> Span {
    let octets = span.of(text);
    let lead = octets.iter().take_while(|b| is_fws(**b)).count();
    let trail = octets[lead..].iter().rev().take_while(|b| is_fws(**b)).count();
    Span { start: span.start + lead as u32, end: span.end - trail as u32 }
}

impl<'a> TagList<'a> {
    /// Reads `text` to its end, whatever it holds.
    pub fn read(text: &'a [u8]) -> Self {
        let mut list = TagList { text, tags: Vec::with_capacity(8), faults: Vec::new(), closed: false };
        let mut names = HashSet::new();
        let mut start = 0;
        loop {
            let end = memchr::memchr(b';', &text[start..]).map_or(text.len(), |i| start + i);
            let last = end == text.len();
            let piece = trim(text, Span::new(start, end));
            if !piece.is_empty() {
                list.piece(piece, &mut names);
            } else if last {
                // `[";"]` at the end of the grammar; white space after it is common and harmless.
                list.closed = start > 0;
            } else {
                list.faults.push(Fault { kind: TagFault::Empty, span: Span::new(end, end + 1) });
            }
            if last {
                return list;
            }
            start = end + 1;
        }
    }

    fn piece(&mut self, whole: Span, names: &mut HashSet<&'a [u8]>) {
        let text = self.text;
        let Some(equals) = memchr::memchr(b'=', whole.of(text)).map(|i| whole.start + i as u32) else {
            self.faults.push(Fault { kind: TagFault::NoEquals, span: whole });
            return;
        };
        let name = trim(text, Span { start: whole.start, end: equals });
        let value = trim(text, Span { start: equals + 1, end: whole.end });
        let letters = name.of(text);
        let good = letters.first().is_some_and(u8::is_ascii_alphabetic)
            && letters.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
        if !good {
            let span = if name.is_empty() { whole } else { name };
            self.faults.push(Fault { kind: TagFault::BadName, span });
        } else if !self.is_new(letters, names) {
            self.faults.push(Fault { kind: TagFault::Duplicate, span: whole });
        }
        let bad = |b: &u8| !(is_fws(*b) || (0x21..=0x7e).contains(b));
        // Without an early end, so that it can go many octets at a time; nearly every value is good.
        let any = value.of(text).iter().fold(false, |found, b| found | bad(b));
        if let Some(first) = any.then(|| value.of(text).iter().position(bad)).flatten() {
            let run = value.of(text)[first..].iter().take_while(|b| bad(b)).count();
            let first = value.start as usize + first;
            self.faults.push(Fault { kind: TagFault::BadValue, span: Span::new(first, first + run) });
        }
        self.tags.push(Tag { name, value, whole });
    }

    /// Whether no tag before has this name. Records have a handful of tags; hostile ones get a set.
    fn is_new(&self, name: &'a [u8], names: &mut HashSet<&'a [u8]>) -> bool {
        if self.tags.len() < 16 {
            return !self.tags.iter().any(|t| self.slice(t.name) == name);
        }
        if names.is_empty() {
            names.extend(self.tags.iter().map(|t| self.slice(t.name)));
        }
        names.insert(name)
    }

    /// The text that was read.
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The octets of `span`.
    pub fn slice(&self, span: Span) -> &'a [u8] {
        span.of(self.text)
    }

    /// The first tag called `name`. Names are compared with case (RFC 6376 §3.2).
    pub fn get(&self, name: &str) -> Option<&Tag> {
        self.tags.iter().find(|t| self.slice(t.name) == name.as_bytes())
    }

    /// The value of the first tag called `name`.
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).map(|t| self.slice(t.value))
    }

    /// The pieces of a value between `separator`s, without white space around each; an empty value has none.
    pub fn pieces(&self, value: Span, separator: u8) -> Vec<Span> {
        let mut out = Vec::new();
        if value.is_empty() {
            return out;
        }
        let mut start = value.start as usize;
        for part in self.slice(value).split(|&b| b == separator) {
            out.push(trim(self.text, Span::new(start, start + part.len())));
            start += part.len() + 1;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (Vec<(String, String)>, Vec<(TagFault, String)>) {
        let list = TagList::read(text.as_bytes());
        let at = |s: Span| text[s.range()].to_string();
        (
            list.tags.iter().map(|t| (at(t.name), at(t.value))).collect(),
            list.faults.iter().map(|f| (f.kind, at(f.span))).collect(),
        )
    }

    #[test]
    fn tags_and_faults() {
        use TagFault::*;
        type Row = (&'static str, &'static [(&'static str, &'static str)], &'static [(TagFault, &'static str)]);
        let rows: &[Row] = &[
            ("v=DKIM1; p=abc", &[("v", "DKIM1"), ("p", "abc")], &[]),
            ("v=DKIM1;p=abc;", &[("v", "DKIM1"), ("p", "abc")], &[]), // the closing semicolon is legal
            (" v = DKIM1 ;\r\n\tp= a b\t; ", &[("v", "DKIM1"), ("p", "a b")], &[]), // folding white space anywhere
            ("p=", &[("p", "")], &[]),                                // an empty value is a value
            ("p=a=b==", &[("p", "a=b==")], &[]),                      // only the first `=` counts
            ("a=1;;b=2", &[("a", "1"), ("b", "2")], &[(Empty, ";")]),
            (";a=1", &[("a", "1")], &[(Empty, ";")]),
            ("a=1; b", &[("a", "1")], &[(NoEquals, "b")]),
            ("1a=1; =2", &[("1a", "1"), ("", "2")], &[(BadName, "1a"), (BadName, "=2")]),
            ("a=1; a=2", &[("a", "1"), ("a", "2")], &[(Duplicate, "a=2")]),
            ("a=1; A=2", &[("a", "1"), ("A", "2")], &[]), // names have case
            ("n=caf\u{e9}s", &[("n", "caf\u{e9}s")], &[(BadValue, "\u{e9}")]),
            ("", &[], &[]),
            ("   ", &[], &[]),
        ];
        for (text, tags, faults) in rows {
            let (got_tags, got_faults) = shown(text);
            let want: Vec<_> = tags.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
            assert_eq!(got_tags, want, "{text:?}");
            let want: Vec<_> = faults.iter().map(|(k, s)| (*k, s.to_string())).collect();
            assert_eq!(got_faults, want, "{text:?}");
        }
    }

    #[test]
    fn closed_or_not() {
        for (text, closed) in [("a=1", false), ("a=1;", true), ("a=1; ", true), ("", false)] {
            assert_eq!(TagList::read(text.as_bytes()).closed, closed, "{text:?}");
        }
    }

    #[test]
    fn pieces_of_a_value() {
        let text = b"h= sha1 :sha256; s=";
        let list = TagList::read(text);
        let h = list.get("h").unwrap().value;
        let parts: Vec<&[u8]> = list.pieces(h, b':').iter().map(|s| list.slice(*s)).collect();
        assert_eq!(parts, [&b"sha1"[..], b"sha256"]);
        let s = list.get("s").unwrap().value;
        assert!(list.pieces(s, b':').is_empty());
    }
}
