//! YAML text as a tree whose every node knows its octets, and whose every scalar knows the octets of its characters.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::model::source::Span;

/// How deep lists and maps may nest.
const MAX_DEPTH: usize = 32;
/// How many nodes a file may have.
const MAX_NODES: usize = 5_000_000;

/// A node.
#[derive(Debug)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node is; parts are numbers of nodes.
#[derive(Debug)]
pub enum Kind {
    /// A scalar: its value and how it is written.
    Scalar(String, Style),
    /// A list.
    List(Vec<usize>),
    /// Keys and values, in the order of the text.
    Map(Vec<(usize, usize)>),
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes.
    Double,
    /// As a block, `|` or `>`.
    Block,
}

/// A YAML document.
#[derive(Debug)]
pub struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Node>,
}

/// Why a text is no tree, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotYaml {
    /// Why.
    pub why: &'static str,
    /// Where.
    pub at: Span,
}

/// A character of a scalar's value, and the octets that it is written with.
pub type Piece = (char, Span);

/// From the library's count of characters to octets.
struct Octets<'t> {
    text: &'t str,
    /// The octet of each character, where they are not the same.
    starts: Option<Vec<u32>>,
}

impl Octets<'_> {
    fn at(&self, mark: &Marker) -> usize {
        match &self.starts {
            None => mark.index().min(self.text.len()),
            Some(starts) => starts.get(mark.index()).map_or(self.text.len(), |o| *o as usize),
        }
    }
}

/// A list or map that is being read.
struct Open {
    start: usize,
    anchor: usize,
    is_map: bool,
    parts: Vec<usize>,
}

