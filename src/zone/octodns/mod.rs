//! Zones as octoDNS keeps them: YAML, a map from names to records.
//!
//! The records are written anew as a master file of which every octet knows the place in the YAML that it stands for.
//! From there on there is one kind of zone, and every place that is shown is one in the YAML.

mod fields;
mod maker;
mod rewrite;

pub use rewrite::Rewriter;

use std::path::Path;

use crate::error::Result;
use crate::model::name::{self, Name};
use crate::model::snapshot::OpaqueSet;
use crate::model::source::{Place, Source, SourceId, Sources, Span};
use crate::zone::fault::Fault;
use crate::zone::load::{Loaded, load_source};
use crate::zone::octodns::maker::Maker;
use crate::zone::walk::{Limits, NoIncludes};
use crate::zone::yaml::Tree;

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
