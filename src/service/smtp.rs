//! A visit to a mail exchanger: greeting, EHLO, STARTTLS, QUIT. No mail transaction is ever begun.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::Error;
use crate::mail::send::Reply;
use crate::mail::wire::{Stream, Wire};
use crate::model::service::{SmtpFault, SmtpVisit, Starttls};
use crate::service::handshake::{Witness, version};
use crate::tls::Trust;

/// Time for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Time for each reply: some hosts let strangers wait before they greet them.
const STEP: Duration = Duration::from_secs(15);
/// Time for all of it.
const WHOLE: Duration = Duration::from_secs(30);
/// Time for a host to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Addresses of a host that are tried until one takes the connection.
const MOST_ADDRESSES: usize = 2;
/// The longest greeting that is kept, in characters.
const LONGEST: usize = 200;

/// Visits `host` at the first of `addresses` that takes the connection. `None` if there is no address.
pub(super) async fn visit(host: &str, addresses: &[IpAddr], trust: &Trust) -> Option<SmtpVisit> {
    let mut last = None;
    for address in addresses.iter().take(MOST_ADDRESSES) {
        let mut seen = SmtpVisit {
            address: *address,
            greeting: None,
            calls_itself: None,
            offers: Vec::new(),
            starttls: None,
            fault: None,
        };
        match connect(SocketAddr::new(*address, 25)).await {
            Ok(stream) => {
                if let Err(fault) = talk(stream, host, trust, &mut seen).await {
                    seen.fault = Some(fault);
                }
                return Some(seen);
            }
            Err(fault) => {
                seen.fault = Some(fault);
                last = Some(seen);
            }
        }
    }
    last
}

async fn connect(address: SocketAddr) -> Result<TcpStream, SmtpFault> {
    match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(e)) if e.kind() == std::io::ErrorKind::ConnectionRefused => Err(SmtpFault::Refused),
        Ok(Err(e)) => Err(SmtpFault::Unanswered { reason: format!("no connection to {address}: {e}") }),
        Err(_) => Err(SmtpFault::Unanswered {
            reason: format!(
                "no connection to {address} within {} seconds; many networks block port 25",
                CONNECT.as_secs()
            ),
        }),
    }
}

async fn talk(stream: TcpStream, host: &str, trust: &Trust, seen: &mut SmtpVisit) -> Result<(), SmtpFault> {
    // A name of our own would have to lead back to us; an address literal is always true (RFC 5321 §4.1.3).
    let me = match stream.local_addr().map(|a| a.ip()) {
        Ok(IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
        Ok(ip) => format!("[{ip}]"),
        Err(_) => "[127.0.0.1]".into(),
    };
    let mut wire = Wire::new(stream, WHOLE);
    let result = greet(&mut wire, &me, seen).await;
    if result.is_err() || seen.starttls.is_some() {
        quit(wire).await;
        return result;
    }
    match ask(&mut wire, "STARTTLS").await {
        Ok(reply) if reply.code == 220 && wire.has_input() => {
            // What stands behind the reply would be taken for the first words inside TLS.
            seen.starttls = Some(Starttls::Failed("the host sends more before TLS begins".into()));
        }
        Ok(reply) if reply.code == 220 => {
            let (stream, left) = wire.into_stream();
            seen.starttls = Some(encrypt(stream, left, host, trust).await);
            return Ok(());
        }
        Ok(reply) => seen.starttls = Some(Starttls::Failed(format!("the host says {}", reply.text()))),
        Err(e) => seen.starttls = Some(Starttls::Failed(e.to_string())),
    }
    quit(wire).await;
    Ok(())
}

/// Greeting and EHLO; says at once where STARTTLS is not offered.
async fn greet(wire: &mut Wire, me: &str, seen: &mut SmtpVisit) -> Result<(), SmtpFault> {
    let greeting = Reply::read(wire, "the greeting", STEP).await.map_err(|e| fault(&e))?;
    let text: String = greeting.lines.join(" ").chars().take(LONGEST).collect();
    seen.calls_itself = first_word(&text);
    seen.greeting = Some(text);
    if greeting.code != 220 {
        return Err(SmtpFault::Protocol { reason: format!("the host says {}", greeting.text()) });
    }
    let reply = ask(wire, &format!("EHLO {me}")).await.map_err(|e| fault(&e))?;
    if !reply.is_positive() {
        seen.starttls = Some(Starttls::NotOffered);
        return Ok(());
    }
    seen.calls_itself = reply.lines.first().and_then(|line| first_word(line)).or(seen.calls_itself.take());
    seen.offers = reply.lines.into_iter().skip(1).collect();
    if !seen.offers.iter().any(|line| line.trim().eq_ignore_ascii_case("STARTTLS")) {
        seen.starttls = Some(Starttls::NotOffered);
    }
    Ok(())
}

fn first_word(text: &str) -> Option<String> {
    text.split_ascii_whitespace().next().map(|word| word.trim_end_matches('.').to_ascii_lowercase())
}

async fn ask(wire: &mut Wire, command: &str) -> crate::error::Result<Reply> {
    let verb = command.split(' ').next().unwrap_or_default();
    wire.send(format!("{command}\r\n").as_bytes(), STEP)
        .await
        .map_err(|_| Error::unreachable(format!("the host hung up before {verb}")))?;
    Reply::read(wire, &format!("the reply to {verb}"), STEP).await
}

fn fault(error: &Error) -> SmtpFault {
    SmtpFault::Protocol { reason: error.to_string() }
}

async fn encrypt(stream: Box<dyn Stream>, left: Duration, host: &str, trust: &Trust) -> Starttls {
    // Whatever the certificate, it is looked at: most senders take any.
    let witness = Witness::new(trust, true);
    let (Some(config), Ok(name)) = (witness.config(), ServerName::try_from(host.trim_end_matches('.').to_string()))
    else {
        return Starttls::Failed("TLS cannot be set up".into());
    };
    let handshake = TlsConnector::from(std::sync::Arc::new(config)).connect(name, stream);
    let stream = match tokio::time::timeout(STEP.min(left), handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => return Starttls::Failed(format!("the TLS handshake failed: {e}")),
        Err(_) => return Starttls::Failed(format!("no TLS handshake within {} seconds", STEP.as_secs())),
    };
    let version = version(stream.get_ref().1.protocol_version());
    quit(Wire::new(stream, GOODBYE * 2)).await;
    match witness.seen() {
        Some(facts) => Starttls::Done(crate::model::service::TlsFacts { version, ..facts }),
        None => Starttls::Failed("the host showed no certificate".into()),
    }
}

/// Says goodbye, as the protocol wants it; the host's reply is of no interest.
async fn quit(mut wire: Wire) {
    if wire.send(b"QUIT\r\n", GOODBYE).await.is_ok() {
        let _ = Reply::read(&mut wire, "the reply to QUIT", GOODBYE).await;
    }
    wire.close().await;
}
