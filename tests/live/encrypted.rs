//! DNS over TLS and over HTTPS, by Unbound and by servers that get it wrong.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio_rustls::TlsAcceptor;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::check::zone;
use crate::support::authority::{Authority, Credentials};
use crate::support::bind::Bind;
use crate::support::daemon::free_port;
use crate::support::unbound::Unbound;
use crate::support::{mailproof, told};

const RECORDS: &str = "@ MX 10 mail\nmail A 192.0.2.10\n@ TXT \"v=spf1 mx -all\"\n\
                       _dmarc TXT \"v=DMARC1; p=reject\"\n_domainkey TXT \"o=-\"\n";

/// `check` of lab.test through `server`: its exit status and result.
pub async fn check(server: &str, authority: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = mailproof();
    command.args(["check", "lab.test", "--no-smtp", "--no-https", "--format", "json", "--nameserver", server]);
    command.args(more);
    command.arg("--ca-file").arg(authority);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(&output)));
    (output.status.code(), value)
}

/// A port that hands connections on to `to`, and how many came; each of the first `cut` is closed after some octets.
async fn counting(to: u16, cut: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            tokio::spawn(async move {
                if number >= cut {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                    return;
                }
                let (mut down, mut up) = server.split();
                let (mut from, mut back) = client.split();
                // Past the handshake, and within the answers.
                let mut some = (&mut down).take(6000);
                tokio::select! {
                    _ = tokio::io::copy(&mut from, &mut up) => {}
                    _ = tokio::io::copy(&mut some, &mut back) => {}
                }
            });
        }
    });
    (port, count)
}

/// The server's side of TLS with these credentials.
pub fn acceptor(credentials: &Credentials) -> TlsAcceptor {
    let chain = CertificateDer::pem_file_iter(&credentials.chain).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(&credentials.key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// An HTTPS server on HTTP/1.1 made of a function: the body of a request to the octets of the response.
async fn web<F, R>(credentials: &Credentials, answer: F) -> u16
where
    F: Fn(Vec<u8>) -> R + Clone + Send + 'static,
    R: Future<Output = Vec<u8>> + Send,
{
    let acceptor = acceptor(credentials);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut seen = Vec::new();
                loop {
                    let head = seen.windows(4).position(|w| w == b"\r\n\r\n");
                    let length = head.and_then(|end| {
                        let text = String::from_utf8_lossy(&seen[..end]).to_lowercase();
                        text.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok())
                    });
                    if let (Some(end), Some(length)) = (head, length)
                        && seen.len() >= end + 4 + length
                    {
                        let rest = seen.split_off(end + 4 + length);
                        let body = seen.split_off(end + 4);
                        seen = rest;
                        if stream.write_all(&answer(body).await).await.is_err() {
                            return;
                        }
                        continue;
                    }
                    let mut buffer = [0; 4096];
                    match stream.read(&mut buffer).await {
                        Ok(n @ 1..) => seen.extend_from_slice(&buffer[..n]),
                        _ => return,
                    }
                }
            });
        }
    });
    port
}

/// Speaks HTTP in clear, whoever comes.
async fn clear() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 512];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    port
}

