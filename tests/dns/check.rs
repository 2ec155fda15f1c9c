//! `mailproof check`, as a script calls it.

use std::process::{Command, Output};

use serde_json::Value;

use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};

use crate::support::{name, zone};

const RECORDS: &str = r#"
    example.test TXT "v=spf1 mx include:spf.example.test -all"
    example.test TXT "site-verification=1"
    example.test MX 20 mx2.example.test.
    example.test MX 10 mx1.example.test.
    mx1.example.test A 192.0.2.10
    mx2.example.test A 192.0.2.20
    spf.example.test TXT "v=spf1 ip4:198.51.100.0/24 ~all"
    _dmarc.example.test TXT "v=DMARC1; p=reject; rua=mailto:d@example.test"
    s1._domainkey.example.test TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    s2._domainkey.example.test CNAME key.example.test.
    key.example.test TXT "v=DKIM1; p="
    _mta-sts.example.test TXT "v=STSv1; id=20261101"
    _smtp._tls.example.test TXT "v=TLSRPTv1; rua=mailto:t@example.test"
    bare.test A 192.0.2.1
    twice.test TXT "v=spf1 -all"
    twice.test TXT "v=spf1 mx -all"
    twice.test MX 0 .
    _dmarc.twice.test TXT "v=DMARC1; p=none"
    _dmarc.twice.test TXT "v=DMARC1; p=reject"
    deep.test TXT "v=spf1 include:deep.test -all"
    steer.test TXT "v=spf1 a:\027[31m -all"
    slow.test TXT "v=spf1 include:silent.test -all"
    _dmarc.slow.test TXT "v=DMARC1; p=none"
    *._domainkey.parked.test TXT "v=DKIM1; p="
    parked.test TXT "v=spf1 -all"
    parked.test MX 0 .
    _dmarc.parked.test TXT "v=DMARC1; p=reject"
"#;

const REVERSE: &str = r#"
    10.2.0.192.in-addr.arpa PTR mx1.example.test.
    20.2.0.192.in-addr.arpa PTR mx2.example.test.
"#;

async fn start() -> OverlayServer {
    let overlay = Overlay {
        zones: vec![zone("test", RECORDS), zone("in-addr.arpa", REVERSE)],
        faults: vec![FaultAt::name(name("silent.test"), Fault::ServFail)],
        ..Overlay::default()
    };
    OverlayServer::start(overlay).await.unwrap()
}

