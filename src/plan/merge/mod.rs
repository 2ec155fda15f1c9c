//! What becomes of values that stand at a name already: the wanted one takes the place of its like, and everything
//! else stays as it is.

pub mod cover;
pub mod dmarc;
pub mod kind;
pub mod spf;
pub mod text;

use clap::ValueEnum;

/// How the profile's SPF record and a published one become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SpfMode {
    /// Keep every published term, add what is missing, and leave the published `all` alone
    #[default]
    Merge,
    /// The same, but take the profile's `all` where it is stricter
    Stricter,
    /// Publish the profile's record as it is; terms that only the published one has go
    Replace,
}

/// What becomes of a published SPF record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpfWay {
    /// How it and the profile's become one.
    pub mode: SpfMode,
    /// Published terms that are to go, as they are written there; case does not count.
    pub drop: Vec<String>,
}

impl From<SpfMode> for SpfWay {
    fn from(mode: SpfMode) -> Self {
        SpfWay { mode, drop: Vec::new() }
    }
}
