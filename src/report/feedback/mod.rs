//! What receivers report, as people and programs read it.

mod csv;
mod human;
mod markdown;
mod page;
mod words;

pub use csv::csv;
pub use human::human;
pub use markdown::markdown;
pub use page::page;

use std::collections::BTreeMap;

use crate::feedback::Source;

/// The sources of one organisation.
pub(super) struct Group<'a> {
    pub(super) organization: &'a str,
    pub(super) sources: Vec<&'a Source>,
    pub(super) messages: u64,
    pub(super) passing: u64,
}

/// By organisation, the largest first; those of nobody known come together.
pub(super) fn groups(sources: &[Source]) -> Vec<Group<'_>> {
    let mut by: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for source in sources {
        let group = by.entry(&source.organization).or_insert_with(|| Group {
            organization: &source.organization,
            sources: Vec::new(),
            messages: 0,
            passing: 0,
        });
        group.messages = group.messages.saturating_add(source.messages);
        group.passing = group.passing.saturating_add(source.passing);
        group.sources.push(source);
    }
    let mut out: Vec<_> = by.into_values().collect();
    out.sort_by(|a, b| b.messages.cmp(&a.messages).then_with(|| a.organization.cmp(b.organization)));
    out
}
