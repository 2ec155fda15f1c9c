//! `keys` and `records` as a person runs them, and what `named-checkzone` says of the zone text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::{find, mailproof, told};

fn run(dir: &Path, args: &[&str]) -> Output {
    mailproof().current_dir(dir).args(args).output().unwrap()
}

#[track_caller]
fn good(dir: &Path, args: &[&str]) -> String {
    let output = run(dir, args);
    assert!(output.status.success(), "{args:?}: {}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A profile with keys of all kinds, in a folder of its own.
fn lab() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut dkim = String::new();
    for (selector, kind) in [("s2", "rsa2048"), ("s3", "rsa3072"), ("s4", "rsa4096"), ("se", "ed25519")] {
        let args = ["keys", "generate", "--domain", "example.com", "--algorithm", kind, "--selector", selector];
        good(dir.path(), &[&args[..], &["--dir", "keys"]].concat());
        dkim.push_str(&format!(
            "      - {{selector: {selector}, algorithm: {kind}, key: keys/example.com.{selector}.pem}}\n"
        ));
    }
    fs::write(
        dir.path().join("mailproof.yaml"),
        format!(
            "version: 1
domains:
  - domain: example.com
    hosts:
      - {{name: mail.example.com, addresses: [192.0.2.10, \"2001:db8::10\"], mx: 10, publish_addresses: true}}
    senders:
      - {{name: Shop, include: _spf.shop.example, dkim_cnames: [{{selector: shop, target: k.shop.example}}]}}
    dkim:
{dkim}    dmarc: {{policy: reject, nonexistent: reject, reports: [d@reports.example.net]}}
    mta_sts: {{mode: enforce, id: a1}}
    tls_rpt: {{reports: [t@example.com]}}
  - {{domain: parked.example, parked: true}}
"
        ),
    )
    .unwrap();
    dir
}

#[test]
fn keys_are_made_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let made = json(&good(
        dir.path(),
        &["keys", "generate", "--domain", "Example.com", "--algorithm", "ed25519", "--dir", "k", "--format", "json"],
    ));
    let selector = made["selector"].as_str().unwrap();
    assert!(selector.starts_with("mp20") && selector.ends_with("-ed"), "{made}");
    assert_eq!(made["key_file"], format!("k/example.com.{selector}.pem"));
    let record = fs::read_to_string(dir.path().join(made["record_file"].as_str().unwrap())).unwrap();
    assert!(record.starts_with(&format!("{selector}._domainkey.example.com. 3600 IN TXT \"v=DKIM1;")), "{record}");

    let key = dir.path().join(made["key_file"].as_str().unwrap());
    let before = fs::read(&key).unwrap();
    let again = ["keys", "generate", "--domain", "example.com", "--dir", "k", "--selector", selector];
    let output = run(dir.path(), &again);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(told(&output).contains("never overwritten"), "{}", told(&output));
    assert_eq!(fs::read(&key).unwrap(), before);
    let next = json(&good(
        dir.path(),
        &["keys", "generate", "--domain", "example.com", "--algorithm", "ed25519", "--dir", "k", "--format", "json"],
    ));
    assert!(next["selector"].as_str().unwrap().ends_with("b-ed"), "{next}");

    for (args, want) in [
        (vec!["--domain", "exa mple.com"], "cannot stand"),
        (vec!["--domain", "localhost"], "single label"),
        (vec!["--domain", "example.com", "--selector", "a_b"], "no selector"),
        (vec!["--domain", "example.com", "--selector", "../x"], "no selector"),
        (vec!["--domain", "example.com", "--algorithm", "rsa1024"], "rsa2048"),
        (vec!["--domain", "example.com", "--dir", "/proc/none"], "cannot be made"),
    ] {
        let output = run(dir.path(), &[&["keys", "generate"][..], &args].concat());
        assert!(output.status.code() == Some(2) && told(&output).contains(want), "{args:?}: {}", told(&output));
    }
}

#[test]
fn keys_are_listed_and_bad_ones_are_findings() {
    let lab = lab();
    let list = json(&good(lab.path(), &["keys", "list", "--profile", "mailproof.yaml", "--format", "json"]));
    let kinds: Vec<&str> = list.as_array().unwrap().iter().map(|e| e["algorithm"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rsa2048", "rsa3072", "rsa4096", "ed25519"]);
    assert_eq!(list[0]["state"], "active");
    let text = good(lab.path(), &["keys", "list", "--dir", "keys"]);
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("example.com  s2  rsa2048  keys/example.com.s2.pem"), "{text}");

    fs::write(lab.path().join("keys/example.com.s3.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    #[cfg(unix)]
    fs::set_permissions(
        lab.path().join("keys/example.com.s4.pem"),
        std::os::unix::fs::PermissionsExt::from_mode(0o644),
    )
    .unwrap();
    let output = run(lab.path(), &["keys", "list", "--dir", "keys"]);
    assert!(output.status.code() == Some(1) && told(&output).contains("read by other users"), "{}", told(&output));
    let output = run(lab.path(), &["records"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("selector s3"), "{}", told(&output));
    let output = run(lab.path(), &["keys", "list", "--dir", "none"]);
    assert_eq!(output.status.code(), Some(2), "{}", told(&output));
}

#[test]
fn zone_text_loads_in_named_checkzone_unchanged() {
    let lab = lab();
    let Some(checkzone) = find("named-checkzone") else { return };
    for domain in ["example.com", "parked.example"] {
        let text =
            good(lab.path(), &["records", "--profile", "mailproof.yaml", "--format", "zone", "--domain", domain]);
        fs::write(lab.path().join("zone"), &text).unwrap();
        let output =
            Command::new(&checkzone).args(["-i", "local", domain]).arg(lab.path().join("zone")).output().unwrap();
        assert!(output.status.success(), "{domain}: {}\n{text}", told(&output));
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            assert!(line.contains("loaded serial") || line == "OK", "{domain}: {line}");
        }
        let records = text.lines().filter(|l| l.contains(" IN ") && !l.starts_with(';')).count();
        let reasons = text.lines().filter(|l| l.starts_with("; ")).count();
        assert!(reasons >= records / 2, "reasons stand over the records:\n{text}");
    }
    let fragment = good(lab.path(), &["records", "--fragment", "--domain", "example.com"]);
    assert!(!fragment.contains("SOA") && !fragment.contains("IN NS"), "{fragment}");
}

#[test]
fn every_form_says_the_same() {
    let lab = lab();
    let list = json(&good(lab.path(), &["records", "--profile", "mailproof.yaml", "--format", "json"]));
    let list = list.as_array().unwrap();
    let table = good(lab.path(), &["records", "--profile", "mailproof.yaml", "--format", "table"]);
    for entry in list {
        assert!(entry["reason"].as_str().is_some_and(|r| r.len() > 10), "{entry}");
        for value in entry["values"].as_array().unwrap() {
            let value = value.as_str().unwrap();
            assert!(table.lines().any(|l| l.ends_with(&format!("  {value}"))), "{value} is not in\n{table}");
        }
    }
    let names: Vec<&str> = list.iter().map(|e| e["name"].as_str().unwrap()).collect();
    for name in [
        "_dmarc.example.com",
        "_mta-sts.example.com",
        "_smtp._tls.example.com",
        "s4._domainkey.example.com",
        "shop._domainkey.example.com",
        "example.com._report._dmarc.reports.example.net",
        "*._domainkey.parked.example",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    let policy = good(lab.path(), &["records", "--mta-sts-policy", "--domain", "example.com"]);
    assert_eq!(policy, "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n");
    for (args, want) in [
        (vec!["records", "--mta-sts-policy"], "--domain"),
        (vec!["records", "--mta-sts-policy", "--domain", "parked.example"], "no `mta_sts`"),
        (vec!["records", "--domain", "exmple.com"], "did you mean example.com?"),
    ] {
        let output = run(lab.path(), &args);
        assert!(output.status.code() == Some(2) && told(&output).contains(want), "{args:?}: {}", told(&output));
    }
}

/// Our zone text on a real server, and the private keys checked against what it answers.
#[test]
fn keys_check_against_a_real_server() {
    let lab = lab();
    let text = good(lab.path(), &["records", "--format", "zone", "--domain", "example.com"]);
    let text = text.replacen("; SOA", "s9._domainkey 60 IN TXT \"v=DKIM1; p=\"\n; SOA", 1);
    let Some(bind) = support::bind::Bind::start(&[("example.com", &text)]) else { return };
    let server = format!("127.0.0.1:{}", bind.port);
    let checked = json(&good(
        lab.path(),
        &[
            "keys",
            "check",
            "--profile",
            "mailproof.yaml",
            "--domain",
            "example.com",
            "--nameserver",
            &server,
            "--format",
            "json",
        ],
    ));
    assert_eq!(checked.as_array().unwrap().len(), 4);
    assert!(checked.as_array().unwrap().iter().all(|e| e["result"] == "match"), "{checked:#}");

    let check = |selector: &str, key: &str| {
        let key = format!("keys/example.com.{key}.pem");
        run(
            lab.path(),
            &[
                "keys",
                "check",
                "--domain",
                "example.com",
                "--selector",
                selector,
                "--key",
                &key,
                "--nameserver",
                &server,
            ],
        )
    };
    for (selector, key, code, want) in [
        ("s2", "s2", 0, "the published key is this one"),
        ("s2", "s3", 1, "another key is published"),
        ("se", "s2", 1, "another key is published"),
        ("s9", "s2", 1, "revoked"),
        ("none", "s2", 1, "no key is published"),
        ("s2", "none", 2, "cannot be read"),
    ] {
        let output = check(selector, key);
        assert!(
            output.status.code() == Some(code) && told(&output).contains(want),
            "{selector} {key}: {}",
            told(&output)
        );
    }
    drop(bind);
    let output = check("s2", "s2");
    assert_eq!(output.status.code(), Some(3), "a server that is gone is not a missing key: {}", told(&output));
}
