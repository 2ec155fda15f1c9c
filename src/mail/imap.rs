//! A message fetched by IMAP (RFC 9051, RFC 3501): log in, look for a header field, read, log out. Nothing is changed.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::{Error, Result};
use crate::mail::send::tls;
use crate::mail::wire::Stream;

/// The largest message that is fetched, in octets.
const MAX_MESSAGE: usize = 50 * 1024 * 1024;
/// More lines than a server's answer to any of our commands has.
const MAX_LINES: usize = 1000;
const MAX_LINE: u64 = 64 * 1024;

/// A mailbox on a server.
#[derive(Clone, Debug)]
pub struct ImapBox {
    /// The server's name.
    pub host: String,
    /// Its port; TLS from the first octet (RFC 8314 §3.2).
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The mailbox.
    pub folder: String,
    /// Take any certificate.
    pub insecure: bool,
}

/// A connection that has logged in and opened the mailbox.
pub struct ImapSession {
    stream: BufReader<Box<dyn Stream>>,
    step: Duration,
    count: u32,
}

impl ImapSession {
    /// Connects, logs in and opens the mailbox for reading alone; each step may take `step`.
    ///
    /// # Errors
    /// Unreachable when the server is not, or says no; a usage error for a name with line ends in it.
    pub async fn open(at: &ImapBox, password: &SecretString, step: Duration) -> Result<Self> {
        let during = format!("reading {} at {}:{} by IMAP", at.folder, at.host, at.port);
        Self::connect(at, password, step).await.map_err(|e| e.during(during))
    }

    async fn connect(at: &ImapBox, password: &SecretString, step: Duration) -> Result<Self> {
        let connect = TcpStream::connect((at.host.as_str(), at.port));
        let plain = timeout(step, connect)
            .await
            .map_err(|_| Error::unreachable(format!("no connection within {} seconds", step.as_secs())))?
            .map_err(|e| Error::unreachable("the server cannot be reached").because(e))?;
        let (stream, _) = tls::connect(Box::new(plain), &at.host, at.insecure, step).await?;
        let stream: Box<dyn Stream> = Box::new(stream);
        let mut session = ImapSession { stream: BufReader::new(stream), step, count: 0 };
        let greeting = session.line().await?;
        if !greeting.starts_with("* OK") && !greeting.starts_with("* PREAUTH") {
            return Err(Error::unreachable(format!("the server greets with `{}`", shown(&greeting))));
        }
        let login = format!("LOGIN {} {}", quoted(&at.user)?, quoted(password.expose_secret())?);
        session.command(&login, "the login").await?;
        session.command(&format!("EXAMINE {}", quoted(&at.folder)?), "opening the mailbox").await?;
        Ok(session)
    }

    /// The first message whose header field `name` has `value` in it; `None` if there is none yet.
    ///
    /// # Errors
    /// Unreachable when the connection breaks or the server says no.
    pub async fn find(&mut self, name: &str, value: &str) -> Result<Option<Vec<u8>>> {
        // Messages that came since are told of in passing.
        self.command("NOOP", "NOOP").await?;
        let search = format!("UID SEARCH HEADER {} {}", quoted(name)?, quoted(value)?);
        let lines = self.command(&search, "the search").await?;
        let numbers = lines.iter().find_map(|l| l.0.strip_prefix("* SEARCH"));
        let Some(number) = numbers.and_then(|n| n.split_whitespace().next()?.parse::<u32>().ok()) else {
            return Ok(None);
        };
        let lines = self.command(&format!("UID FETCH {number} (BODY.PEEK[])"), "fetching the message").await?;
        Ok(lines.into_iter().find_map(|(_, literal)| literal))
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        let _ = self.command("LOGOUT", "LOGOUT").await;
    }

    /// Sends a command, and gives the untagged lines with what followed them as a literal.
    async fn command(&mut self, text: &str, what: &str) -> Result<Vec<(String, Option<Vec<u8>>)>> {
        self.count += 1;
        let tag = format!("m{}", self.count);
        let line = format!("{tag} {text}\r\n");
        let write = async {
            self.stream.get_mut().write_all(line.as_bytes()).await?;
            self.stream.get_mut().flush().await
        };
        timeout(self.step, write).await.map_err(|_| silent(self.step))?.map_err(broken)?;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            if let Some(status) = line.strip_prefix(&format!("{tag} ")) {
                if status.starts_with("OK") {
                    return Ok(lines);
                }
                return Err(Error::unreachable(format!("the server refused {what}: {}", shown(status))));
            }
            let literal = match literal_size(&line) {
                Some(size) if size > MAX_MESSAGE => {
                    return Err(Error::unreachable(format!("the server sends {size} octets: no message is so large")));
                }
                Some(size) => {
                    let mut octets = vec![0; size];
                    let read = self.stream.read_exact(&mut octets);
                    timeout(self.step, read).await.map_err(|_| silent(self.step))?.map_err(broken)?;
                    Some(octets)
                }
                None => None,
            };
            lines.push((line, literal));
            if lines.len() > MAX_LINES {
                return Err(Error::unreachable("the server's answer has no end"));
            }
        }
    }

    async fn line(&mut self) -> Result<String> {
        let mut octets = Vec::new();
        let mut limited = (&mut self.stream).take(MAX_LINE);
        let read = limited.read_until(b'\n', &mut octets);
        let count = timeout(self.step, read).await.map_err(|_| silent(self.step))?.map_err(broken)?;
        if count == 0 {
            return Err(Error::unreachable("the server hung up"));
        }
        Ok(String::from_utf8_lossy(&octets).trim_end().to_string())
    }
}

/// The size in `{123}` at the end of a line (RFC 9051 §4.3).
fn literal_size(line: &str) -> Option<usize> {
    line.strip_suffix('}')?.rsplit_once('{')?.1.trim_end_matches('+').parse().ok()
}

/// As a quoted string (RFC 9051 §4.3).
fn quoted(text: &str) -> Result<String> {
    if text.contains(['\r', '\n', '\0']) {
        return Err(Error::usage("a name or password with a line break in it cannot be said in IMAP"));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn silent(step: Duration) -> Error {
    Error::unreachable(format!("the server said nothing for {} seconds", step.as_secs()))
}

fn broken(e: std::io::Error) -> Error {
    Error::unreachable("the connection broke").because(e)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_strings() {
        for (line, want) in [
            ("* 1 FETCH (UID 1 BODY[] {42}", Some(42)),
            ("* 1 FETCH (UID 1 BODY[] {42+}", Some(42)),
            ("* SEARCH 1", None),
            ("* OK {x}", None),
        ] {
            assert_eq!(literal_size(line), want, "{line}");
        }
        assert_eq!(quoted("a\"b\\c").unwrap(), "\"a\\\"b\\\\c\"");
        assert!(quoted("a\r\nb").is_err());
    }
}
