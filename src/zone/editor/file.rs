//! A master file on its way to another state: its records, where each stands, and the edits that they come to.

use std::ops::Range;

use hickory_proto::rr::{RData, RecordType};
use jiff::civil::Date;

use crate::error::{Error, Result};
use crate::model::name::{self, Name};
use crate::model::snapshot::{self, Key, RecordSet};
use crate::model::source::{Place, Source, Sources, Span};
use crate::model::wire_name::WireName;
use crate::zone::editor::Change;
use crate::zone::parser::{DirectiveKind, Entry};
use crate::zone::record::Record;
use crate::zone::style::{Style, owner_column, replace_data};
use crate::zone::walk::{Includes, Limits, walk};
use crate::zone::{print, rtype, serial, ttl};

/// One record of the file itself.
#[derive(Clone, Debug)]
struct Item {
    key: Key,
    place: Place,
    /// Whether it stands in the file itself, as a line that somebody wrote.
    own: bool,
    lines: Span,
    span: Span,
    owner_span: Option<Span>,
    ttl: u32,
    ttl_span: Option<Span>,
    type_span: Span,
    tokens: Vec<Span>,
    comments: Vec<Span>,
    origin: WireName,
    value: Option<RData>,
    deleted: bool,
}

/// The file as far as an edit has to know it, and what shall be written where.
pub(super) struct File<'a> {
    text: &'a [u8],
    sources: Sources,
    items: Vec<Item>,
    /// The origin and `$TTL` at its end.
    origin: WireName,
    default_ttl: Option<u32>,
    edits: Vec<(Range<usize>, String)>,
    newline: &'static str,
}

impl Item {
    fn new(record: &Record<'_>, own: bool) -> Self {
        Item {
            key: Key::new(&Name::from(record.owner), record.rtype),
            place: record.place(record.span),
            own,
            lines: record.lines,
            span: record.span,
            owner_span: record.owner_span,
            ttl: record.ttl,
            ttl_span: record.ttl_span,
            type_span: record.rtype_span,
            tokens: record.tokens.to_vec(),
            comments: record.comments.to_vec(),
            origin: *record.origin,
            value: record.rdata(),
            deleted: false,
        }
    }
}

impl<'a> File<'a> {
    /// Reads what an edit has to know of `text`, which loads without faults.
    pub(super) fn read(path: &str, text: &'a [u8], apex: &Name, includes: &mut dyn Includes) -> Result<Self> {
        let mut sources = Sources::new();
        let root = sources.add(Source::new(path, text)?);
        let zone = WireName::from_name(apex);
        let mut file = File {
            text,
            sources: Sources::new(),
            items: Vec::new(),
            origin: zone,
            default_ttl: None,
            edits: Vec::new(),
            newline: if memchr::memmem::find(text, b"\r\n").is_some() { "\r\n" } else { "\n" },
        };
        walk(&mut sources, root, apex, Limits::default(), includes, |entry| match entry {
            Entry::Record(r) => file.items.push(Item::new(&r, r.source == root)),
            Entry::Directive(d) if d.source == root => {
                file.origin = *d.origin;
                if d.kind == DirectiveKind::Ttl {
                    let value = d.arguments.first().and_then(|a| ttl::read(a.of(text)));
                    file.default_ttl = value.and_then(std::result::Result::ok);
                }
            }
            _ => {}
        });
        file.sources = sources;
        Ok(file)
    }

    fn not_own(&self, item: &Item, what: &str) -> Error {
        let at = self.sources.locate(item.place);
        let generated = self.sources.get(item.place.source).is_some_and(|s| s.is_made());
        let how = if generated { "is made by $GENERATE" } else { "stands in an included file" };
        Error::refused(format!("{what} {how}, at {}:{}, and is not edited there", at.path, at.start.line))
            .hint("move it into the zone file itself, or change it by hand")
    }

    /// Raises the serial, and gives the one before and after.
    pub(super) fn raise(&mut self, apex: &Name, today: Date) -> Result<(u32, u32)> {
        let key = Key::new(apex, RecordType::SOA);
        let Some(soa) = self.items.iter().find(|i| i.key == key) else {
            return Err(Error::refused(format!("{} has no SOA here: this is not a whole zone", name::show(apex))));
        };
        if !soa.own {
            return Err(self.not_own(soa, "the SOA"));
        }
        let token = soa.tokens.get(2).copied().unwrap_or_default();
        let current = std::str::from_utf8(token.of(self.text)).ok().and_then(|t| t.parse::<u32>().ok());
        let Some(current) = current.filter(|_| soa.tokens.len() == 7) else {
            return Err(Error::refused("the serial of the SOA cannot be read where it is written"));
        };
        let next = serial::next(current, today);
        self.edits.push((token.range(), next.to_string()));
        Ok((current, next))
    }

    /// Notes the edits that bring one set into its new state.
    pub(super) fn apply(&mut self, change: &Change) -> Result<()> {
        let what = format!("{} {}", name::show(&change.key.name), rtype::show(change.key.rtype));
        let at: Vec<usize> =
            (0..self.items.len()).filter(|i| self.items.get(*i).is_some_and(|item| item.key == change.key)).collect();
        if let Some(item) = at.iter().filter_map(|i| self.items.get(*i)).find(|item| !item.own) {
            return Err(self.not_own(item, &what));
        }
        let empty = Vec::new();
        let values = change.set.as_ref().map_or(&empty, |set| &set.values);
        let mut left: Vec<(Vec<u8>, &RData)> = Vec::new();
        for value in values {
            let canon = snapshot::canonical(value);
            if !left.iter().any(|(c, _)| *c == canon) {
                left.push((canon, value));
            }
        }
        // Records that stay first, so that they are not rewritten into one another.
        let mut others = Vec::new();
        let mut last = None;
        for i in at {
            let Some(item) = self.items.get(i) else { continue };
            let canon = item.value.as_ref().map(snapshot::canonical);
            match left.iter().position(|(c, _)| Some(c) == canon.as_ref()) {
                Some(kept) => {
                    left.remove(kept);
                    self.set_ttl(i, change);
                    last = Some(i);
                }
                None => others.push(i),
            }
        }
        let mut fresh = left.into_iter().map(|(_, value)| value);
        for i in others {
            match fresh.next() {
                Some(value) => {
                    self.set_ttl(i, change);
                    self.rewrite(i, value);
                    last = last.max(Some(i));
                }
                None => self.delete(i),
            }
        }
        let fresh: Vec<&RData> = fresh.collect();
        match &change.set {
            Some(set) if !fresh.is_empty() => self.insert(set, &fresh, last),
            _ => {}
        }
        Ok(())
    }

