//! Master-file text cut into logical lines of tokens (RFC 1035 §5.1): the only place that looks at every octet.

use memchr::{memchr, memchr3};

use crate::model::source::Span;
use crate::zone::fault::FaultKind;

/// The most octets that one logical line may have: 65535 octets of data, each written `\DDD`, and room for the rest.
pub const MAX_LINE: usize = 1 << 20;
/// How many parentheses without an end are looked through before the file is given up: each may cost a whole line.
const MAX_UNCLOSED: u32 = 100;

const WORD: u8 = 0;
const BLANK: u8 = 1;
const NEWLINE: u8 = 2;
const SEMICOLON: u8 = 3;
const QUOTE: u8 = 4;
const OPEN: u8 = 5;
const CLOSE: u8 = 6;
const ESCAPE: u8 = 7;

const CLASS: [u8; 256] = {
    let mut table = [WORD; 256];
    table[b' ' as usize] = BLANK;
    table[b'\t' as usize] = BLANK;
    table[b'\r' as usize] = BLANK;
    table[b'\n' as usize] = NEWLINE;
    table[b';' as usize] = SEMICOLON;
    table[b'"' as usize] = QUOTE;
    table[b'(' as usize] = OPEN;
    table[b')' as usize] = CLOSE;
    table[b'\\' as usize] = ESCAPE;
    table
};

/// Cuts a text into logical lines.
pub struct Lexer<'t> {
    /// The whole text.
    pub text: &'t [u8],
    /// The tokens of the line, quotes included, without parentheses.
    pub tokens: Vec<Span>,
    /// The comments of the line, from `;` to before its line end.
    pub comments: Vec<Span>,
    /// The physical lines that the logical one takes, line ends included.
    pub lines: Span,
    /// From the first token or parenthesis to the end of the last one.
    pub extent: Span,
    /// Whether the line begins with white space: its owner is left out.
    pub blank_start: bool,
    pos: usize,
    unclosed: u32,
}

/// What a call of [`Lexer::next_line`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Tokens or comments or both.
    Content,
    /// Something that cannot be cut into tokens; the line is skipped.
    Fault(FaultKind, Span),
    /// Too much is wrong; the rest of the text is not looked at.
    GiveUp(FaultKind, Span),
    /// Nothing more.
    End,
}

impl<'t> Lexer<'t> {
    /// A lexer at the start of `text`.
    pub fn new(text: &'t [u8]) -> Self {
        Lexer {
            text,
            tokens: Vec::with_capacity(16),
            comments: Vec::new(),
            lines: Span::default(),
            extent: Span::default(),
            blank_start: false,
            pos: 0,
            unclosed: 0,
        }
    }

    /// Skips `octets`, at the start of the text.
    pub fn skip(&mut self, octets: usize) {
        self.pos = (self.pos + octets).min(self.text.len());
    }

    /// Goes on at an octet of the text.
    pub fn start_at(&mut self, position: usize) {
        self.pos = position.min(self.text.len());
    }

    /// The octet at which the next logical line begins.
    pub fn position(&self) -> usize {
        self.pos
    }

    /// Whether a parenthesis was not closed: so many of them, and the rest is not read.
    pub fn has_unclosed(&self) -> bool {
        self.unclosed > 0
    }

