//! Messages over real sockets: sent, received and judged; and peers that misbehave, on either side.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hickory_proto::rr::RecordType;
use mailproof::auth::dkim::DkimResult;
use mailproof::auth::dmarc::DmarcResult;
use mailproof::auth::results;
use mailproof::auth::spf::SpfResult;
use mailproof::dns::lookup::LookupFailure;
use mailproof::dns::table::TableLookup;
use mailproof::error::ErrorKind;
use mailproof::keys::algorithm::Algorithm;
use mailproof::keys::pair::KeyPair;
use mailproof::mail::compose::TestMessage;
use mailproof::mail::receive::{Received, Receiver, ReceiverConfig};
use mailproof::mail::send::{Credentials, Route, Tls, send};
use mailproof::mail::sign::{Signer, sign};
use mailproof::model::message::Message;
use mailproof::model::name::domain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

mod verbs;

const LOOPBACK: &str = "127.0.0.1:0";

struct Bench {
    table: TableLookup,
    rsa: KeyPair,
    ed25519: KeyPair,
}

impl Bench {
    fn new() -> Self {
        let rsa = KeyPair::generate(Algorithm::Rsa2048).unwrap();
        let ed25519 = KeyPair::generate(Algorithm::Ed25519).unwrap();
        let mut table = TableLookup::new();
        for (owner, text) in [
            ("example.test", "v=spf1 ip4:127.0.0.10 -all".to_string()),
            ("mail.example.test", "v=spf1 ip4:127.0.0.10 -all".into()),
            ("r._domainkey.example.test", rsa.record()),
            ("e._domainkey.example.test", ed25519.record()),
            ("_dmarc.example.test", "v=DMARC1; p=reject".into()),
        ] {
            table.add_text(&domain(owner).unwrap(), text.as_bytes());
        }
        Bench { table, rsa, ed25519 }
    }

    fn message(&self) -> Vec<u8> {
        let to = ["check@example.net".to_string()];
        let message = TestMessage {
            from: "postmaster@example.test",
            to: &to,
            date: jiff::Timestamp::now(),
            token: "t0ken",
            id_domain: "mail.example.test",
            purpose: ".It starts with a dot, and goes through SMTP as it is.",
        };
        message.compose().unwrap()
    }

    fn signed(&self) -> Vec<u8> {
        let signer = |selector, key| Signer { domain: "example.test", selector, key };
        sign(&self.message(), &[signer("r", &self.rsa), signer("e", &self.ed25519)], SystemTime::now()).unwrap()
    }

    async fn receiver(self, change: impl FnOnce(&mut ReceiverConfig)) -> (Receiver, mpsc::Receiver<Received>) {
        let mut config = ReceiverConfig::new(LOOPBACK.parse().unwrap(), "mx.example.net");
        change(&mut config);
        Receiver::start(config, Arc::new(self.table)).await.unwrap()
    }
}

fn route(to: SocketAddr, from: &str) -> Route {
    let mut route = Route::plain(to.ip().to_string(), to.port(), "mail.example.test");
    route.bind = Some(from.parse().unwrap());
    route
}

fn to() -> Vec<String> {
    vec!["check@example.net".to_string()]
}

