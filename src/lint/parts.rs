//! A large master file read in parts, on all cores.
//!
//! What a part means depends on all that stands before it: a parenthesis may be open; `$ORIGIN`, `$TTL` and an owner carry
//! on. So each part is read ahead on a guess about that. The parts are joined in the order of the file, and one is taken
//! as it was read only where the reading before it arrives at just what was guessed. Where it does not, and where a part
//! includes files or generates records, its text is read again in its turn: what comes out is what reading from one end
//! to the other gives.

use std::collections::BTreeMap;
use std::sync::Mutex;

use memchr::{memchr, memchr_iter};

use crate::lint::gather::{Hasher, Intake, USUAL_RECORD};
use crate::lint::zone_index::{Coverage, Door, ZoneIndex};
use crate::model::name::Name;
use crate::model::source::SourceId;
use crate::model::wire_name::WireName;
use crate::zone::parser::{Context, DirectiveKind, Entry, Parser};
use crate::zone::walk::{Includes, Limits, Walk};

/// A part has about so many octets.
pub(crate) const PART: usize = 2 << 20;
/// So many octets before a part are read for the owner and the TTL that it may take over: a few records.
const RUN_UP: usize = 4096;

/// Reads the text of `root`, with what it includes and generates, into `zone`, in parts of about `size` octets.
pub(crate) fn read(
    zone: &mut ZoneIndex,
    root: SourceId,
    origin: &Name,
    limits: Limits,
    includes: &mut dyn Includes,
    size: usize,
) {
    let mut sources = std::mem::take(&mut zone.sources);
    if let Some(source) = sources.get(root).cloned() {
        let text = source.text();
        zone.reserve(text.len() / USUAL_RECORD);
        let context = Context::new(WireName::from_name(origin));
        let intake = Intake::new(zone, origin, Hasher::default());
        let mut joined = Joined { intake, most_faults: limits.faults, position: 0, context };
        let ahead = Ahead::default();
        if text.len() > size {
            read_ahead(Cuts { text, size, at: 0, context }, root, origin, &ahead, &mut joined);
            joined.take_from(&ahead);
        }
        let mut walk = Walk::new(&mut sources, source.path(), root, limits, includes);
        let mut parser = Parser::new(text, root, context);
        parser.go_on_at(joined.position, joined.context);
        // What is left: all of a small file, else what did not fit and the parts behind it.
        loop {
            let next = ahead.lock().ok().and_then(|a| a.range(parser.position() + 1..).next().map(|(at, _)| *at));
            walk.set_faults(joined.intake.zone.faults.len());
            let goes_on = walk.until(&mut parser, next.unwrap_or(usize::MAX), &mut |e| joined.intake.entry(&e));
            if !goes_on || next.is_none() {
                break;
            }
            if parser.can_be_left() {
                (joined.position, joined.context) = (parser.position(), parser.context());
                joined.take_from(&ahead);
                parser.go_on_at(joined.position, joined.context);
            }
        }
    }
    zone.sources = sources;
}

/// Reads all parts on all cores, and joins those at the start that fit.
fn read_ahead(cuts: Cuts<'_>, root: SourceId, origin: &Name, ahead: &Ahead, joined: &mut Joined<'_>) {
    let hasher = joined.intake.hasher();
    let text = cuts.text;
    let cuts = Mutex::new(cuts);
    let joined = Mutex::new(joined);
    let next = || cuts.lock().ok()?.next();
    let work = || {
        while let Some(cut) = next() {
            let part = Part::read(text, root, origin, &cut, hasher.clone());
            if let (Some(part), Ok(mut ahead)) = (part, ahead.lock()) {
                ahead.insert(cut.from, part);
            }
            // A thread that is at it already comes to this part too, or else the next one that is.
            if let Ok(mut joined) = joined.try_lock() {
                joined.take_from(ahead);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
}

/// Where a part begins and ends, and what it is read with if the guess is right.
struct Cut {
    from: usize,
    to: usize,
    context: Context,
}

/// A part as it was read: on which guess, up to where, and what that leaves to the next one.
struct Part {
    guess: Context,
    end: usize,
    after: Context,
    zone: ZoneIndex,
}

/// The parts that were read, by where they begin.
type Ahead = Mutex<BTreeMap<usize, Part>>;

impl Part {
    /// `None` where a part depends on more than the guess says, or leaves more to the next than a guess can say.
    fn read(text: &[u8], root: SourceId, origin: &Name, cut: &Cut, hasher: Hasher) -> Option<Part> {
        let mut zone = ZoneIndex::new(origin.octets().to_vec(), Door::Text, Coverage::Part);
        zone.reserve((cut.to - cut.from) / USUAL_RECORD);
        let mut intake = Intake::new(&mut zone, origin, hasher);
        let mut parser = Parser::new(text, root, cut.context);
        parser.go_on_at(cut.from, cut.context);
        while !parser.is_past(cut.to) {
            let Some(entry) = parser.next_entry() else { break };
            if let Entry::Directive(directive) = &entry
                && !matches!(directive.kind, DirectiveKind::Origin | DirectiveKind::Ttl)
            {
                return None;
            }
            intake.entry(&entry);
            // Each may cost a look at a whole long line.
            if parser.has_unclosed() {
                return None;
            }
        }
        parser.can_be_left().then(|| Part { guess: cut.context, end: parser.position(), after: parser.context(), zone })
    }
}

/// The parts that are joined: all of the text before `position`.
struct Joined<'z> {
    intake: Intake<'z>,
    most_faults: usize,
    position: usize,
    context: Context,
}

impl Joined<'_> {
    /// Takes the part that begins where the last one ended, and so on. One that does not fit is of no use to anybody.
    fn take_from(&mut self, ahead: &Ahead) {
        let part_at = |position| ahead.lock().ok()?.remove(&position);
        while let Some(part) = part_at(self.position) {
            let faults = self.intake.zone.faults.len() + part.zone.faults.len();
            if part.guess != self.context || faults >= self.most_faults {
                return;
            }
            (self.position, self.context) = (part.end, part.after);
            self.intake.zone.absorb(part.zone);
        }
    }
}

/// Cuts a text where records seem to begin.
struct Cuts<'t> {
    text: &'t [u8],
    size: usize,
    at: usize,
    context: Context,
}

