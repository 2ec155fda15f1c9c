//! `check --domains`: lists, interruption, parts.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use mailproof::dns::overlay::{Fault, FaultAt, Overlay, OverlayServer};

use crate::support::{name, zone};

/// As many domains as there are: each with the SPF record of one provider, every fifth without DMARC.
const DOMAINS: usize = 120;

async fn start() -> OverlayServer {
    let mut records = String::from("_spf.provider.test TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n");
    for i in 0..DOMAINS {
        records
            .push_str(&format!("d{i}.test TXT \"v=spf1 include:_spf.provider.test -all\"\nd{i}.test MX 10 mx.test.\n"));
        if i % 5 != 0 {
            records.push_str(&format!("_dmarc.d{i}.test TXT \"v=DMARC1; p=reject\"\n"));
        }
    }
    records.push_str(
        "google._domainkey.d1.test TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n",
    );
    let overlay = Overlay {
        zones: vec![zone("test", &records)],
        faults: vec![FaultAt::name(name("fails.test"), Fault::ServFail)],
        ..Overlay::default()
    };
    OverlayServer::start(overlay).await.unwrap()
}

fn list(dir: &Path, extra: &str) -> String {
    let mut text: String = (0..DOMAINS).map(|i| format!("d{i}.test\n")).collect();
    text.push_str(extra);
    let path = dir.join("list");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

async fn check(server: &OverlayServer, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    command.args(["--color", "never", "check", "--nameserver", &server.addr().to_string()]).args(args);
    tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output().unwrap()).await.unwrap()
}