#[tokio::test]
async fn a_message_there_and_judged() {
    let bench = Bench::new();
    let signed = bench.signed();
    let unsigned = bench.message();
    let tampered = String::from_utf8(signed.clone()).unwrap().replace("prove SPF", "improve SPF").into_bytes();
    let forged =
        [&b"Authentication-Results: mx.example.net; dmarc=pass header.from=example.test\r\n"[..], &unsigned].concat();
    let (receiver, mut channel) = bench.receiver(|_| {}).await;
    // (from which address, by which sender, what) -> (SPF, DKIM, DMARC)
    let rows = [
        ("127.0.0.10", "postmaster@example.test", &signed, SpfResult::Pass, Some(DkimResult::Pass), DmarcResult::Pass),
        ("127.0.0.99", "postmaster@example.test", &signed, SpfResult::Fail, Some(DkimResult::Pass), DmarcResult::Pass),
        ("127.0.0.10", "postmaster@example.test", &unsigned, SpfResult::Pass, None, DmarcResult::Pass),
        ("127.0.0.99", "postmaster@example.test", &unsigned, SpfResult::Fail, None, DmarcResult::Fail),
        (
            "127.0.0.99",
            "postmaster@example.test",
            &tampered,
            SpfResult::Fail,
            Some(DkimResult::Fail),
            DmarcResult::Fail,
        ),
        ("127.0.0.99", "postmaster@example.test", &forged, SpfResult::Fail, None, DmarcResult::Fail),
        ("127.0.0.10", "", &unsigned, SpfResult::Pass, None, DmarcResult::Pass), // the null sender: HELO speaks
    ];
    for (ip, sender, message, spf, dkim, dmarc) in rows {
        let receipt = send(&route(receiver.addr(), ip), sender, &to(), message).await.unwrap();
        let received = channel.recv().await.unwrap();
        assert_eq!(received.raw, *message, "octet by octet");
        assert_eq!(received.envelope.ip, ip.parse::<std::net::IpAddr>().unwrap());
        assert_eq!(received.envelope.helo, "mail.example.test");
        assert_eq!(received.recipients, to());
        let judgement = &received.judgement;
        assert_eq!(judgement.spf.as_ref().unwrap().result, spf, "{ip} <{sender}>");
        assert!(judgement.dkim.iter().all(|d| Some(d.result) == dkim), "{:?}", judgement.dkim);
        assert_eq!(judgement.dkim.is_empty(), dkim.is_none());
        assert_eq!(judgement.dmarc.result, dmarc, "{}", judgement.dmarc.reason);
        assert_eq!(receipt.queue_id.as_ref(), Some(&received.id));
        assert!(receipt.reply.contains(&format!("dmarc={}", dmarc.as_str())), "{}", receipt.reply);
        // What is written down says the same, once, and nothing that a stranger brought along.
        let read = Message::read(&received.message);
        let believed = results::believed(&read, "mx.example.net");
        assert_eq!(believed.len(), 1);
        let stated = believed[0].results.iter().find(|r| r.method == "dmarc").unwrap();
        assert_eq!(stated.result, dmarc.as_str());
        assert!(read.named("Return-Path").count() == 1 && read.named("Received").count() == 1);
    }
}

#[tokio::test]
async fn encrypted() {
    let bench = Bench::new();
    let message = bench.signed();
    let (receiver, mut channel) = bench.receiver(|_| {}).await;
    let mut route = route(receiver.addr(), "127.0.0.10");
    route.tls = Tls::Starttls;
    let error = send(&route, "a@example.test", &to(), &message).await.unwrap_err();
    assert!(error.to_string().contains("certificate is refused: nobody"), "{error}");
    assert!(error.hint_text().unwrap().contains("--insecure"));
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    route.insecure = true;
    let receipt = send(&route, "a@example.test", &to(), &message).await.unwrap();
    assert_eq!(receipt.tls.as_deref(), Some("TLS 1.3"));
    let received = channel.recv().await.unwrap();
    assert!(received.tls && received.raw == message);
    assert!(String::from_utf8_lossy(&received.message).contains("with ESMTPS id"));

    route.tls = Tls::Implicit;
    let error = send(&route, "a@example.test", &to(), &message).await.unwrap_err();
    assert!(error.to_string().contains("does not speak TLS"), "{error}");

    let (plain, _channel) = Bench::new().receiver(|c| c.starttls = false).await;
    route.tls = Tls::Starttls;
    route.port = plain.addr().port();
    let error = send(&route, "a@example.test", &to(), &message).await.unwrap_err();
    assert!(error.to_string().contains("does not offer STARTTLS"), "{error}");
    assert!(error.hint_text().unwrap().contains("--tls none"));
}

/// How a server behaves: what it says at first, then to each line it gets.
#[derive(Clone)]
enum Server {
    Silent,
    HangsUp,
    Says(Vec<u8>),
    /// A prefix of a command and the reply; what matches nothing gets 250.
    Replies(&'static [(&'static str, &'static str)]),
    /// Never ends its line.
    Endless,
    /// Takes DATA and is gone.
    DropsInData,
}

async fn serve(server: Server) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(behave(stream, server.clone()));
        }
    });
    addr
}

async fn behave(mut stream: TcpStream, server: Server) {
    let mut rest = vec![0; 4096];
    match server {
        Server::Silent => while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {},
        Server::HangsUp => {}
        Server::Says(octets) => {
            stream.write_all(&octets).await.unwrap();
            while stream.read(&mut rest).await.is_ok_and(|n| n > 0) {}
        }
        Server::Endless => while stream.write_all(&rest).await.is_ok() {},
        Server::DropsInData => talk(&mut stream, &[("DATA", "354 go on")], true).await,
        Server::Replies(table) => talk(&mut stream, table, false).await,
    }
}

