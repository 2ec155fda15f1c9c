//! Why a report was not read.

use std::fmt;

/// A report that was refused or cannot be read: a sentence without a full stop, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage(String);

impl Damage {
    /// `why` it was.
    pub fn new(why: impl Into<String>) -> Self {
        Damage(why.into())
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
