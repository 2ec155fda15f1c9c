//! Where messages that were sent are found again: a Maildir, an mbox, or a mailbox by IMAP.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::mail::compose::TOKEN_FIELD;
use crate::mail::imap::{ImapBox, ImapSession};

/// How long one step of IMAP may take.
const STEP: Duration = Duration::from_secs(10);
/// A file larger than this is no message of ours.
const MAX_FILE: u64 = 50 * 1024 * 1024;

/// A place to look in.
#[derive(Clone, Debug)]
pub enum Inbox {
    /// A Maildir: `new` and `cur` in this folder.
    Maildir(PathBuf),
    /// An mbox file.
    Mbox(PathBuf),
    /// A mailbox on a server.
    Imap(ImapBox),
}

impl Inbox {
    /// From `maildir:PATH`, `mbox:PATH` or `imap://USER@HOST[:PORT][/FOLDER]`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("maildir:") {
            return Ok(Inbox::Maildir(path.into()));
        }
        if let Some(path) = text.strip_prefix("mbox:") {
            return Ok(Inbox::Mbox(path.into()));
        }
        let rest = text
            .strip_prefix("imap://")
            .or_else(|| text.strip_prefix("imaps://"))
            .ok_or("write maildir:PATH, mbox:PATH or imap://USER@HOST")?;
        let (rest, folder) = rest.split_once('/').unwrap_or((rest, "INBOX"));
        let (user, server) = rest.rsplit_once('@').ok_or("the user is missing: imap://USER@HOST")?;
        if user.contains(':') {
            return Err("a password does not go here: it is asked for, or stands in MAILPROOF_IMAP_PASSWORD".into());
        }
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| format!("`{port}` is no port"))?),
            None => (server, 993),
        };
        if host.is_empty() || user.is_empty() {
            return Err("user or host is missing: imap://USER@HOST".into());
        }
        let folder = if folder.is_empty() { "INBOX" } else { folder };
        Ok(Inbox::Imap(ImapBox { host: host.into(), port, user: user.into(), folder: folder.into(), insecure: false }))
    }

    /// Looks for each of `tokens` until all are there or `patience` is over; what was not found is `None`.
    ///
    /// # Errors
    /// A configuration error when the folder or file cannot be read; unreachable when the server cannot.
    pub async fn collect(
        &self,
        tokens: &[String],
        password: Option<&SecretString>,
        patience: Duration,
    ) -> Result<Vec<Option<Vec<u8>>>> {
        let mut found: Vec<Option<Vec<u8>>> = vec![None; tokens.len()];
        let end = tokio::time::Instant::now() + patience;
        let mut session = match self {
            Inbox::Imap(at) => {
                let password = password.ok_or_else(|| Error::usage("the mailbox needs a password"))?;
                Some(ImapSession::open(at, password, STEP).await?)
            }
            _ => None,
        };
        loop {
            for (token, slot) in tokens.iter().zip(&mut found).filter(|(_, slot)| slot.is_none()) {
                *slot = match (self, &mut session) {
                    (Inbox::Maildir(path), _) => in_maildir(path, token)?,
                    (Inbox::Mbox(path), _) => in_mbox(path, token)?,
                    (Inbox::Imap(_), Some(session)) => session.find(TOKEN_FIELD, token).await?,
                    (Inbox::Imap(_), None) => None,
                };
            }
            if found.iter().all(Option::is_some) || tokio::time::Instant::now() >= end {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        if let Some(session) = session {
            session.close().await;
        }
        Ok(found)
    }
}

fn has(octets: &[u8], token: &str) -> bool {
    let mark = format!("{TOKEN_FIELD}: {token}");
    octets.windows(mark.len()).any(|w| w == mark.as_bytes())
}

fn in_maildir(path: &Path, token: &str) -> Result<Option<Vec<u8>>> {
    let cannot = |e: std::io::Error| Error::config(format!("the Maildir {} cannot be read", path.display())).because(e);
    // Before the first message a server has made none of it.
    if !path.exists() {
        return Ok(None);
    }
    for part in ["new", "cur"] {
        let entries = match fs::read_dir(path.join(part)) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(cannot)?,
        };
        for entry in entries {
            let entry = entry.map_err(cannot)?;
            if entry.metadata().map_err(cannot)?.len() > MAX_FILE {
                continue;
            }
            // One that is moved from new to cur meanwhile is found there the next time.
            let Ok(octets) = fs::read(entry.path()) else { continue };
            if has(&octets, token) {
                return Ok(Some(octets));
            }
        }
    }
    Ok(None)
}

fn in_mbox(path: &Path, token: &str) -> Result<Option<Vec<u8>>> {
    let text = match fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| Error::config(format!("the mbox {} cannot be read", path.display())).because(e))?,
    };
    let mut starts: Vec<usize> =
        text.windows(6).enumerate().filter(|(_, w)| *w == b"\nFrom ").map(|(i, _)| i + 1).collect();
    starts.insert(0, 0);
    for (i, start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(text.len());
        let letter = &text[*start..end];
        if has(letter, token) {
            // Without the line that begins it.
            let first = letter.iter().position(|b| *b == b'\n').map_or(0, |n| n + 1);
            let body = if letter.starts_with(b"From ") { &letter[first..] } else { letter };
            return Ok(Some(body.to_vec()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (text, want) in [
            ("maildir:/a", Some("Maildir(\"/a\")")),
            ("mbox:/a", Some("Mbox(\"/a\")")),
            ("imap://bob@example.com@mx.example.com", Some("port: 993, user: \"bob@example.com\", folder: \"INBOX\"")),
            ("imap://bob@mx.example.com:1993/Junk", Some("port: 1993, user: \"bob\", folder: \"Junk\"")),
            ("imap://bob:secret@mx.example.com", None),
            ("imap://mx.example.com", None),
            ("pop3://a@b", None),
        ] {
            let got = Inbox::parse(text).ok().map(|i| format!("{i:?}"));
            match want {
                Some(want) => assert!(got.as_ref().is_some_and(|g| g.contains(want)), "{text}: {got:?}"),
                None => assert_eq!(got, None, "{text}"),
            }
        }
    }

    #[tokio::test]
    async fn found_again() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("new")).unwrap();
        fs::write(dir.path().join("new/1"), format!("{TOKEN_FIELD}: one\n\nhi\n")).unwrap();
        fs::write(
            dir.path().join("mbox"),
            format!("From a\nX: y\n\nFrom b\n{TOKEN_FIELD}: one\n\nhi\n\nFrom c\n{TOKEN_FIELD}: two\n\n"),
        )
        .unwrap();
        let tokens = ["one".to_string(), "none".to_string()];
        for inbox in [Inbox::Maildir(dir.path().into()), Inbox::Mbox(dir.path().join("mbox"))] {
            let got = inbox.collect(&tokens, None, Duration::ZERO).await.unwrap();
            let first = String::from_utf8(got[0].clone().unwrap()).unwrap();
            assert!(first.starts_with(&format!("{TOKEN_FIELD}: one\n")), "{first}");
            assert!(!first.contains("two") && got[1].is_none());
        }
    }
}