async fn talk(stream: &mut TcpStream, table: &[(&str, &str)], drops: bool) {
    let greeting = table.iter().find(|(on, _)| on.is_empty()).map_or("220 peer", |(_, reply)| reply);
    stream.write_all(format!("{greeting}\r\n").as_bytes()).await.unwrap();
    let (mut text, mut in_data) = (String::new(), false);
    let mut octets = [0; 4096];
    while let Ok(count) = stream.read(&mut octets).await {
        if count == 0 {
            return;
        }
        text.push_str(&String::from_utf8_lossy(&octets[..count]));
        while let Some((line, rest)) = text.split_once("\r\n") {
            let reply =
                table.iter().find(|(on, _)| !on.is_empty() && line.starts_with(on)).map_or("250 OK", |(_, r)| r);
            let rest = rest.to_string();
            if !in_data || line == "." {
                stream.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
                in_data = line == "DATA" && reply.starts_with("354");
            }
            if drops && in_data {
                return;
            }
            text = rest;
        }
    }
}

#[tokio::test]
async fn servers_that_misbehave() {
    use ErrorKind::{Refused, Unreachable};
    let rows: &[(Server, ErrorKind, &str, &str)] = &[
        // (the server, the kind of error, its message, its hint)
        (Server::Silent, Unreachable, "said nothing for 1 seconds where the greeting", "--tls implicit"),
        (Server::HangsUp, Unreachable, "hung up before the greeting", ""),
        (
            Server::Says(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            Unreachable,
            "`HTTP/1.1 200 OK` as the greeting: that is not SMTP",
            "port",
        ),
        (Server::Says((0..=255).cycle().take(100_000).collect()), Unreachable, "not SMTP", ""),
        (Server::Says(b"220 hi\r\n".to_vec()), Unreachable, "where the reply to EHLO should come", ""),
        (Server::Endless, Unreachable, "a line of over 4096 octets as the greeting", ""),
        (Server::DropsInData, Unreachable, "hung up before the reply to the message", ""),
        (Server::Replies(&[("", "554 5.7.1 no service")]), Refused, "refused the connection: 554 5.7.1 no service", ""),
        (Server::Replies(&[("", "421 busy")]), Unreachable, "refused the connection: 421 busy", "try again later"),
        (
            Server::Replies(&[("EHLO", "502 what"), ("HELO", "550 go away")]),
            Refused,
            "`mail.example.test`: 550 go away",
            "",
        ),
        (
            Server::Replies(&[("MAIL", "550 5.7.1 spam")]),
            Refused,
            "refused the sender <a@example.test>: 550 5.7.1 spam",
            "",
        ),
        (
            Server::Replies(&[("RCPT", "450 4.2.1 greylisted")]),
            Unreachable,
            "<check@example.net>: 450 4.2.1 greylisted",
            "later",
        ),
        (Server::Replies(&[("RCPT", "550-5.1.1 no\r\n550 such user")]), Refused, "550 5.1.1 no such user", ""),
        (Server::Replies(&[("DATA", "503 no")]), Refused, "refused the message: 503 no", ""),
        (
            Server::Replies(&[("DATA", "354 go"), (".", "554 5.7.1 DMARC")]),
            Refused,
            "refused the message: 554 5.7.1 DMARC",
            "",
        ),
        (Server::Replies(&[("EHLO", "250-peer\r\n250 SIZE 10")]), Refused, "the server takes 10", ""),
    ];
    let message = b"From: a@example.test\r\n\r\n";
    for (server, kind, text, hint) in rows {
        let addr = serve(server.clone()).await;
        let mut route = route(addr, "127.0.0.1");
        route.step_timeout = Duration::from_secs(1);
        let error = send(&route, "a@example.test", &to(), message).await.unwrap_err();
        assert_eq!(error.kind(), *kind, "{error}");
        assert!(error.to_string().contains(text), "{error}\nlacks {text}");
        assert!(error.hint_text().unwrap_or_default().contains(hint), "{:?} lacks {hint}", error.hint_text());
        assert_eq!(error.context(), [format!("sending to {addr}")]);
    }

    let closed = TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap();
    let error = send(&route(closed, "127.0.0.1"), "a@example.test", &to(), message).await.unwrap_err();
    assert!(error.to_string().contains(&format!("no connection to {closed}")), "{error}");
}

#[tokio::test]
async fn logging_in() {
    let login = |server: &'static [(&str, &str)]| async move {
        let mut route = route(serve(Server::Replies(server)).await, "127.0.0.1");
        route.credentials = Some(Credentials { user: "tim".into(), password: "tanstaaftanstaaf".to_string().into() });
        send(&route, "a@example.test", &to(), b"From: a@example.test\r\n\r\n").await
    };
    let plain = login(&[
        ("EHLO", "250-peer\r\n250 AUTH PLAIN LOGIN"),
        ("AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "235 ok"),
        ("DATA", "354 go"),
    ]);
    assert_eq!(plain.await.unwrap().reply, "250 OK");
    let two_steps = login(&[
        ("EHLO", "250-peer\r\n250 AUTH LOGIN"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("dGlt", "334 UGFzc3dvcmQ6"),
        ("dGFuc3RhYWZ0YW5zdGFhZg==", "235 ok"),
        ("DATA", "354 go"),
    ]);
    assert!(two_steps.await.is_ok());
    let digest = login(&[
        ("EHLO", "250-peer\r\n250 AUTH CRAM-MD5"),
        ("AUTH CRAM-MD5", "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"),
        ("dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw", "235 ok"),
        ("DATA", "354 go"),
    ]);
    assert!(digest.await.is_ok());
    let wrong = login(&[("EHLO", "250-peer\r\n250 AUTH PLAIN"), ("AUTH", "535 5.7.8 wrong")]).await.unwrap_err();
    assert!(wrong.to_string().contains("refused the login of tim: 535 5.7.8 wrong"), "{wrong}");
    assert!(!format!("{wrong:?}").contains("tanstaaf"));
    let none = login(&[]).await.unwrap_err();
    assert!(none.to_string().contains("offers no login"), "{none}");
}

/// Says `lines` to a receiver without waiting and gives everything it answered.
async fn converse(addr: SocketAddr, lines: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    // A receiver that has had enough closes while we still write.
    let _ = stream.write_all(lines).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn clients_that_misbehave() {
    let (receiver, mut channel) = Bench::new()
        .receiver(|config| {
            config.step_timeout = Duration::from_secs(1);
            config.session_timeout = Duration::from_secs(5);
            config.max_message = 10_000;
            config.max_recipients = 2;
        })
        .await;
    let addr = receiver.addr();
    let hello = "EHLO c.example\r\n";
    let mail = "MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n";
    let big = "x".repeat(30_000);
    // What is said (all at once: pipelining is offered), and what must be among the answers.
    let rows: Vec<(String, &str)> = vec![
        (String::new(), "421 4.4.2 Too slow"),
        (hello.into(), "250-SIZE 10000\r\n250-8BITMIME\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 STARTTLS"),
        ("HELO c.example\r\nQUIT\r\n".into(), "250 mx.example.net\r\n221 2.0.0 Goodbye"),
        ("GET / HTTP/1.1\r\n".repeat(20), "421 4.7.0 Too many mistakes"),
        ("x".repeat(5000), "500 5.5.2 Line too long"),
        (format!("{hello}NOOP\nMAIL FROM:<a@example.test>\r\nQUIT\r\n"), "500 5.5.2 That is no command\r\n221"), // a lone LF
        ("MAIL FROM:<a@example.test>\r\nQUIT\r\n".into(), "503 5.5.1 Say EHLO first"),
        (format!("{hello}DATA\r\nQUIT\r\n"), "503 5.5.1 Say RCPT first"),
        (format!("{hello}RCPT TO:<b@example.net>\r\nQUIT\r\n"), "503 5.5.1 Say MAIL first"),
        (format!("{hello}MAIL FROM:a@example.test\r\nQUIT\r\n"), "501 5.5.4"),
        (format!("{hello}MAIL FROM:<a@example.test> SIZE=10001\r\nQUIT\r\n"), "552 5.3.4 Message too big\r\n221"),
        (format!("{hello}AUTH PLAIN AAAA\r\nBDAT 3 LAST\r\nQUIT\r\n"), "502 5.5.1 Not offered\r\n502"),
        (
            format!("{hello}MAIL FROM:<>\r\n{}QUIT\r\n", "RCPT TO:<b@example.net>\r\n".repeat(3)),
            "452 4.5.3 Too many recipients",
        ),
        (format!("{hello}STARTTLS\r\nMAIL FROM:<a@example.test>\r\n"), "503 5.5.1 Nothing may follow STARTTLS"),
        (format!("{hello}{mail}{big}\r\n.\r\nQUIT\r\n"), "552 5.3.4 Message too big\r\n221"),
        (format!("{hello}{mail}{}", "x".repeat(200_000)), "552 5.3.4 Message too big, goodbye"),
        (format!("{hello}{mail}Subject: never ended\r\n"), "421 4.4.2 Too slow"),
        (format!("{hello}{mail}{}\r\n.\r\nQUIT\r\n", "A:\r\n".repeat(2400)), "250 2.0.0 OK"),
        (format!("{hello}VRFY x\r\nHELP\r\nRSET\r\nNOOP\r\nQUIT\r\n"), "252 2.5.0 Every recipient is accepted\r\n214"),
    ];
    for (said, want) in &rows {
        let answer = converse(addr, said.as_bytes()).await;
        assert!(
            answer.starts_with("220 mx.example.net") && answer.contains(want),
            "{said:.60?}: {answer} lacks {want}"
        );
    }
    assert!(channel.try_recv().is_ok(), "the one good message");
    assert!(channel.try_recv().is_err(), "and no other");

    // Random octets, drops in the middle, a hundred megabytes in a line, a drip: then it still works.
    let mut seed = 7_u64;
    for length in [1, 10, 100, 1000, 10_000] {
        let octets: Vec<u8> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u8
        })
        .take(length)
        .collect();
        converse(addr, &octets).await;
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let _ = stream.write_all(format!("{hello}{mail}").as_bytes()).await;
        let _ = stream.write_all(&octets).await;
    }
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    let mut sent = 0;
    while sent < 100 && stream.write_all(&megabyte).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 100, "it listened to all of a hundred megabytes");
    let drip = tokio::spawn(async move {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let message = b"From: a@example.test\r\n\r\nstill there\r\n";
    send(&route(addr, "127.0.0.10"), "a@example.test", &to(), message).await.unwrap();
    assert_eq!(channel.recv().await.unwrap().raw, message);
    drip.await.unwrap();
}

#[tokio::test]
async fn smuggling() {
    let (receiver, mut channel) = Bench::new().receiver(|_| {}).await;
    let second = "MAIL FROM:<evil@example.test>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nFrom: evil@example.test\r\n\r\nsmuggled\r\n.\r\n";
    for end in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n", "\r\n\0.\r\n"] {
        let said = format!(
            "EHLO c.example\r\nMAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.net>\r\nDATA\r\nFrom: a@example.test\r\n\r\nhi{end}{second}QUIT\r\n"
        );
        let answer = converse(receiver.addr(), said.as_bytes()).await;
        assert_eq!(answer.matches("250 2.0.0 OK: queued").count(), 1, "{end:?}: {answer}");
        let received = channel.recv().await.unwrap();
        assert_eq!(received.envelope.mail_from, "a@example.test");
        assert!(String::from_utf8_lossy(&received.raw).contains("smuggled"), "{end:?}");
    }
    assert!(channel.try_recv().is_err());
}

#[tokio::test]
async fn more_sessions_than_places() {
    let (receiver, _channel) = Bench::new().receiver(|c| c.max_sessions = 2).await;
    let mut first = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(receiver.addr()).await.unwrap();
        let mut greeting = [0; 1000];
        let count = stream.read(&mut greeting).await.unwrap();
        assert!(greeting.starts_with(b"220") && greeting[..count].ends_with(b"\r\n"));
        first.push(stream);
    }
    assert!(converse(receiver.addr(), b"").await.starts_with("421 4.3.2 Too many sessions"));
    let addr = receiver.addr();
    drop(receiver);
    // Dropped, it neither listens nor goes on with its sessions.
    let mut rest = Vec::new();
    let _ = first[0].read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn dns_that_does_not_answer() {
    let mut bench = Bench::new();
    let message = bench.signed();
    for name in ["example.test", "r._domainkey.example.test", "e._domainkey.example.test"] {
        bench.table.fail(&domain(name).unwrap(), RecordType::TXT, LookupFailure::Timeout);
    }
    let (receiver, mut channel) = bench.receiver(|_| {}).await;
    send(&route(receiver.addr(), "127.0.0.10"), "a@example.test", &to(), &message).await.unwrap();
    let judgement = channel.recv().await.unwrap().judgement;
    assert_eq!(judgement.spf.as_ref().unwrap().result, SpfResult::TempError);
    assert!(judgement.dkim.iter().all(|d| d.result == DkimResult::TempError));
    assert_eq!(judgement.dmarc.result, DmarcResult::TempError, "{}", judgement.dmarc.reason);
    assert!(judgement.is_temporary());
}
