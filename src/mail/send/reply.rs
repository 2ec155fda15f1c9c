//! A server's reply (RFC 5321 §4.2).

use std::time::Duration;

use crate::error::{Error, Result};
use crate::mail::wire::{Wire, WireFault};

/// Longer than any reply line may be (RFC 5321 §4.5.3.1.5 says 512 octets), with room for those that do not know.
const MAX_LINE: usize = 4096;
/// More lines than any EHLO reply has.
const MAX_LINES: usize = 100;

/// A reply: three digits, and a text for each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code.
    pub code: u16,
    /// The lines without code, fit to be shown.
    pub lines: Vec<String>,
}

impl Reply {
    /// Reads one; `waiting` says what for: `the greeting`, `the reply to DATA`.
    ///
    /// # Errors
    /// Unreachable: silence, hang-up, or what is not SMTP.
    pub async fn read(wire: &mut Wire, waiting: &str, within: Duration) -> Result<Self> {
        let mut lines = Vec::new();
        loop {
            let line = wire.line(b"\n", MAX_LINE, within).await.map_err(|f| broken(&f, waiting, within))?;
            let garbage = || {
                Error::unreachable(format!("the server sent `{}` as {waiting}: that is not SMTP", shown(&line)))
                    .hint("is this a mail server's port, and does it want TLS from the start (--tls implicit)?")
            };
            let digits = line.get(..3).filter(|d| d.iter().all(u8::is_ascii_digit)).ok_or_else(garbage)?;
            let code = digits.iter().fold(0u16, |n, d| n * 10 + u16::from(d - b'0'));
            if !(200..600).contains(&code) {
                return Err(garbage());
            }
            let last = match line.get(3) {
                Some(b'-') => false,
                None | Some(b' ' | b'\r') => true,
                _ => return Err(garbage()),
            };
            lines.push(shown(line.get(4..).unwrap_or_default()));
            if last {
                return Ok(Reply { code, lines });
            }
            if lines.len() == MAX_LINES {
                return Err(Error::unreachable(format!("the server's reply has more than {MAX_LINES} lines")));
            }
        }
    }

    /// Whether it is of the 200s or 300s.
    pub fn is_positive(&self) -> bool {
        self.code < 400
    }

    /// Code and text in a line.
    pub fn text(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" ")).trim_end().to_string()
    }

    /// The error for a refusal; `what` was refused. 4xx may work later, 5xx will not.
    pub fn refusal(&self, what: &str) -> Error {
        let message = format!("{REFUSED}{what}: {}", self.text());
        if self.code < 500 {
            Error::unreachable(message).hint("a 4xx reply is temporary: try again later")
        } else {
            Error::refused(message)
        }
    }
}

/// The reply that an error of [`super::send`] stands for, where the server refused: its code and text.
pub fn refused_with(error: &Error) -> Option<(u16, &str)> {
    let (_, reply) = error.message().strip_prefix(REFUSED)?.split_once(": ")?;
    Some((reply.get(..3)?.parse().ok()?, reply))
}

/// How the error for a refusal begins.
const REFUSED: &str = "the server refused ";

/// The error for a connection that broke.
pub fn broken(fault: &WireFault, waiting: &str, within: Duration) -> Error {
    match fault {
        WireFault::TimedOut => Error::unreachable(format!(
            "the server said nothing for {} seconds where {waiting} should come",
            within.as_secs()
        ))
        .hint("is this a mail server's port, and does it want TLS from the start (--tls implicit)?"),
        WireFault::Closed => Error::unreachable(format!("the server hung up before {waiting}")),
        WireFault::TooLong => Error::unreachable(format!(
            "the server sent a line of over {MAX_LINE} octets as {waiting}: that is not SMTP"
        )),
        WireFault::Io(e) => Error::unreachable(format!("the connection broke before {waiting}: {e}")),
    }
}

/// What a stranger sent, on one line and without control characters.
fn shown(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let text: String = text.trim_end().chars().map(|c| if c.is_control() { '?' } else { c }).take(500).collect();
    text
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt, duplex};

    use super::*;
    use crate::error::ErrorKind;

    #[tokio::test]
    async fn replies() {
        let soon = Duration::from_secs(5);
        let long = "2".repeat(10_000);
        let many = "250-x\r\n".repeat(200);
        let rows = [
            ("220 mx ready\r\n", Ok((220, "mx ready"))),
            ("250-a\r\n250-b c\r\n250 d\r\n", Ok((250, "a b c d"))),
            ("250\r\n", Ok((250, ""))),
            ("250 ok\n", Ok((250, "ok"))), // a line feed alone
            ("550 5.1.1 \x1b[31mno\r\n", Ok((550, "5.1.1 ?[31mno"))),
            ("HTTP/1.1 400 Bad Request\r\n", Err("not SMTP")),
            ("\x15\x03\x01\x00\x02\r\n", Err("not SMTP")), // a TLS alert
            ("25 ok\r\n", Err("not SMTP")),
            ("999 ok\r\n", Err("not SMTP")),
            ("250=x\r\n", Err("not SMTP")),
            ("\r\n", Err("not SMTP")),
            (&long, Err("over 4096 octets")),
            (&many, Err("more than 100 lines")),
            ("250-a\r\n", Err("hung up")),
        ];
        for (text, want) in rows {
            let (mut far, near) = duplex(32 * 1024);
            far.write_all(text.as_bytes()).await.unwrap();
            drop(far);
            let got = Reply::read(&mut Wire::new(near, soon), "the greeting", soon).await;
            match (got, want) {
                (Ok(reply), Ok((code, lines))) => {
                    assert_eq!((reply.code, reply.lines.join(" ").as_str()), (code, lines))
                }
                (Err(e), Err(why)) => {
                    assert!(e.to_string().contains(why), "{text:.40?}: {e}");
                    assert_eq!(e.kind(), ErrorKind::Unreachable);
                }
                (got, want) => panic!("{text:.40?}: {got:?}, wanted {want:?}"),
            }
        }
    }
}