/// Runs `check` against `server`, on a thread where it does not stand in the server's way.
async fn check(server: &OverlayServer, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    // The hosts of these zones are nowhere.
    let apart = ["--no-smtp", "--no-https"];
    command.args(["--color", "never", "check", "--nameserver", &server.addr().to_string()]).args(apart).args(args);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn spf_of_one_client() {
    let server = start().await;
    let long = format!("{}.test", "a".repeat(64));
    for (args, result, status, why) in [
        (&["example.test", "--from-ip", "192.0.2.10"][..], "pass", 0, "an MX"),
        (&["example.test", "--from-ip", "198.51.100.7"], "pass", 0, "by the include"),
        (&["example.test", "--from-ip", "203.0.113.1"], "fail", 1, "not listed"),
        (&["example.test", "--from-ip", "2001:db8::1"], "fail", 1, "not listed, IPv6"),
        (&["bare.test", "--from-ip", "192.0.2.1"], "none", 1, "no record"),
        (&["twice.test", "--from-ip", "192.0.2.1"], "permerror", 1, "two records"),
        (&["slow.test", "--from-ip", "192.0.2.1"], "temperror", 3, "DNS fails on the way"),
        (
            &["x.test", "--from-ip", "192.0.2.10", "--mail-from", "a@example.test"],
            "pass",
            0,
            "the sender's domain counts",
        ),
        (
            &["x.test", "--from-ip", "192.0.2.10", "--mail-from", "", "--helo", "example.test"],
            "pass",
            0,
            "the HELO name for a null sender",
        ),
        (&["example.test", "--from-ip", "192.0.2.10", "--mail-from", "example.test"], "pass", 0, "no local part"),
        (&["example.test", "--from-ip", "192.0.2.10", "--mail-from=@example.test"], "pass", 0, "an empty one"),
        (&[&long, "--from-ip", "192.0.2.10"], "none", 1, "a label too long"),
        (&["a..test", "--from-ip", "192.0.2.10"], "none", 1, "an empty label"),
        (&["[192.0.2.1]", "--from-ip", "192.0.2.10"], "none", 1, "an address literal"),
        (&["", "--from-ip", "192.0.2.10"], "none", 1, "nothing"),
    ] {
        let output = check(&server, &[args, &["--format", "json"]].concat()).await;
        let value = json(&output);
        assert_eq!(value["spf"]["result"], result, "{why}: {value}");
        assert_eq!(output.status.code(), Some(status), "{why}");
        assert!(value["spf"].get("explanation").is_some_and(Value::is_null), "{why}: {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_of_one_client() {
    let server = start().await;
    let output = check(&server, &["example.test", "--from-ip", "198.51.100.7"]).await;
    let shown = text(&output.stdout);
    let decided: Vec<&str> = shown.lines().filter(|l| l.contains("<- decides")).collect();
    assert_eq!(decided.len(), 2, "{shown}");
    assert!(decided[0].contains("include:spf.example.test"), "{shown}");
    assert!(decided[1].contains("ip4:198.51.100.0/24"), "{shown}");
    assert!(shown.contains("2 of 10 lookups"), "{shown}");
    let output = check(&server, &["steer.test", "--from-ip", "198.51.100.7"]).await;
    assert!(!output.stdout.contains(&0x1b), "a record steers the terminal: {output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_as_json() {
    let server = start().await;
    for (args, status, codes, why) in [
        (&["example.test"][..], 0, vec![], "nothing to say against it but what is no error"),
        (&["EXAMPLE.test."], 0, vec![], "the domain as people type it"),
        (&["example.test", "--selector", "s1"], 0, vec![], "the key is there"),
        (&["example.test", "--selector", "s1", "--selector", "s9"], 1, vec!["DKIM001"], "a key is missing"),
        (&["bare.test"], 1, vec!["DMARC001", "SPF038"], "nothing published"),
        (&["nobody.test"], 1, vec!["DMARC001", "SPF038"], "no such domain"),
        (&["twice.test"], 1, vec!["SPF001", "DMARC004"], "two of each"),
        (&["deep.test"], 1, vec!["DMARC001", "SPF027"], "an include of itself"),
        (&["parked.test"], 0, vec![], "a parked domain"),
        (&["slow.test"], 3, vec![], "an include that DNS does not answer"),
    ] {
        let output = check(&server, &[args, &["--format", "json"]].concat()).await;
        let value = json(&output);
        let findings = value["findings"].as_array().unwrap();
        let errors = findings.iter().filter(|f| f["severity"] == "error");
        let found: Vec<&str> = errors.map(|f| f["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{why}: {value:#}");
        assert_eq!(output.status.code(), Some(status), "{why}");
    }
    let value = json(&check(&server, &["example.test", "--format", "json"]).await);
    for (pointer, want) in [
        ("/spf/status", "ok"),
        ("/spf/others", "fail"),
        ("/spf/record", "v=spf1 mx include:spf.example.test -all"),
        ("/dmarc/status", "ok"),
        ("/dmarc/policy", "reject"),
        ("/dmarc/policy_domain", "example.test"),
        ("/dkim/0/selector", "s1"),
        ("/dkim/0/algorithm", "ed25519"),
        ("/dkim/0/status", "ok"),
        ("/dkim/1/status", "revoked"),
        ("/dkim/1/alias", "key.example.test"),
        ("/mx/0/host", "mx1.example.test"),
        ("/mx/1/host", "mx2.example.test"),
        ("/mta_sts/status", "ok"),
        ("/tls_rpt/status", "ok"),
    ] {
        assert_eq!(value.pointer(pointer).and_then(Value::as_str), Some(want), "{pointer}: {value:#}");
    }
    assert_eq!(value["spf"]["lookups"], 2);
    let value = json(&check(&server, &["parked.test", "--format", "json"]).await);
    assert_eq!(value["dkim"].as_array().map(Vec::len), Some(1), "a wildcard is one key");
    let both = json(&check(&server, &["example.test", "bare.test", "--format", "json"]).await);
    assert_eq!(both.as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_for_people() {
    let server = start().await;
    let mut shown = String::new();
    for domain in ["example.test", "twice.test", "bare.test", "slow.test"] {
        let output = check(&server, &[domain]).await;
        shown.push_str(&text(&output.stdout));
        assert!(text(&output.stdout).lines().all(|l| l.chars().count() <= 80), "wider than 80 columns: {shown}");
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_checked() {
    let server = start().await;
    for (args, status, want, why) in [
        (&["a..test"][..], 2, "empty label", "no domain"),
        (&["alice@example.test"], 2, "what stands after the @", "an address"),
        (&["example.test", "--selector", "a..b"], 2, "is not a domain name", "no selector"),
        (&["example.test", "--nameserver", "ns.example.test"], 2, "not an IP address", "a server by name"),
        (&["example.test", "--helo", "x"], 2, "--from-ip", "HELO without an address"),
        (&["example.test", "--from-ip", "x"], 2, "invalid", "no address"),
        (&[], 2, "DOMAIN", "nothing to check"),
    ] {
        let output = check(&server, args).await;
        assert_eq!(output.status.code(), Some(status), "{why}: {output:?}");
        assert!(text(&output.stderr).contains(want), "{why}: {output:?}");
    }
    let closed = {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap().to_string()
    };
    for args in [&["example.test"][..], &["example.test", "--from-ip", "192.0.2.1"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
        command.args(["check", "--nameserver", &closed]).args(args);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(text(&output.stderr).contains(&format!("nothing answers at {closed}")), "{output:?}");
    }
}
