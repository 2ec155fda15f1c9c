//! What a push did, on disk before it does it: a crash at any moment leaves the way back.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::plan::change::Change;

/// How far one unit came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitState {
    /// Not begun.
    Pending,
    /// Begun: nobody knows how far it came. What a crash leaves behind.
    Writing,
    /// Applied.
    Done,
    /// Certainly not applied.
    Refused,
}

/// Changes that are applied whole or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// How far it came.
    pub state: UnitState,
    /// The changes, with what was there before.
    pub changes: Vec<Change>,
}

/// What kind of journey a journal is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A plan carried out.
    Push,
    /// One taken back.
    Rollback,
}

/// One journey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// The form of this file; 1.
    pub version: u32,
    /// Forth or back.
    pub kind: Kind,
    /// The zone, without the last dot.
    pub zone: String,
    /// The provider's id.
    pub provider: String,
    /// When it began (RFC 3339).
    pub started: String,
    /// Everything was applied and read back.
    pub finished: bool,
    /// The file name of the unfinished push that this one goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<String>,
    /// It was taken back since.
    #[serde(default)]
    pub taken_back: bool,
    /// The units, in the order in which they are applied.
    pub units: Vec<Unit>,
}

impl Journal {
    /// Whether anything of it may stand in the zone.
    pub fn wrote(&self) -> bool {
        self.units.iter().any(|unit| matches!(unit.state, UnitState::Done | UnitState::Writing))
    }
}

/// A journal and its file.
#[derive(Clone, Debug)]
pub struct JournalFile {
    /// Where it is kept.
    pub path: PathBuf,
    /// What it says.
    pub journal: Journal,
}

impl JournalFile {
    /// Puts a new journal into `folder`, which is made if need be.
    ///
    /// # Errors
    /// A configuration error when it cannot be written: then nothing may be changed at the provider.
    pub fn create(folder: &Path, journal: Journal) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| cannot_write(folder, e))?;
        let word = if journal.kind == Kind::Push { "push" } else { "rollback" };
        let zone: String = journal.zone.chars().map(|c| if c == '*' { '_' } else { c }).collect();
        let mut number = numbers(folder)?.into_iter().max().unwrap_or(0);
        let path = loop {
            number += 1;
            let path = folder.join(format!("{number:06}-{word}-{zone}.json"));
            // Taken at once, so that two runs at the same time do not write into one file.
            match std::fs::File::create_new(&path) {
                Ok(_) => break path,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(cannot_write(&path, e)),
            }
        };
        let file = JournalFile { path, journal };
        file.save()?;
        Ok(file)
    }

    /// Writes it down: whole or not at all, and on the disk when this returns.
    ///
    /// # Errors
    /// A configuration error when it cannot be written.
    pub fn save(&self) -> Result<()> {
        let cannot = |e: std::io::Error| cannot_write(&self.path, e);
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        let text = serde_json::to_string_pretty(&self.journal).map_err(|e| cannot(e.into()))?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(cannot)?;
        temporary.write_all(text.as_bytes()).and_then(|()| temporary.write_all(b"\n")).map_err(cannot)?;
        temporary.as_file().sync_all().map_err(cannot)?;
        temporary.persist(&self.path).map_err(|e| cannot(e.error))?;
        Ok(())
    }

    /// Its file name, by which others refer to it.
    pub fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Notes how far unit `index` came.
    ///
    /// # Errors
    /// As [`JournalFile::save`].
    pub fn mark(&mut self, index: usize, state: UnitState) -> Result<()> {
        if let Some(unit) = self.journal.units.get_mut(index) {
            unit.state = state;
        }
        self.save()
    }
}

/// The journals of `zone` in `folder`, the oldest first. A folder that is not there has none.
///
/// # Errors
/// A configuration error when a journal cannot be read: to pass over it could mean to take back the wrong one.
pub fn of_zone(folder: &Path, zone: &str) -> Result<Vec<JournalFile>> {
    let mut found = Vec::new();
    for path in paths(folder)? {
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path).because(e))?;
        if text.is_empty() {
            // A run that ended between taking the name and writing: it changed nothing.
            continue;
        }
        let journal: Journal = serde_json::from_str(&text).map_err(|e| unreadable(&path).because(e))?;
        if journal.version != 1 {
            return Err(unreadable(&path).because(format!("it is of version {}", journal.version)));
        }
        if journal.zone == zone {
            found.push(JournalFile { path, journal });
        }
    }
    Ok(found)
}

fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(unreadable(folder).because(e)),
    };
    let mut out = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| unreadable(folder).because(e))?.path();
        if number(&path).is_some() {
            out.push(path);
        }
    }
    out.sort_by_key(|path| number(path));
    Ok(out)
}

fn numbers(folder: &Path) -> Result<Vec<u64>> {
    Ok(paths(folder)?.iter().filter_map(|path| number(path)).collect())
}

/// The number that a journal's file name begins with.
fn number(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?.strip_suffix(".json")?;
    let (digits, rest) = name.split_once('-')?;
    (rest.starts_with("push-") || rest.starts_with("rollback-")).then(|| digits.parse().ok()).flatten()
}

fn unreadable(path: &Path) -> Error {
    Error::config(format!("the journal {} cannot be read", path.display()))
        .hint("it says what earlier pushes replaced: move it elsewhere rather than delete it")
}

fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    Error::config(format!("the journal {} cannot be written", path.display()))
        .because(error)
        .hint("without it nothing is published; --state names another folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(zone: &str) -> Journal {
        Journal {
            version: 1,
            kind: Kind::Push,
            zone: zone.into(),
            provider: "test".into(),
            started: "2026-11-25T00:00:00Z".into(),
            finished: false,
            continues: None,
            taken_back: false,
            units: vec![Unit { state: UnitState::Pending, changes: Vec::new() }],
        }
    }

    #[test]
    fn journals_stand_in_the_order_of_their_making() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a").join("b");
        assert!(of_zone(&state, "example.com").unwrap().is_empty(), "no folder, no journal");
        let mut first = JournalFile::create(&state, journal("example.com")).unwrap();
        JournalFile::create(&state, journal("other.example")).unwrap();
        let last = JournalFile::create(&state, Journal { kind: Kind::Rollback, ..journal("example.com") }).unwrap();
        assert_eq!(last.file_name(), "000003-rollback-example.com.json");
        first.mark(0, UnitState::Done).unwrap();
        std::fs::write(state.join("notes.txt"), "mine").unwrap();
        std::fs::write(state.join("000004-push-example.com.json"), "").unwrap();
        let found = of_zone(&state, "example.com").unwrap();
        assert_eq!(found.iter().map(JournalFile::file_name).collect::<Vec<_>>(), [first.file_name(), last.file_name()]);
        assert!(found[0].journal.wrote() && !found[1].journal.wrote());
        assert_eq!(found[0].journal, first.journal);
    }

    #[test]
    fn a_broken_one_is_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["{", "{\"version\": 2}", "[]"] {
            std::fs::write(folder.path().join("000001-push-example.com.json"), text).unwrap();
            let error = of_zone(folder.path(), "example.com").unwrap_err();
            assert!(error.message().contains("000001-push-example.com.json cannot be read"), "{text}: {error}");
        }
    }

    #[test]
    fn without_a_folder_nothing_begins() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = JournalFile::create(&file.join("state"), journal("example.com")).unwrap_err();
        assert!(error.hint_text().unwrap().contains("--state"), "{error}");
    }
}
