//! The servers that can be configured: one folder of templates each, built into the program.

use crate::error::{Error, Result};
use crate::model::typo::nearest;

/// A server's templates.
#[derive(Clone, Copy, Debug)]
pub struct Software {
    /// The id: the name of the folder.
    pub id: &'static str,
    /// The files, by name.
    pub files: &'static [(&'static str, &'static str)],
}

/// All of them, by id.
static ALL: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/servers.rs"));

impl Software {
    /// The ids.
    pub fn ids() -> Vec<&'static str> {
        ALL.iter().map(|(id, _)| *id).collect()
    }

    /// The software with this id.
    ///
    /// # Errors
    /// A configuration error that names the others.
    pub fn find(id: &str) -> Result<Self> {
        let found = ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(id));
        found.map(|(id, files)| Software { id, files }).ok_or_else(|| {
            let ids = Self::ids();
            let hint = match nearest(id, &ids) {
                Some(guess) => format!("did you mean {guess}?"),
                None => format!("known are {}", ids.join(", ")),
            };
            Error::config(format!("no configuration is known for the software `{id}`")).hint(hint)
        })
    }

    /// The text of one of its files.
    pub fn file(&self, name: &str) -> Option<&'static str> {
        self.files.iter().find(|(n, _)| *n == name).map(|(_, text)| *text)
    }

    /// Its name for people: the first line of `server.yaml`, a comment.
    pub fn title(&self) -> &'static str {
        let first = self.file("server.yaml").and_then(|t| t.lines().next()).unwrap_or_default();
        first.trim_start_matches(['#', ' '])
    }
}
