//! A zone whose name servers do not agree, on real servers, and DNSSEC by a resolver that validates.

use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use tokio::net::UdpSocket;

use crate::support::bind::Bind;
use crate::support::daemon::free_port;
use crate::support::knot::Knot;
use crate::support::unbound::Unbound;
use crate::support::{mailproof, told};

const ZONE: &str = "$TTL 300
@ SOA ns1 root 1 3600 600 86400 300
@ NS ns1
@ NS ns2
@ NS ns3
@ NS ns4
@ NS ns5
ns1 A 127.0.0.1
ns2 A 127.0.0.2
ns3 A 127.0.0.3
ns4 A 127.0.0.4
ns5 A 127.0.0.5
mail A 192.0.2.10
@ MX 10 mail
@ TXT \"v=spf1 mx -all\"
_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@lab.test\"
_25._tcp.mail TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
";

async fn check(args: Vec<String>) -> Output {
    tokio::task::spawn_blocking(move || {
        mailproof().args(["check", "lab.test", "--no-smtp", "--no-https"]).args(args).output().unwrap()
    })
    .await
    .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(output)))
}

fn messages<'v>(value: &'v Value, code: &str) -> Vec<&'v str> {
    let all = value["findings"].as_array().unwrap().iter();
    all.filter(|f| f["code"] == code).map(|f| f["message"].as_str().unwrap()).collect()
}

