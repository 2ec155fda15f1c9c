//! BIMI assertion records (draft-brand-indicators-for-message-identification §4.2).

use crate::model::reading::{Fault, Reading};
use crate::model::source::Span;
use crate::model::tag_list::{TagFault, TagList};

/// What can be wrong with a BIMI record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BimiFault {
    /// The tag list itself.
    Tags(TagFault),
    /// There is no `l`.
    NoLocation,
    /// `l` is neither empty nor an `https:` URI.
    BadLocation,
    /// `a` is neither empty nor an `https:` URI.
    BadAuthority,
}

/// The record at `selector._bimi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BimiRecord<'a> {
    /// The tags as they stand.
    pub tags: TagList<'a>,
    /// `l`, where the image is.
    pub location: Option<Span>,
    /// `a`, where the mark certificate is.
    pub authority: Option<Span>,
}

impl<'a> BimiRecord<'a> {
    /// Reads `text`. It is a BIMI record when its first tag is `v=BIMI1`, with case.
    pub fn read(text: &'a [u8]) -> Reading<Self, BimiFault> {
        let tags = TagList::read(text);
        let first = tags.tags.first().is_some_and(|t| tags.slice(t.name) == b"v" && tags.slice(t.value) == b"BIMI1");
        if !first {
            return Reading::NotOurs;
        }
        let mut faults: Vec<_> =
            tags.faults.iter().map(|f| Fault { kind: BimiFault::Tags(f.kind), span: f.span }).collect();
        let span = |name: &str| tags.get(name).map(|t| t.value);
        let (location, authority) = (span("l"), span("a"));
        match location {
            None => faults.push(Fault { kind: BimiFault::NoLocation, span: Span::new(0, text.len()) }),
            Some(l) if !empty_or_https(l.of(text)) => faults.push(Fault { kind: BimiFault::BadLocation, span: l }),
            Some(_) => {}
        }
        if let Some(a) = authority.filter(|a| !empty_or_https(a.of(text))) {
            faults.push(Fault { kind: BimiFault::BadAuthority, span: a });
        }
        Reading::new(BimiRecord { tags, location, authority }, faults)
    }

    /// Whether the record declines to take part: `l` and `a` are empty.
    pub fn declines(&self) -> bool {
        self.location.is_some_and(Span::is_empty) && self.authority.is_none_or(Span::is_empty)
    }
}

fn empty_or_https(value: &[u8]) -> bool {
    let scheme = value.get(..8).is_some_and(|s| s.eq_ignore_ascii_case(b"https://"));
    value.is_empty() || (scheme && value.len() > 8 && value.iter().all(u8::is_ascii_graphic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        use BimiFault::*;
        let rows: &[(&str, bool, &[(BimiFault, &str)])] = &[
            ("v=BIMI1; l=https://example.com/logo.svg", true, &[]),
            ("v=BIMI1; l=; a=;", true, &[]), // declines to take part
            ("v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem", true, &[]),
            ("v=BIMI1; l=http://example.com/logo.svg", true, &[(BadLocation, "http://example.com/logo.svg")]),
            ("v=BIMI1; l=https://x.example/l.svg; a=self", true, &[(BadAuthority, "self")]),
            ("v=BIMI1;", true, &[(NoLocation, "v=BIMI1;")]),
            ("v=bimi1; l=", false, &[]),
            ("l=; v=BIMI1", false, &[]),
        ];
        for (text, ours, want) in rows {
            let reading = BimiRecord::read(text.as_bytes());
            assert_eq!(reading.is_ours(), *ours, "{text}");
            let got: Vec<_> = reading.faults().iter().map(|f| (f.kind, &text[f.span.range()])).collect();
            assert_eq!(got, *want, "{text}");
        }
    }
}
