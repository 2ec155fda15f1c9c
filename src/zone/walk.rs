//! A master file with all that it includes and generates, entry by entry.
//!
//! Reading files is the caller's: an [`Includes`] says what a path means and whether it may be read.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::name::Name;
use crate::model::source::{Place, Source, SourceId, Sources, Span};
use crate::model::wire_name::WireName;
use crate::zone::fault::{Fault, FaultKind};
use crate::zone::generate::generate;
use crate::zone::parser::{Context, Directive, DirectiveKind, Entry, Parser};

/// What bounds the reading of hostile files.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How deep files include files.
    pub depth: usize,
    /// How many `$INCLUDE` are followed in all.
    pub includes: usize,
    /// How many octets are read through `$INCLUDE` in all, a file again each time that it is included.
    pub octets: u64,
    /// How many records `$GENERATE` makes in all.
    pub generated: u64,
    /// After so many faults the rest is not read.
    pub faults: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { depth: 16, includes: 1_000, octets: 1 << 30, generated: 1_000_000, faults: 10_000 }
    }
}

/// Why an included file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotIncluded {
    /// No file may be included.
    Refused,
    /// It is outside the folder that may be read.
    Outside,
    /// It is not there, or cannot be read.
    Unreadable,
}

/// Reads the files that a master file includes.
pub trait Includes {
    /// The file that `path`, as written in the file `from`, means: its path as a person would give it, which is
    /// also how loops are seen.
    ///
    /// # Errors
    /// That it may not be read.
    fn resolve(&mut self, path: &str, from: &str) -> Result<String, NotIncluded>;

    /// The octets of a file that [`Includes::resolve`] gave.
    ///
    /// # Errors
    /// That it cannot be read.
    fn read(&mut self, path: &str) -> Result<Vec<u8>, NotIncluded>;
}

/// Includes nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIncludes;

impl Includes for NoIncludes {
    fn resolve(&mut self, _path: &str, _from: &str) -> Result<String, NotIncluded> {
        Err(NotIncluded::Refused)
    }

    fn read(&mut self, _path: &str) -> Result<Vec<u8>, NotIncluded> {
        Err(NotIncluded::Refused)
    }
}

/// The reading of a file with what it includes and generates, stretch by stretch.
pub struct Walk<'w> {
    sources: &'w mut Sources,
    includes: &'w mut dyn Includes,
    limits: Limits,
    read: HashMap<String, SourceId>,
    /// The paths of the files that are being read, the innermost last.
    open: Vec<String>,
    included: usize,
    octets: u64,
    generated: u64,
    faults: usize,
}