fn http(content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len())
        .into_bytes();
    out.extend_from_slice(body);
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_what_goes_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (trusted, stranger_file) = (authority.file(dir.path()), {
        let other = dir.path().join("stranger");
        std::fs::create_dir(&other).unwrap();
        stranger.file(&other)
    });
    let good = authority.issue(dir.path(), &["dns.test", "127.0.0.1"], 2060);
    let old = authority.issue(dir.path(), &["dns.test"], 2025);
    let Some(bind) = Bind::start(&[("lab.test", &zone("lab.test", RECORDS))]) else { return };
    let stubs = [("lab.test", bind.port)];
    let Some(unbound) = Unbound::start_encrypted(&stubs, &good) else { return };
    let Some(expired) = Unbound::start_encrypted(&stubs, &old) else { return };
    let (tls, https) = unbound.encrypted.unwrap();
    let (old_tls, _) = expired.encrypted.unwrap();
    let (closed, clear) = (free_port(), clear().await);
    let plain = unbound.port;
    let relay = web(&good, move |query| async move {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(&query, ("127.0.0.1", plain)).await.unwrap();
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).await.unwrap();
        http("application/dns-message", &buffer[..length])
    })
    .await;
    let page = web(&good, |_| async { http("text/html", b"<p>Welcome</p>") }).await;
    let huge = web(&good, |_| async { http("application/dns-message", &[0; 70_000]) }).await;
    let other = web(&good, |query| async move { http("application/dns-message", &query) }).await;
    for (server, fault, why) in [
        (format!("tls://127.0.0.1:{tls}#dns.test"), "", "an address, and the name in the certificate"),
        (format!("tls://127.0.0.1:{tls}"), "", "the address is in the certificate"),
        (format!("https://127.0.0.1:{https}/dns-query"), "", "HTTP/2"),
        (format!("https://127.0.0.1:{https}"), "", "the usual path"),
        (format!("https://127.0.0.1:{relay}/dns-query"), "", "a server with HTTP/1.1 alone"),
        (format!("tls://127.0.0.1:{tls}#other.test"), "refused: it is for another name", "another name"),
        (format!("tls://localhost:{tls}"), "refused: it is for another name", "a name that is not in it"),
        (format!("https://localhost:{https}"), "refused: it is for another name", "over HTTPS"),
        (format!("tls://127.0.0.1:{old_tls}#dns.test"), "refused: it has expired", "an old certificate"),
        (format!("tls://127.0.0.1:{closed}"), "nothing answers at 127.0.0.1", "a closed port"),
        (format!("https://127.0.0.1:{closed}"), "nothing answers at https://127.0.0.1", "over HTTPS"),
        (format!("tls://127.0.0.1:{clear}"), "does not speak TLS", "HTTP in clear"),
        (format!("https://127.0.0.1:{clear}"), "does not speak TLS", "HTTP in clear, asked over HTTPS"),
        (format!("tls://127.0.0.1:{plain}"), "no answer in time", "DNS in clear waits for the rest of a message"),
        (format!("https://127.0.0.1:{https}/nowhere"), "HTTP status 404", "another path"),
        (format!("https://127.0.0.1:{page}"), "something else than DNS", "a page for everything"),
        (format!("https://127.0.0.1:{huge}"), "more than a message can hold", "an answer without end"),
        (format!("https://127.0.0.1:{other}"), "another question", "the question sent back"),
    ] {
        let (status, value) = check(&server, &trusted, &[]).await;
        let unknown = value["unknown"].as_array().unwrap();
        if fault.is_empty() {
            assert_eq!((&value["spf"]["status"], unknown.len()), (&"ok".into(), 0), "{why}: {value:#}");
            continue;
        }
        assert_eq!(status, Some(3), "{why}: unknown, and no finding: {value:#}");
        for record in ["spf", "dmarc"] {
            assert_eq!(value[record]["status"], "unknown", "{why}: never \"no record\": {value:#}");
        }
        let reason = unknown[0]["reason"].as_str().unwrap();
        assert!(reason.contains(fault), "{why}: {reason}");
    }
    let (_, value) = check(&format!("tls://127.0.0.1:{tls}"), &stranger_file, &[]).await;
    let reason = value["unknown"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("refused: its signature is not of whom it says"),
        "an authority of the same name: {reason}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_for_everything() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let trusted = authority.file(dir.path());
    let credentials = authority.issue(dir.path(), &["127.0.0.1"], 2060);
    let Some(bind) = Bind::start(&[("lab.test", &zone("lab.test", RECORDS))]) else { return };
    let Some(unbound) = Unbound::start_encrypted(&[("lab.test", bind.port)], &credentials) else { return };
    let (tls, https) = unbound.encrypted.unwrap();
    for (scheme, port, cut, most, why) in [
        ("tls", tls, 0, 1, "one connection for every question"),
        ("https", https, 0, 1, "over HTTP/2, too"),
        ("tls", tls, 1, 2, "a server that hangs up in the middle: what was open is asked again"),
    ] {
        let (front, count) = counting(port, cut).await;
        let (_, value) = check(&format!("{scheme}://127.0.0.1:{front}"), &trusted, &[]).await;
        assert_eq!(value["unknown"].as_array().unwrap().len(), 0, "{why}: {value:#}");
        assert_eq!(value["spf"]["status"], "ok", "{why}: {value:#}");
        assert_eq!(count.load(Ordering::SeqCst), most, "{why}");
    }
}
