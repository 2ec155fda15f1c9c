//! One SMTP session as server (RFC 5321).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use smtp_proto::{Error as Syntax, Request};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::data::DataReader;
use super::trace::{Arrival, traced};
use super::{Received, ReceiverConfig};
use crate::auth::judge::{Envelope, judge};
use crate::dns::lookup::Lookup;
use crate::mail::wire::{Wire, WireFault};
use crate::model::message::Message;

/// The longest command line: RFC 5321 §4.5.3.1.4 says 512 octets, extensions add to it.
const MAX_COMMAND: usize = 2048;
/// After so many commands that were not understood a session ends.
const MAX_MISTAKES: usize = 10;
/// How long the look-ups for a verdict may take in all.
const JUDGING: Duration = Duration::from_secs(60);

/// What every session of a receiver shares.
pub struct Shared {
    /// The receiver's settings.
    pub config: ReceiverConfig,
    /// Asks DNS for the verdicts.
    pub lookup: Arc<dyn Lookup>,
    /// For STARTTLS.
    pub tls: Option<TlsAcceptor>,
    /// Where messages go.
    pub sender: mpsc::Sender<Received>,
}

/// Serves one client to the end. Without `admitted` it is asked to come again.
pub async fn run(stream: TcpStream, peer: SocketAddr, shared: &Shared, admitted: bool) {
    let mut session = Session {
        shared,
        peer: canonical(peer.ip()),
        wire: Wire::new(stream, shared.config.session_timeout),
        tls: false,
        extended: false,
        helo: None,
        mail: None,
        mistakes: 0,
    };
    let outcome = if admitted {
        session.serve().await
    } else {
        session.reply("421 4.3.2 Too many sessions, come again later").await
    };
    match outcome {
        Err(WireFault::TimedOut) => drop(session.reply("421 4.4.2 Too slow, goodbye").await),
        Err(WireFault::TooLong) => drop(session.reply("500 5.5.2 Line too long, goodbye").await),
        Err(fault) => tracing::debug!("session with {peer} broke: {fault:?}"),
        Ok(()) => {}
    }
    session.wire.close().await;
}

/// An IPv4 client on a socket for both families has an IPv4 address all the same.
fn canonical(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

struct Session<'a> {
    shared: &'a Shared,
    peer: IpAddr,
    wire: Wire,
    tls: bool,
    extended: bool,
    helo: Option<String>,
    mail: Option<Mail>,
    mistakes: usize,
}

struct Mail {
    from: String,
    to: Vec<String>,
}

/// Whether the session goes on after a command.
#[derive(PartialEq, Eq)]
enum Next {
    Command,
    End,
}

