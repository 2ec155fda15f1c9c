//! BIND's own test zones for `named-checkzone`, whose names say the verdict.

use std::collections::BTreeSet;

use crate::corpus;
use crate::reading::read;

/// `bad-` files in which no single record is wrong as it stands, and why there is nothing for a parser to say.
const NOT_SYNTAX: &[(&str, &str)] = &[
    ("bad-cname-and-", "a CNAME beside other data: a rule of the zone"),
    ("bad-_dns-svcb", "parameters of SVCB, which is kept as it is written"),
    ("bad-svcb", "parameters of SVCB, which is kept as it is written"),
    ("bad-cdnskey.db", "CDNSKEY against DNSKEY: a rule of the zone"),
    ("bad-cds.db", "CDS against DNSKEY: a rule of the zone"),
    ("bad-ds.db", "DS at the apex: a rule of the zone"),
    ("bad-ds-2.db", "DS without NS: a rule of the zone"),
    ("bad-dns-sd-reverse.db", "names that are checked as host names"),
    ("bad-nsap-", "NSAP is kept as it is written"),
    ("bad-nsec3-", "NSEC3 is kept as it is written"),
    ("bad-nsec3owner-padded.db", "an owner that is checked as a hash"),
    ("bad-rpz-prefix.db", "an owner that is checked as a network"),
    ("bad-unspec.db", "UNSPEC is kept as it is written"),
];

/// Names of which `bad-` is only the beginning of another word, or that another program reads.
const NOT_ZONES: &[&str] = &["bad-badclass.raw", "bad-tsig.db.j2"];

#[test]
fn good_zones_are_free_of_faults_and_bad_ones_are_not() {
    let Some(folder) = corpus("zones-bind9-checkzone") else { return };
    let (mut good, mut bad, mut unused) = (0, 0, NOT_SYNTAX.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().to_string();
        if NOT_ZONES.contains(&name.as_str()) {
            continue;
        }
        let is_bad = name.starts_with("bad");
        if !is_bad && !name.starts_with("good") {
            continue;
        }
        let reading = read(&path, "example.");
        let excused = NOT_SYNTAX.iter().find(|(prefix, _)| name.starts_with(prefix));
        if let Some((prefix, _)) = excused.filter(|_| is_bad) {
            unused.remove(prefix);
        }
        if is_bad && excused.is_none() {
            bad += 1;
            assert!(!reading.faults.is_empty(), "{name}: nothing was found");
        } else {
            good += usize::from(!is_bad);
            assert!(reading.faults.is_empty(), "{name}: {:?}", reading.faults);
            assert!(!reading.records.is_empty(), "{name}: no record was read");
        }
    }
    assert!(unused.is_empty(), "excuses for no file: {unused:?}");
    assert!(good >= 14 && bad >= 22, "{good} good and {bad} bad files were read");
}

#[test]
fn faults_stand_where_they_are() {
    let Some(folder) = corpus("zones-bind9-checkzone") else { return };
    for (name, want) in [
        ("bad1.db", "6:ExtraData"),
        ("bad2.db", "8:BadRange"),
        ("bad-eui48-too-short.db", "5:BadEui"),
        ("bad-include-directory.db", "1:IncludeUnreadable"),
        ("bad-generate-range.db", "7:BadModifier"),
        ("bad-tkey.db", "6:UnknownType"),
        ("badttl.db", "1:MissingArgument"),
    ] {
        assert_eq!(read(&folder.join(name), "example.").faults.first().map(String::as_str), Some(want), "{name}");
    }
}
