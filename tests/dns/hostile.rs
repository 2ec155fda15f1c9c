//! Domains whose DNS is made to hurt who looks: `check` does a bounded amount of work and says clearly what it found.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use mailproof::dns::overlay::{Overlay, OverlayServer};

use crate::support::zone;

async fn start() -> OverlayServer {
    let includes = |of: std::ops::RangeInclusive<char>| of.map(|c| format!("include:{c}.%{{d}} ")).collect::<String>();
    let spread = format!("\"v=spf1 {}\" \"{}-all\"", includes('a'..='j'), includes('k'..='t'));
    let mut records = format!(
        r#"
        bomb.test TXT {spread}
        *.bomb.test TXT {spread}
        _dmarc.bomb.test TXT "v=DMARC1; p=reject"
        circle.test TXT "v=spf1 include:one.circle.test -all"
        one.circle.test CNAME two.circle.test.
        two.circle.test CNAME one.circle.test.
        _dmarc.circle.test CNAME one.circle.test.
        large.test TXT "v=spf1 -all"
        _dmarc.large.test TXT "v=DMARC1; p=reject"
        exchangers.test TXT "v=spf1 mx -all"
        _dmarc.exchangers.test TXT "v=DMARC1; p=reject"
        "#
    );
    for i in 0..15 {
        let strings = format!("\"{}\" ", "x".repeat(250)).repeat(16);
        records.push_str(&format!("large.test TXT \"{i}\" {}\n", strings.trim()));
    }
    for i in 0..200 {
        records.push_str(&format!("exchangers.test MX 10 mx{i}.exchangers.test.\n"));
    }
    OverlayServer::start(Overlay { zones: vec![zone("test", &records)], ..Overlay::default() }).await.unwrap()
}

async fn check(server: &OverlayServer, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    let apart = ["--no-smtp", "--no-https"];
    command.args(["--color", "never", "check", "--nameserver", &server.addr().to_string()]).args(apart).args(args);
    tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap()).await.unwrap()
}

/// Domain, what must be said of it alone and in a list, and the messages that it may cost there.
const CASES: &[(&str, &str, &str, &str, u64)] = &[
    ("bomb.test", "SPF021", "SPF021", "includes without end: over the limit of ten lookups", 90),
    ("large.test", "", "", "60 kB of TXT beside the record, which is good", 90),
    (
        "exchangers.test",
        "MX003 SPF024",
        "SPF024",
        "hosts without addresses, and more than ten mail exchangers: permerror (RFC 7208 §4.6.4)",
        110,
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn bounded_work_and_a_clear_result() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list");
    for (domain, code_alone, code_listed, why, most) in CASES {
        let alone = check(&server, &[domain, "--format", "json"]).await;
        std::fs::write(&list, domain).unwrap();
        let listed = check(&server, &["--domains", list.to_str().unwrap(), "--format", "ndjson"]).await;
        for (output, code) in [(&alone, code_alone), (&listed, code_listed)] {
            let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{why}: {e}"));
            let findings = value["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error");
            let mut codes: Vec<&str> = findings.filter_map(|f| f["code"].as_str()).collect();
            // At the wildcard, too.
            codes.dedup();
            assert_eq!(codes.join(" "), *code, "{why}: {value:#}");
            assert_eq!(value["unknown"].as_array().map(Vec::len), Some(0), "{why}");
        }
        let told = String::from_utf8(listed.stderr).unwrap();
        let messages: u64 = told.split(" messages to DNS").next().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        assert!(messages <= *most, "{why}: {messages} messages");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_aliases_is_unknown_not_absent() {
    let server = start().await;
    let output = check(&server, &["circle.test", "--format", "json"]).await;
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{value:#}");
    assert_eq!((&value["spf"]["status"], &value["dmarc"]["status"]), (&"unknown".into(), &"unknown".into()));
    let reasons = value["unknown"].to_string();
    assert!(reasons.contains("SERVFAIL"), "what a resolver says to a circle: {reasons}");
}
