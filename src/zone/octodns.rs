//! Zones as octoDNS keeps them: YAML, a map from names to records.
//!
//! The records are written anew as a master file of which every octet knows the place in the YAML that it stands for.
//! From there on there is one kind of zone, and every place that is shown is one in the YAML.

use std::path::Path;

use crate::error::Result;
use crate::model::name::{self, Name};
use crate::model::snapshot::OpaqueSet;
use crate::model::source::{OctetMap, Place, Source, SourceId, Sources, Span};
use crate::model::txt::MAX_STRING;
use crate::zone::fault::{Fault, FaultKind};
use crate::zone::load::{Loaded, load_source};
use crate::zone::walk::{Limits, NoIncludes};
use crate::zone::yaml::{Kind, Piece, Tree};

/// What octoDNS gives a record that has no `ttl`, in seconds.
const DEFAULT_TTL: &str = "3600";
/// How many octets of master file are made, whatever the aliases of the YAML repeat.
const MAX_MADE: usize = 64 << 20;

/// An octoDNS file.
#[derive(Debug)]
pub struct Octodns {
    /// The YAML, and the master file that was made from it.
    pub sources: Sources,
    /// The master file: what to read the records from, with the zone as its origin.
    pub made: SourceId,
    /// What is wrong with the YAML itself. What is wrong with a record's data is found in the master file.
    pub faults: Vec<Fault>,
    /// Records of types that only octoDNS or one of its providers knows.
    pub unread: Vec<Unread>,
    /// Names in data without their last dot. octoDNS demands it unless it is told to be lenient; the name that is
    /// published is the same.
    pub undotted: Vec<Place>,
}

/// A record that has no form in a master file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The owner, without the last dot.
    pub name: String,
    /// The type as octoDNS has it, such as `ALIAS`.
    pub rtype: String,
    /// Where its type is written.
    pub place: Place,
}

/// How one field of a structured value is written in a master file.
#[derive(Clone, Copy)]
enum Part {
    /// As it is.
    Plain,
    /// As a name, which has to end in a dot.
    Name,
    /// In quotes.
    Quoted,
}

/// A field of a structured value: its key, an older key for it, what it is if it is left out, and its form.
type FieldOf = (&'static str, &'static str, Option<&'static str>, Part);

fn fields(rtype: &str) -> Option<&'static [FieldOf]> {
    use Part::{Name, Plain, Quoted};
    Some(match rtype {
        "MX" => &[("preference", "priority", None, Plain), ("exchange", "value", None, Name)],
        "SRV" => &[
            ("priority", "", None, Plain),
            ("weight", "", None, Plain),
            ("port", "", None, Plain),
            ("target", "", None, Name),
        ],
        "CAA" => &[("flags", "", Some("0"), Plain), ("tag", "", None, Plain), ("value", "", None, Quoted)],
        "NAPTR" => &[
            ("order", "", None, Plain),
            ("preference", "", None, Plain),
            ("flags", "", None, Quoted),
            ("service", "", None, Quoted),
            ("regexp", "", None, Quoted),
            ("replacement", "", None, Name),
        ],
        "SSHFP" => {
            &[("algorithm", "", None, Plain), ("fingerprint_type", "", None, Plain), ("fingerprint", "", None, Plain)]
        }
        "TLSA" => &[
            ("certificate_usage", "", None, Plain),
            ("selector", "", None, Plain),
            ("matching_type", "", None, Plain),
            ("certificate_association_data", "", None, Plain),
        ],
        "DS" => &[
            ("key_tag", "", None, Plain),
            ("algorithm", "", None, Plain),
            ("digest_type", "", None, Plain),
            ("digest", "", None, Plain),
        ],
        "URI" => &[("priority", "", None, Plain), ("weight", "", None, Plain), ("target", "", None, Quoted)],
        _ => return None,
    })
}

/// The zone that an octoDNS file is for, by its name: `example.com.yaml`.
pub fn zone_of(path: &Path) -> Option<Name> {
    let stem = path.file_name()?.to_str()?;
    let stem = stem.strip_suffix(".yaml").or_else(|| stem.strip_suffix(".yml"))?;
    name::domain(stem).ok()
}

