//! Where a mailbox is: `imaps://USER@HOST[:PORT]/FOLDER`.

use std::str::FromStr;

use crate::error::{Error, Result};

/// A folder of an account. The password is no part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImapPlace {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Encrypted from the first octet (`imaps`), or after STARTTLS (`imap`).
    pub implicit: bool,
    /// Who logs in.
    pub user: String,
    /// The folder, as people write it.
    pub folder: String,
}

impl ImapPlace {
    /// For people and as a key: the URL.
    pub fn shown(&self) -> String {
        let scheme = if self.implicit { "imaps" } else { "imap" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{scheme}://{}@{host}:{}/{}", self.user, self.port, self.folder)
    }
}

impl FromStr for ImapPlace {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad =
            |why: &str| Error::usage(format!("{why}: a mailbox is imaps://USER@HOST/FOLDER, or imap:// for STARTTLS"));
        let (implicit, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("imaps") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("imap") => (false, rest),
            _ => return Err(bad("it does not begin with imaps:// or imap://")),
        };
        let (authority, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, server) = authority.rsplit_once('@').ok_or_else(|| bad("it names no user"))?;
        if user.is_empty() || user.contains(':') {
            // A password on the command line is seen by everybody on the machine.
            return Err(bad("the user's name must stand alone, without a password"));
        }
        let (host, port) = match server.strip_prefix('[').and_then(|s| s.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| bad("its port is no number"))?,
            None if implicit => 993,
            None => 143,
        };
        if host.is_empty() {
            return Err(bad("it names no server"));
        }
        let decoded = |text: &str| decode(text).ok_or_else(|| bad("a `%` in it is no octet in hexadecimal"));
        let folder = decoded(folder)?;
        Ok(ImapPlace {
            host: host.into(),
            port,
            implicit,
            user: decoded(user)?,
            folder: if folder.is_empty() { "INBOX".into() } else { folder },
        })
    }
}

/// Percent-encoding undone (RFC 3986 §2.1).
fn decode(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        if octet == b'%' {
            let pair = [octets.next()?, octets.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            out.push(octet);
        }
    }
    let text = String::from_utf8(out).ok()?;
    (!text.chars().any(char::is_control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (text, want) in [
            ("imaps://a@mail.example", Ok("imaps://a@mail.example:993/INBOX")),
            ("imap://a@mail.example/Reports", Ok("imap://a@mail.example:143/Reports")),
            ("IMAPS://a%40b.example@mail.example:1993/a%20b/c", Ok("imaps://a@b.example@mail.example:1993/a b/c")),
            ("imaps://a@[2001:db8::1]:993/x", Ok("imaps://a@[2001:db8::1]:993/x")),
            ("https://a@mail.example", Err("does not begin")),
            ("imaps://mail.example/INBOX", Err("names no user")),
            ("imaps://a:secret@mail.example", Err("without a password")),
            ("imaps://a@mail.example:x", Err("port is no number")),
            ("imaps://a@/INBOX", Err("names no server")),
            ("imaps://a@mail.example/%0d%0aLOGOUT", Err("hexadecimal")),
            ("imaps://a@mail.example/%zz", Err("hexadecimal")),
        ] {
            match (text.parse::<ImapPlace>(), want) {
                (Ok(place), Ok(want)) => assert_eq!(place.shown(), want),
                (Err(e), Err(why)) => assert!(e.to_string().contains(why), "{text}: {e}"),
                (got, want) => panic!("{text}: {got:?}, wanted {want:?}"),
            }
        }
    }
}
