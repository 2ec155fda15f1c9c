//! The demo: six proven cells, and for each broken part the cell that breaks and why.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::Value;
use support::{mailproof, told};

fn demo(arguments: &[&str]) -> (i32, Value) {
    let output = mailproof().arg("demo").args(arguments).args(["--format", "json"]).output().unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(&output)));
    (output.status.code().unwrap(), value)
}

#[test]
fn six_cells_are_proven() {
    let (status, value) = demo(&[]);
    assert_eq!(status, 0);
    let cells = value["table"]["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 6);
    assert!(cells.iter().all(|c| c["standing"] == "proven"), "{cells:#?}");
    let sentence = &value["proof_before_push"]["senders"][0];
    assert_eq!(sentence["faults"], Value::Array(vec![]), "the plan was proven before it was pushed");
}

#[test]
fn each_break_names_its_cell_and_the_cause() {
    // part, mechanism, side, standing, words of the cause
    let cases = [
        ("spf", "spf", "sending", "broken", "127.0.0.10 is not listed"),
        ("dkim", "dkim", "sending", "broken", "the published key is not the signer's"),
        ("dmarc", "dmarc", "sending", "broken", "one of 2 DMARC records"),
        ("dmarc", "dmarc", "receiving", "not_judged", "no policy"),
        ("tamper", "dkim", "sending", "broken", "the body was changed after signing"),
        ("dns", "spf", "sending", "broken", "SERVFAIL"),
        ("dns", "dkim", "sending", "broken", "SERVFAIL"),
        ("dns", "dmarc", "sending", "broken", "SERVFAIL"),
    ];
    for (part, mechanism, side, standing, cause) in cases {
        let (status, value) = demo(&["--break", part]);
        assert_eq!(status, 1, "{part}");
        let cells = value["table"]["cells"].as_array().unwrap();
        let cell = cells.iter().find(|c| c["mechanism"] == mechanism && c["side"] == side).unwrap();
        assert_eq!(cell["standing"], standing, "{part}: {cell:#}");
        assert!(cell["causes"].to_string().contains(cause), "{part}: {cell:#}");
    }
}