/// The domains of NDJSON, each checked to be whole and there once.
fn domains(octets: &[u8]) -> BTreeSet<String> {
    let text = std::str::from_utf8(octets).unwrap();
    let mut all = BTreeSet::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let domain = value["domain"].as_str().unwrap().to_string();
        assert!(all.insert(domain.clone()), "{domain} is there twice");
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_as_ndjson() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), "# no domain\n\na..test\nalice@example.test\nfails.test\nabsent.test\n");
    let output = check(&server, &["--domains", &list, "--format", "ndjson", "--no-smtp"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let found = domains(&output.stdout);
    assert_eq!(found.len(), DOMAINS + 2);
    let text = String::from_utf8(output.stdout).unwrap();
    let of = |domain: &str| -> Value {
        text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).find(|v| v["domain"] == domain).unwrap()
    };
    assert_eq!(of("d1.test")["dmarc"]["policy"], "reject");
    assert_eq!(of("d1.test")["dkim"][0]["selector"], "google");
    assert_eq!(of("d0.test")["findings"][0]["code"], "DMARC001");
    assert_eq!(of("fails.test")["spf"]["status"], "unknown");
    assert_eq!(of("absent.test")["exists"], false);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("skipped: line 123: `a..test` is not a domain name"), "{told}");
    assert!(told.contains("skipped: line 124: `alice@example.test`"), "{told}");
    assert!(told.contains("122 domains in") && told.contains("2 lines are no domains"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_record_is_asked_for_once() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), "");
    let output = check(&server, &["--domains", &list, "--format", "ndjson", "--selector", "s1"]).await;
    let told = String::from_utf8(output.stderr).unwrap();
    // Each domain: TXT, MX, `_dmarc`, `_mta-sts`, `_smtp._tls`, one key. Together: the include, and `_dmarc.test`.
    let messages = told.split(" messages to DNS").next().unwrap().rsplit(' ').next().unwrap();
    let messages: usize = messages.parse().unwrap_or_else(|_| panic!("{told}"));
    let wanted = DOMAINS * 6 + 2;
    assert!(messages >= wanted && messages < wanted + 60, "{messages} messages, {wanted} questions");
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_and_lines() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), "");
    let output = check(&server, &["--domains", &list, "--format", "csv"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    let columns = text.lines().next().unwrap().split(',').count();
    assert!(text.starts_with("domain,exists,spf,"), "{text}");
    assert_eq!(text.lines().count(), DOMAINS + 1);
    assert!(text.lines().all(|l| l.split(',').count() == columns), "a comma in a cell: {text}");
    let row = text.lines().find(|l| l.starts_with("d1.test,")).unwrap();
    assert!(row.starts_with("d1.test,true,ok,fail,1,ok,reject,d1.test,1,mx.test,missing,missing,"), "{row}");
    assert!(row.contains("DMARC017"), "{row}");
    assert!(row.ends_with(",0,\"v=spf1 include:_spf.provider.test -all\",\"v=DMARC1; p=reject\""), "{row}");
    let output = check(&server, &["--domains", &list]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), DOMAINS);
    assert!(text.lines().any(|l| l.starts_with("d0.test ") && l.contains("DMARC missing") && l.ends_with("DMARC001")));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_list_make_the_whole() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), "");
    let mut all = BTreeSet::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let output = check(&server, &["--domains", &list, "--format", "ndjson", "--shard", shard]).await;
        let part = domains(&output.stdout);
        assert!(!part.is_empty() && part.is_disjoint(&all), "{shard}");
        all.extend(part);
    }
    assert_eq!(all.len(), DOMAINS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_goes_on_and_loses_nothing() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), "");
    let out = dir.path().join("out.ndjson");
    let path = out.to_str().unwrap().to_string();
    let args = ["--domains", &list, "--format", "ndjson", "--resume", &path, "--concurrency", "1"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
    command.args(["check", "--nameserver", &server.addr().to_string()]).args(args).stderr(Stdio::null());
    let watched = out.clone();
    tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let lines = || std::fs::read(&watched).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
        while lines() < 3 && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
    })
    .await
    .unwrap();
    let before = std::fs::read(&out).unwrap();
    // As if the last line had been cut in the middle.
    std::fs::write(&out, &before[..before.len() - 10]).unwrap();
    let output = check(&server, &args).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "results go to the file");
    assert_eq!(domains(&std::fs::read(&out).unwrap()).len(), DOMAINS);
    assert!(String::from_utf8(output.stderr).unwrap().contains("were done before"));
    let output = check(&server, &args).await;
    assert_eq!(output.status.code(), Some(0), "nothing is left to do: {output:?}");
    assert_eq!(domains(&std::fs::read(&out).unwrap()).len(), DOMAINS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_with_a_list() {
    let server = start().await;
    let dir = tempfile::tempdir().unwrap();
    let list = list(dir.path(), "");
    let other = dir.path().join("other");
    std::fs::write(&other, "Dear all,\n").unwrap();
    let other = other.to_str().unwrap();
    for (args, want, why) in [
        (&["--domains", "/nonexistent/list"][..], "cannot be read", "no list"),
        (&["--domains", &list, "--format", "json"], "--format ndjson", "a document that never ends"),
        (&["--domains", &list, "example.test"], "cannot be used with", "two lists"),
        (&["--domains", &list, "--shard", "3/3"], "from 0 to N-1", "no part"),
        (&["--domains", &list, "--resume", other], "--resume needs", "results for people"),
        (&["--domains", &list, "--format", "csv", "--resume", other], "is no result of `check`", "another file"),
        (&["--resume", other, "example.test"], "cannot be used with", "no list"),
        (&["--domains", &list, "--concurrency", "0"], "0 is not in", "nothing at a time"),
    ] {
        let output = check(&server, args).await;
        assert_eq!(output.status.code(), Some(2), "{why}: {output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(want), "{why}: {told}");
    }
    let bad = dir.path().join("bad");
    std::fs::write(&bad, "d1.test\nno domain\n").unwrap();
    let output = check(&server, &["--domains", bad.to_str().unwrap(), "--format", "ndjson"]).await;
    assert_eq!(output.status.code(), Some(2), "a line was skipped: {output:?}");
    assert_eq!(domains(&output.stdout).len(), 1);
}
