//! The forms of a result that is a long table: a source or a sender a row.

/// How a table is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TableFormat {
    /// For people
    #[default]
    Human,
    /// One object, with every row
    Json,
    /// A row a line, under a header
    Csv,
    /// Tables for a ticket or a wiki
    Markdown,
    /// A page for the browser, complete in itself
    Html,
}
