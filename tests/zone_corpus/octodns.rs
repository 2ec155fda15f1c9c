//! Zones as octoDNS keeps them, in production and in its own tests, against octoDNS.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hickory_proto::rr::{RData, RecordType};
use mailproof::model::name;
use mailproof::model::snapshot::show_value;
use mailproof::model::source::{SourceId, Sources};
use mailproof::model::txt;
use mailproof::zone::load::Loaded;
use mailproof::zone::octodns::{load, read, zone_of};
use mailproof::zone::parser::Entry;
use mailproof::zone::walk::{Limits, NoIncludes, walk};

use crate::corpus;

fn files(folder: &str) -> Vec<PathBuf> {
    let Some(folder) = corpus(folder) else { return Vec::new() };
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

fn loaded(path: &PathBuf) -> Loaded {
    load(path.to_str().unwrap(), std::fs::read(path).unwrap(), &zone_of(path).unwrap()).unwrap()
}

/// One line a value: name, TTL, type and data, without the last dots of names.
fn lines(loaded: &Loaded) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for set in loaded.snapshot.sets() {
        for value in &set.values {
            let data = match value {
                RData::TXT(t) => String::from_utf8_lossy(&txt::joined(t)).into_owned(),
                RData::CAA(_) => show_value(value).replace('"', ""),
                _ => show_value(value).to_lowercase(),
            };
            let data = data.strip_suffix('.').unwrap_or(&data);
            // Names are shown with escapes; octoDNS has none.
            let owner = name::show(&set.name).replace('\\', "");
            out.insert(format!("{owner} {} {} {data}", set.ttl, set.rtype));
        }
    }
    out
}

#[test]
fn zones_in_production_are_read_without_faults() {
    let files = files("zones-real-moj-octodns");
    let mut records = 0;
    for path in &files {
        let loaded = loaded(path);
        let faults: Vec<String> = loaded.faults.iter().map(|f| loaded.error(f).to_string()).collect();
        assert_eq!(faults, Vec::<String>::new());
        records += lines(&loaded).len();
    }
    assert!(files.is_empty() || (files.len() == 209 && records > 3_000), "{} files, {records} records", files.len());
}

#[test]
fn every_octet_has_its_place() {
    // What a TXT record holds is written where its octets are said to be, but for the escapes.
    let mut octets = 0;
    for path in files("zones-real-moj-octodns") {
        let text = std::fs::read(&path).unwrap();
        let zone = zone_of(&path).unwrap();
        let octodns = read("z", text, &zone).unwrap();
        let mut seen = Vec::new();
        let mut walked = Sources::new();
        for id in 0..2 {
            walked.add(octodns.sources.get(SourceId(id)).unwrap().clone());
        }
        walk(&mut walked, octodns.made, &zone, Limits::default(), &mut NoIncludes, |entry| {
            if let Entry::Record(r) = entry
                && r.rtype == RecordType::TXT
            {
                seen.push(r.decoded());
            }
        });
        for decoded in seen {
            for (i, octet) in decoded.octets.iter().enumerate() {
                let place = walked.written(decoded.map.place(i..i + 1));
                assert_eq!(place.source, SourceId(0));
                let written = walked.slice(place);
                assert!(written.last() == Some(octet), "{}: {:?} for {}", path.display(), written, *octet as char);
                octets += 1;
            }
        }
    }
    eprintln!("{octets} octets of TXT are where they are said to be");
}

const OCTODNS: &str = r#"
import logging, os, sys
logging.disable(logging.CRITICAL)
from octodns.provider.yaml import YamlProvider
from octodns.record import Record
from octodns.record.base import ValueMixin
from octodns.zone import Zone
class Anything(str):
    @classmethod
    def validate(cls, data, _type): return []
    @classmethod
    def process(cls, value): return cls(value)
class Alias(ValueMixin, Record):
    _type = "Route53Provider/ALIAS"
    _value_type = Anything
Record.register_type(Alias)
for path in sys.stdin:
    folder, name = os.path.split(path.rstrip("\n"))
    print("\x1e")
    zone = Zone(name[:-len("yaml")], [])
    YamlProvider("x", folder, enforce_order=False).populate(zone, lenient=True)
    for r in zone.records:
        if r._type == Alias._type: continue
        for v in (r.values if hasattr(r, "values") else [r.value]):
            if r._type in ("TXT", "SPF"): text = v.replace("\\;", ";")
            elif r._type == "MX": text = f"{v.preference} {v.exchange}".lower()
            elif r._type == "CAA": text = f"{v.flags} {v.tag} {v.value}"
            elif r._type == "SRV": text = f"{v.priority} {v.weight} {v.port} {v.target}".lower()
            else: text = str(v).lower()
            print(r.fqdn.rstrip("."), r.ttl, r._type, text.removesuffix("."))
"#;

#[test]
fn the_same_records_as_octodns() {
    let files = files("zones-real-moj-octodns");
    if files.is_empty() {
        return;
    }
    let have = Command::new("python3").args(["-c", "import octodns.provider.yaml"]).output();
    if !have.is_ok_and(|o| o.status.success()) {
        eprintln!("SKIPPED: octoDNS is not installed");
        return;
    }
    let mut child =
        Command::new("python3").args(["-c", OCTODNS]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input: String = files.iter().map(|f| format!("{}\n", std::fs::canonicalize(f).unwrap().display())).collect();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let zones: Vec<&str> = text.split("\x1e\n").skip(1).collect();
    assert_eq!(zones.len(), files.len());
    for (path, theirs) in files.iter().zip(zones) {
        let theirs: BTreeSet<String> = theirs.lines().map(str::to_string).collect();
        assert_eq!(lines(&loaded(path)), theirs, "{}", path.display());
    }
}

#[test]
fn its_own_test_zone() {
    let Some(folder) = corpus("zones-octodns/octodns/config") else { return };
    let loaded = loaded(&folder.join("unit.tests.yaml"));
    assert!(loaded.faults.is_empty());
    let lines = lines(&loaded);
    for want in [
        "unit.tests 300 A 1.2.3.4",
        "unit.tests 3600 CAA 0 issue ca.unit.tests",
        "mx.unit.tests 300 MX 10 smtp-4.unit.tests",
        "txt.unit.tests 600 TXT v=DKIM1;k=rsa;s=email;h=sha256;p=A/kinda+of/long/string+with+numb3rs",
        "_srv._tcp.unit.tests 600 SRV 10 20 30 foo-1.unit.tests",
    ] {
        assert!(lines.contains(want), "{want} is not in {lines:#?}");
    }
    assert!(!lines.iter().any(|l| l.starts_with("ignored.")));
    let opaque: BTreeSet<&str> = loaded.snapshot.opaque.iter().map(|o| o.rtype.as_str()).collect();
    assert!(opaque.contains("URLFWD") && opaque.contains("SSHFP"), "{opaque:?}");
}
