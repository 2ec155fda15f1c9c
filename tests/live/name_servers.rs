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
        let bogus = messages(&value, "ZONE016");
        assert_eq!(bogus.len(), findings, "{why}: {bogus:?}");
    }
}
