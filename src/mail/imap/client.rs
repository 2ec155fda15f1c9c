//! The client's side of a session.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::place::ImapPlace;
use super::response::{Response, read};
use crate::error::{Error, Result};
use crate::mail::mailbox::LARGEST;
use crate::mail::send::tls;
use crate::mail::wire::{Stream, Wire, WireFault};
use crate::tls::Trust;

/// How long the server may take for a step: large folders take some servers long to open.
const STEP: Duration = Duration::from_secs(120);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);
/// How long a session may take.
const TOTAL: Duration = Duration::from_secs(7 * 86_400);
/// Messages asked for at a time.
const BATCH: usize = 20;
/// Octets of messages asked for at a time, unless one alone has more.
const BATCH_OCTETS: u64 = 8 << 20;

/// A message.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Its number in the folder, which stays the same as long as UIDVALIDITY does.
    pub uid: u32,
    /// The octets.
    pub octets: Vec<u8>,
    /// It is larger than what was fetched of it.
    pub cut: bool,
}

/// A message that is there, and its size in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its number.
    pub uid: u32,
    /// What the server says that it has.
    pub size: u32,
}

/// A session, logged in, with a folder opened for reading.
pub struct Client {
    wire: Wire,
    tag: u32,
    place: String,
    /// What UIDs belong to: with another value they mean other messages.
    pub uid_validity: u32,
}

impl Client {
    /// Connects, logs in and opens the folder. `ca` is a PEM file of certificates to trust in place of the system's.
    ///
    /// # Errors
    /// Unreachable: no connection, a certificate that is not trusted, or an answer of the server that is a refusal.
    pub async fn open(place: &ImapPlace, password: &SecretString, ca: Option<&Path>) -> Result<Self> {
        Self::start(place, password, ca).await.map_err(|e| e.during(format!("opening {}", place.shown())))
    }

    async fn start(place: &ImapPlace, password: &SecretString, ca: Option<&Path>) -> Result<Self> {
        let trust = match ca {
            Some(path) => Trust::file(path)?,
            None => Trust::system()?,
        };
        let connect = TcpStream::connect((place.host.as_str(), place.port));
        let tcp = timeout(CONNECT, connect)
            .await
            .map_err(|_| Error::unreachable("the server does not answer"))?
            .map_err(|e| Error::unreachable("the server cannot be reached").because(e))?;
        let plain: Box<dyn Stream> = Box::new(tcp);
        let mut client = if place.implicit {
            let (stream, _) = tls::connect_trusting(plain, &place.host, &trust, CONNECT).await?;
            let mut client = Client::over(stream, place);
            client.greeting().await?;
            client
        } else {
            let mut client = Client::over(plain, place);
            client.greeting().await?;
            client.command("STARTTLS").await?;
            // What came in the clear after STARTTLS is not the server's (RFC 9051 §11.1): it goes with the buffer.
            let (stream, _) = client.wire.into_stream();
            let (stream, _) = tls::connect_trusting(stream, &place.host, &trust, CONNECT).await?;
            Client::over(stream, place)
        };
        client.log_in(&place.user, password).await?;
        client.examine(&place.folder).await?;
        Ok(client)
    }

    fn over(stream: impl Stream + 'static, place: &ImapPlace) -> Self {
        Client { wire: Wire::new(stream, TOTAL), tag: 0, place: place.shown(), uid_validity: 0 }
    }

    async fn greeting(&mut self) -> Result<()> {
        let hello = read(&mut self.wire, STEP).await.map_err(lost)?;
        match hello.word(0).as_deref() {
            Some("OK") => Ok(()),
            _ => Err(Error::unreachable(format!("the server does not take us: {}", shown(&hello.text)))),
        }
    }

    /// Sends `line` and gives the untagged responses, once it is done.
    async fn command(&mut self, line: &str) -> Result<Vec<Response>> {
        let mut out = Vec::new();
        self.each(line, |response| out.push(response)).await?;
        Ok(out)
    }

    async fn each(&mut self, line: &str, mut take: impl FnMut(Response)) -> Result<()> {
        self.tag += 1;
        let tag = format!("A{}", self.tag);
        self.wire.send(format!("{tag} {line}\r\n").as_bytes(), STEP).await.map_err(lost)?;
        loop {
            let response = read(&mut self.wire, STEP).await.map_err(lost)?;
            if self.ended(&tag, &response)? {
                return Ok(());
            }
            take(response);
        }
    }

