//! Fixes applied to texts.

use std::collections::BTreeMap;

use crate::lint::outcome::Outcome;
use crate::lint::zone_index::Door;
use crate::model::source::Span;

/// A text with its fixes applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The path of the text.
    pub path: String,
    /// What it was.
    pub before: Vec<u8>,
    /// What it is now.
    pub after: Vec<u8>,
    /// How many fixes were applied to it.
    pub count: usize,
}

/// Applies the fixes of a run to its texts. Fixes that touch the same octets as one before wait for the next run, and a
/// fix is applied as a whole or not at all.
pub fn apply(outcome: &Outcome) -> Vec<Fixed> {
    // By path: the same file may be included by several zones.
    let mut texts: BTreeMap<String, Text> = BTreeMap::new();
    for finding in &outcome.findings {
        let Some(fix) = &finding.fix else { continue };
        let Some(zone) = outcome.facts.zones.get(finding.spot.zone as usize) else { continue };
        if matches!(zone.door, Door::Listing | Door::Record) {
            continue;
        }
        let paths: Vec<&str> = fix
            .edits
            .iter()
            .filter_map(|e| zone.sources.get(e.place.source).filter(|s| !s.is_made()).map(|s| s.path()))
            .collect();
        let edits = || paths.iter().zip(&fix.edits);
        if paths.len() != fix.edits.len()
            || !edits().all(|(path, e)| texts.get(*path).is_none_or(|t| t.is_free(e.place.span, &e.text)))
        {
            continue;
        }
        for (path, edit) in edits() {
            let text = texts
                .entry((*path).to_string())
                .or_insert_with(|| Text { octets: zone.text(edit.place.source).to_vec(), edits: BTreeMap::new() });
            text.edits.insert(edit.place.span.start, (edit.place.span.end, edit.text.clone()));
        }
    }
    let fixed = |(path, text): (String, Text)| Fixed {
        path,
        count: text.edits.len(),
        after: text.edited(),
        before: text.octets,
    };
    texts.into_iter().map(fixed).collect()
}

/// A text, and the edits so far: where each begins, where it ends, and what takes its place.
struct Text {
    octets: Vec<u8>,
    edits: BTreeMap<u32, (u32, String)>,
}

impl Text {
    /// Whether an edit touches none before it, or is the same as one: two insertions at one point touch.
    fn is_free(&self, span: Span, text: &str) -> bool {
        if let Some((end, same)) = self.edits.get(&span.start) {
            return *end == span.end && same == text;
        }
        let before = self.edits.range(..span.start).next_back();
        let behind = self.edits.range(span.start..).next();
        before.is_none_or(|(_, (end, _))| *end <= span.start) && behind.is_none_or(|(start, _)| span.end <= *start)
    }

    fn edited(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.octets.len() + 64);
        let mut done = 0;
        for (start, (end, new)) in &self.edits {
            out.extend_from_slice(self.octets.get(done..*start as usize).unwrap_or_default());
            out.extend_from_slice(new.as_bytes());
            done = *end as usize;
        }
        out.extend_from_slice(self.octets.get(done..).unwrap_or_default());
        out
    }
}
