//! The records of an octoDNS zone, written anew as a master file.

use crate::model::name::{self, Name};
use crate::model::source::{OctetMap, Place, SourceId, Span};
use crate::model::txt::MAX_STRING;
use crate::zone::fault::{Fault, FaultKind};
use crate::zone::octodns::Unread;
use crate::zone::octodns::fields::{FieldOf, Part, fields};
use crate::zone::yaml::{Kind, Piece, Tree};

/// What octoDNS gives a record that has no `ttl`, in seconds.
const DEFAULT_TTL: &str = "3600";
/// How many octets of master file are made, whatever the aliases of the YAML repeat.
const MAX_MADE: usize = 64 << 20;

/// Writes the master file.
pub(super) struct Maker<'o> {
    yaml: SourceId,
    origin: &'o Name,
    pub(super) out: Vec<u8>,
    pub(super) map: OctetMap,
    pub(super) faults: Vec<Fault>,
    pub(super) unread: Vec<Unread>,
    pub(super) undotted: Vec<Place>,
}

impl<'o> Maker<'o> {
    /// For the zone `origin`, whose YAML is `yaml`.
    pub(super) fn new(yaml: SourceId, origin: &'o Name) -> Self {
        let mut map = OctetMap::new(yaml);
        map.begin_string(0);
        Maker { yaml, origin, out: Vec::new(), map, faults: Vec::new(), unread: Vec::new(), undotted: Vec::new() }
    }

    /// Says that something is wrong with the YAML.
    pub(super) fn fault(&mut self, why: &'static str, at: Span) {
        self.faults.push(Fault { kind: FaultKind::BadYaml(why), place: Place { source: self.yaml, span: at } });
    }

    /// Text that is not written there, at the point `at`.
    fn put(&mut self, text: &str, at: u32) {
        self.out.extend_from_slice(text.as_bytes());
        self.map.push(text.len(), at as usize, 0);
    }

    /// A character that is written at `span`, an escape before it if it needs one.
    fn put_piece(&mut self, (c, span): Piece, escape: bool) {
        if escape {
            self.put("\\", span.start);
        }
        let mut buffer = [0; 4];
        let octets = c.encode_utf8(&mut buffer).len();
        self.out.extend_from_slice(buffer.get(..octets).unwrap_or_default());
        if octets == span.len() {
            self.map.push(octets, span.start as usize, 1);
        } else {
            self.map.push(1, span.start as usize, span.len());
            self.map.push(octets - 1, span.end as usize, 0);
        }
    }

    /// A control character as `\DDD`.
    fn put_code(&mut self, (c, span): Piece) {
        let text = format!("\\{:03}", u32::from(c));
        self.out.extend_from_slice(text.as_bytes());
        self.map.push(1, span.start as usize, span.len());
        self.map.push(text.len() - 1, span.end as usize, 0);
    }

    /// Characters as one token without quotes.
    fn token(&mut self, pieces: &[Piece], at: u32) {
        if pieces.is_empty() {
            self.put("\"\"", at);
        }
        for piece in pieces {
            match piece.0 {
                c if c.is_ascii_control() => self.put_code(*piece),
                ' ' | '"' | '(' | ')' | ';' => self.put_piece(*piece, true),
                _ => self.put_piece(*piece, false),
            }
        }
    }

    /// Characters as strings in quotes, of at most 255 octets each.
    fn quoted(&mut self, pieces: &[Piece], at: u32) {
        let mut octets = 0;
        self.put("\"", at);
        for piece in pieces {
            let len = piece.0.len_utf8();
            if octets + len > MAX_STRING {
                self.put("\" \"", piece.1.start);
                octets = 0;
            }
            octets += len;
            match piece.0 {
                c if c.is_ascii_control() => self.put_code(*piece),
                '"' | '\\' => self.put_piece(*piece, true),
                _ => self.put_piece(*piece, false),
            }
        }
        self.put("\"", pieces.last().map_or(at, |(_, span)| span.end));
    }

