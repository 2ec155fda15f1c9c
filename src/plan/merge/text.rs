//! A wanted TXT set put into the set that is there.

use hickory_proto::rr::RData;

use crate::error::Result;
use crate::model::name;
use crate::model::snapshot::RecordSet;
use crate::model::txt;
use crate::plan::merge::kind::TextKind;
use crate::plan::merge::{SpfWay, dmarc, spf};

/// The set that is to stand, and what a person should know about it.
#[derive(Clone, Debug)]
pub struct MergedSet {
    /// The set. Values that are not touched keep their strings as they were.
    pub set: RecordSet,
    /// Notes, each a sentence without a full stop.
    pub notes: Vec<String>,
    /// Values of other kinds at the name, which stay.
    pub untouched: usize,
    /// Values of the wanted kinds that go without being merged into another.
    pub dropped: usize,
}

/// Puts each value of `wanted` in the place of its like in `published`; the rest stays to the octet, and so does the TTL.
///
/// # Errors
/// A refusal from [`spf::merge`].
pub fn merge(published: &RecordSet, wanted: &RecordSet, way: &SpfWay) -> Result<MergedSet> {
    let owner = name::show(&published.name);
    let mut out = MergedSet { set: published.clone(), notes: Vec::new(), untouched: 0, dropped: 0 };
    out.set.reason.clone_from(&wanted.reason);
    let mut touched = Vec::new();
    for value in wanted.texts() {
        let kind = TextKind::of(&published.name, &value);
        touched.push(kind);
        let texts = out.set.texts();
        let like: Vec<usize> = match kind {
            TextKind::Other => (0..texts.len()).filter(|i| texts[*i] == value).collect(),
            _ => (0..texts.len()).filter(|i| TextKind::of(&published.name, &texts[*i]) == kind).collect(),
        };
        let Some(&first) = like.first() else {
            out.set.values.push(RData::TXT(txt::split(&value)));
            continue;
        };
        let old: Vec<&[u8]> = like.iter().map(|i| texts[*i].as_slice()).collect();
        let new = match kind {
            TextKind::Spf => {
                let merged = spf::merge(&owner, &old, &value, way)?;
                out.notes.extend(merged.notes);
                merged.text
            }
            _ => {
                out.dropped += old.len() - 1;
                if old.len() > 1 {
                    out.notes
                        .push(format!("{} of this kind stood here, and only one may: it takes their place", old.len()));
                }
                match kind {
                    TextKind::Dmarc => out.notes.extend(dmarc::notes(old[0], &value)),
                    TextKind::Dkim if !kind.same(old[0], &value) => {
                        out.notes
                            .push("the key published here is replaced: mail signed with it no longer verifies".into());
                    }
                    _ => {}
                }
                value
            }
        };
        if !kind.same(old[0], &new) {
            out.set.values[first] = RData::TXT(txt::split(&new));
        }
        for index in like.into_iter().skip(1).rev() {
            out.set.values.remove(index);
        }
    }
    let stays = |text: &Vec<u8>| match TextKind::of(&published.name, text) {
        TextKind::Other => !wanted.texts().contains(text),
        kind => !touched.contains(&kind),
    };
    out.untouched = out.set.texts().iter().filter(|t| stays(t)).count();
    Ok(out)
}