/// Truncates every answer, and listens on no TCP port: no real server can be made to.
async fn truncating(address: &str, port: u16) {
    let socket = UdpSocket::bind((address, port)).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            // QR, AA and TC, and the question as it came.
            buffer[2] |= 0x86;
            let _ = socket.send_to(&buffer[..length], client).await;
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_of_the_zone() {
    let port = free_port();
    let old = ZONE
        .replace("SOA ns1 root 1", "SOA ns1 root 0")
        .replace("v=spf1 mx -all", "v=spf1 a ?all")
        .replace("MX 10 mail", "MX 20 mail");
    let Some(_primary) = Bind::start_on(port, &[("lab.test", ZONE)]) else { return };
    let Some(_secondary) = Knot::start_on("127.0.0.2", port, &[("lab.test", &old)]) else { return };
    let other = ZONE.replace("lab.test", "other.test");
    let Some(_lame) = Knot::start_on("127.0.0.3", port, &[("other.test", &other)]) else { return };
    truncating("127.0.0.5", port).await;
    let server = format!("127.0.0.1:{port}");
    let common =
        ["--nameserver", &server, "--authoritative", "--authoritative-port", &port.to_string()].map(str::to_string);
    let output = check([&common[..], &["--format".to_string(), "json".to_string()]].concat()).await;
    let value = json(&output);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    for (code, want, why) in [
        ("SPF035", "2 different SPF records", "two secondaries disagree"),
        ("ZONE015", "disagree about lab.test MX", "about MX, too"),
        (
            "ZONE013",
            &format!("ns3.lab.test (127.0.0.3:{port}) does not have the zone: it answers REFUSED"),
            "a lame one",
        ),
        ("ZONE014", &format!("ns4.lab.test (127.0.0.4:{port}) does not answer"), "nobody is there"),
        ("SPF037", "ns5.lab.test", "truncates, and refuses TCP"),
    ] {
        let found = messages(&value, code);
        assert!(found.len() == 1 && found[0].contains(want), "{why}: {found:?}\n{value:#}");
    }
    let detail =
        value["findings"].as_array().unwrap().iter().find(|f| f["code"] == "SPF035").unwrap()["detail"].to_string();
    assert!(detail.contains("ns2.lab.test") && detail.contains("v=spf1 a ?all"), "who says what: {detail}");
    assert_eq!(value["spf"]["status"], "ok", "the first server's answer is judged");
    let states: Vec<&str> = value["servers"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["answers", "answers", "lame", "silent", "truncates"], "{value:#}");
    // The one that truncates as the only resolver: unknown, never "no record".
    let five = format!("127.0.0.5:{port}");
    let output = check(vec!["--nameserver".into(), five, "--format".into(), "json".into()]).await;
    let value = json(&output);
    assert_eq!(value["spf"]["status"], "unknown", "{value:#}");
    assert!(messages(&value, "SPF038").is_empty() && messages(&value, "SPF037").len() == 1, "{value:#}");
}

/// A primary and two secondaries that get the zone by transfer: one has not asked since the change, one holds a version
/// that the primary no longer has, so that it never asks again.
#[tokio::test(flavor = "multi_thread")]
async fn secondaries_that_stay_behind_or_run_ahead() {
    let port = free_port();
    let primary = format!("127.0.0.1@{port}");
    let three: String =
        ZONE.lines().filter(|l| !l.contains("ns4") && !l.contains("ns5")).map(|l| format!("{l}\n")).collect();
    let ahead = three.replace("SOA ns1 root 1 ", "SOA ns1 root 9 ").replace("p=reject", "p=none");
    let Some(bind) = Bind::start_primary(port, &[("lab.test", &three)]) else { return };
    let Some(behind) = Knot::start_secondary("127.0.0.2", port, "lab.test", &primary, None) else { return };
    let Some(_ahead) = Knot::start_secondary("127.0.0.3", port, "lab.test", &primary, Some(&ahead)) else { return };
    bind.update("update delete lab.test TXT\nupdate add lab.test 300 TXT \"v=spf1 mx ip4:192.0.2.99 -all\"");
    let server = format!("127.0.0.1:{port}");
    let look = || async {
        let port = port.to_string();
        let args = ["--nameserver", &server, "--authoritative", "--authoritative-port", &port, "--format", "json"];
        json(&check(args.map(str::to_string).to_vec()).await)
    };
    let value = look().await;
    let serials: Vec<Option<u64>> = value["servers"].as_array().unwrap().iter().map(|s| s["serial"].as_u64()).collect();
    assert_eq!(serials, [Some(2), Some(1), Some(9)], "{value:#}");
    let detail = |value: &Value, code: &str| {
        let all = value["findings"].as_array().unwrap().iter();
        let mut found = all.filter(|f| f["code"] == code);
        let first = found.next().map_or(String::new(), |f| f["detail"].as_str().unwrap_or_default().to_string());
        assert!(found.next().is_none(), "{code} once: {value:#}");
        first
    };
    assert_eq!(
        detail(&value, "SPF035"),
        format!(
            "ns1.lab.test (127.0.0.1:{port}) with serial 2: v=spf1 mx ip4:192.0.2.99 -all\n\
             ns2.lab.test (127.0.0.2:{port}) with serial 1, ns3.lab.test (127.0.0.3:{port}) with serial 9: v=spf1 mx -all"
        )
    );
    let policy = detail(&value, "ZONE015");
    assert!(
        policy.ends_with(&format!(
            "ns3.lab.test (127.0.0.3:{port}) with serial 9: \"v=DMARC1; p=none; rua=mailto:d@lab.test\""
        )),
        "{policy}"
    );
    // Asked to refresh, the first gets the zone; the other finds its own newer.
    behind.refresh("lab.test");
    let told =
        |serial: &str| crate::support::dig_at("127.0.0.2", port, "lab.test", "SOA").iter().any(|l| l.contains(serial));
    for _ in 0..100 {
        if told("lab.test. 2 ") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let value = look().await;
    let now = detail(&value, "SPF035");
    assert!(
        now.starts_with(&format!(
            "ns1.lab.test (127.0.0.1:{port}) with serial 2, ns2.lab.test (127.0.0.2:{port}) with serial 2: "
        )),
        "{now}\n{}",
        behind.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dnssec_by_a_resolver_that_validates() {
    let Some(bind) = Bind::start_with(&[("lab.test", ZONE)], "dnssec-policy default; inline-signing yes;") else {
        return;
    };
    let mut keys = Vec::new();
    for _ in 0..100 {
        keys = bind.dig("lab.test", "DNSKEY");
        let signed = crate::support::dig(bind.port, "lab.test", "RRSIG");
        if !keys.is_empty() && !signed.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let anchors: Vec<String> = keys.iter().map(|k| format!("lab.test. DNSKEY {k}")).collect();
    let wrong =
        vec!["lab.test. DS 12345 13 2 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_string()];
    let Some(plain) = Bind::start(&[("lab.test", ZONE)]) else { return };
    for (authority, anchors, status, findings, why) in [
        (bind.port, anchors, "secure", 0, "signed, and the anchor fits"),
        (bind.port, wrong, "bogus", 1, "signed with another key than the one trusted"),
        (plain.port, vec![], "insecure", 0, "not signed"),
    ] {
        let Some(resolver) = Unbound::start(&[("lab.test", authority)], &anchors) else { return };
        let server = format!("127.0.0.1:{}", resolver.port);
        let output = check(vec!["--nameserver".into(), server, "--format".into(), "json".into()]).await;
        let value = json(&output);
        assert_eq!(value["dnssec"]["status"], status, "{why}: {value:#}");
        assert_eq!(value["dnssec"]["safe_way"], true, "a resolver on this machine: {why}");
        let bogus = messages(&value, "ZONE016");
        assert_eq!(bogus.len(), findings, "{why}: {bogus:?}");
    }
}
