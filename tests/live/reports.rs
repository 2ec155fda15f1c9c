//! Whether others take a domain's DMARC reports (RFC 9990 §4), asked of a real BIND.

use crate::check::{check, codes, zone};
use crate::support::authority::Authority;
use crate::support::bind::Bind;

/// The domain, where its reports go, what is published there, the codes, why.
const ROWS: &[(&str, &str, &str, &[&str], &str)] = &[
    ("own", "rua=mailto:d@mail.own.test", "mail.own MX 10 mx", &[], "the same organisation needs no word"),
    (
        "exact",
        "rua=mailto:d@exact-r.test",
        "exact.test._report._dmarc.exact-r TXT \"v=DMARC1;\"",
        &[],
        "the record alone",
    ),
    (
        "bare",
        "rua=mailto:d@bare-r.test",
        "bare.test._report._dmarc.bare-r TXT \"v=DMARC1\"",
        &[],
        "without a semicolon",
    ),
    (
        "tags",
        "rua=mailto:d@tags-r.test",
        "tags.test._report._dmarc.tags-r TXT \"v=DMARC1; rua=mailto:x@tags-r.test\"",
        &[],
        "with an address to send to instead",
    ),
    (
        "wild",
        "rua=mailto:d@wild-r.test",
        "*._report._dmarc.wild-r TXT \"v=DMARC1;\"",
        &[],
        "a wildcard answers for the real name",
    ),
    (
        "two",
        "rua=mailto:d@two-r.test",
        "two.test._report._dmarc.two-r TXT \"v=DMARC1\"\ntwo.test._report._dmarc.two-r TXT \"x\"",
        &[],
        "another text beside it",
    ),
    ("absent", "rua=mailto:d@absent-r.test", "", &["DMARC015"], "nothing"),
    (
        "failure",
        "rua=mailto:d@mail.failure.test; ruf=mailto:d@failure-r.test",
        "mail.failure MX 10 mx\nfailure-r MX 10 mx",
        &["DMARC015"],
        "failure reports, too",
    ),
    (
        "foreign",
        "rua=mailto:d@foreign-r.test",
        "other.test._report._dmarc.foreign-r TXT \"v=DMARC1;\"",
        &["DMARC015"],
        "a word to somebody else",
    ),
    (
        "text",
        "rua=mailto:d@text-r.test",
        "text.test._report._dmarc.text-r TXT \"yes, please\"",
        &["DMARC015"],
        "a text that is no record",
    ),
    (
        "spf",
        "rua=mailto:d@spf-r.test",
        "*._report._dmarc.spf-r TXT \"v=spf1 -all\"",
        &["DMARC015"],
        "a wildcard with another record",
    ),
    (
        "bounce",
        "rua=mailto:d@bounce-r.test",
        "*._report._dmarc.bounce-r TXT \"v=DMARC1;\"\nbounce-r MX 0 .",
        &["DMARC024"],
        "it agrees, and takes no mail",
    ),
    ("silent", "rua=mailto:d@reports.nowhere", "", &[], "DNS refuses the question: it stays open"),
];

#[test]
fn who_takes_the_reports() {
    let dir = tempfile::tempdir().unwrap();
    let trusted = Authority::new().file(dir.path());
    let mut records = "mx A 127.0.0.1\n".to_string();
    for (name, tags, theirs, ..) in ROWS {
        records.push_str(&format!(
            "{name} TXT \"v=spf1 -all\"\n_dmarc.{name} TXT \"v=DMARC1; p=reject; {tags}\"\n{theirs}\n"
        ));
        if !theirs.contains(" MX ") {
            records.push_str(&format!("{name}-r MX 10 mx\n"));
        }
    }
    let Some(bind) = Bind::start(&[("test", &zone("test", &records))]) else { return };
    for (name, _, _, want, why) in ROWS {
        let value = check(bind.port, &trusted, &format!("{name}.test"), &["--no-smtp", "--no-https"]);
        assert_eq!(codes(&value, &["DMARC015", "DMARC024"]), *want, "{name}: {why}: {value:#}");
        let skipped = value["skipped"].as_array().unwrap().iter().any(|s| s["code"] == "DMARC015");
        assert_eq!(skipped, *name == "silent", "{name}: {why}: {value:#}");
    }
}
