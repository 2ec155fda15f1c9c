//! Where messages that were sent are found again: a Maildir, an mbox, or a mailbox by IMAP.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use crate::error::{Error, Result};
use crate::mail::compose::TOKEN_FIELD;
use crate::mail::imap::{Client, ImapPlace};
use crate::mail::mailbox::{Letters, Walk};

/// Of a mailbox on a server so many of the newest messages are looked at.
const NEWEST: usize = 200;

/// A place to look in.
#[derive(Clone, Debug)]
pub enum Inbox {
    /// A Maildir, or an mbox file.
    Path(PathBuf),
    /// A mailbox on a server; certificates to trust in place of the system's.
    Imap(ImapPlace, Option<PathBuf>),
}

impl Inbox {
    /// From `maildir:PATH`, `mbox:PATH` or `imaps://USER@HOST[:PORT][/FOLDER]`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("maildir:").or_else(|| text.strip_prefix("mbox:")) {
            Some("") => Err("the path is missing".into()),
            Some(path) => Ok(Inbox::Path(path.into())),
            None if text.contains("://") => {
                text.parse().map(|place| Inbox::Imap(place, None)).map_err(|e: Error| e.to_string())
            }
            None => Err("write maildir:PATH, mbox:PATH or imaps://USER@HOST".into()),
        }
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
            Inbox::Imap(place, ca) => {
                let password = password.ok_or_else(|| Error::usage("the mailbox needs a password"))?;
                Some(Client::open(place, password, ca.as_deref()).await?)
            }
            Inbox::Path(_) => None,
        };
        let mut seen = BTreeSet::new();
        loop {
            match (self, &mut session) {
                (Inbox::Path(path), _) => on_disk(path, tokens, &mut found)?,
                (Inbox::Imap(..), Some(session)) => on_server(session, tokens, &mut found, &mut seen).await?,
                (Inbox::Imap(..), None) => {}
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

/// Keeps `octets` where they are one of the messages looked for.
fn keep(octets: Vec<u8>, tokens: &[String], found: &mut [Option<Vec<u8>>]) {
    let has = |token: &str| {
        let mark = format!("{TOKEN_FIELD}: {token}");
        // The whole token: one may begin like another.
        let ends = |at: usize| octets.get(at + mark.len()).is_none_or(|b| matches!(b, b'\r' | b'\n'));
        octets.windows(mark.len()).enumerate().any(|(at, w)| w == mark.as_bytes() && ends(at))
    };
    if let Some(i) = tokens.iter().position(|t| has(t))
        && found[i].is_none()
    {
        found[i] = Some(octets);
    }
}

fn on_disk(path: &Path, tokens: &[String], found: &mut [Option<Vec<u8>>]) -> Result<()> {
    // Before the first message a server has made none of it.
    if !path.exists() {
        return Ok(());
    }
    let cannot = |e: std::io::Error| Error::config(format!("the mailbox {} cannot be read", path.display())).because(e);
    for file in Walk::new(path).map_err(cannot)? {
        // One that is moved from new to cur meanwhile is found there the next time.
        let Ok(mut letters) = Letters::open(&file.map_err(cannot)?) else { continue };
        while let Some(letter) = letters.next_letter().map_err(cannot)? {
            keep(letter.octets, tokens, found);
        }
    }
    Ok(())
}

async fn on_server(
    session: &mut Client,
    tokens: &[String],
    found: &mut [Option<Vec<u8>>],
    seen: &mut BTreeSet<u32>,
) -> Result<()> {
    let all = session.list().await?;
    let newest = all.len().saturating_sub(NEWEST);
    let fresh: Vec<_> = all.into_iter().skip(newest).filter(|m| seen.insert(m.uid)).collect();
    let mut rest = fresh.as_slice();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(Client::batch(rest));
        for message in session.fetch(now).await? {
            keep(message.octets, tokens, found);
        }
        rest = later;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn places() {
        for (text, want) in [
            ("maildir:/a", Some("Path(\"/a\")")),
            ("mbox:/a", Some("Path(\"/a\")")),
            ("imaps://bob@example.com@mx.example.com", Some("port: 993, implicit: true, user: \"bob@example.com\"")),
            (
                "imap://bob@mx.example.com:1143/Junk",
                Some("port: 1143, implicit: false, user: \"bob\", folder: \"Junk\""),
            ),
            ("imaps://bob:secret@mx.example.com", None),
            ("imaps://mx.example.com", None),
            ("pop3://a@b", None),
            ("maildir:", None),
            ("/a", None),
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
        let maildir = dir.path().join("maildir");
        fs::create_dir_all(maildir.join("new")).unwrap();
        fs::write(maildir.join("new/1"), format!("{TOKEN_FIELD}: one\n\nhi\n")).unwrap();
        fs::write(maildir.join("new/2"), format!("{TOKEN_FIELD}: one-more\n\nhi\n")).unwrap();
        let mbox = dir.path().join("mbox");
        let text = format!(
            "From a@b Sat\nX: y\n\nhi\n\nFrom b@b Sat\n{TOKEN_FIELD}: one\n\nhi\n\nFrom c@b Sat\n{TOKEN_FIELD}: two\n\n"
        );
        fs::write(&mbox, text).unwrap();
        let tokens = ["one".to_string(), "none".to_string()];
        for inbox in [Inbox::Path(maildir), Inbox::Path(mbox), Inbox::Path(dir.path().join("not-there"))] {
            let got = inbox.collect(&tokens, None, Duration::ZERO).await.unwrap();
            assert_eq!(got[0].is_some(), !matches!(&inbox, Inbox::Path(p) if p.ends_with("not-there")));
            if let Some(first) = &got[0] {
                let first = String::from_utf8_lossy(first);
                assert!(first.starts_with(&format!("{TOKEN_FIELD}: one\n")) && !first.contains("two"), "{first}");
            }
            assert!(got[1].is_none());
        }
    }
}
