//! Source text and places in it: which file, which octets, which line and column.
//!
//! A [`Span`] counts octets, so that it costs eight octets and slices without a search; line and column are worked out
//! only when somebody is shown the place. An [`OctetMap`] leads from decoded octets (TXT data as a verifier reads it)
//! back to what the person wrote, through quotes, escapes and several strings.

use std::ops::Range;
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// A half-open range of octets in a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first octet.
    pub start: u32,
    /// One past the last octet.
    pub end: u32,
}

/// Which of the [`Sources`] of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A span in one of the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which source.
    pub source: SourceId,
    /// Where in it.
    pub span: Span,
}

/// A line and column as editors count them: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line; a tab is one, an octet that is no UTF-8 is one.
    pub column: usize,
}

/// A place as people and tools are told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The path as the person gave it.
    pub path: String,
    /// Where it begins.
    pub start: Position,
    /// One past where it ends.
    pub end: Position,
}

/// One text that was read: a file, standard input, a record given on the command line, a provider's listing.
#[derive(Debug)]
pub struct Source {
    path: String,
    text: Vec<u8>,
    made: Option<Made>,
    lines: OnceLock<Vec<u32>>,
}

/// Where a text that nobody wrote comes from.
#[derive(Debug)]
enum Made {
    /// All of it from one place.
    From(Place),
    /// Each octet from a place of its own.
    Octets(OctetMap),
}

/// All texts of a run, by [`SourceId`].
#[derive(Debug, Default)]
pub struct Sources {
    all: Vec<std::sync::Arc<Source>>,
}

impl Span {
    /// From `start` up to and without `end`; offsets beyond what a [`Source`] holds end at its limit.
    pub fn new(start: usize, end: usize) -> Self {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { start: clip(start), end: clip(end.max(start)) }
    }

    /// As a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many octets.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it holds no octet: a point between two.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// From the start of `self` to the end of `other`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }

    /// Its octets in `text`; empty where it does not lie inside.
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.range()).unwrap_or_default()
    }
}

impl Source {
    /// A text read from `path` (as the person gave it; `-` or a made-up name where there is no file).
    ///
    /// # Errors
    /// A configuration error if it is 4 GiB or more, which spans cannot count.
    pub fn new(path: impl Into<String>, text: impl Into<Vec<u8>>) -> Result<Self> {
        let (path, text) = (path.into(), text.into());
        if u32::try_from(text.len()).is_err() {
            return Err(Error::config(format!("{path} is larger than 4 GiB")).hint("split the zone with $INCLUDE"));
        }
        Ok(Source { path, text, made: None, lines: OnceLock::new() })
    }

