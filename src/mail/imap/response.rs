//! One response of the server: text, and the literals in it (RFC 9051 §4.3, §7).

use std::time::Duration;

use crate::mail::mailbox::LARGEST;
use crate::mail::wire::{Wire, WireFault};

/// Octets of a response's text.
const LONGEST: usize = 64 << 10;
/// Literals of one response that are kept.
const LITERALS: usize = 16;

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    /// All of it but the literals, each of which leaves `{}`.
    pub(super) text: String,
    /// The literals.
    pub(super) literals: Vec<Vec<u8>>,
}

impl Response {
    /// The word after `* `, if it is untagged: a number or a keyword, in upper case.
    pub(super) fn word(&self, index: usize) -> Option<String> {
        self.text.strip_prefix("* ")?.split(' ').nth(index).map(str::to_ascii_uppercase)
    }

    /// The number that follows `name` in a FETCH response or a response code.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        let upper = self.text.to_ascii_uppercase();
        let mut rest = upper.as_str();
        // As a word of its own: `UID 7` is not in `X-GUID 7`.
        while let Some(at) = rest.find(name) {
            let before = rest[..at].chars().next_back();
            let after = rest[at + name.len()..].strip_prefix(' ');
            if let (None | Some(' ' | '(' | '['), Some(after)) = (before, after) {
                return after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
            }
            rest = &rest[at + name.len()..];
        }
        None
    }
}

/// Reads the next response.
pub(super) async fn read(wire: &mut Wire, within: Duration) -> Result<Response, WireFault> {
    let mut response = Response::default();
    loop {
        let line = wire.line(b"\r\n", LONGEST, within).await?;
        let text = String::from_utf8_lossy(&line);
        match literal(&text) {
            None => {
                response.text.push_str(&text);
                return Ok(response);
            }
            Some((head, length)) => {
                response.text.push_str(head);
                response.text.push_str("{}");
                if length > LARGEST + 1 || response.literals.len() >= LITERALS || response.text.len() > LONGEST {
                    return Err(WireFault::TooLong);
                }
                response.literals.push(octets(wire, length, within).await?);
            }
        }
    }
}

/// The text before a literal at the end of a line, and its length.
fn literal(line: &str) -> Option<(&str, usize)> {
    let (head, length) = line.strip_suffix('}')?.rsplit_once('{')?;
    let head = head.strip_suffix('~').unwrap_or(head);
    Some((head, length.trim_end_matches('+').parse().ok()?))
}

async fn octets(wire: &mut Wire, length: usize, within: Duration) -> Result<Vec<u8>, WireFault> {
    let mut out = Vec::new();
    while out.len() < length {
        let mut chunk = wire.chunk(within).await?;
        if out.len() + chunk.len() > length {
            let rest = chunk.split_off(length - out.len());
            wire.unread(&rest);
        }
        out.append(&mut chunk);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    async fn responses(text: &[u8], count: usize) -> Vec<Response> {
        let (mut server, client) = tokio::io::duplex(64);
        let text = text.to_vec();
        tokio::spawn(async move { server.write_all(&text).await });
        let mut wire = Wire::new(client, Duration::from_secs(5));
        let mut out = Vec::new();
        for _ in 0..count {
            out.push(read(&mut wire, Duration::from_secs(5)).await.unwrap());
        }
        out
    }

    #[tokio::test]
    async fn literals() {
        let text =
            b"* 3 FETCH (X-GUID 5 UID 7 BODY[]<0> {10}\r\nA: 1\r\n\r\nb) FLAGS ())\r\nA1 OK [UIDVALIDITY 9] done\r\n";
        let got = responses(text, 2).await;
        assert_eq!(got[0].text, "* 3 FETCH (X-GUID 5 UID 7 BODY[]<0> {} FLAGS ())");
        assert_eq!(got[0].literals, [b"A: 1\r\n\r\nb)".to_vec()]);
        assert_eq!((got[0].word(1).as_deref(), got[0].number("UID")), (Some("FETCH"), Some(7)));
        assert_eq!((got[1].word(0), got[1].number("UIDVALIDITY")), (None, Some(9)));
    }

    #[tokio::test]
    async fn a_server_cannot_fill_our_memory() {
        for text in [format!("* 1 FETCH (BODY[] {{{}}}\r\n", 1u64 << 40), "x".repeat(LONGEST + 10)] {
            let (mut server, client) = tokio::io::duplex(1 << 17);
            server.write_all(text.as_bytes()).await.unwrap();
            let mut wire = Wire::new(client, Duration::from_secs(5));
            assert!(matches!(read(&mut wire, Duration::from_secs(5)).await, Err(WireFault::TooLong)));
        }
    }
}
