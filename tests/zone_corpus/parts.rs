//! A file that is read in parts side by side gives what reading it from one end to the other gives.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mailproof::lint::facts::Facts;
use mailproof::lint::gather::master_file_in_parts;
use mailproof::lint::names::NameId;
use mailproof::lint::registry::RULES;
use mailproof::lint::run::run;
use mailproof::lint::sorted::Sorted;
use mailproof::lint::zone_index::ZoneIndex;
use mailproof::model::name;
use mailproof::provider::zone_includes::FileIncludes;
use mailproof::zone::walk::{Includes, Limits, NotIncluded};

use crate::corpus;
use crate::oracles::ZONES;

/// Everything that can be asked of a zone, and everything that the rules find in it.
fn told(zone: ZoneIndex, threads: usize) -> String {
    let mut out = format!("{:?} {:?} {:?} {:?}\n", zone.apex, zone.coverage, zone.undotted, zone.faults);
    for (id, source) in zone.sources.iter() {
        let _ = writeln!(out, "{id:?} {} {}", source.path(), String::from_utf8_lossy(source.text()));
    }
    for id in (0..zone.name_count()).map(NameId::at) {
        let name = zone.name(id);
        let asked = (zone.has_selectors_in(name), zone.is_alias_target(name), zone.is_exchange(name));
        let selectors: Vec<NameId> = zone.selectors(name).collect();
        let _ = writeln!(out, "{name:?} {:?} {asked:?} {selectors:?}", zone.at(id));
    }
    let mut digests: Vec<u32> = Vec::new();
    for entry in zone.entries() {
        // The hashes are seeded anew each time: which are equal is what counts.
        let equal = digests.iter().position(|d| *d == entry.digest);
        digests.push(entry.digest);
        let mut entry = *entry;
        entry.digest = 0;
        let _ = writeln!(out, "{entry:?} {equal:?}");
    }
    let facts = Facts::new(vec![zone]);
    let found = run(&facts, &Sorted::new(RULES), threads);
    for finding in &found.findings {
        let _ = writeln!(out, "{finding:?}");
    }
    let counts: Vec<_> = found.unseen.iter().map(|(rule, unseen)| (rule.code, unseen.count)).collect();
    let _ = writeln!(out, "{counts:?}");
    out
}

/// Reads `text` both ways, in parts of several sizes.
fn same(path: &Path, text: &[u8], origin: &str, limits: Limits, includes: &mut dyn Includes) {
    let origin = name::shown(origin).unwrap();
    let shown = path.display().to_string();
    let mut read =
        |size, threads| told(master_file_in_parts(&shown, text, &origin, limits, includes, size).unwrap(), threads);
    let whole = read(usize::MAX, 1);
    for size in [1, 40, 333, 5000] {
        let parts = read(size, 2);
        if parts != whole {
            let (a, b) = whole.lines().zip(parts.lines()).find(|(a, b)| a != b).unwrap_or(("the end", "the end"));
            panic!("{shown}, parts of {size}:\n{a}\n{b}\n{}", String::from_utf8_lossy(text));
        }
    }
}

/// Two small files that others include.
struct Snippets;