impl Session<'_> {
    async fn serve(&mut self) -> Result<(), WireFault> {
        let hostname = &self.shared.config.hostname;
        self.reply(&format!("220 {hostname} ESMTP mailproof, for test messages")).await?;
        loop {
            let mut line = self.wire.line(b"\r\n", MAX_COMMAND, self.shared.config.step_timeout).await?;
            // A lone line end in what should be one command hides a second one.
            let hides = line.iter().any(|b| matches!(b, b'\r' | b'\n'));
            line.extend_from_slice(b"\r\n");
            let request = if hides { Err(Syntax::UnknownCommand) } else { Request::parse(&mut line.iter()) };
            if self.command(request.map(Request::into_owned)).await? == Next::End {
                return Ok(());
            }
            if self.mistakes >= MAX_MISTAKES {
                return self.reply("421 4.7.0 Too many mistakes, goodbye").await;
            }
        }
    }

    async fn reply(&mut self, text: &str) -> Result<(), WireFault> {
        self.wire.send(format!("{text}\r\n").as_bytes(), self.shared.config.step_timeout).await
    }

    async fn mistake(&mut self, text: &str) -> Result<Next, WireFault> {
        self.mistakes += 1;
        self.reply(text).await?;
        Ok(Next::Command)
    }

    async fn command(&mut self, request: Result<Request<String>, Syntax>) -> Result<Next, WireFault> {
        match request {
            Ok(Request::Ehlo { host }) => {
                self.extended = true;
                self.hello(host).await?;
            }
            Ok(Request::Helo { host }) => {
                self.extended = false;
                self.hello(host).await?;
            }
            Ok(Request::StartTls) => return self.start_tls().await,
            Ok(Request::Mail { from }) => {
                if self.helo.is_none() {
                    return self.mistake("503 5.5.1 Say EHLO first").await;
                }
                if self.mail.is_some() {
                    return self.mistake("503 5.5.1 One MAIL at a time").await;
                }
                if from.size > self.shared.config.max_message {
                    return self.mistake("552 5.3.4 Message too big").await;
                }
                self.mail = Some(Mail { from: from.address, to: Vec::new() });
                self.reply("250 2.1.0 OK").await?;
            }
            Ok(Request::Rcpt { to }) => {
                let limit = self.shared.config.max_recipients;
                let Some(mail) = &mut self.mail else { return self.mistake("503 5.5.1 Say MAIL first").await };
                if mail.to.len() >= limit {
                    return self.mistake("452 4.5.3 Too many recipients").await;
                }
                mail.to.push(to.address);
                self.reply("250 2.1.5 OK").await?;
            }
            Ok(Request::Data) => {
                let Some(mail) = self.mail.take_if(|m| !m.to.is_empty()) else {
                    return self.mistake("503 5.5.1 Say RCPT first").await;
                };
                self.reply("354 Go on; end with CRLF.CRLF").await?;
                return self.data(mail).await;
            }
            Ok(Request::Rset) => {
                self.mail = None;
                self.reply("250 2.0.0 OK").await?;
            }
            Ok(Request::Noop { .. }) => self.reply("250 2.0.0 OK").await?,
            Ok(Request::Help { .. }) => self.reply("214 2.0.0 Test messages are received and judged here").await?,
            Ok(Request::Vrfy { .. } | Request::Expn { .. }) => {
                self.reply("252 2.5.0 Every recipient is accepted").await?
            }
            Ok(Request::Quit) => {
                self.reply("221 2.0.0 Goodbye").await?;
                return Ok(Next::End);
            }
            Ok(_) => return self.mistake("502 5.5.1 Not offered").await,
            Err(Syntax::InvalidSenderAddress) => return self.mistake("501 5.1.7 That is no sender address").await,
            Err(Syntax::InvalidRecipientAddress) => {
                return self.mistake("501 5.1.3 That is no recipient address").await;
            }
            Err(Syntax::SyntaxError { syntax }) => return self.mistake(&format!("501 5.5.4 Say {syntax}")).await,
            Err(Syntax::InvalidParameter { .. } | Syntax::UnsupportedParameter { .. }) => {
                return self.mistake("555 5.5.4 A parameter that was not offered").await;
            }
            Err(_) => return self.mistake("500 5.5.2 That is no command").await,
        }
        Ok(Next::Command)
    }

    async fn hello(&mut self, host: String) -> Result<(), WireFault> {
        let config = &self.shared.config;
        let mut lines = vec![config.hostname.clone()];
        if self.extended {
            lines.push(format!("SIZE {}", config.max_message));
            lines.extend(["8BITMIME", "PIPELINING", "ENHANCEDSTATUSCODES"].map(String::from));
            if self.shared.tls.is_some() && !self.tls {
                lines.push("STARTTLS".into());
            }
        }
        self.helo = Some(host);
        self.mail = None;
        let last = lines.len() - 1;
        let text: Vec<String> =
            lines.iter().enumerate().map(|(i, l)| format!("250{}{l}", if i == last { ' ' } else { '-' })).collect();
        self.reply(&text.join("\r\n")).await
    }

    async fn start_tls(&mut self) -> Result<Next, WireFault> {
        let Some(acceptor) = self.shared.tls.clone().filter(|_| !self.tls) else {
            return self.mistake("503 5.5.1 No TLS here, or it is on already").await;
        };
        // RFC 3207 §6: what was sent in the clear behind STARTTLS must not count as said inside.
        if self.wire.has_input() {
            self.reply("503 5.5.1 Nothing may follow STARTTLS").await?;
            return Ok(Next::End);
        }
        self.reply("220 2.0.0 Go ahead").await?;
        let (empty, _) = tokio::io::duplex(1);
        let (stream, left) = std::mem::replace(&mut self.wire, Wire::new(empty, Duration::ZERO)).into_stream();
        let handshake = tokio::time::timeout(self.shared.config.step_timeout.min(left), acceptor.accept(stream)).await;
        match handshake {
            Ok(Ok(stream)) => {
                self.wire = Wire::new(stream, left);
                self.tls = true;
                // RFC 3207 §4.2: everything said before is forgotten.
                self.helo = None;
                self.mail = None;
                Ok(Next::Command)
            }
            Ok(Err(e)) => Err(WireFault::Io(e)),
            Err(_) => Err(WireFault::TimedOut),
        }
    }

    async fn data(&mut self, mail: Mail) -> Result<Next, WireFault> {
        let config = &self.shared.config;
        let mut reader = DataReader::new(config.max_message);
        loop {
            let chunk = self.wire.chunk(config.step_timeout).await?;
            if let Some(end) = reader.push(&chunk) {
                self.wire.unread(&chunk[end..]);
                break;
            }
            // Some clients look at the reply only after they have sent everything; there is an end to that.
            if reader.dropped() > 3 * config.max_message {
                self.reply("552 5.3.4 Message too big, goodbye").await?;
                return Ok(Next::End);
            }
        }
        if reader.dropped() > 0 {
            return self.mistake("552 5.3.4 Message too big").await;
        }
        let raw = reader.into_message();
        if Message::read(&raw).overlong {
            return self.mistake("554 5.6.0 Too many header fields").await;
        }
        let envelope = Envelope { ip: self.peer, helo: self.helo.clone().unwrap_or_default(), mail_from: mail.from };
        let judging = judge(&*self.shared.lookup, &raw, Some(&envelope), &config.authserv_id, SystemTime::now());
        let Ok(judgement) = tokio::time::timeout(JUDGING, judging).await else {
            self.reply("451 4.4.3 DNS is too slow to judge this message").await?;
            return Ok(Next::Command);
        };
        let id = next_id();
        let arrival = Arrival {
            envelope: &envelope,
            recipients: &mail.to,
            hostname: &config.hostname,
            id: &id,
            protocol: match (self.extended, self.tls) {
                (_, true) => "ESMTPS",
                (true, false) => "ESMTP",
                (false, false) => "SMTP",
            },
            at: Timestamp::now(),
        };
        let message = traced(&raw, &arrival, &judgement.authentication_results, &config.authserv_id);
        let verdict = verdict(&judgement);
        let received =
            Received { id: id.clone(), envelope, recipients: mail.to, tls: self.tls, raw, message, judgement };
        // The client hears of it before anybody acts on it (and perhaps ends the receiver); a full channel makes it wait.
        let Ok(place) = self.shared.sender.reserve().await else {
            self.reply("421 4.3.2 Going away").await?;
            return Ok(Next::End);
        };
        self.reply(&format!("250 2.0.0 OK: queued as {id}; {verdict}")).await?;
        place.send(received);
        Ok(Next::Command)
    }
}