    fn set_ttl(&mut self, i: usize, change: &Change) {
        let (Some(item), Some(set)) = (self.items.get(i), &change.set) else { return };
        if item.ttl == set.ttl {
            return;
        }
        match item.ttl_span {
            Some(span) => self.edits.push((span.range(), set.ttl.to_string())),
            None => {
                // Before the class, if there is one, else before the type.
                let from = item.owner_span.map_or(item.lines.start, |o| o.end) as usize;
                let lead = self.text.get(from..item.type_span.start as usize).unwrap_or_default();
                let skip = lead.iter().take_while(|b| b.is_ascii_whitespace() || **b == b'(').count();
                self.edits.push((from + skip..from + skip, format!("{} ", set.ttl)));
            }
        }
    }

    fn rewrite(&mut self, i: usize, value: &RData) {
        let Some(item) = self.items.get(i) else { return };
        let old = item.value.as_ref().map(print::tokens).unwrap_or_default();
        let region = item.type_span.end as usize..item.span.end as usize;
        let edits = replace_data(self.text, region, &item.tokens, &item.comments, &old, &print::tokens(value));
        self.edits.extend(edits);
    }

    fn delete(&mut self, i: usize) {
        if let Some(item) = self.items.get_mut(i) {
            item.deleted = true;
            self.edits.push((item.lines.range(), String::new()));
        }
    }

    /// New records: behind the set's last one, else behind the last one of the same owner, else at the end.
    fn insert(&mut self, set: &RecordSet, values: &[&RData], last: Option<usize>) {
        let owner = set.key().name;
        let sibling = |alive: bool| {
            let same = |item: &Item| item.own && item.key.name == owner && !(alive && item.deleted);
            self.items.iter().rposition(same)
        };
        let anchor = last.or_else(|| sibling(true)).or_else(|| sibling(false)).and_then(|i| self.items.get(i));
        let own_name = WireName::from_name(&owner);
        let model = anchor.or_else(|| self.items.iter().rfind(|item| item.own && item.key.rtype != RecordType::SOA));
        let style = match model {
            Some(item) => {
                Style::of(self.text, item.lines, item.owner_span, item.ttl_span, item.type_span, &item.tokens)
            }
            None => Style::plain(),
        };
        let (position, origin, default_ttl) = match anchor {
            Some(item) => {
                let inherited = item.ttl_span.is_none().then_some(item.ttl);
                (item.lines.range().end, item.origin, inherited)
            }
            None => (self.text.len(), self.origin, self.default_ttl),
        };
        // An owner may be left out only behind a record of that owner that stays.
        let written = match anchor {
            Some(item) if !item.deleted && item.owner_span.is_none() => String::new(),
            _ => own_name.relative_to(&origin),
        };
        let explicit_ttl = (style.has_ttl || default_ttl != Some(set.ttl)).then_some(set.ttl);
        let mut block = String::new();
        let unfinished = position == self.text.len() && !self.text.is_empty() && !self.text.ends_with(b"\n");
        if unfinished && !self.edits.iter().any(|(range, _)| range.start == position) {
            block.push_str(self.newline);
        }
        if last.is_none() {
            for line in set.reason.iter().flat_map(|r| r.lines()) {
                block.push_str(&format!("; {}{}", line.trim_end(), self.newline));
            }
        }
        for value in values {
            block.push_str(&style.line(
                &written,
                explicit_ttl,
                &rtype::show(set.rtype),
                &print::tokens(value),
                self.newline,
            ));
        }
        self.edits.push((position..position, block));
    }

    /// A line without an owner takes that of the line before it (RFC 1035 §5.1): where that one goes, the next one
    /// that stays says the owner itself.
    pub(super) fn keep_owners(&mut self) {
        let mut in_effect: Option<&Name> = None;
        for item in self.items.iter().filter(|item| item.own && !item.deleted) {
            if item.owner_span.is_none() && in_effect != Some(&item.key.name) {
                let owner = WireName::from_name(&item.key.name).relative_to(&item.origin);
                let line = item.lines.of(self.text);
                let blanks = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                let start = item.lines.range().start;
                let lead = line.get(..blanks).unwrap_or_default();
                self.edits.push((start..start + blanks, owner_column(&owner, lead)));
            }
            in_effect = Some(&item.key.name);
        }
    }

    /// The text with all edits.
    pub(super) fn done(mut self) -> Vec<u8> {
        // Edits at one place keep their order: the sort is stable.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = Vec::with_capacity(self.text.len() + 256);
        let mut at = 0;
        for (range, new) in &self.edits {
            out.extend_from_slice(self.text.get(at..range.start).unwrap_or_default());
            out.extend_from_slice(new.as_bytes());
            at = at.max(range.end);
        }
        out.extend_from_slice(self.text.get(at..).unwrap_or_default());
        out
    }
}
