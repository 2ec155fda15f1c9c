//! Fixes of octoDNS zones, which rules propose for the records and people want in their YAML.

use crate::lint::facts::Facts;
use crate::lint::finding::{Edit, Finding, Fix};
use crate::lint::zone_index::{Door, ZoneIndex};
use crate::model::source::{Place, SourceId};
use crate::zone::octodns::Rewriter;

/// The YAML of an octoDNS zone; the master file that was made from it comes behind.
const YAML: SourceId = SourceId(0);

/// Brings the fixes of findings in octoDNS zones to the text that is there. Those that cannot be written there go.
pub fn bring_home(facts: &Facts, findings: &mut [Finding]) {
    for (number, zone) in facts.zones.iter().enumerate().filter(|(_, z)| z.door == Door::Yaml) {
        let mut theirs = findings.iter_mut().filter(|f| f.spot.zone as usize == number && f.fix.is_some()).peekable();
        if theirs.peek().is_none() {
            continue;
        }
        let rewriter = std::str::from_utf8(zone.text(YAML)).ok().and_then(Rewriter::new);
        for finding in theirs {
            let fix = finding.fix.take();
            finding.fix = fix.and_then(|fix| home(*fix, zone, rewriter.as_ref()?)).map(Box::new);
        }
    }
}

fn home(fix: Fix, zone: &ZoneIndex, rewriter: &Rewriter<'_>) -> Option<Fix> {
    if fix.edits.iter().all(|e| e.place.source == YAML) {
        return Some(fix);
    }
    let edit = |(span, text)| Edit { place: Place { source: YAML, span }, text };
    let edits = match (&fix.value, fix.edits.as_slice()) {
        // All edits of a value are edits of one scalar.
        (Some(value), [first, ..]) => vec![edit(rewriter.text(zone.sources.written(first.place).span, value)?)],
        (None, edits) => {
            let one = |e: &Edit| rewriter.plain(zone.sources.written(e.place).span, &e.text).map(edit);
            edits.iter().map(one).collect::<Option<_>>()?
        }
        _ => return None,
    };
    Some(Fix { edits, ..fix })
}
