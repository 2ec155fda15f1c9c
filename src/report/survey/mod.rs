//! A survey of a mailbox, as people and programs read it.

mod csv;
mod domains;
mod human;
mod json;
mod markdown;
mod page;
mod words;

pub use csv::csv;
pub use domains::{domains_csv, domains_human, domains_json, domains_markdown, domains_page};
pub use human::human;
pub use json::json;
pub use markdown::markdown;
pub use page::page;

/// Which witnesses were heard, for the notes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Witnesses {
    /// The border is known, so SPF was judged.
    pub border: bool,
    /// A receiver's results were believed.
    pub stated: bool,
}
