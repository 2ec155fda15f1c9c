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