/// Hands every entry of `root` and of what it includes and generates to `visit`, in the order in which a name server
/// would read them. What is included is added to `sources`.
///
/// Directives are handed out too, before what they include. Faults are counted; past the limit the walk ends with
/// [`FaultKind::TooManyFaults`].
pub fn walk(
    sources: &mut Sources,
    root: SourceId,
    origin: &Name,
    limits: Limits,
    includes: &mut dyn Includes,
    mut visit: impl FnMut(Entry<'_>),
) {
    let Some(source) = sources.get(root).cloned() else { return };
    let mut parser = Parser::new(source.text(), root, Context::new(WireName::from_name(origin)));
    Walk::new(sources, source.path(), root, limits, includes).until(&mut parser, usize::MAX, &mut visit);
}

impl<'w> Walk<'w> {
    /// Of the file at `path`, which is `root` of the sources.
    pub fn new(
        sources: &'w mut Sources,
        path: &str,
        root: SourceId,
        limits: Limits,
        includes: &'w mut dyn Includes,
    ) -> Self {
        Walk {
            sources,
            includes,
            limits,
            read: HashMap::from([(path.to_string(), root)]),
            open: vec![path.to_string()],
            included: 0,
            octets: 0,
            generated: 0,
            faults: 0,
        }
    }

    /// Says how many faults have been found so far, by this walk or beside it.
    pub fn set_faults(&mut self, faults: usize) {
        self.faults = faults;
    }

    /// Hands out the entries of `parser` that begin before the octet `to`, and all that they include and generate. False
    /// when there were too many faults.
    pub fn until(&mut self, parser: &mut Parser<'_>, to: usize, visit: &mut impl FnMut(Entry<'_>)) -> bool {
        while !parser.is_past(to) {
            let Some(entry) = parser.next_entry() else { return true };
            let (next, from) = match entry {
                Entry::Record(_) | Entry::Comment(_) => {
                    visit(entry);
                    continue;
                }
                Entry::Fault(fault) => {
                    if !self.fault(fault, visit) {
                        return false;
                    }
                    continue;
                }
                Entry::Directive(directive) => {
                    visit(entry);
                    let next = match directive.kind {
                        DirectiveKind::Origin | DirectiveKind::Ttl => continue,
                        DirectiveKind::Include => self.include(&directive),
                        DirectiveKind::Generate => self.generate(&directive),
                    };
                    (next, directive.source)
                }
            };
            let goes_on = match next {
                Ok((id, origin)) => self.inside(id, Context { origin, ..parser.context() }, visit),
                Err((kind, span)) => self.fault(Fault { kind, place: Place { source: from, span } }, visit),
            };
            if !goes_on {
                return false;
            }
        }
        true
    }

    /// A file that another one includes, or what it generates.
    fn inside(&mut self, id: SourceId, context: Context, visit: &mut impl FnMut(Entry<'_>)) -> bool {
        let Some(source) = self.sources.get(id).cloned() else { return true };
        self.open.push(source.path().to_string());
        let goes_on = self.until(&mut Parser::new(source.text(), id, context), usize::MAX, visit);
        self.open.pop();
        goes_on
    }

    /// Hands out a fault; false when it was one too many.
    fn fault(&mut self, fault: Fault, visit: &mut impl FnMut(Entry<'_>)) -> bool {
        self.faults += 1;
        visit(Entry::Fault(fault));
        if self.faults < self.limits.faults {
            return true;
        }
        visit(Entry::Fault(Fault { kind: FaultKind::TooManyFaults, place: fault.place }));
        false
    }

    /// The path of the file that is being read.
    fn path(&self) -> String {
        self.open.last().cloned().unwrap_or_default()
    }

    fn include(&mut self, directive: &Directive<'_>) -> Result<(SourceId, WireName), (FaultKind, Span)> {
        let bad = |kind| (kind, directive.span);
        let [file, rest @ ..] = directive.arguments else { return Err(bad(FaultKind::MissingArgument)) };
        let not = |why, span| {
            let kind = match why {
                NotIncluded::Refused => FaultKind::IncludeRefused,
                NotIncluded::Outside => FaultKind::IncludeOutside,
                NotIncluded::Unreadable => FaultKind::IncludeUnreadable,
            };
            (kind, span)
        };
        let mut written = Vec::new();
        let octets = crate::model::decoded::inside(directive.text, *file).of(directive.text);
        let read = crate::zone::data::unescape_all(octets, |b| written.push(b));
        let written = read.ok().and_then(|()| String::from_utf8(written).ok());
        let written = written.ok_or((FaultKind::IncludeUnreadable, *file))?;
        let from = self.path();
        let path = self.includes.resolve(&written, &from).map_err(|why| not(why, *file))?;
        if self.open.contains(&path) {
            return Err((FaultKind::IncludeLoop, *file));
        }
        if self.open.len() > self.limits.depth || self.included >= self.limits.includes {
            return Err((FaultKind::TooManyIncludes, *file));
        }
        self.included += 1;
        let origin = match rest.first() {
            None => *directive.origin,
            Some(token) => {
                let mut origin = WireName::root();
                origin.read(token.of(directive.text), directive.origin).map_err(|e| (FaultKind::BadName(e), *token))?;
                origin
            }
        };
        let id = match self.read.get(&path) {
            Some(id) => *id,
            None => {
                let octets = self.includes.read(&path).map_err(|why| not(why, *file))?;
                let source = Source::new(path.clone(), octets).map_err(|_| (FaultKind::IncludeUnreadable, *file))?;
                let id = self.sources.add(Arc::new(source));
                self.read.insert(path, id);
                id
            }
        };
        self.octets += self.sources.get(id).map_or(0, |s| s.text().len() as u64);
        if self.octets > self.limits.octets {
            return Err((FaultKind::TooManyIncludes, *file));
        }
        Ok((id, origin))
    }

    fn generate(&mut self, directive: &Directive<'_>) -> Result<(SourceId, WireName), (FaultKind, Span)> {
        let most = self.limits.generated.saturating_sub(self.generated);
        let (text, lines) = generate(directive.text, directive.arguments, directive.span, most)?;
        self.generated += lines;
        let place = Place { source: directive.source, span: directive.span };
        let source =
            Source::made_from(place, self.path(), text).map_err(|_| (FaultKind::GeneratesTooMuch, directive.span))?;
        Ok((self.sources.add(source), *directive.origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name;
    use crate::zone::{print, rtype};

    struct Files(Vec<(&'static str, &'static str)>);

    impl Includes for Files {
        fn resolve(&mut self, path: &str, _from: &str) -> Result<String, NotIncluded> {
            if path.starts_with("..") { Err(NotIncluded::Outside) } else { Ok(path.to_string()) }
        }

        fn read(&mut self, path: &str) -> Result<Vec<u8>, NotIncluded> {
            let found = self.0.iter().find(|(name, _)| *name == path);
            found.map(|(_, text)| text.as_bytes().to_vec()).ok_or(NotIncluded::Unreadable)
        }
    }

    /// Every record as `owner ttl type data`, every fault as `path:line:column kind`.
    fn read(text: &str, files: &[(&'static str, &'static str)], limits: Limits) -> Vec<String> {
        let mut sources = Sources::new();
        let root = sources.add(Source::new("zone", text).unwrap());
        let origin = name::domain("example.com").unwrap();
        let mut found = Vec::new();
        let mut faults = Vec::new();
        walk(&mut sources, root, &origin, limits, &mut Files(files.to_vec()), |entry| match entry {
            Entry::Record(r) => {
                let data = r.rdata().map_or_else(
                    || String::from_utf8_lossy(r.slice(r.data_span())).into_owned(),
                    |d| print::tokens(&d).join(" "),
                );
                found.push(format!("{} {} {} {data}", r.owner, r.ttl, rtype::show(r.rtype)));
            }
            Entry::Fault(fault) => {
                faults.push((found.len(), fault));
                found.push(String::new());
            }
            Entry::Directive(_) | Entry::Comment(_) => {}
        });
        for (at, fault) in faults {
            let place = sources.locate(fault.place);
            found[at] = format!("{}:{}:{} {:?}", place.path, place.start.line, place.start.column, fault.kind);
        }
        found
    }

    #[test]
    fn master_files() {
        let long = format!("a 1 TXT {}\n TXT b\n", "x".repeat(256));
        let kept = format!("a.example.com. 1 TXT {}", "x".repeat(256));
        let cases: &[(&str, &[&str], &str)] = &[
            (
                "$TTL 1h\n@ IN SOA ns root ( 1 2h\n 15m 2w 5m )\n NS ns\nwww 60 IN A 192.0.2.1\n IN 120 A 192.0.2.2\n",
                &[
                    "example.com. 3600 SOA ns.example.com. root.example.com. 1 7200 900 1209600 300",
                    "example.com. 3600 NS ns.example.com.",
                    "www.example.com. 60 A 192.0.2.1",
                    "www.example.com. 120 A 192.0.2.2",
                ],
                "owners left out, TTL and class in either order",
            ),
            (
                "a 60 A 192.0.2.1\n$ORIGIN sub\na A 192.0.2.2\n$ORIGIN net.\n A 192.0.2.3\na MX 0 @\n",
                &[
                    "a.example.com. 60 A 192.0.2.1",
                    "a.sub.example.com. 60 A 192.0.2.2",
                    "a.sub.example.com. 60 A 192.0.2.3",
                    "a.net. 60 MX 0 net.",
                ],
                "$ORIGIN changes names to come, not the owner; the last TTL goes on",
            ),
            (
                "@ SOA a b 1 2 3 4 5\n@ TYPE65280 \\# 4 0a000001\n@ TYPE1 \\# 4 0a000001\n@ LOC 1 N 2 E 3\n",
                &[
                    "example.com. 5 SOA a.example.com. b.example.com. 1 2 3 4 5",
                    "example.com. 5 TYPE65280 \\# 4 0a000001",
                    "example.com. 5 A 10.0.0.1",
                    "example.com. 5 LOC 1 N 2 E 3",
                ],
                "the SOA's minimum; unknown types and known ones in generic form",
            ),
            (
                &long,
                &["zone:1:9 StringTooLong(256)", &kept, "a.example.com. 1 TXT \"b\""],
                "a string that is too long is told, and the record is handed out",
            ),
            (
                "a A 192.0.2.1\nb A 192.0.2.2\n",
                &["zone:1:3 NoTtl", "a.example.com. 0 A 192.0.2.1", "b.example.com. 0 A 192.0.2.2"],
                "no TTL is told once",
            ),
            (
                "\u{feff}$TTL 1\n IN A 192.0.2.1\na FOO x\nb A\nc A 192.0.2.256\nd A 192.0.2.4 e\nf CH A 192.0.2.5\n$FOO\n$TTL\n$TTL x\n$ORIGIN a b\na..b A 192.0.2.1\n A 192.0.2.6\ng IN A 192.0.2.7\nh HS A 192.0.2.8\ni\n",
                &[
                    "zone:1:1 ByteOrderMark",
                    "zone:2:2 NoOwner",
                    "example.com. 1 A 192.0.2.1",
                    "zone:3:3 UnknownType",
                    "zone:4:4 MissingData",
                    "zone:5:5 BadAddress4",
                    "zone:6:15 ExtraData",
                    "zone:7:3 OtherClass",
                    "zone:8:1 UnknownDirective",
                    "zone:9:1 MissingArgument",
                    "zone:10:6 BadTtl",
                    "zone:11:11 ExtraData",
                    "zone:12:1 BadName(EmptyLabel)",
                    "zone:13:2 NoOwner",
                    "g.example.com. 1 A 192.0.2.7",
                    "zone:15:3 OtherClass",
                    "zone:16:1 NoType",
                ],
                "every fault is told, with its place, and the rest is read",
            ),
        ];
        for (text, want, why) in cases {
            assert_eq!(read(text, &[], Limits::default()), *want, "{why}");
        }
    }

    #[test]
    fn files_in_files() {
        let text = "$TTL 1\na A 192.0.2.1\n$INCLUDE inc sub ; comment\n A 192.0.2.2\nb A 192.0.2.3\n$INCLUDE \"inc\"\n";
        let inc = "b A 192.0.2.9\n$TTL 9\n$ORIGIN other.\nc A 192.0.2.9\n";
        let want = [
            "a.example.com. 1 A 192.0.2.1",
            "b.sub.example.com. 1 A 192.0.2.9",
            "c.other. 9 A 192.0.2.9",
            "a.example.com. 1 A 192.0.2.2",
            "b.example.com. 1 A 192.0.2.3",
            "b.example.com. 1 A 192.0.2.9",
            "c.other. 9 A 192.0.2.9",
        ];
        assert_eq!(read(text, &[("inc", inc)], Limits::default()), want, "origin, TTL and owner do not leak out");
        type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str], &'static str);
        let cases: &[Case] = &[
            ("$INCLUDE a", &[("a", "$INCLUDE b\n"), ("b", "\n$INCLUDE a\n")], &["b:2:10 IncludeLoop"], "a loop"),
            ("$INCLUDE zone", &[], &["zone:1:10 IncludeLoop"], "itself"),
            ("$INCLUDE ../x", &[], &["zone:1:10 IncludeOutside"], "out of the folder"),
            ("$INCLUDE x", &[], &["zone:1:10 IncludeUnreadable"], "not there"),
            ("$INCLUDE", &[], &["zone:1:1 MissingArgument"], "no file"),
            (
                "a 1 A 192.0.2.1\n$INCLUDE x",
                &[("x", " A 192.0.2.2")],
                &["a.example.com. 1 A 192.0.2.1", "a.example.com. 1 A 192.0.2.2"],
                "an owner goes in",
            ),
        ];
        for (text, files, want, why) in cases {
            assert_eq!(read(text, files, Limits::default()), *want, "{why}");
        }
    }

    #[test]
    fn generated_records_stand_at_their_directive() {
        let text = "$TTL 1\n$GENERATE 1-2 h$ A 192.0.2.$\n$GENERATE 1-2 x$ A 192.0.2.300\n";
        let want = [
            "h1.example.com. 1 A 192.0.2.1",
            "h2.example.com. 1 A 192.0.2.2",
            "zone:3:1 BadAddress4",
            "zone:3:1 BadAddress4",
        ];
        assert_eq!(read(text, &[], Limits::default()), want);
    }

    #[test]
    fn bombs_are_bounded() {
        let deep: Vec<(&'static str, &'static str)> =
            vec![("a", "$INCLUDE b\n$INCLUDE b\n"), ("b", "$INCLUDE c\n$INCLUDE c\n"), ("c", "c 1 A 192.0.2.1\n")];
        let limits = Limits { includes: 4, ..Limits::default() };
        let got = read("$INCLUDE a", &deep, limits);
        assert_eq!(got.iter().filter(|l| l.contains("TooManyIncludes")).count(), 1, "{got:?}");
        let limits = Limits { depth: 2, ..Limits::default() };
        assert!(read("$INCLUDE a", &deep, limits).iter().all(|l| l.contains("TooManyIncludes")));
        let limits = Limits { octets: 60, ..Limits::default() };
        let got = read("$INCLUDE a", &deep, limits);
        assert!(got.iter().any(|l| l.contains("TooManyIncludes")), "{got:?}");
        let limits = Limits { generated: 3, ..Limits::default() };
        let got = read("$TTL 1\n$GENERATE 1-2 h$ A 192.0.2.$\n$GENERATE 1-2 h$ A 192.0.2.$\n", &[], limits);
        assert_eq!(got[2], "zone:3:11 GeneratesTooMuch");
        let limits = Limits { faults: 3, ..Limits::default() };
        let got = read(&"x\n".repeat(9), &[], limits);
        assert_eq!(got.len(), 4);
        assert!(got[3].contains("TooManyFaults"));
    }
}
