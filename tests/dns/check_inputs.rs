//! `check --message` and `check --profile`: selectors from where they stand, and what a profile says otherwise than DNS.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use mailproof::dns::overlay::{Overlay, OverlayServer};

use crate::support::zone;

const RECORDS: &str = r#"
    example.test TXT "v=spf1 ip4:192.0.2.10 -all"
    example.test MX 10 mail.example.test.
    mail.example.test A 192.0.2.10
    _dmarc.example.test TXT "v=DMARC1; p=reject"
    s1._domainkey.example.test TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    hidden._domainkey.example.test TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    google._domainkey.example.test TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    parked.test TXT "v=spf1 -all"
    parked.test MX 0 .
    _dmarc.parked.test TXT "v=DMARC1; p=none"
"#;

async fn start() -> OverlayServer {
    OverlayServer::start(Overlay { zones: vec![zone("test", RECORDS)], ..Overlay::default() }).await.unwrap()
}

async fn check(server: &OverlayServer, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    let apart = ["--no-smtp", "--no-https", "--format", "json"];
    command.args(["check", "--nameserver", &server.addr().to_string()]).args(apart).args(args).current_dir(folder);
    tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap()).await.unwrap()
}

/// Selector and status of each key, and the codes of the errors about keys.
fn told(output: &Output) -> (String, String) {
    let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let keys = value["dkim"].as_array().unwrap().iter();
    let keys: Vec<String> =
        keys.map(|k| format!("{}:{}", k["selector"].as_str().unwrap(), k["status"].as_str().unwrap())).collect();
    let findings = value["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error");
    // Its hosts have no reverse names, which is of no concern here.
    let codes = findings.map(|f| f["code"].as_str().unwrap()).filter(|code| code.starts_with("DKIM"));
    let codes: Vec<&str> = codes.collect();
    (keys.join(" "), codes.join(" "))
}

#[tokio::test(flavor = "multi_thread")]
async fn selectors_of_a_message() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let signature = |domain: &str, selector: &str| {
        format!("DKIM-Signature: v=1; a=rsa-sha256; d={domain};\r\n\ts={selector}; h=from; bh=AA==; b=AA==\r\n")
    };
    let signed = signature("example.test", "hidden");
    let twice = signature("Example.TEST", "s1") + &signature("example.test", "s1");
    let others = signature("news.example.net", "elsewhere") + &signed;
    let gone = signature("example.test", "gone") + &signed;
    for (fields, keys, errors, why) in [
        (&signed, "hidden:ok", "", "a selector that nobody would guess"),
        (&twice, "s1:ok", "", "one key, signed with twice"),
        (&others, "hidden:ok", "", "another domain's signature is its own affair"),
        (&gone, "gone:missing hidden:ok", "DKIM001", "a key that is no longer there"),
    ] {
        std::fs::write(dir.path().join("letter.eml"), format!("{fields}From: a@example.test\r\n\r\nHello\r\n"))
            .unwrap();
        let output = check(&server, dir.path(), &["example.test", "--message", "letter.eml"]).await;
        assert_eq!(told(&output), (keys.into(), errors.into()), "{why}");
    }
    std::fs::write(dir.path().join("plain.eml"), "From: a@example.test\r\n\r\nHello\r\n").unwrap();
    for (file, says) in [("plain.eml", "has no DKIM signature"), ("absent.eml", "cannot be read")] {
        let output = check(&server, dir.path(), &["example.test", "--message", file]).await;
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(says), "{file}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_profile_says_otherwise() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let profile = |host: &str, dkim: &str, dmarc: &str| {
        let key = |s: &str| format!("{{selector: {s}, algorithm: ed25519, key: {s}.pem, created: 2026-10-01}}");
        let keys: Vec<String> = dkim.split(' ').map(key).collect();
        format!(
            "version: 1\ndomains:\n  - domain: example.test\n    hosts: [{{name: mail.example.test, mx: 10, addresses: \
             [{host}]}}]\n    dkim: [{}]\n    dmarc: {{{dmarc}}}\n  - domain: parked.test\n    parked: true\n",
            keys.join(", ")
        )
    };
    let strict = "policy: reject, nonexistent: reject, strict_dkim: true, strict_spf: true";
    for (domain, host, dkim, dmarc, keys, codes, why) in [
        ("example.test", "192.0.2.10", "s1", "policy: reject", "s1:ok", &[][..], "all as the profile says"),
        ("example.test", "192.0.2.10", "s1", "policy: none", "s1:ok", &[], "the published policy is stricter"),
        ("example.test", "192.0.2.10", "s1", strict, "s1:ok", &["DMARC028"], "the published policy is weaker"),
        ("example.test", "192.0.2.11", "s1", "", "s1:ok", &["SPF033"], "a host that SPF does not let pass"),
        ("example.test", "192.0.2.10", "s1 gone", "", "s1:ok gone:missing", &["DKIM001"], "a key that is not there"),
        ("parked.test", "192.0.2.10", "s1", "", "", &["DMARC025"], "parked, and the policy is none"),
    ] {
        std::fs::write(dir.path().join("p.yaml"), profile(host, dkim, dmarc)).unwrap();
        let output = check(&server, dir.path(), &[domain, "--profile", "p.yaml"]).await;
        let value: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
        let drift = ["SPF033", "SPF036", "DKIM001", "DKIM018", "DMARC025", "DMARC028"];
        let found: Vec<&str> = value["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|f| f["code"].as_str())
            .filter(|code| drift.contains(code))
            .collect();
        assert_eq!(found, codes, "{why}: {value:#}");
        if codes == ["DMARC028"] {
            let mut told = value["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "DMARC028");
            let message = told.next().unwrap()["message"].as_str().unwrap();
            assert_eq!(
                message,
                "weaker than the profile: `adkim` is relaxed, not strict; `aspf` is relaxed, not strict"
            );
        }
        if !keys.is_empty() {
            assert_eq!(told(&output).0, keys, "{why}");
        }
    }
    let output = check(&server, dir.path(), &["other.test", "--profile", "p.yaml"]).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the profile says nothing about other.test"), "{error}");
}