impl<'t> Tree<'t> {
    /// Reads the first document of `text`, and gives the number of its root with it; none if it is empty.
    ///
    /// # Errors
    /// Why it is no YAML, or more of it than is sensible.
    pub fn read(text: &'t str) -> Result<(Self, Option<usize>), NotYaml> {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(i, _)| i as u32).collect());
        let octets = Octets { text, starts };
        let mut tree = Tree { text, nodes: Vec::new() };
        let (mut open, mut root): (Vec<Open>, Option<usize>) = (Vec::new(), None);
        let mut anchors = std::collections::HashMap::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|e| {
                let at = octets.at(e.marker());
                NotYaml { why: "this is not YAML", at: Span::new(at, at) }
            })?;
            let (start, end) = (octets.at(&span.start), octets.at(&span.end));
            let bad = |why| NotYaml { why, at: Span::new(start, end) };
            let node = match event {
                Event::Scalar(value, style, anchor, _) => {
                    let style = match style {
                        ScalarStyle::Plain => Style::Plain,
                        ScalarStyle::SingleQuoted => Style::Single,
                        ScalarStyle::DoubleQuoted => Style::Double,
                        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                    };
                    let node = tree.add(Span::new(start, end), Kind::Scalar(value.into_owned(), style));
                    anchors.insert(anchor, node);
                    node
                }
                Event::Alias(anchor) => *anchors.get(&anchor).ok_or(bad("this alias means nothing"))?,
                Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                    if open.len() >= MAX_DEPTH {
                        return Err(bad("this nests too deep"));
                    }
                    let is_map = matches!(event, Event::MappingStart(..));
                    open.push(Open { start, anchor, is_map, parts: Vec::new() });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(done) = open.pop() else { continue };
                    let kind = if done.is_map {
                        Kind::Map(done.parts.chunks_exact(2).map(|p| (p[0], p[1])).collect())
                    } else {
                        Kind::List(done.parts)
                    };
                    let node = tree.add(Span::new(done.start, end.max(done.start)), kind);
                    // An anchor is known once its node is whole: a node can not hold itself.
                    anchors.insert(done.anchor, node);
                    node
                }
                Event::DocumentEnd => break,
                _ => continue,
            };
            if tree.nodes.len() > MAX_NODES {
                return Err(bad("this file has too many entries"));
            }
            match open.last_mut() {
                Some(parent) => parent.parts.push(node),
                None => root = Some(node),
            }
        }
        Ok((tree, root))
    }

    fn add(&mut self, span: Span, kind: Kind) -> usize {
        self.nodes.push(Node { span, kind });
        self.nodes.len() - 1
    }

    /// The node of a number that this tree gave.
    pub fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    /// The value of a scalar.
    pub fn scalar(&self, number: usize) -> Option<&str> {
        match &self.node(number)?.kind {
            Kind::Scalar(value, _) => Some(value),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Where a node stands; a point at the start where there is none.
    pub fn span(&self, number: usize) -> Span {
        self.node(number).map_or(Span::default(), |n| n.span)
    }

    /// The value of `key` in a map.
    pub fn get(&self, map: usize, key: &str) -> Option<usize> {
        match &self.node(map)?.kind {
            Kind::Map(pairs) => pairs.iter().find(|(k, _)| self.scalar(*k) == Some(key)).map(|(_, v)| *v),
            Kind::Scalar(..) | Kind::List(_) => None,
        }
    }

    /// The characters of a scalar, each with the octets that it is written with. Where that cannot be told, as in a
    /// block, each is written with all of them.
    pub fn pieces(&self, number: usize) -> Vec<Piece> {
        let Some(Node { span, kind: Kind::Scalar(value, style) }) = self.node(number) else { return Vec::new() };
        let written = self.text.get(span.range()).unwrap_or_default();
        let pieces = match style {
            Style::Plain => unfold(written.trim_end(), span.start as usize, None),
            Style::Single | Style::Double => {
                let quote = if *style == Style::Single { '\'' } else { '"' };
                let inner = written.strip_prefix(quote).and_then(|w| w.trim_end().strip_suffix(quote));
                inner.and_then(|inner| unfold_some(inner, span.start as usize + 1, quote)).unwrap_or_default()
            }
            Style::Block => Vec::new(),
        };
        if pieces.iter().map(|(c, _)| *c).eq(value.chars()) {
            return pieces;
        }
        value.chars().map(|c| (c, *span)).collect()
    }
}

fn unfold_some(text: &str, base: usize, quote: char) -> Option<Vec<Piece>> {
    Some(unfold(text, base, Some(quote)))
}

/// Decodes a plain or quoted scalar whose inside is `text`, at `base`: escapes, and lines that are folded into one
/// (YAML 1.2 §6.5, §7.3). Wrong for what is not valid; the caller compares.
fn unfold(text: &str, base: usize, quote: Option<char>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    // Blanks behind this many pieces are not cut at a line end: they were escaped.
    let mut kept = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let span = |end: usize| Span::new(base + i, base + end);
        match c {
            '\n' => {
                while out.len() > kept && out.last().is_some_and(|(c, _)| matches!(c, ' ' | '\t' | '\r')) {
                    out.pop();
                }
                let mut breaks = 1;
                while let Some((_, c)) = chars.peek().copied() {
                    match c {
                        '\n' => breaks += 1,
                        ' ' | '\t' | '\r' => {}
                        _ => break,
                    }
                    chars.next();
                }
                let end = chars.peek().map_or(text.len(), |(i, _)| *i);
                if breaks == 1 {
                    out.push((' ', span(end)));
                } else {
                    out.extend(std::iter::repeat_n(('\n', span(end)), breaks - 1));
                }
                kept = out.len();
            }
            '\'' if quote == Some('\'') => {
                chars.next();
                out.push(('\'', span(i + 2)));
            }
            '\\' if quote == Some('"') => {
                let Some((_, escaped)) = chars.next() else { break };
                let digits = match escaped {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                if escaped == '\n' {
                    while chars.peek().is_some_and(|(_, c)| matches!(c, ' ' | '\t')) {
                        chars.next();
                    }
                    kept = out.len();
                    continue;
                }
                let mut code = 0u32;
                for _ in 0..digits {
                    let digit = chars.next().and_then(|(_, c)| c.to_digit(16)).unwrap_or_default();
                    code = code.wrapping_mul(16).wrapping_add(digit);
                }
                let means = match escaped {
                    '0' => '\0',
                    'a' => '\x07',
                    'b' => '\x08',
                    't' => '\t',
                    'n' => '\n',
                    'v' => '\x0b',
                    'f' => '\x0c',
                    'r' => '\r',
                    'e' => '\x1b',
                    'N' => '\u{85}',
                    '_' => '\u{a0}',
                    'L' => '\u{2028}',
                    'P' => '\u{2029}',
                    'x' | 'u' | 'U' => char::from_u32(code).unwrap_or('\u{fffd}'),
                    other => other,
                };
                let end = chars.peek().map_or(text.len(), |(i, _)| *i);
                out.push((means, span(end)));
                kept = out.len();
            }
            c => out.push((c, span(i + c.len_utf8()))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_know_their_characters() {
        let cases: &[(&str, &[&str], &str)] = &[
            ("a: b c", &["b", " ", "c"], "plain"),
            ("a: é", &["é"], "an octet count that is not the character count"),
            ("é: 'x''y'", &["x", "''", "y"], "single quotes"),
            (r#"a: "x\"\u0041""#, &["x", r#"\""#, r"\u0041"], "double quotes"),
            ("a: b\n  c # d", &["b", "\n  ", "c"], "two lines folded into one"),
            ("a: \"b \\\n  c\"", &["b", " ", "c"], "a line that goes on"),
            ("a: [b]", &["b"], "a list in brackets"),
        ];
        for (text, want, why) in cases {
            let (tree, root) = Tree::read(text).unwrap();
            let Kind::Map(pairs) = &tree.node(root.unwrap()).unwrap().kind else { panic!("{why}") };
            let value = match &tree.node(pairs[0].1).unwrap().kind {
                Kind::List(items) => items[0],
                _ => pairs[0].1,
            };
            let shown: Vec<&str> = tree.pieces(value).iter().map(|(_, s)| &text[s.range()]).collect();
            assert_eq!(shown, *want, "{why}");
        }
    }

    #[test]
    fn a_block_is_one_place() {
        let text = "a: |\n  x\n  y\nb: 1";
        let (tree, root) = Tree::read(text).unwrap();
        let value = tree.get(root.unwrap(), "a").unwrap();
        assert_eq!(tree.scalar(value), Some("x\ny\n"));
        assert!(tree.pieces(value).iter().all(|(_, s)| *s == tree.span(value)));
    }

    #[test]
    fn what_is_no_tree() {
        let deep = "[".repeat(MAX_DEPTH + 1);
        for (text, want, at) in [
            ("a: [", "this is not YAML", 4),
            ("a: *b", "this is not YAML", 3),
            (deep.as_str(), "this nests too deep", MAX_DEPTH as u32),
        ] {
            let error = Tree::read(text).unwrap_err();
            assert_eq!((error.why, error.at.start), (want, at), "{text}");
        }
        assert!(Tree::read("").unwrap().1.is_none());
        let (tree, root) = Tree::read("a: &x [1]\nb: *x\n").unwrap();
        assert_eq!(tree.get(root.unwrap(), "a"), tree.get(root.unwrap(), "b"), "an alias is the node itself");
    }
}
