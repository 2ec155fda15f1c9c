//! Comments that allow a finding: `; mailproof: allow SPF015 the reason`.
//!
//! Behind a record the comment is for that record; on a line of its own it is for the next one. It names a code, or several
//! with commas between, and should say why. One that allowed nothing is reported (ZONE012).

use memchr::memmem;

use crate::lint::finding::{Finding, Spot};
use crate::lint::registry;
use crate::lint::rule::Rule;
use crate::lint::zone_index::{Door, ZoneIndex};
use crate::model::source::{Place, SourceId, Span};

/// A comment that allows something.
#[derive(Clone, Debug)]
struct Allow {
    /// Where it stands.
    place: Place,
    /// The codes, in upper case.
    codes: Vec<String>,
    /// The lines for which it speaks, as octets of its text.
    reach: Span,
    /// Which of the codes allowed something.
    used: Vec<bool>,
}

/// So many comments may speak for one record.
const MANY: usize = 64;

/// The word that begins such a comment.
const MARK: &[u8] = b"mailproof:";

/// Takes out what comments of the zone allow, and adds a finding for each code that allowed nothing although its rule `ran`.
/// Gives how many were taken out.
pub fn apply(
    zone: &ZoneIndex,
    zone_number: u32,
    findings: &mut Vec<Finding>,
    ran: impl Fn(&'static Rule) -> bool,
) -> usize {
    if zone.door != Door::Text && zone.door != Door::Yaml {
        return 0;
    }
    let mut allows: Vec<Allow> = Vec::new();
    for (id, source) in zone.sources.iter().filter(|(_, s)| !s.is_made()) {
        allows.extend(comments(id, source.text(), if zone.door == Door::Yaml { b'#' } else { b';' }));
    }
    if allows.is_empty() {
        return 0;
    }
    // Includes may come between the records of a file: by place, not in the order of reading.
    let mut records: Vec<(SourceId, u32, u32)> = zone
        .entries()
        .iter()
        .map(|e| {
            let whole = Place { source: e.source, span: Span { start: e.start, end: e.data.end } };
            let place = zone.sources.written(whole);
            (place.source, place.span.start, place.span.end)
        })
        .collect();
    records.sort_unstable();
    for allow in &mut allows {
        widen(zone, &records, allow);
    }
    allows.sort_by_key(|a| (a.place.source, a.reach));
    let before = findings.len();
    findings.retain(|f| {
        if f.spot.zone != zone_number {
            return true;
        }
        let place = zone.sources.written(f.spot.place);
        let behind = allows.partition_point(|a| (a.place.source, a.reach.start) <= (place.source, place.span.start));
        let mut kept = true;
        for allow in allows[..behind].iter_mut().rev().take(MANY).filter(|a| a.place.source == place.source) {
            let near = place.span.start < allow.reach.end;
            for (code, used) in allow.codes.iter().zip(&mut allow.used).filter(|_| near) {
                if code == f.rule.code {
                    *used = true;
                    kept = false;
                }
            }
        }
        kept
    });
    let taken = before - findings.len();
    let Some(rule) = registry::find("ZONE012").filter(|r| ran(r)) else { return taken };
    for allow in allows {
        for (code, _) in allow.codes.iter().zip(&allow.used).filter(|(_, used)| !**used) {
            let meant = registry::find(code).filter(|r| r.code == code);
            if meant.is_some_and(|r| !ran(r)) {
                continue;
            }
            let spot = Spot { zone: zone_number, record: None, place: allow.place, octets: None };
            findings.push(Finding {
                rule,
                severity: rule.severity,
                spot,
                message: match meant {
                    Some(_) => format!("nothing to allow for {code} here"),
                    None => format!("`{code}` is no code of a rule"),
                }
                .into(),
                receiver_sees: "nothing".into(),
                help: "remove it".into(),
                detail: None,
                fix: None,
                owner: None,
            });
        }
    }
    taken
}

/// The comments of a text that allow something.
fn comments(source: SourceId, text: &[u8], sign: u8) -> Vec<Allow> {
    let mut out = Vec::new();
    for at in memmem::find_iter(text, MARK) {
        let line_start = text[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let line_end = text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |i| at + i);
        let Some(comment) = comment_start(&text[line_start..at], sign).map(|i| line_start + i) else { continue };
        let rest = String::from_utf8_lossy(&text[at + MARK.len()..line_end]);
        let mut words = rest.split_whitespace();
        if !words.next().is_some_and(|w| w.eq_ignore_ascii_case("allow")) {
            continue;
        }
        let mut codes: Vec<String> = Vec::new();
        for word in words {
            codes.extend(word.split(',').filter(|c| !c.is_empty()).map(str::to_ascii_uppercase));
            if !word.ends_with(',') {
                break;
            }
        }
        let alone = text[line_start..comment].iter().all(u8::is_ascii_whitespace);
        let reach = if alone { Span::new(line_end, line_end) } else { Span::new(line_start, line_end) };
        let trimmed = text[..line_end].trim_ascii_end().len().max(at);
        let used = vec![false; codes.len()];
        out.push(Allow { place: Place { source, span: Span::new(comment, trimmed) }, codes, reach, used });
    }
    out
}

/// Where the comment of a line begins, looked for from its start: a sign outside quotes, not escaped.
fn comment_start(line: &[u8], sign: u8) -> Option<usize> {
    let (mut quoted, mut i) = (false, 0);
    while i < line.len() {
        match line[i] {
            b'\\' => i += 1,
            b'"' => quoted = !quoted,
            b if b == sign && !quoted => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}

/// Lets a comment speak for the whole record whose lines it touches, or for the next record.
fn widen(zone: &ZoneIndex, records: &[(SourceId, u32, u32)], allow: &mut Allow) {
    let source = allow.place.source;
    let text = zone.text(source);
    let line_end = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
    };
    let here = allow.reach;
    if here.is_empty() {
        // What could not be read as a record is allowed by its line.
        let mut end = line_end(here.start as usize + 1);
        let next = records.partition_point(|r| (r.0, r.1) < (source, here.start));
        if let Some((_, _, last)) = records.get(next).filter(|r| r.0 == source) {
            end = end.max(line_end(*last as usize));
        }
        allow.reach = Span::new(here.start as usize, end);
        return;
    }
    // The last record that begins before the line ends, if its data reaches into the line.
    let next = records.partition_point(|r| (r.0, r.1) < (source, here.end));
    if let Some((_, start, end)) =
        next.checked_sub(1).and_then(|i| records.get(i)).filter(|r| r.0 == source && r.2 >= here.start)
    {
        let line_start = text[..*start as usize].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        allow.reach = Span::new(line_start.min(here.start as usize), line_end(*end as usize).max(here.end as usize));
    }
}