/// Reads the octoDNS zone `origin` from `text`, which came from `path`.
///
/// # Errors
/// Only that the text is too large; what is wrong in it is among the faults.
pub fn read(path: &str, text: impl Into<Vec<u8>>, origin: &Name) -> Result<Octodns> {
    let mut sources = Sources::new();
    let yaml = sources.add(Source::new(path, text)?);
    let source = sources.get(yaml).cloned();
    let text = source.as_ref().map_or(&b""[..], |s| s.text());
    let mut maker = Maker::new(yaml, origin);
    match std::str::from_utf8(text) {
        Err(e) => maker.fault("this is not UTF-8", Span::new(e.valid_up_to(), e.valid_up_to())),
        Ok(text) => match Tree::read(text) {
            Err(e) => maker.fault(e.why, e.at),
            Ok((tree, root)) => {
                if let Some(root) = root {
                    maker.zone(&tree, root);
                }
            }
        },
    }
    let Maker { out, map, faults, unread, undotted, .. } = maker;
    let made = sources.add(Source::made_with(map, path, out)?);
    Ok(Octodns { sources, made, faults, unread, undotted })
}

/// As [`read`], as a snapshot: what has no form in a master file is among its opaque sets.
///
/// # Errors
/// As [`read`].
pub fn load(path: &str, text: impl Into<Vec<u8>>, apex: &Name) -> Result<Loaded> {
    let octodns = read(path, text, apex)?;
    let mut loaded = load_source(octodns.sources, octodns.made, apex, Limits::default(), &mut NoIncludes);
    let mut faults = octodns.faults;
    faults.append(&mut loaded.faults);
    loaded.faults = faults;
    for unread in octodns.unread {
        loaded.snapshot.opaque.push(OpaqueSet { name: unread.name, rtype: unread.rtype, values: Vec::new() });
    }
    Ok(loaded)
}

/// Writes the master file.
struct Maker<'o> {
    yaml: SourceId,
    origin: &'o Name,
    out: Vec<u8>,
    map: OctetMap,
    faults: Vec<Fault>,
    unread: Vec<Unread>,
    undotted: Vec<Place>,
}

impl<'o> Maker<'o> {
    fn new(yaml: SourceId, origin: &'o Name) -> Self {
        let mut map = OctetMap::new(yaml);
        map.begin_string(0);
        Maker { yaml, origin, out: Vec::new(), map, faults: Vec::new(), unread: Vec::new(), undotted: Vec::new() }
    }