    /// Whether `response` ends the command with `tag`.
    fn ended(&self, tag: &str, response: &Response) -> Result<bool> {
        let Some(status) = response.text.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) else {
            return match response.word(0).as_deref() {
                Some("BYE") => {
                    Err(Error::unreachable(format!("the server ends the session: {}", shown(&response.text))))
                }
                _ => Ok(false),
            };
        };
        if status.get(..3).is_some_and(|s| s.eq_ignore_ascii_case("OK ")) || status.eq_ignore_ascii_case("OK") {
            Ok(true)
        } else {
            Err(Error::unreachable(format!("the server refuses: {}", shown(status))))
        }
    }

    async fn log_in(&mut self, user: &str, password: &SecretString) -> Result<()> {
        let capabilities = self.command("CAPABILITY").await?;
        let can = |what: &str| {
            capabilities.iter().any(|r| r.text.to_ascii_uppercase().split_whitespace().any(|word| word == what))
        };
        let result = if can("AUTH=PLAIN") {
            // RFC 4616: nothing, user, password, separated by NUL. Sent after the server's `+`, for not all take it
            // at once.
            let secret = STANDARD.encode(format!("\0{user}\0{}", password.expose_secret()));
            self.tag += 1;
            let tag = format!("A{}", self.tag);
            self.wire.send(format!("{tag} AUTHENTICATE PLAIN\r\n").as_bytes(), STEP).await.map_err(lost)?;
            loop {
                let response = read(&mut self.wire, STEP).await.map_err(lost)?;
                if response.text.starts_with('+') {
                    self.wire.send(format!("{secret}\r\n").as_bytes(), STEP).await.map_err(lost)?;
                } else {
                    match self.ended(&tag, &response) {
                        Ok(false) => {}
                        Ok(true) => break Ok(()),
                        Err(e) => break Err(e),
                    }
                }
            }
        } else if can("LOGINDISABLED") {
            Err(Error::unreachable("the server offers no login with a password"))
        } else {
            let line = format!("LOGIN {} {}", quoted(user)?, quoted(password.expose_secret())?);
            self.command(&line).await.map(drop)
        };
        result.map_err(|e| {
            e.during(format!("logging in as {user}"))
                .hint("the password comes from MAILPROOF_IMAP_PASSWORD or --password-file")
        })
    }

    async fn examine(&mut self, folder: &str) -> Result<()> {
        let name = quoted(&modified_utf7(folder))?;
        let responses = self.command(&format!("EXAMINE {name}")).await?;
        self.uid_validity = responses.iter().find_map(|r| r.number("UIDVALIDITY")).unwrap_or(0);
        Ok(())
    }

    /// Where it reads from, with UIDVALIDITY: what a UID is a number in.
    pub fn namespace(&self) -> String {
        format!("{};UIDVALIDITY={}", self.place, self.uid_validity)
    }

    /// All messages, by UID.
    ///
    /// # Errors
    /// Unreachable when the session breaks off.
    pub async fn list(&mut self) -> Result<Vec<Listed>> {
        let mut out = Vec::new();
        self.each("UID FETCH 1:* (UID RFC822.SIZE)", |response| {
            if let (Some("FETCH"), Some(uid)) = (response.word(1).as_deref(), response.number("UID")) {
                out.push(Listed { uid, size: response.number("RFC822.SIZE").unwrap_or(u32::MAX) });
            }
        })
        .await?;
        out.sort_unstable();
        out.dedup_by_key(|listed| listed.uid);
        Ok(out)
    }

    /// Fetches `messages`, as many as [`Client::batch`] says; messages that have gone are left out.
    ///
    /// # Errors
    /// Unreachable when the session breaks off.
    pub async fn fetch(&mut self, messages: &[Listed]) -> Result<Vec<Fetched>> {
        let set: Vec<String> = messages.iter().map(|m| m.uid.to_string()).collect();
        let mut out = Vec::new();
        let line = format!("UID FETCH {} (UID BODY.PEEK[]<0.{LARGEST}>)", set.join(","));
        self.each(&line, |mut response| {
            if let (Some(uid), Some(octets)) = (response.number("UID"), response.literals.pop()) {
                out.push(Fetched { uid, cut: octets.len() >= LARGEST, octets });
            }
        })
        .await?;
        Ok(out)
    }

    /// How many of `rest` to fetch at a time: some, as long as together they are not large.
    pub fn batch(rest: &[Listed]) -> usize {
        let mut octets = 0u64;
        let fits = rest.iter().take(BATCH).take_while(|listed| {
            octets += u64::from(listed.size);
            octets <= BATCH_OCTETS
        });
        fits.count().max(1).min(rest.len())
    }

    /// Says goodbye; whether the server hears it does not matter.
    pub async fn close(mut self) {
        let _ = self.command("LOGOUT").await;
    }
}

/// A quoted string (RFC 9051 §4.3).
fn quoted(text: &str) -> Result<String> {
    if text.chars().any(char::is_control) {
        return Err(Error::usage("a name or password for IMAP cannot have control characters"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Folder names on the wire (RFC 3501 §5.1.3): what is not ASCII as UTF-16 in base64 between `&` and `-`.
fn modified_utf7(text: &str) -> String {
    let mut out = String::new();
    let mut wide: Vec<u16> = Vec::new();
    let flush = |wide: &mut Vec<u16>, out: &mut String| {
        if !wide.is_empty() {
            let octets: Vec<u8> = wide.drain(..).flat_map(u16::to_be_bytes).collect();
            out.push_str(&format!("&{}-", STANDARD.encode(octets).trim_end_matches('=').replace('/', ",")));
        }
    };
    for c in text.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut wide, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            wide.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut wide, &mut out);
    out
}

fn lost(fault: WireFault) -> Error {
    match fault {
        WireFault::TimedOut => Error::unreachable("the server takes too long"),
        WireFault::Closed => Error::unreachable("the server hung up"),
        WireFault::TooLong => Error::unreachable("the server's answer is longer than any that makes sense"),
        WireFault::Io(e) => Error::unreachable("the connection broke off").because(e),
    }
}

/// What a server says, fit for a sentence.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_small() {
        let sized =
            |sizes: &[u32]| -> Vec<Listed> { sizes.iter().map(|size| Listed { uid: 1, size: *size }).collect() };
        for (sizes, want) in [
            (vec![1000; 50], BATCH),
            (vec![1000; 3], 3),
            (vec![50 << 20, 1000], 1),
            (vec![1000, 50 << 20, 1000], 1),
            (vec![3 << 20; 5], 2),
            (vec![u32::MAX], 1),
        ] {
            assert_eq!(Client::batch(&sized(&sizes)), want, "{sizes:?}");
        }
    }

    #[test]
    fn names_on_the_wire() {
        for (text, want) in [
            ("INBOX", "INBOX"),
            ("A & B", "A &- B"),
            ("受信", "&U9dP4Q-"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ] {
            assert_eq!(modified_utf7(text), want);
        }
        assert_eq!(quoted("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
        assert!(quoted("a\r\nLOGOUT").is_err());
    }
}
