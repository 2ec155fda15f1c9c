//! One SMTP session as client (RFC 5321).

use std::net::{IpAddr, SocketAddr};

use secrecy::ExposeSecret as _;
use tokio::net::TcpSocket;

use super::auth::Mechanism;
use super::reply::{Reply, broken};
use super::{Receipt, Route, Tls, tls};
use crate::error::{Error, Result};
use crate::mail::wire::Wire;

/// Hands `message` over to the server of `route`, from `mail_from` (empty for the null sender) to every address in `to`.
///
/// The message goes out as it is; only a missing last CR LF is added. Its line ends must be CR LF.
///
/// # Errors
/// Unreachable when the server cannot be reached, is silent, speaks something else or refuses for now (4xx);
/// refused when it refuses for good (5xx), with its reply.
pub async fn send(route: &Route, mail_from: &str, to: &[String], message: &[u8]) -> Result<Receipt> {
    let during = format!("sending to {}", route.shown());
    let mut session = Session::open(route).await.map_err(|e| e.during(&during))?;
    let result = session.deliver(mail_from, to, message).await;
    // A reply to QUIT changes nothing any more.
    let _ = session.wire.send(b"QUIT\r\n", std::time::Duration::from_secs(2)).await;
    session.wire.close().await;
    let reply = result.map_err(|e| e.during(&during))?;
    Ok(Receipt {
        queue_id: queue_id(&reply),
        reply,
        peer: session.peer,
        local: session.local,
        tls: session.tls,
        greeting: session.greeting,
    })
}

struct Session<'a> {
    route: &'a Route,
    wire: Wire,
    peer: SocketAddr,
    local: SocketAddr,
    tls: Option<String>,
    greeting: String,
    /// The keywords of the EHLO reply, each with its parameters.
    offers: Vec<String>,
}