    /// Reads the next logical line that holds anything.
    pub fn next_line(&mut self) -> Line {
        let text = self.text;
        self.tokens.clear();
        self.comments.clear();
        let mut pos = self.pos;
        // Empty lines are skipped here, so that what follows begins at the start of a line with something on it.
        let mut start = pos;
        loop {
            match text.get(pos) {
                Some(b' ' | b'\t' | b'\r') => pos += 1,
                Some(b'\n') => {
                    pos += 1;
                    start = pos;
                }
                Some(_) => break,
                None => {
                    self.pos = pos;
                    return Line::End;
                }
            }
        }
        self.blank_start = pos > start;
        let limit = text.len().min(start + MAX_LINE);
        let first = pos;
        let mut last = pos;
        let (mut depth, mut opened, mut fault) = (0u32, 0usize, None);
        while let Some(&b) = text.get(pos) {
            if pos >= limit {
                break;
            }
            match CLASS[b as usize] {
                BLANK => pos += 1,
                WORD | ESCAPE => {
                    let begin = pos;
                    pos = word_end(text, pos);
                    self.tokens.push(Span { start: begin as u32, end: pos as u32 });
                    last = pos;
                }
                QUOTE => {
                    let begin = pos;
                    match quote_end(text, pos + 1) {
                        Ok(end) => {
                            pos = end;
                            self.tokens.push(Span { start: begin as u32, end: pos as u32 });
                        }
                        Err(end) => {
                            fault.get_or_insert((FaultKind::UnclosedQuote, Span::new(begin, end)));
                            pos = end;
                        }
                    }
                    last = pos;
                }
                SEMICOLON => {
                    let end = line_end(text, pos);
                    self.comments.push(Span { start: pos as u32, end: trim_cr(text, pos, end) as u32 });
                    pos = end;
                }
                OPEN => {
                    if depth == 0 {
                        opened = pos;
                    }
                    depth += 1;
                    pos += 1;
                    last = pos;
                }
                CLOSE => {
                    if depth == 0 {
                        fault.get_or_insert((FaultKind::StrayParenthesis, Span::new(pos, pos + 1)));
                    }
                    depth = depth.saturating_sub(1);
                    pos += 1;
                    last = pos;
                }
                _ => {
                    pos += 1;
                    if depth == 0 {
                        break;
                    }
                    // A line that is broken anyway may have lost its `)`: it ends where a new record seems to begin.
                    if fault.is_some()
                        && text
                            .get(pos)
                            .is_some_and(|b| !matches!(CLASS[*b as usize], BLANK | SEMICOLON | CLOSE | NEWLINE))
                    {
                        depth = 0;
                        break;
                    }
                }
            }
        }
        if depth > 0 {
            return self.unclosed(opened, fault);
        }
        if pos >= limit && limit < text.len() && text.get(pos.saturating_sub(1)) != Some(&b'\n') {
            self.pos = line_end(text, pos).saturating_add(1).min(text.len());
            return Line::Fault(FaultKind::RecordTooLong, Span::new(first, first + 1));
        }
        self.pos = pos;
        self.lines = Span { start: start as u32, end: pos as u32 };
        self.extent = Span { start: first as u32, end: last as u32 };
        match fault {
            None => Line::Content,
            Some((kind, span)) => Line::Fault(kind, span),
        }
    }

    /// A parenthesis that is not closed up to the end, or not within the longest line: the next record is taken to
    /// begin at the first line behind it that starts like one.
    fn unclosed(&mut self, opened: usize, fault: Option<(FaultKind, Span)>) -> Line {
        self.unclosed += 1;
        let at = (FaultKind::UnclosedParenthesis, Span::new(opened, opened + 1));
        if self.unclosed > MAX_UNCLOSED {
            self.pos = self.text.len();
            return Line::GiveUp(FaultKind::TooManyFaults, at.1);
        }
        let mut pos = opened;
        loop {
            pos = line_end(self.text, pos) + 1;
            match self.text.get(pos) {
                None => break,
                Some(b) if matches!(CLASS[*b as usize], WORD | ESCAPE) => break,
                Some(_) => {}
            }
        }
        self.pos = pos.min(self.text.len());
        let (kind, span) = fault.unwrap_or(at);
        Line::Fault(kind, span)
    }
}

/// One past the last octet of the unquoted token at `pos`.
fn word_end(text: &[u8], mut pos: usize) -> usize {
    while let Some(&b) = text.get(pos) {
        match CLASS[b as usize] {
            WORD => pos += 1,
            // What is escaped is part of the word, but for a line end.
            ESCAPE if text.get(pos + 1).is_some_and(|b| *b != b'\n') => pos += 2,
            ESCAPE => pos += 1,
            _ => break,
        }
    }
    pos.min(text.len())
}

/// One past the closing quote of the string whose content begins at `pos`; where its line ends if there is none.
fn quote_end(text: &[u8], mut pos: usize) -> Result<usize, usize> {
    loop {
        let rest = text.get(pos..).unwrap_or_default();
        match memchr3(b'"', b'\\', b'\n', rest) {
            None => return Err(text.len()),
            Some(i) => match rest.get(i) {
                Some(b'"') => return Ok(pos + i + 1),
                Some(b'\\') if rest.get(i + 1).is_some_and(|b| *b != b'\n') => pos += i + 2,
                Some(b'\\') => pos += i + 1,
                _ => return Err(trim_cr(text, pos, pos + i)),
            },
        }
    }
}

