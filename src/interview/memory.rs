//! What a run has been told and has made so far, so that the next one goes on from there. Holds no secrets.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::interview::asker::Answer;

/// The file's form.
const VERSION: u32 = 1;

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    version: u32,
    answers: BTreeMap<String, Answer>,
    /// What was made, so that it is not made twice: a name for the thing, and what it became.
    #[serde(default)]
    made: BTreeMap<String, String>,
}

/// The memory of a run: a file that is written anew after every change.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    state: State,
}

impl Memory {
    /// The memory in `folder`, which holds the profile: `.mailproof/setup.json`.
    ///
    /// # Errors
    /// A configuration error when there is one that cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = place(folder);
        let cannot = |path: &Path| {
            Error::config(format!("{}, where an earlier run was kept, cannot be read", path.display()))
                .hint("`mailproof setup --restart` begins anew")
        };
        let state = match fs::read(&path) {
            Ok(text) => {
                let state: State = serde_json::from_slice(&text).map_err(|e| cannot(&path).because(e))?;
                if state.version == VERSION { state } else { return Err(cannot(&path)) }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => State { version: VERSION, ..State::default() },
            Err(e) => return Err(cannot(&path).because(e)),
        };
        Ok(Memory { path, state })
    }

    /// Forgets whatever is in `folder`, readable or not.
    ///
    /// # Errors
    /// A configuration error when the file cannot be removed.
    pub fn anew(folder: &Path) -> Result<Self> {
        let mut memory = Memory { path: place(folder), state: State::default() };
        memory.forget()?;
        Ok(memory)
    }

    /// Whether an earlier run left anything.
    pub fn is_empty(&self) -> bool {
        self.state.answers.is_empty() && self.state.made.is_empty()
    }

    /// An answer of an earlier run.
    pub fn answer(&self, id: &str) -> Option<&Answer> {
        self.state.answers.get(id)
    }

    /// What an earlier run made.
    pub fn made(&self, what: &str) -> Option<&str> {
        self.state.made.get(what).map(String::as_str)
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// A configuration error when the file cannot be written.
    pub fn keep_answer(&mut self, id: &str, answer: &Answer) -> Result<()> {
        self.state.answers.insert(id.into(), answer.clone());
        self.write()
    }

    /// Forgets an answer.
    ///
    /// # Errors
    /// A configuration error when the file cannot be written.
    pub fn drop_answer(&mut self, id: &str) -> Result<()> {
        self.state.answers.remove(id);
        self.write()
    }

    /// Keeps what was made.
    ///
    /// # Errors
    /// A configuration error when the file cannot be written.
    pub fn keep_made(&mut self, what: &str, became: &str) -> Result<()> {
        self.state.made.insert(what.into(), became.into());
        self.write()
    }

    /// Forgets everything: the run is done, or begins anew.
    ///
    /// # Errors
    /// A configuration error when the file cannot be removed.
    pub fn forget(&mut self) -> Result<()> {
        self.state = State { version: VERSION, ..State::default() };
        match fs::remove_file(&self.path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::config(format!("{} cannot be removed", self.path.display())).because(e))
            }
            _ => Ok(()),
        }
    }

    fn write(&self) -> Result<()> {
        let cannot = |e: std::io::Error| Error::config(format!("{} cannot be written", self.path.display())).because(e);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder).map_err(cannot)?;
        let mut file = tempfile::Builder::new().prefix(".setup-").tempfile_in(folder).map_err(cannot)?;
        let text = serde_json::to_vec_pretty(&self.state).map_err(|e| cannot(e.into()))?;
        file.write_all(&text).map_err(cannot)?;
        file.persist(&self.path).map(drop).map_err(|e| cannot(e.error))
    }
}

fn place(folder: &Path) -> PathBuf {
    folder.join(".mailproof").join("setup.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_read_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(dir.path()).unwrap();
        assert!(memory.is_empty());
        memory.keep_answer("domain", &Answer::Text("example.com".into())).unwrap();
        memory.keep_answer("publish", &Answer::Yes(true)).unwrap();
        memory.keep_answer("hosts", &Answer::List(vec![])).unwrap();
        memory.keep_made("key rsa2048", "mp202611").unwrap();
        let mut again = Memory::open(dir.path()).unwrap();
        assert_eq!(again.answer("domain"), Some(&Answer::Text("example.com".into())));
        assert_eq!(again.answer("publish"), Some(&Answer::Yes(true)));
        assert_eq!(again.answer("hosts"), Some(&Answer::List(vec![])));
        assert_eq!(again.made("key rsa2048"), Some("mp202611"));
        again.forget().unwrap();
        again.forget().unwrap();
        assert!(Memory::open(dir.path()).unwrap().is_empty());

        fs::write(dir.path().join(".mailproof/setup.json"), "{\"version\":1,\"answ").unwrap();
        let error = Memory::open(dir.path()).unwrap_err();
        assert!(error.hint_text().unwrap().contains("--restart"), "{error}");
        assert!(Memory::anew(dir.path()).unwrap().is_empty());
        assert!(Memory::open(dir.path()).unwrap().is_empty());
    }
}