impl<'a> Session<'a> {
    async fn open(route: &'a Route) -> Result<Self> {
        if route.helo.is_empty() || !route.helo.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::usage(format!("`{}` cannot be said in EHLO", route.helo.escape_debug())));
        }
        let stream = connect(route).await?;
        let address =
            |r: std::io::Result<SocketAddr>| r.map_err(|e| Error::unreachable("the connection broke").because(e));
        let (peer, local) = (address(stream.peer_addr())?, address(stream.local_addr())?);
        let mut session = Session {
            route,
            wire: Wire::new(stream, route.total_timeout),
            peer,
            local,
            tls: None,
            greeting: String::new(),
            offers: Vec::new(),
        };
        if route.tls == Tls::Implicit {
            session = session.encrypt().await?;
        }
        let greeting = session.reply("the greeting").await?;
        if greeting.code != 220 {
            return Err(greeting.refusal("the connection"));
        }
        session.greeting = greeting.lines.join(" ");
        session.hello().await?;
        if route.tls == Tls::Starttls {
            if !session.offers("STARTTLS") {
                return Err(
                    Error::refused("the server does not offer STARTTLS").hint("send without encryption: --tls none")
                );
            }
            let reply = session.ask("STARTTLS", "STARTTLS").await?;
            if reply.code != 220 {
                return Err(reply.refusal("STARTTLS"));
            }
            // What stands behind the reply would be taken for the first words inside TLS.
            if session.wire.has_input() {
                return Err(Error::refused(
                    "the server (or somebody before it) sent more before TLS began; that is an attack",
                ));
            }
            session = session.encrypt().await?;
            session.hello().await?;
        }
        session.login().await?;
        Ok(session)
    }

    async fn encrypt(self) -> Result<Self> {
        let Session { route, wire, peer, local, greeting, .. } = self;
        let (stream, left) = wire.into_stream();
        let (stream, version) = tls::connect(stream, &route.host, route.insecure, route.step_timeout).await?;
        let wire = Wire::new(stream, left);
        Ok(Session { route, wire, peer, local, tls: Some(version), greeting, offers: Vec::new() })
    }

    async fn hello(&mut self) -> Result<()> {
        let reply = self.ask(&format!("EHLO {}", self.route.helo), "EHLO").await?;
        if reply.is_positive() {
            self.offers = reply.lines.into_iter().skip(1).collect();
            return Ok(());
        }
        let reply = self.ask(&format!("HELO {}", self.route.helo), "HELO").await?;
        if reply.is_positive() { Ok(()) } else { Err(reply.refusal(&format!("the greeting `{}`", self.route.helo))) }
    }

    async fn login(&mut self) -> Result<()> {
        let Some(credentials) = &self.route.credentials else { return Ok(()) };
        let offered: Vec<String> = self
            .parameters("AUTH")
            .map(|text| text.split_ascii_whitespace().map(str::to_string).collect())
            .unwrap_or_default();
        let mechanism = Mechanism::choose(&offered, self.tls.is_some() || self.peer.ip().is_loopback())?;
        let mut reply = self.ask(mechanism.command(credentials).expose_secret(), "AUTH").await?;
        let mut step = 0;
        while reply.code == 334 {
            let Some(answer) = mechanism.answer(credentials, step, &reply.lines.join("")) else {
                return Err(Error::refused("the server asks for more than the login has to say"));
            };
            reply = self.ask(answer.expose_secret(), "AUTH").await?;
            step += 1;
        }
        if reply.code == 235 { Ok(()) } else { Err(reply.refusal(&format!("the login of {}", credentials.user))) }
    }

    async fn deliver(&mut self, mail_from: &str, to: &[String], message: &[u8]) -> Result<String> {
        let mut command = format!("MAIL FROM:<{mail_from}>");
        if let Some(limit) = self.parameters("SIZE") {
            let limit = limit.trim().parse().unwrap_or(0);
            if limit > 0 && message.len() as u64 > limit {
                return Err(Error::refused(format!(
                    "the message has {} octets; the server takes {limit}",
                    message.len()
                )));
            }
            command.push_str(&format!(" SIZE={}", message.len()));
        }
        if !message.is_ascii() && self.offers("8BITMIME") {
            command.push_str(" BODY=8BITMIME");
        }
        self.must(&command, &format!("the sender <{mail_from}>")).await?;
        for recipient in to {
            self.must(&format!("RCPT TO:<{recipient}>"), &format!("the recipient <{recipient}>")).await?;
        }
        let reply = self.ask("DATA", "DATA").await?;
        if reply.code != 354 {
            return Err(reply.refusal("the message"));
        }
        self.write(&stuffed(message), "the message").await?;
        // Servers judge before they answer (RFC 5321 §4.5.3.2.6 gives them ten minutes).
        let within = self.route.step_timeout * 4;
        let reply = Reply::read(&mut self.wire, "the reply to the message", within).await?;
        if reply.is_positive() { Ok(reply.text()) } else { Err(reply.refusal("the message")) }
    }

    async fn must(&mut self, command: &str, what: &str) -> Result<()> {
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_string();
        let reply = self.ask(command, &verb).await?;
        if reply.is_positive() { Ok(()) } else { Err(reply.refusal(what)) }
    }

    /// Sends a command and reads the reply. `verb` is what may be shown of it.
    async fn ask(&mut self, command: &str, verb: &str) -> Result<Reply> {
        self.write(format!("{command}\r\n").as_bytes(), verb).await?;
        self.reply(&format!("the reply to {verb}")).await
    }

    async fn write(&mut self, octets: &[u8], what: &str) -> Result<()> {
        let within = self.route.step_timeout;
        self.wire.send(octets, within).await.map_err(|fault| broken(&fault, &format!("{what} was sent"), within))
    }

    async fn reply(&mut self, waiting: &str) -> Result<Reply> {
        Reply::read(&mut self.wire, waiting, self.route.step_timeout).await
    }

    fn offers(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }

    /// What stands after `keyword` in the EHLO reply.
    fn parameters(&self, keyword: &str) -> Option<&str> {
        self.offers.iter().find_map(|line| {
            let (word, rest) = line.split_once([' ', '=']).unwrap_or((line, ""));
            word.eq_ignore_ascii_case(keyword).then_some(rest)
        })
    }
}

