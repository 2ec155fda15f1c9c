//! Names that have their zone twice, because a last dot is missing.

use crate::lint::finding::Fix;
use crate::lint::site::Site;
use crate::lint::zone_index::{Door, Entry};
use crate::model::source::Span;
use crate::model::wire;

/// Whether `name` is something under `apex.apex`.
pub fn doubled(name: &[u8], apex: &[u8]) -> bool {
    let labels = apex.strip_suffix(wire::ROOT).filter(|l| !l.is_empty());
    let Some((labels, rest)) = labels.zip(name.strip_suffix(apex)) else { return false };
    // What ends like the apex may begin inside a label.
    rest.ends_with(labels) && wire::ancestors(name).any(|a| a.len() == labels.len() + apex.len())
}

/// A fix that ends the owner's token with a dot.
pub fn add_dot(site: &Site<'_>, entry: &Entry) -> Option<Fix> {
    if site.zone.door != Door::Text {
        return None;
    }
    let owner = site.zone.owner_place(entry).span;
    dot_behind(site, entry, owner)
}

/// A fix that ends a token with a dot.
pub fn dot_behind(site: &Site<'_>, entry: &Entry, token: Span) -> Option<Fix> {
    let text = site.token(entry, token);
    if text.is_empty() || text.ends_with(b".") || text == b"@" {
        return None;
    }
    let end = Span { start: token.end, end: token.end };
    Some(Fix { title: "end the name with a dot".into(), edits: vec![site.edit(entry, end, ".")], value: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_twice() {
        let apex = wire::from_text("example.com").unwrap();
        for (name, twice) in [
            ("mail.example.com.example.com", true),
            ("example.com.example.com", true),
            ("mail.example.com", false),
            ("notexample.com.example.com", false),
            ("example.com", false),
            ("mail.example.com.example.net", false),
        ] {
            assert_eq!(doubled(&wire::from_text(name).unwrap(), &apex), twice, "{name}");
        }
    }
}