    /// Writes every record of the zone.
    pub(super) fn zone(&mut self, tree: &Tree<'_>, root: usize) {
        let Some(Kind::Map(names)) = tree.node(root).map(|n| &n.kind) else {
            return self.fault("a zone is a map from names to records", tree.span(root));
        };
        let mut seen = std::collections::HashSet::new();
        for (key, value) in names {
            let Some(owner) = tree.scalar(*key) else {
                self.fault("a name is a text", tree.span(*key));
                continue;
            };
            if !seen.insert(owner) {
                self.fault("this name is there twice", tree.span(*key));
                continue;
            }
            match tree.node(*value).map(|n| &n.kind) {
                Some(Kind::List(records)) => records.iter().for_each(|r| self.record(tree, *key, *r)),
                Some(Kind::Map(_)) => self.record(tree, *key, *value),
                _ => self.fault("this name has no record", tree.span(*key)),
            }
        }
    }

    fn record(&mut self, tree: &Tree<'_>, key: usize, record: usize) {
        let span = tree.span(record);
        if !matches!(tree.node(record).map(|n| &n.kind), Some(Kind::Map(_))) {
            return self.fault("a record is a map of `type`, `ttl` and `values`", span);
        }
        let truth = |n: Option<usize>| n.and_then(|n| tree.scalar(n)).is_some_and(|v| v == "true");
        if truth(tree.get(record, "octodns").and_then(|o| tree.get(o, "ignored"))) {
            return;
        }
        let Some((type_at, rtype)) = tree.get(record, "type").and_then(|n| Some((n, tree.scalar(n)?))) else {
            return self.fault("this record has no `type`", span);
        };
        let text_type = matches!(rtype, "TXT" | "SPF");
        let name_type = matches!(rtype, "CNAME" | "DNAME" | "NS" | "PTR");
        let known = text_type || name_type || matches!(rtype, "A" | "AAAA") || fields(rtype).is_some();
        if !known {
            let name = tree.scalar(key).unwrap_or_default();
            let zone = name::show(self.origin);
            let name = if name.is_empty() { zone } else { format!("{name}.{zone}") };
            let place = Place { source: self.yaml, span: tree.span(type_at) };
            return self.unread.push(Unread { name, rtype: rtype.to_string(), place });
        }
        let values = tree.get(record, "values").or_else(|| tree.get(record, "value"));
        let values = match values.and_then(|v| Some((v, tree.node(v)?))) {
            None => return self.fault("this record has neither `value` nor `values`", tree.span(type_at)),
            Some((_, node)) if matches!(node.kind, Kind::List(_)) => match &node.kind {
                Kind::List(all) => all.clone(),
                _ => Vec::new(),
            },
            Some((one, _)) => vec![one],
        };
        let ttl = tree.get(record, "ttl");
        for value in values {
            if self.out.len() > MAX_MADE {
                return self.fault("this file makes too many records", tree.span(value));
            }
            if let Some(data) = self.data(tree, rtype, value) {
                self.line(tree, key, type_at, ttl, &data);
            }
        }
    }

    /// The data of one value; none, and a fault, if it is none.
    fn data(&mut self, tree: &Tree<'_>, rtype: &str, value: usize) -> Option<Vec<Token>> {
        let span = tree.span(value);
        let scalar = tree.scalar(value).is_some();
        if let (Some(fields), false) = (fields(rtype), scalar) {
            return self.structured(tree, fields, value);
        }
        if !scalar {
            self.fault("this value is not a text", span);
            return None;
        }
        let pieces = tree.pieces(value);
        if fields(rtype).is_some() {
            // A structured value as one text, as a master file has it.
            let tokens = pieces.split(|(c, _)| *c == ' ').filter(|t| !t.is_empty());
            return Some(tokens.map(|t| Token { pieces: t.to_vec(), at: span.start, quoted: false }).collect());
        }
        let token = match rtype {
            "TXT" | "SPF" => Token { pieces: text_value(pieces), at: span.start, quoted: true },
            "A" | "AAAA" => Token { pieces, at: span.start, quoted: false },
            _ => Token { pieces: self.dotted(pieces, span), at: span.start, quoted: false },
        };
        Some(vec![token])
    }