impl Iterator for Cuts<'_> {
    type Item = Cut;

    fn next(&mut self) -> Option<Cut> {
        let Cuts { text, size, at: from, context } = *self;
        if from >= text.len() {
            return None;
        }
        self.at = record_start(text, from + size).unwrap_or(text.len());
        self.context = guess(text, from, self.at, context);
        Some(Cut { from, to: self.at, context })
    }
}

/// The first place behind `from` where a line begins with a name, and the line before it is not empty: there an entry
/// ends and a record begins, unless a parenthesis is open.
fn record_start(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let line = at;
        at += memchr(b'\n', text.get(at..)?)? + 1;
        let empty = text.get(line..at)?.trim_ascii().is_empty();
        let first = *text.get(at)?;
        if !empty && (first.is_ascii_alphanumeric() || matches!(first, b'_' | b'@' | b'*')) {
            return Some(at);
        }
    }
}

/// What the text from `to` on is read with, if that from `from` on is read with `context`: by the directives between, and
/// by the last records before it.
fn guess(text: &[u8], from: usize, to: usize, mut context: Context) -> Context {
    let near = if to - from <= RUN_UP { from } else { record_start(text, to - RUN_UP).unwrap_or(from) };
    for at in memchr_iter(b'$', &text[from..near]).map(|i| from + i) {
        if at == 0 || text[at - 1] == b'\n' {
            let line = &text[at..memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i)];
            let mut parser = Parser::new(line, SourceId(0), context);
            parser.next_entry();
            context = parser.context();
        }
    }
    let mut parser = Parser::new(&text[..to], SourceId(0), context);
    parser.go_on_at(near, context);
    while parser.next_entry().is_some() {}
    parser.context()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name;

    /// Up to where the parts of a text fit each other.
    fn joined_up_to(text: &str, size: usize) -> usize {
        let origin = name::domain("example.com").unwrap();
        let mut zone = ZoneIndex::new(origin.octets().to_vec(), Door::Text, Coverage::Part);
        let context = Context::new(WireName::from_name(&origin));
        let intake = Intake::new(&mut zone, &origin, Hasher::default());
        let mut joined = Joined { intake, most_faults: 10, position: 0, context };
        let ahead = Ahead::default();
        let cuts = Cuts { text: text.as_bytes(), size, at: 0, context };
        read_ahead(cuts, SourceId(0), &origin, &ahead, &mut joined);
        joined.take_from(&ahead);
        joined.position
    }

    #[test]
    fn parts_fit_where_they_can() {
        let record = |i: usize| format!("host{i} A 192.0.2.1\n TXT \"x;(\" y ; (\"\n");
        let many: String = (0..400).map(record).collect();
        let plain = format!("$TTL 60\n{many}");
        let no_ttl_directive = format!("a 60 A 192.0.2.1\n{many}");
        let origins = format!("$TTL 60\n{many}$ORIGIN sub\n{many}$ORIGIN other.\n{many}");
        let generating = format!("$TTL 60\n{many}$GENERATE 1-2 h$ A 192.0.2.$\n{many}");
        let long = format!("x TXT (\n{}\n)\n", "yyyyyyyyyy\n".repeat(400));
        let open = format!("$TTL 60\n{many}{long}{many}");
        let unclosed = format!("$TTL 60\n{many}x TXT (\n{many}");
        let broken_owner = format!("$TTL 60\n{}", "a..b A 192.0.2.1\n".repeat(400));
        let before = 8 + many.len();
        for size in [256, 1000, 6000] {
            for (text, least, most, why) in [
                (&plain, plain.len(), plain.len(), "plain records"),
                (&no_ttl_directive, size, no_ttl_directive.len(), "the last TTL is carried on, if near"),
                (&origins, origins.len(), origins.len(), "origins that change"),
                (&generating, before - 2 * size, before, "records that are generated"),
                (&open, before + long.len(), before + long.len(), "a record over many parts"),
                (&unclosed, before - 2 * size, before, "a parenthesis that is not closed"),
                (&broken_owner, 0, 0, "no owner to carry on"),
                (&many, 0, 0, "no TTL at all"),
            ] {
                let got = joined_up_to(text, size);
                assert!((least..=most).contains(&got), "{why}, parts of {size}: {got} of {}", text.len());
            }
        }
    }
}
