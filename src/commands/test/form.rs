//! The forms that a test is printed in.

/// How a test is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For people
    #[default]
    Human,
    /// JSON, for programs
    Json,
    /// A page for the browser, complete in itself
    Html,
}