impl Includes for Snippets {
    fn resolve(&mut self, path: &str, _from: &str) -> Result<String, NotIncluded> {
        Ok(path.to_string())
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, NotIncluded> {
        match path {
            "inc" => Ok(b" A 192.0.2.7\ninc MX 5 inc\n$ORIGIN deep\n$TTL 9\nx A 192.0.2.8\n".to_vec()),
            "bad" => Ok(b"x TXT (\ny A 1\n$INCLUDE bad\n".to_vec()),
            _ => Err(NotIncluded::Unreadable),
        }
    }
}

/// Lines that are fine, lines that change what follows, and lines that are broken, each several times over.
const LINES: &[&str] = &[
    "host# 3600 IN A 192.0.2.1\n",
    "host# AAAA 2001:db8::1\n",
    " IN MX 10 host#\n",
    "\tTXT \"v=spf1 mx include:host3.example.com -all\"\n",
    "_dmarc.host# TXT \"v=DMARC1; p=none; rua=mailto:d@host#.example.com\"\n",
    "s1._domainkey.host# 60 TXT ( \"v=DKIM1; k=rsa; \" ; the (first\n  \"p=MIGf\" ) ; \"the rest\n",
    "s#._domainkey CNAME s1._domainkey.host#\n",
    "multi# TXT (\nhost1 A 192.0.2.1\n_dmarc\n) ; what looks like records is text\n",
    "multi# TXT ( \"one ( \"\n\n; \"comment ) (\n  \"two;\" )\n",
    "host# TXT \"a \\\" quote\" b\\;c \"x\\\\\"\n",
    "host# CNAME host1\n",
    "@ NS ns#\n",
    "$ORIGIN sub#\n",
    "$ORIGIN example.com.\n",
    "$origin example.com. ; small letters\n",
    "$TTL 300\n",
    "$TTL 1h ; one hour\n",
    "$GENERATE 1-3 gen#-$ A 192.0.2.$\n",
    "$GENERATE 1-3 gen$ A 192.0.2.3$$\n",
    "$INCLUDE inc\n",
    "$INCLUDE inc other.example. ; elsewhere\n",
    "$INCLUDE missing\n",
    "\n",
    "   \n",
    "; a comment with \"quote and ( parenthesis\n",
    "host# TXT \"open\n",
    "host# TXT ( \"open\n  \"y\" )\n",
    "host# A 192.0.2.256\n",
    "host..# A 192.0.2.1\n",
    " A 192.0.2.9\n",
    "host# CH TXT x\n",
    "host#\n",
    ") \n",
    "host# FOO bar\n",
];

/// Lines that break all that is behind them.
const WORSE: &[&str] = &["$INCLUDE bad\n", "host# TXT (\n", "x# ( \"y\n"];

#[test]
fn made_files_in_parts() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    for round in 0..160 {
        // The kinds of line are few in a file, so that much of it fits, and other kinds come in now and then.
        let mut text = ["$TTL 60\n", "", "\u{feff}$TTL 5\n", "@ 7 SOA a b 1 2 3 4 5\n"][next(4)].to_string();
        let kinds: Vec<&str> = (0..2 + next(12)).map(|_| LINES[next(LINES.len())]).collect();
        for _ in 0..20 + next(150) {
            let line = match next(40) {
                0 => LINES[next(LINES.len())],
                1 if round % 8 == 0 => WORSE[next(WORSE.len())],
                _ => kinds[next(kinds.len())],
            };
            text.push_str(&line.replace('#', &next(9).to_string()));
        }
        let limits = Limits { faults: [10_000, 12][next(2)], ..Limits::default() };
        if next(8) == 0 {
            text = text.replace('\n', "\r\n");
        }
        same(Path::new("made"), text.as_bytes(), "example.com.", limits, &mut Snippets);
    }
}

#[test]
fn corpus_files_in_parts() {
    let Some(root) = corpus("") else { return };
    let mut zones: Vec<(PathBuf, &str)> = ZONES.iter().map(|(path, origin, _)| (root.join(path), *origin)).collect();
    let bind = std::fs::read_dir(root.join("zones-bind9-checkzone")).unwrap();
    zones.extend(
        bind.flatten().map(|e| (e.path(), "example.")).filter(|(p, _)| p.extension().is_some_and(|e| e == "db")),
    );
    assert!(zones.len() > 80, "{}", zones.len());
    for (path, origin) in zones {
        let text = std::fs::read(&path).unwrap();
        // The longest ones say no more than the others, and take long to compare.
        let text = &text[..text.len().min(200_000)];
        same(&path, text, origin, Limits::default(), &mut FileIncludes::beside(&path).unwrap());
    }
}