    /// A text that was made from `place`, such as what `$GENERATE` yields: whoever asks for a position in it is told
    /// that place.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub fn made_from(place: Place, path: impl Into<String>, text: impl Into<Vec<u8>>) -> Result<Self> {
        Ok(Source { made: Some(Made::From(place)), ..Source::new(path, text)? })
    }

    /// A text that was made octet by octet from another, such as the records of a YAML file as a master file.
    ///
    /// # Errors
    /// As [`Source::new`].
    pub fn made_with(map: OctetMap, path: impl Into<String>, text: impl Into<Vec<u8>>) -> Result<Self> {
        Ok(Source { made: Some(Made::Octets(map)), ..Source::new(path, text)? })
    }

    /// The path as the person gave it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The octets.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether it is not a text that the person wrote, but made from one: edits in it mean nothing.
    pub fn is_made(&self) -> bool {
        self.made.is_some()
    }

    /// The place that a part of this text was made from.
    fn made_of(&self, span: Span) -> Option<Place> {
        match self.made.as_ref()? {
            Made::From(place) => Some(*place),
            Made::Octets(map) => Some(map.place(span.range())),
        }
    }

    /// The octets of `span`; empty where it does not lie inside.
    pub fn slice(&self, span: Span) -> &[u8] {
        span.of(&self.text)
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = self.text.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i as u32 + 1);
            std::iter::once(0).chain(ends).collect()
        })
    }

    /// The number of the line, from 1, in which `offset` stands.
    pub fn line_of(&self, offset: u32) -> usize {
        self.lines().partition_point(|start| *start <= offset).max(1)
    }

    /// Line and column of `offset`; an offset past the end is the end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.text.len() as u32);
        let line = self.line_of(offset);
        let start = self.lines().get(line - 1).copied().unwrap_or_default();
        let before = Span { start, end: offset }.of(&self.text);
        Position { line, column: String::from_utf8_lossy(before).chars().count() + 1 }
    }

    /// The text of a line (from 1) without its line end; empty past the end.
    pub fn line(&self, number: usize) -> &[u8] {
        let lines = self.lines();
        let Some(start) = number.checked_sub(1).and_then(|n| lines.get(n)) else { return &[] };
        let end = lines.get(number).copied().unwrap_or(self.text.len() as u32);
        let line = Span { start: *start, end }.of(&self.text);
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

impl Sources {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a text in.
    pub fn add(&mut self, source: impl Into<std::sync::Arc<Source>>) -> SourceId {
        self.all.push(source.into());
        SourceId(self.all.len() as u32 - 1)
    }

    /// The text of `id`.
    pub fn get(&self, id: SourceId) -> Option<&std::sync::Arc<Source>> {
        self.all.get(id.0 as usize)
    }

    /// Every text with its id.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.all.iter().enumerate().map(|(i, s)| (SourceId(i as u32), s.as_ref()))
    }

    /// The octets at `place`; empty where there is no such place.
    pub fn slice(&self, place: Place) -> &[u8] {
        self.get(place.source).map_or(&[], |s| s.slice(place.span))
    }

    /// `place` in a text that the person wrote: what was made from a place leads back to it.
    pub fn written(&self, mut place: Place) -> Place {
        // A text is made from one that was there before it: the ids fall, so this ends.
        while let Some(from) = self.get(place.source).and_then(|s| s.made_of(place.span)) {
            if from.source >= place.source {
                break;
            }
            place = from;
        }
        place
    }

    /// Path, line and column of `place`, in a text that the person wrote.
    pub fn locate(&self, place: Place) -> Location {
        let place = self.written(place);
        let at = |offset| self.get(place.source).map_or(Position { line: 1, column: 1 }, |s| s.position(offset));
        Location {
            path: self.get(place.source).map_or_else(String::new, |s| s.path.clone()),
            start: at(place.span.start),
            end: at(place.span.end),
        }
    }
}

/// From decoded octets to where they were written.
///
/// Also knows where each character-string begins, which a reader of the joined octets no longer sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OctetMap {
    source: SourceId,
    runs: Vec<Run>,
    strings: Vec<u32>,
    len: u32,
    /// Where the first string begins: the place of a value without octets.
    home: u32,
}

/// Decoded octets from `decoded` on, each written with `width` octets, the first of them at `written`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    decoded: u32,
    written: u32,
    width: u32,
}

impl OctetMap {
    /// A map into `source` that holds no octet yet.
    pub fn new(source: SourceId) -> Self {
        OctetMap { source, ..Self::default() }
    }

    /// Octets that were written as they are, at `span`: one string.
    pub fn verbatim(source: SourceId, span: Span) -> Self {
        let mut map = Self::new(source);
        map.begin_string(span.start as usize);
        map.push(span.len(), span.start as usize, 1);
        map
    }

    /// The next octets belong to a new character-string, whose first octet (behind its quote) would be at `written`.
    pub fn begin_string(&mut self, written: usize) {
        if self.strings.is_empty() {
            self.home = u32::try_from(written).unwrap_or(u32::MAX);
        }
        self.strings.push(self.len);
    }

    /// `count` more decoded octets, each written with `width` octets (1 as itself, 2 as `\X`, 4 as `\DDD`, 0 if it is
    /// not written at all), the first of them at `written`.
    pub fn push(&mut self, count: usize, written: usize, width: usize) {
        if count == 0 {
            return;
        }
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (written, width) = (clip(written), clip(width));
        let goes_on = self.runs.last().is_some_and(|r| {
            r.width == width
                && self.len.saturating_sub(r.decoded).saturating_mul(width).saturating_add(r.written) == written
        });
        if !goes_on {
            self.runs.push(Run { decoded: self.len, written, width });
        }
        self.len = self.len.saturating_add(clip(count));
    }

    /// The source that it leads into.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// How many decoded octets it knows.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where each character-string begins, in decoded octets.
    pub fn strings(&self) -> &[u32] {
        &self.strings
    }

