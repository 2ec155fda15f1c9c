//! A large master file read on two threads: each takes a half.
//!
//! Where a record begins depends on all that stands before it: a quote or parenthesis may be open, `$ORIGIN` and `$TTL`
//! carry on. The second half is read on a guess about that, and the guess is checked when the first half is done; if it
//! was wrong the file is read again from one end to the other.

use memchr::memmem;

use crate::lint::gather::{Hasher, Intake, USUAL_RECORD};
use crate::lint::wire;
use crate::lint::zone_index::{Coverage, Door, ZoneIndex};
use crate::model::name::Name;
use crate::model::source::SourceId;
use crate::zone::parser::{Context, Entry, IN, Parser};
use crate::zone::walk::Limits;
use crate::zone::wire_name::WireName;

/// Smaller files are read sooner than two threads are under way.
const WORTH_IT: usize = 4 << 20;

/// Reads the text of `root` into `zone` in two halves. False, and nothing is read, where that cannot be done.
pub(crate) fn read(zone: &mut ZoneIndex, root: SourceId, origin: &Name, limits: Limits) -> bool {
    let Some(source) = zone.sources.get(root).cloned() else { return false };
    let text = source.text();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if text.len() < WORTH_IT || cores < 2 {
        return false;
    }
    let start =
        Context { origin: WireName::from_name(origin), default_ttl: None, last_ttl: None, class: None, owner: None };
    let Some(cut) = record_start(text, text.len() / 2) else { return false };
    let Some(guess) = guess(text, cut, start) else { return false };
    let hasher = Hasher::default();
    let part = |context: Context, from: usize, to: usize, room: usize| {
        let mut part = ZoneIndex::new(wire::from_name(origin), Door::Text, Coverage::Part);
        part.reserve(room / USUAL_RECORD);
        let mut intake = Intake::new(&mut part, origin, hasher.clone());
        let mut parser = Parser::new(text, root, context);
        parser.start_at(from);
        while parser.position() < to {
            match parser.next_entry() {
                Some(Entry::Record(record)) => intake.record(&record),
                Some(Entry::Fault(fault)) => intake.zone.faults.push(fault),
                Some(Entry::Directive(_) | Entry::Comment(_)) => {}
                None => break,
            }
        }
        let (end, context) = (parser.position(), parser.context());
        (part, end, context)
    };
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| part(guess, cut, text.len(), text.len() - cut));
        // The first half takes the second one in: room for both spares moving the records.
        let first = part(start, 0, cut, text.len());
        (first, second.join())
    });
    let Ok((second, ..)) = second else { return false };
    let (first, end, context) = first;
    let as_guessed = end == cut
        && context.origin == guess.origin
        && context.default_ttl == guess.default_ttl
        // Without `$TTL` the last TTL that a record gave would count.
        && guess.default_ttl.is_some()
        && matches!(context.class, None | Some(IN))
        && first.faults.len() + second.faults.len() < limits.faults;
    if !as_guessed {
        return false;
    }
    let sources = std::mem::take(&mut zone.sources);
    *zone = first;
    zone.sources = sources;
    zone.absorb(second);
    true
}

/// The first place from `from` on where a line begins with a name, and the line before it is not empty: that is where
/// an entry ends.
fn record_start(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let line = at;
        at += memchr::memchr(b'\n', text.get(at..)?)? + 1;
        let empty = text.get(line..at)?.trim_ascii().is_empty();
        if !empty && text.get(at)?.is_ascii_alphanumeric() {
            return Some(at);
        }
    }
}

/// What the half from `cut` on is read with, if no directive before it says otherwise. `None` when files are included or
/// records generated: then the order in which everything is read counts.
fn guess(text: &[u8], cut: usize, start: Context) -> Option<Context> {
    let mut directives = Vec::new();
    let lines = std::iter::once(0).filter(|_| text.first() == Some(&b'$'));
    for at in lines.chain(memmem::find_iter(text, b"\n$").map(|i| i + 1)) {
        let line = text[at..].split(|b| *b == b'\n').next().unwrap_or_default();
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if word.eq_ignore_ascii_case(b"$ORIGIN") || word.eq_ignore_ascii_case(b"$TTL") {
            if at < cut {
                directives.extend_from_slice(line);
                directives.push(b'\n');
            }
        } else {
            return None;
        }
    }
    let mut parser = Parser::new(&directives, SourceId(0), start);
    while parser.next_entry().is_some() {}
    Some(Context { class: Some(IN), owner: None, ..parser.context() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::gather;
    use crate::model::name;
    use crate::zone::walk::NoIncludes;

    /// Names, types and data, and the faults, in order.
    fn shown(zone: &ZoneIndex) -> Vec<String> {
        let entry = |e: &crate::lint::zone_index::Entry| {
            let text = zone.text(e.source);
            let data = String::from_utf8_lossy(e.data.of(text)).into_owned();
            format!("{} {} {} {data}", wire::show(zone.name(e.owner)), e.ttl, e.rtype)
        };
        zone.entries().iter().map(entry).chain(zone.faults.iter().map(|f| format!("{f:?}"))).collect()
    }

    #[test]
    fn halves_are_the_whole() {
        let origin = name::domain("example.com").unwrap();
        let many = |line: &str| line.repeat(WORTH_IT / line.len() + 2);
        let long = "x".repeat(200);
        let cases = [
            (
                format!("$TTL 60\nbad A x\n{}bad A y\n", many(&format!("a TXT \"{long}\"\n  TXT \"b\"\nb MX 1 a\n"))),
                true,
                "plain, with a fault in each half",
            ),
            (
                format!("$TTL 60\n{}$ORIGIN other.\n{}", many("a A 192.0.2.1\n"), "b A 192.0.2.2\n"),
                true,
                "an origin behind",
            ),
            (many("a 60 A 192.0.2.1\n"), false, "no $TTL"),
            (format!("$TTL 60\nx TXT (\n{}\n)\n", many("yyyyyyyyyy\n")), false, "one record over the middle"),
            (format!("$TTL 60\n$GENERATE 1-2 h$ A 192.0.2.$\n{}", many("a A 192.0.2.1\n")), false, "generated"),
        ];
        for (text, halves, why) in cases {
            let whole = gather::master_file("z", text.clone(), &origin, Limits::default(), &mut NoIncludes).unwrap();
            let mut zone = ZoneIndex::new(wire::from_name(&origin), Door::Text, Coverage::Part);
            let root = zone.sources.add(crate::model::source::Source::new("z", text).unwrap());
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            assert_eq!(read(&mut zone, root, &origin, Limits::default()), halves && cores > 1, "{why}");
            let mut by_walk = ZoneIndex::new(wire::from_name(&origin), Door::Text, Coverage::Part);
            by_walk.sources = std::mem::take(&mut zone.sources);
            gather::walk_into(&mut by_walk, root, &origin, Limits::default(), &mut NoIncludes);
            by_walk.finish();
            assert!(shown(&whole) == shown(&by_walk), "{why}");
        }
    }
}