/// The verdict in a line, for the reply to DATA.
fn verdict(judgement: &crate::auth::judge::Judgement) -> String {
    let spf = judgement.spf.as_ref().map_or("none", |s| s.result.as_str());
    let mut dkim: Vec<&str> = judgement.dkim.iter().map(|d| d.result.as_str()).collect();
    if dkim.is_empty() {
        dkim.push("none");
    }
    format!("spf={spf} dkim={} dmarc={}", dkim.join(","), judgement.dmarc.result.as_str())
}

/// A name that no other message of this process has, and hardly one of another.
fn next_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis());
    format!("{now:X}.{count:X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Command lines from words and noise: whatever a client says, parsing it ends without a panic.
    #[test]
    fn commands_in_any_form() {
        let words: &[&[u8]] = &[
            b"MAIL FROM:<",
            b"RCPT TO:<",
            b"a@b>",
            b">",
            b"\"",
            b"\\",
            b" ",
            b":",
            b"=",
            b"SIZE=",
            b"BODY=8BITMIME",
            b"AUTH",
            b" PLAIN ",
            b"EHLO ",
            b"BDAT ",
            b"18446744073709551616",
            b"-1",
            b"@",
            b"..",
            b"\xff\xfe",
            b"\0",
            b"ORCPT=rfc822;",
            b"NOTIFY=NEVER",
            b"RET=HDRS",
            b"ENVID=",
            b"BY=",
            b"HOLDFOR=",
            b"MT-PRIORITY=",
            b"SMTPUTF8",
            b"\t",
            b"+41",
            b"MTRK=",
        ];
        let mut state = 5321_u64;
        let mut next = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..50_000 {
            let mut line: Vec<u8> = (0..next(8)).flat_map(|_| words[next(words.len())].iter().copied()).collect();
            line.extend_from_slice(b"\r\n");
            let _ = Request::parse(&mut line.iter());
        }
    }
}