    fn octet(&self, index: u32) -> Span {
        let run = self.runs.partition_point(|r| r.decoded <= index);
        let Some(run) = run.checked_sub(1).and_then(|i| self.runs.get(i)) else { return Span::default() };
        let start = run.written.saturating_add((index - run.decoded).saturating_mul(run.width));
        Span { start, end: start.saturating_add(run.width) }
    }

    /// Where the decoded octets of `range` were written, from the first to the last of them, with any quotes between
    /// two strings. An empty range is the point before its octet, or behind the last one.
    pub fn span(&self, range: Range<usize>) -> Span {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).min(self.len);
        let (start, end) = (clip(range.start), clip(range.end));
        if self.len == 0 {
            return Span { start: self.home, end: self.home };
        }
        if end > start {
            return self.octet(start).to(self.octet(end - 1));
        }
        let point = if start < self.len { self.octet(start).start } else { self.octet(self.len - 1).end };
        Span { start: point, end: point }
    }

    /// As [`OctetMap::span`], with the source.
    pub fn place(&self, range: Range<usize>) -> Place {
        Place { source: self.source, span: self.span(range) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns() {
        let source = Source::new("z", "ab\r\nüx\n\n\u{ff}").unwrap();
        let cases = [
            // (offset, line, column, why)
            (0, 1, 1, "the first octet"),
            (2, 1, 3, "the carriage return is still in its line"),
            (4, 2, 1, "after the line end"),
            (6, 2, 2, "a character of two octets is one column"),
            (8, 3, 1, "an empty line"),
            (11, 4, 2, "the end of a text without a last line end"),
            (99, 4, 2, "past the end is the end"),
        ];
        for (offset, line, column, why) in cases {
            assert_eq!(source.position(offset), Position { line, column }, "{why}");
        }
        assert_eq!(source.line(1), b"ab");
        assert_eq!(source.line(2), "üx".as_bytes());
        assert_eq!((source.line(0), source.line(9)), (&b""[..], &b""[..]));
        assert_eq!(Source::new("z", "").unwrap().position(0), Position { line: 1, column: 1 });
    }

    #[test]
    fn a_made_text_leads_back() {
        let mut sources = Sources::new();
        let file = sources.add(Source::new("zone", "a\n$GENERATE 1-2 h$ A 192.0.2.$\n").unwrap());
        let directive = Place { source: file, span: Span::new(2, 30) };
        let made = sources.add(Source::made_from(directive, "zone", "h1 A 192.0.2.1\n").unwrap());
        let at = sources.locate(Place { source: made, span: Span::new(3, 4) });
        assert_eq!((at.path.as_str(), at.start.line, at.start.column), ("zone", 2, 1));
    }

    #[test]
    fn decoded_octets_lead_back() {
        // "a\;b" "c\100d"   decodes to a;bcdd
        let text = br#""a\;b" "c\100d""#;
        let mut map = OctetMap::new(SourceId(0));
        map.begin_string(1);
        map.push(1, 1, 1);
        map.push(1, 2, 2);
        map.push(1, 4, 1);
        map.begin_string(8);
        map.push(1, 8, 1);
        map.push(1, 9, 4);
        map.push(1, 13, 1);
        let shown = |range| String::from_utf8_lossy(map.span(range).of(text)).into_owned();
        assert_eq!(map.strings(), [0, 3]);
        assert_eq!(map.len(), 6);
        assert_eq!(shown(0..1), "a");
        assert_eq!(shown(1..2), r"\;");
        assert_eq!(shown(4..5), r"\100");
        assert_eq!(shown(2..4), r#"b" "c"#, "across two strings");
        assert_eq!(map.span(3..3), Span::new(8, 8), "a point before an octet");
        assert_eq!(map.span(6..6), Span::new(14, 14), "a point behind the last");
        assert_eq!(map.span(40..90), Span::new(14, 14), "out of range is the end");
        let plain = OctetMap::verbatim(SourceId(0), Span::new(5, 9));
        assert_eq!(plain.span(1..3), Span::new(6, 8));
        let empty = OctetMap::verbatim(SourceId(0), Span::new(5, 5));
        assert_eq!(empty.span(0..0), Span::new(5, 5), "a value without octets has a place too");
    }
}