/// Opens the TCP connection, trying every address of the host.
async fn connect(route: &Route) -> Result<tokio::net::TcpStream> {
    let within = route.step_timeout;
    let target = (route.host.as_str(), route.port);
    let addresses: Vec<SocketAddr> = tokio::time::timeout(within, tokio::net::lookup_host(target))
        .await
        .map_err(|_| Error::unreachable(format!("the name {} did not resolve in time", route.host)))?
        .map_err(|e| Error::unreachable(format!("the name {} does not resolve", route.host)).because(e))?
        .filter(|a| route.bind.is_none_or(|b| b.is_ipv4() == a.is_ipv4()))
        .collect();
    let mut last = Error::unreachable(format!("{} has no address that can be reached from here", route.host));
    for address in addresses {
        match tokio::time::timeout(within, open(address, route.bind)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(e)) => last = Error::unreachable(format!("no connection to {address}")).because(e),
            Err(_) => {
                last = Error::unreachable(format!("no connection to {address} within {} seconds", within.as_secs()))
                    .hint("many networks block port 25; servers that take your own mail listen on 587 and 465");
            }
        }
    }
    Err(last)
}

async fn open(address: SocketAddr, bind: Option<IpAddr>) -> std::io::Result<tokio::net::TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(ip) = bind {
        socket.bind(SocketAddr::new(ip, 0))?;
    }
    socket.connect(address).await
}

/// The message as DATA carries it: dots doubled at the start of lines, a dot at the end (RFC 5321 §4.5.2).
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + message.len() / 64 + 8);
    let mut at_start = true;
    for &octet in message {
        if at_start && octet == b'.' {
            out.push(b'.');
        }
        out.push(octet);
        at_start = octet == b'\n';
    }
    if !message.is_empty() && !message.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// The queue's name for the message in the replies of Postfix (`queued as X`), Exim (`id=X`) and Sendmail (`2.0.0 X Message`).
fn queue_id(reply: &str) -> Option<String> {
    let word = |text: &str| {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c))).unwrap_or(text.len());
        (end > 0).then(|| text[..end].to_string())
    };
    if let Some((_, rest)) = reply.split_once("queued as ") {
        return word(rest);
    }
    if let Some((_, rest)) = reply.split_once(" id=") {
        return word(rest);
    }
    let (front, _) = reply.split_once(" Message accepted")?;
    word(front.rsplit(' ').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled() {
        let rows: &[(&[u8], &[u8])] = &[
            (b"a\r\n", b"a\r\n.\r\n"),
            (b".\r\n..a\r\nb.c\r\n", b"..\r\n...a\r\nb.c\r\n.\r\n"),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n.", b"a\r\n..\r\n.\r\n"),
            (b"a\n.\r\n", b"a\n..\r\n.\r\n"), // a lone line feed must not help anybody to smuggle
            (b"", b".\r\n"),
        ];
        for (message, want) in rows {
            assert_eq!(stuffed(message), *want);
        }
    }

    #[test]
    fn names_in_queues() {
        for (reply, want) in [
            ("250 2.0.0 Ok: queued as 4XyZ12", Some("4XyZ12")),
            ("250 OK id=1sVQ8k-0001Ab-2C", Some("1sVQ8k-0001Ab-2C")),
            ("250 2.0.0 w9ABCD12 Message accepted for delivery", Some("w9ABCD12")),
            ("250 OK", None),
        ] {
            assert_eq!(queue_id(reply).as_deref(), want, "{reply}");
        }
    }
}