    fn fault(&mut self, why: &'static str, at: Span) {
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

    fn zone(&mut self, tree: &Tree<'_>, root: usize) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::snapshot::{RecordSet, show_value};

    fn loaded(text: &str) -> Loaded {
        load("example.com.yaml", text, &name::domain("example.com").unwrap()).unwrap()
    }

    fn sets(text: &str) -> Vec<String> {
        let show = |s: &RecordSet| {
            let values: Vec<String> = s.values.iter().map(show_value).collect();
            format!("{} {} {} {}", name::show(&s.name), s.ttl, s.rtype, values.join(" | "))
        };
        let loaded = loaded(text);
        assert!(loaded.faults.is_empty(), "{}", loaded.error(&loaded.faults[0]));
        loaded.snapshot.sets().map(show).collect()
    }

    #[test]
    fn records_of_every_kind() {
        let text = "---\n? ''\n: - type: A\n    value: 192.0.2.1\n  - type: MX\n    ttl: 300\n    values:\n    - exchange: mail.example.com.\n      \
                    preference: 10\n    - {priority: 20, value: mx2.example.net.}\n    - 30 mx3.example.net.\n  - type: CAA\n    \
                    value: {tag: issue, value: \"ca.example; a=b\"}\n_dmarc:\n  type: TXT\n  ttl: 60\n  value: v=DMARC1\\; p=none\n\
                    '*.x':\n  type: CNAME\n  value: y.example.com.\nlong:\n  type: TXT\n  values:\n  - '\"a\" \"b\"'\n  - \"q\\\"\\tx\"\n\
                    bücher:\n  type: AAAA\n  value: 2001:db8::1\nold:\n  octodns: {ignored: true}\n  type: A\n  value: x\n";
        let want = [
            "example.com 3600 A 192.0.2.1",
            "example.com 300 MX 10 mail.example.com. | 20 mx2.example.net. | 30 mx3.example.net.",
            "example.com 3600 CAA 0 issue \"ca.example; a=b\"",
            "_dmarc.example.com 60 TXT \"v=DMARC1; p=none\"",
            "long.example.com 3600 TXT \"ab\" | \"q\\\"\\009x\"",
            "*.x.example.com 3600 CNAME y.example.com.",
            "xn--bcher-kva.example.com 3600 AAAA 2001:db8::1",
        ];
        assert_eq!(sets(text), want);
        let long = format!("k:\n  type: TXT\n  value: {}\n", "k".repeat(300));
        assert_eq!(sets(&long), [format!("k.example.com 3600 TXT \"{}\" \"{}\"", "k".repeat(255), "k".repeat(45))]);
    }

    #[test]
    fn places_are_places_in_the_yaml() {
        let text =
            "a:\n  type: TXT\n  value: v=spf1\\; ip4:x -all\nb:\n  type: A\n  values: [192.0.2.1, 192.0.2.256]\n";
        let octodns = read("z.yaml", text, &name::domain("example.com").unwrap()).unwrap();
        let made = octodns.sources.get(octodns.made).unwrap().text();
        let made_text = String::from_utf8_lossy(made).into_owned();
        for (needle, want) in [
            ("ip4:x", (3, 19, 24)),
            (";", (3, 16, 18)),
            ("b", (4, 1, 2)),
            ("192.0.2.256", (6, 23, 34)),
            ("TXT", (2, 9, 12)),
        ] {
            let at = made_text.find(needle).unwrap();
            let place = Place { source: octodns.made, span: Span::new(at, at + needle.len()) };
            let found = octodns.sources.locate(place);
            assert_eq!((found.start.line, found.start.column, found.end.column), want, "{needle} in\n{made_text}");
        }
        let loaded = loaded(text);
        let faults: Vec<String> = loaded.faults.iter().map(|f| loaded.error(f).to_string()).collect();
        assert_eq!(faults, ["example.com.yaml:6:23: this is not an IPv4 address"]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("- a", "1:1: a zone is a map from names to records"),
            ("a: [", "1:5: this is not YAML"),
            ("a: x", "1:1: this name has no record"),
            ("a: {type: A, value: 192.0.2.1}\na: {type: A, value: 192.0.2.2}", "2:1: this name is there twice"),
            ("a: {ttl: 1}", "1:4: this record has no `type`"),
            ("a: {type: A}", "1:11: this record has neither `value` nor `values`"),
            ("a: {type: A, value: {b: c}}", "1:21: this value is not a text"),
            ("a: {type: MX, value: {preference: 1}}", "1:22: this value lacks a field of its type"),
            ("a: {type: CNAME, value: b..c}", "1:25: this name has an empty label"),
            ("a: {type: A, ttl: x, value: 192.0.2.1}", "1:19: this is not a record type"),
            ("a: {type: MX, value: {preference: x, exchange: b.}}", "1:35: this is not a number from 0 to 65535"),
            ("a..b: {type: A, value: 192.0.2.1}", "1:1: this name has an empty label"),
        ];
        for (text, want) in cases {
            let loaded = loaded(text);
            let got = loaded.faults.first().map(|f| loaded.error(f).to_string()).unwrap_or_default();
            assert_eq!(got.strip_prefix("example.com.yaml:"), Some(want), "{text}");
        }
        let undotted =
            read("z", "a: {type: CNAME, value: b.c}", &name::domain("example.com").unwrap()).unwrap().undotted;
        assert_eq!(undotted.iter().map(|p| p.span).collect::<Vec<_>>(), [Span::new(24, 27)]);
        assert_eq!(sets("a: {type: CNAME, value: b.c}"), ["a.example.com 3600 CNAME b.c."]);
        let unread = loaded("x: {type: Route53Provider/ALIAS, value: {name: b}}").snapshot.opaque;
        assert_eq!((unread[0].name.as_str(), unread[0].rtype.as_str()), ("x.example.com", "Route53Provider/ALIAS"));
        assert_eq!(loaded("a: \u{0}\u{7f}").faults.len(), 1);
    }

    #[test]
    fn the_zone_is_in_the_name_of_the_file() {
        assert_eq!(zone_of(Path::new("zones/example.com.yaml")), name::domain("example.com").ok());
        assert_eq!(zone_of(Path::new("zones/example.com.")), None);
    }
}
