//! A survey on disk: the counts up to now, and which messages are in them.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::survey::tally::Tally;

/// The form of the file.
const VERSION: u32 = 1;

/// Counts and messages belong together: both are written at once, so that no message is lost or counted twice.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// What must be the same for the counts to mean the same: the flags that decide about results.
    question: String,
    /// The secret of pseudonyms, where names are hidden.
    pub secret: Option<String>,
    /// The counts.
    pub tally: Tally,
    /// The messages counted, by [`place_key`].
    done: HashSet<u64>,
}

impl State {
    /// An empty one. `question` tells what is surveyed, and how.
    pub fn new(question: String) -> Self {
        State { version: VERSION, question, ..State::default() }
    }

    /// Reads the file at `path`, or begins anew where there is none.
    ///
    /// # Errors
    /// A configuration error when it cannot be read, or answers another question.
    pub fn load(path: &Path, question: String) -> Result<Self> {
        let shown = path.display();
        let octets = match std::fs::read(path) {
            Ok(octets) => octets,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(State::new(question)),
            Err(e) => return Err(Error::config(format!("the state {shown} cannot be read")).because(e)),
        };
        let state: State = serde_json::from_slice(&octets)
            .map_err(|e| Error::config(format!("{shown} is no state of a survey")).because(e))?;
        if state.version != VERSION {
            return Err(
                Error::config(format!("{shown} was written by another version")).hint("begin anew with another file")
            );
        }
        if state.question != question {
            return Err(Error::config(format!("{shown} belongs to another survey: {}", state.question))
                .hint("give the same flags, or another file"));
        }
        Ok(state)
    }

    /// Writes the file as a whole or not at all.
    ///
    /// # Errors
    /// A configuration error when it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let cannot =
            |e: std::io::Error| Error::config(format!("the state {} cannot be written", path.display())).because(e);
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        let text = serde_json::to_vec(self).map_err(|e| Error::config("the state cannot be written").because(e))?;
        file.write_all(&text).map_err(cannot)?;
        file.persist(path).map_err(|e| cannot(e.error))?;
        Ok(())
    }

    /// Whether the message is counted already.
    pub fn has(&self, key: u64) -> bool {
        self.done.contains(&key)
    }

    /// Notes that it is.
    pub fn note(&mut self, key: u64) {
        self.done.insert(key);
    }

    /// How many are.
    pub fn count(&self) -> u64 {
        self.done.len() as u64
    }

    /// The keys of the messages counted.
    pub fn done(&self) -> &HashSet<u64> {
        &self.done
    }
}

/// The key of message `number` at `place`. A Maildir file keeps its key when its flags change or it moves from `new` to
/// `cur`: what follows the colon, and the folder's last part, do not count.
pub fn place_key(place: &str, number: u64) -> u64 {
    let (folder, file) = place.rsplit_once('/').unwrap_or(("", place));
    let folder = folder.strip_suffix("/new").or_else(|| folder.strip_suffix("/cur")).unwrap_or(folder);
    let file = file.split_once(":2,").map_or(file, |(unique, _)| unique);
    let text = format!("{folder}/{file}\0{number}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().take(8).fold(0, |key, octet| (key << 8) | u64::from(*octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_maildir_file_keeps_its_key() {
        let key = |place: &str| place_key(place, 1);
        assert_eq!(key("box/new/1.host"), key("box/cur/1.host:2,RS"));
        assert_ne!(key("box/new/1.host"), key("box/.Sent/new/1.host"));
        assert_ne!(key("box/new/1.host"), key("box/new/2.host"));
        assert_ne!(place_key("mbox", 1), place_key("mbox", 2));
    }

    #[test]
    fn kept_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let mut state = State::load(&path, "q".into()).unwrap();
        state.note(7);
        state.save(&path).unwrap();
        let again = State::load(&path, "q".into()).unwrap();
        assert!(again.has(7) && !again.has(8));
        assert!(State::load(&path, "other".into()).unwrap_err().to_string().contains("another survey"));
        std::fs::write(&path, "{}").unwrap();
        assert!(State::load(&path, "q".into()).unwrap_err().to_string().contains("no state"));
    }
}