    fn structured(&mut self, tree: &Tree<'_>, fields: &[FieldOf], value: usize) -> Option<Vec<Token>> {
        let mut out = Vec::new();
        for (key, older, default, part) in fields {
            let found = tree.get(value, key).or_else(|| tree.get(value, older).filter(|_| !older.is_empty()));
            let Some(field) = found.filter(|n| tree.scalar(*n).is_some()) else {
                let Some(default) = default else {
                    self.fault("this value lacks a field of its type", tree.span(value));
                    return None;
                };
                let at = tree.span(value).start;
                let point = Span { start: at, end: at };
                let pieces = default.chars().map(|c| (c, point)).collect();
                out.push(Token { pieces, at, quoted: false });
                continue;
            };
            let (pieces, span) = (tree.pieces(field), tree.span(field));
            let pieces = if matches!(part, Part::Name) { self.dotted(pieces, span) } else { pieces };
            out.push(Token { pieces, at: span.start, quoted: matches!(part, Part::Quoted) });
        }
        Some(out)
    }

    /// A name with its last dot: in octoDNS none is relative.
    fn dotted(&mut self, mut pieces: Vec<Piece>, span: Span) -> Vec<Piece> {
        if pieces.last().is_some_and(|(c, _)| *c != '.') {
            self.undotted.push(Place { source: self.yaml, span });
            pieces.push(('.', Span { start: span.end, end: span.end }));
        }
        pieces
    }

    fn line(&mut self, tree: &Tree<'_>, key: usize, type_at: usize, ttl: Option<usize>, data: &[Token]) {
        let at = tree.span(key);
        let owner = tree.pieces(key);
        let ascii = owner.iter().all(|(c, _)| c.is_ascii());
        match owner.first() {
            None => self.put_piece(('@', at), false),
            // `@` and `$` at the start mean something else in a master file.
            Some((first, _)) if ascii => {
                let special = matches!(first, '$') || owner.len() == 1 && *first == '@';
                if special {
                    self.put("\\", at.start);
                }
                self.token(&owner, at.start);
            }
            Some(_) => {
                // U-labels (RFC 5891): octoDNS publishes A-labels.
                let text: String = owner.iter().map(|(c, _)| *c).collect();
                let text = idna::domain_to_ascii(&text).unwrap_or(text);
                self.out.extend_from_slice(text.as_bytes());
                self.map.push(1, at.start as usize, at.len());
                self.map.push(text.len() - 1, at.end as usize, 0);
            }
        }
        self.put(" ", at.end);
        match ttl {
            Some(ttl) => self.token(&tree.pieces(ttl), tree.span(ttl).start),
            None => self.put(DEFAULT_TTL, at.end),
        }
        self.put(" IN ", at.end);
        self.token(&tree.pieces(type_at), tree.span(type_at).start);
        for token in data {
            self.put(" ", token.at);
            if token.quoted {
                self.quoted(&token.pieces, token.at);
            } else {
                self.token(&token.pieces, token.at);
            }
        }
        self.put("\n", data.last().map_or(at.end, |t| t.at));
    }
}

/// A field of the data, to be written.
struct Token {
    pieces: Vec<Piece>,
    at: u32,
    quoted: bool,
}

/// The value of a TXT record: octoDNS wants `\;` for a semicolon, and takes a value in quotes as strings to be joined.
fn text_value(mut pieces: Vec<Piece>) -> Vec<Piece> {
    if pieces.first().is_some_and(|(c, _)| *c == '"') {
        pieces.remove(0);
        if pieces.last().is_some_and(|(c, _)| *c == '"') {
            pieces.pop();
        }
    }
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut i = 0;
    while let Some((c, span)) = pieces.get(i).copied() {
        let next = |n: usize| pieces.get(i + n).map(|(c, _)| *c);
        match c {
            '\\' if next(1) == Some(';') => {
                let end = pieces.get(i + 1).map_or(span, |(_, s)| *s);
                out.push((';', span.to(end)));
                i += 2;
            }
            '"' if next(1) == Some(' ') && next(2) == Some('"') => i += 3,
            _ => {
                out.push((c, span));
                i += 1;
            }
        }
    }
    out
}