/// Where the line that `pos` is in ends: at its line feed, or at the end of the text.
fn line_end(text: &[u8], pos: usize) -> usize {
    text.get(pos..).and_then(|rest| memchr(b'\n', rest)).map_or(text.len(), |i| pos + i)
}

fn trim_cr(text: &[u8], start: usize, end: usize) -> usize {
    if end > start && text.get(end - 1) == Some(&b'\r') { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as its tokens, comments in braces, an owner left out as `_`, a fault by name and text.
    fn lines(text: &str) -> Vec<String> {
        let mut lexer = Lexer::new(text.as_bytes());
        let mut out = Vec::new();
        let show = |s: Span| String::from_utf8_lossy(s.of(text.as_bytes())).into_owned();
        loop {
            match lexer.next_line() {
                Line::End => return out,
                Line::Fault(kind, span) | Line::GiveUp(kind, span) => out.push(format!("{kind:?} {}", show(span))),
                Line::Content => {
                    let mut parts = Vec::new();
                    if lexer.blank_start {
                        parts.push("_".to_string());
                    }
                    parts.extend(lexer.tokens.iter().map(|t| show(*t)));
                    parts.extend(lexer.comments.iter().map(|t| format!("{{{}}}", show(*t))));
                    out.push(parts.join(" "));
                }
            }
        }
    }

    #[test]
    fn lines_and_tokens() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("a A 1\nb A 2", &["a A 1", "b A 2"], "the last line needs no end"),
            ("\n \t\n\ta A 1 ; c\r\n", &["_ a A 1 {; c}"], "empty lines, an owner left out, CRLF"),
            ("a SOA ( 1 ; one\n 2 )\nb", &["a SOA 1 2 {; one}", "b"], "parentheses"),
            ("a ( ( 1\n ) 2\n ) 3\n", &["a 1 2 3"], "parentheses in parentheses"),
            ("a TXT \"x;(\" y\\;z\\\"\n", &["a TXT \"x;(\" y\\;z\\\""], "quoted and escaped specials"),
            ("a TXT \"b\"c\"d\"", &["a TXT \"b\" c \"d\""], "a quote ends a word"),
            ("a TXT \"x\nb A 1", &["UnclosedQuote \"x", "b A 1"], "an open quote ends with its line"),
            ("a TXT \"x\\\nb A 1", &["UnclosedQuote \"x\\", "b A 1"], "a line end cannot be escaped"),
            ("a ) 1\nb A 1", &["StrayParenthesis )", "b A 1"], "a stray parenthesis"),
            ("a ( 1\n  2\nb A 1\nc A 2", &["UnclosedParenthesis (", "b A 1", "c A 2"], "goes on at the next record"),
            ("a ( \"x )\nb A 1\nc ( 1 )", &["UnclosedQuote \"x )", "b A 1", "c 1"], "the quote took the parenthesis"),
            ("a ( \"x\n \"y\" )\nb A 1", &["UnclosedQuote \"x", "b A 1"], "the broken record is skipped to its end"),
            ("a A 1 ;", &["a A 1 {;}"], "an empty comment"),
            ("; c", &["{; c}"], "a comment alone"),
            ("a \\", &["a \\"], "a lone backslash"),
            ("", &[], "nothing"),
        ];
        for (text, want, why) in cases {
            assert_eq!(lines(text), *want, "{why}");
        }
    }

    #[test]
    fn hostile_text_is_bounded() {
        assert_eq!(lines(&"(\n".repeat(50_000)).len(), 1, "no line of it begins a record");
        assert_eq!(lines(&"a (\n".repeat(5_000)).len(), MAX_UNCLOSED as usize + 1);
        let huge = format!("{}\nb A 1", "a ".repeat(MAX_LINE));
        assert_eq!(lines(&huge), ["RecordTooLong a", "b A 1"]);
        let opened = format!("a (\n{}b A 1", " 1\n".repeat(MAX_LINE));
        assert_eq!(lines(&opened), ["UnclosedParenthesis (", "b A 1"]);
        assert_eq!(lines(&format!("; {}\nb A 1", "c".repeat(2 * MAX_LINE))).len(), 2, "a long comment does no harm");
    }
}
