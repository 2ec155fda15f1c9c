//! One master file, entry by entry (RFC 1035 §5): records, directives, comments and faults, in the order of the file.
//!
//! Nothing is copied and nothing allocated a record; a fault ends one record, not the file. Other files
//! (`$INCLUDE`, `$GENERATE`) are the business of [`walk`](crate::zone::walk).

use hickory_proto::rr::RecordType;

use crate::model::source::{Place, SourceId, Span};
use crate::model::wire_name::WireName;
use crate::zone::data::DataText;
use crate::zone::fault::{Fault, FaultKind};
use crate::zone::lexer::{Lexer, Line};
use crate::zone::record::Record;
use crate::zone::{rtype, ttl};

/// The class IN.
pub const IN: u16 = 1;

/// What a file is read with: set by its reader, changed by its directives and records, never given back to the file
/// that includes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// What relative names are completed with.
    pub origin: WireName,
    /// From `$TTL` (RFC 2308 §4).
    pub default_ttl: Option<u32>,
    /// The last TTL that a record gave (RFC 1035 §5.1).
    pub last_ttl: Option<u32>,
    /// The class of the zone, once a record gave it.
    pub class: Option<u16>,
    /// The owner of the record before, which a file that is included takes over, as BIND has it.
    pub owner: Option<WireName>,
}

impl Context {
    /// At the start of a zone.
    pub fn new(origin: WireName) -> Self {
        Context { origin, default_ttl: None, last_ttl: None, class: None, owner: None }
    }
}

/// One entry of a master file.
#[derive(Clone, Copy, Debug)]
pub enum Entry<'p> {
    /// A record.
    Record(Record<'p>),
    /// A directive. `$ORIGIN` and `$TTL` have taken effect already.
    Directive(Directive<'p>),
    /// A comment on a line of its own, from `;` to before the line end.
    Comment(Place),
    /// Something wrong; the parser goes on behind it.
    Fault(Fault),
}

/// A line that begins with `$`.
#[derive(Clone, Copy, Debug)]
pub struct Directive<'p> {
    /// Which one.
    pub kind: DirectiveKind,
    /// The text of the file.
    pub text: &'p [u8],
    /// Which file.
    pub source: SourceId,
    /// From the `$` to the last argument.
    pub span: Span,
    /// The physical lines that it takes, line ends included.
    pub lines: Span,
    /// The arguments.
    pub arguments: &'p [Span],
    /// The origin behind it.
    pub origin: &'p WireName,
}

/// The directives that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectiveKind {
    /// `$ORIGIN name`.
    Origin,
    /// `$TTL seconds` (RFC 2308 §4).
    Ttl,
    /// `$INCLUDE file [origin]`.
    Include,
    /// `$GENERATE range owner [ttl] [class] type data`, BIND's.
    Generate,
}

/// Reads one master file.
pub struct Parser<'t> {
    lexer: Lexer<'t>,
    source: SourceId,
    context: Context,
    owner: WireName,
    owner_token: Option<Span>,
    owner_state: OwnerState,
    owner_changed: bool,
    told_no_ttl: bool,
    held: Option<Head>,
    /// What else is wrong with it.
    held_fault: Option<(FaultKind, Span)>,
    mark: bool,
}

/// What a line that leaves its owner out may take.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnerState {
    /// There was none yet in this file.
    None,
    /// The last one is a name.
    Known,
    /// The last one is not.
    Broken,
}

/// What of a record stands before its data.
#[derive(Clone, Copy)]
struct Head {
    owner_span: Option<Span>,
    same_owner: bool,
    ttl: u32,
    ttl_span: Option<Span>,
    class: u16,
    rtype: RecordType,
    rtype_span: Span,
    data: usize,
}

/// What a line turned out to be.
enum Found {
    Record(Head),
    Directive(DirectiveKind),
    Comment,
    Fault(FaultKind, Span),
}

impl<'t> Parser<'t> {
    /// A parser of `text`, which is the text of `source`.
    pub fn new(text: &'t [u8], source: SourceId, context: Context) -> Self {
        let mut lexer = Lexer::new(text);
        let mark = text.starts_with(b"\xef\xbb\xbf");
        if mark {
            lexer.skip(3);
        }
        Parser {
            lexer,
            source,
            context,
            owner: context.owner.unwrap_or(context.origin),
            owner_token: None,
            owner_state: if context.owner.is_some() { OwnerState::Known } else { OwnerState::None },
            owner_changed: true,
            told_no_ttl: false,
            held: None,
            held_fault: None,
            mark,
        }
    }

    /// What the next entry would be read with.
    pub fn context(&self) -> Context {
        let owner = (self.owner_state == OwnerState::Known).then_some(self.owner);
        Context { owner, ..self.context }
    }

    /// Goes on at an octet of the text, which must be the start of a line that continues none, with what the lines before it
    /// left. At the start of the text nothing is before it.
    pub fn go_on_at(&mut self, position: usize, context: Context) {
        if position > 0 {
            *self = Parser::new(self.lexer.text, self.source, context);
            self.mark = false;
            self.lexer.start_at(position);
        }
    }

    /// Whether the reading depends on nothing of what was read but [`Parser::position`] and [`Parser::context`]: all that
    /// [`Parser::go_on_at`] takes.
    pub fn can_be_left(&self) -> bool {
        let ttl = self.context.default_ttl.or(self.context.last_ttl);
        self.held.is_none()
            && self.owner_state == OwnerState::Known
            && ttl.is_some()
            && self.context.class.is_some()
            && !self.has_unclosed()
    }

    /// Whether a parenthesis was not closed.
    pub fn has_unclosed(&self) -> bool {
        self.lexer.has_unclosed()
    }

    /// Whether every entry that begins before the octet `to` has been handed out.
    pub fn is_past(&self, to: usize) -> bool {
        self.lexer.position() >= to && self.held.is_none() && !self.mark
    }

    /// Up to where the text has been read: the start of a line, between two entries.
    pub fn position(&self) -> usize {
        self.lexer.position()
    }

    /// The next entry; none at the end.
    pub fn next_entry(&mut self) -> Option<Entry<'_>> {
        if self.mark {
            self.mark = false;
            return Some(self.fault(FaultKind::ByteOrderMark, Span::new(0, 3)));
        }
        if let Some((kind, span)) = self.held_fault.take() {
            return Some(self.fault(kind, span));
        }
        if let Some(head) = self.held.take() {
            return Some(Entry::Record(self.record(head)));
        }
        let found = match self.lexer.next_line() {
            Line::End => return None,
            Line::Fault(kind, span) | Line::GiveUp(kind, span) => Found::Fault(kind, span),
            Line::Content => self.interpret(),
        };
        Some(match found {
            Found::Record(head) => Entry::Record(self.record(head)),
            Found::Fault(kind, span) => self.fault(kind, span),
            Found::Comment => {
                let span = self.lexer.comments.first().copied().unwrap_or_default();
                Entry::Comment(Place { source: self.source, span })
            }
            Found::Directive(kind) => Entry::Directive(Directive {
                kind,
                text: self.lexer.text,
                source: self.source,
                span: self.lexer.extent,
                lines: self.lexer.lines,
                arguments: self.lexer.tokens.get(1..).unwrap_or_default(),
                origin: &self.context.origin,
            }),
        })
    }

    fn fault(&self, kind: FaultKind, span: Span) -> Entry<'static> {
        Entry::Fault(Fault { kind, place: Place { source: self.source, span } })
    }

    fn record(&self, head: Head) -> Record<'_> {
        Record {
            text: self.lexer.text,
            source: self.source,
            span: self.lexer.extent,
            lines: self.lexer.lines,
            owner: &self.owner,
            owner_span: head.owner_span,
            same_owner: head.same_owner,
            origin: &self.context.origin,
            ttl: head.ttl,
            ttl_span: head.ttl_span,
            class: head.class,
            rtype: head.rtype,
            rtype_span: head.rtype_span,
            tokens: self.lexer.tokens.get(head.data..).unwrap_or_default(),
            comments: &self.lexer.comments,
        }
    }

    fn interpret(&mut self) -> Found {
        let text = self.lexer.text;
        let Some(first) = self.lexer.tokens.first().copied() else {
            // Parentheses with nothing in them are no record and no fault.
            return Found::Comment;
        };
        if !self.lexer.blank_start && text.get(first.start as usize) == Some(&b'$') {
            return self.directive(first.of(text));
        }
        match self.head(first) {
            Ok(found) => found,
            Err((kind, span)) => Found::Fault(kind, span),
        }
    }

    fn head(&mut self, first: Span) -> Result<Found, (FaultKind, Span)> {
        let text = self.lexer.text;
        let mut at = 0;
        let mut owner_span = None;
        if !self.lexer.blank_start {
            at = 1;
            owner_span = Some(first);
            let known = self.owner_token.is_some_and(|last| last.of(text) == first.of(text));
            if !known {
                // Should it be none, the lines without an owner that follow have none either.
                self.owner_state = OwnerState::Broken;
                self.owner_token = None;
                self.owner.read(first.of(text), &self.context.origin).map_err(|e| (FaultKind::BadName(e), first))?;
                self.owner_token = Some(first);
                self.owner_changed = true;
            }
            self.owner_state = OwnerState::Known;
        }
        let (mut class, mut ttl_found) = (None, None);
        let end = Span { start: self.lexer.extent.end, end: self.lexer.extent.end };
        let (rtype, rtype_span) = loop {
            let Some(token) = self.lexer.tokens.get(at).copied() else {
                return Err((FaultKind::NoType, self.lexer.extent));
            };
            at += 1;
            let word = token.of(text);
            if ttl_found.is_none()
                && let Some(ttl) = ttl::read(word)
            {
                ttl_found = Some((ttl.map_err(|()| (FaultKind::BadTtl, token))?, token));
            } else if class.is_none()
                && let Some(c) = read_class(word)
            {
                class = Some((c, token));
            } else {
                match rtype::read(word) {
                    Some(rtype) => break (rtype, token),
                    None => return Err((FaultKind::UnknownType, token)),
                }
            }
        };
        if self.owner_state == OwnerState::Broken {
            return Err((FaultKind::NoOwner, self.lexer.extent));
        }
        if let (Some((class, span)), Some(zone)) = (class, self.context.class)
            && class != zone
        {
            return Err((FaultKind::OtherClass, span));
        }
        let data = DataText {
            text,
            tokens: self.lexer.tokens.get(at..).unwrap_or_default(),
            rtype: u16::from(rtype),
            origin: &self.context.origin,
            end,
        };
        // A name server refuses the string; what it says is known all the same.
        let too_long = match data.check() {
            Err((kind @ FaultKind::StringTooLong(_), span)) if data.is_text() => Some((kind, span)),
            other => other.map(|()| None)?,
        };
        // RFC 2308 §4: `$TTL`; without it the last TTL that was given (RFC 1035 §5.1), or the SOA's minimum.
        let ttl = match ttl_found {
            Some((ttl, _)) => Some(ttl),
            None => self.context.default_ttl.or(self.context.last_ttl).or_else(|| {
                let minimum = data.tokens.last().filter(|_| rtype == RecordType::SOA)?;
                ttl::read(minimum.of(text))?.ok()
            }),
        };
        let class = class.map(|(class, _)| class).or(self.context.class).unwrap_or(IN);
        self.context.class = Some(class);
        if ttl.is_some() {
            self.context.last_ttl = ttl;
        }
        let head = Head {
            owner_span,
            same_owner: !std::mem::take(&mut self.owner_changed),
            ttl: ttl.unwrap_or_default(),
            ttl_span: ttl_found.map(|(_, span)| span),
            class,
            rtype,
            rtype_span,
            data: at,
        };
        // The record is good but for these, and one word about each is enough.
        if self.owner_state == OwnerState::None {
            self.owner_state = OwnerState::Known;
            self.held = Some(head);
            self.held_fault = too_long;
            return Err((FaultKind::NoOwner, self.lexer.extent));
        }
        if ttl.is_none() && !self.told_no_ttl {
            self.told_no_ttl = true;
            self.held = Some(head);
            self.held_fault = too_long;
            return Err((FaultKind::NoTtl, rtype_span));
        }
        if let Some(fault) = too_long {
            self.held = Some(head);
            return Err(fault);
        }
        Ok(Found::Record(head))
    }

    fn directive(&mut self, word: &[u8]) -> Found {
        let text = self.lexer.text;
        let arguments = self.lexer.tokens.get(1..).unwrap_or_default();
        let (kind, most) = match word.to_ascii_uppercase().as_slice() {
            b"$ORIGIN" => (DirectiveKind::Origin, 1),
            b"$TTL" => (DirectiveKind::Ttl, 1),
            b"$INCLUDE" => (DirectiveKind::Include, 2),
            b"$GENERATE" => (DirectiveKind::Generate, usize::MAX),
            _ => return Found::Fault(FaultKind::UnknownDirective, self.lexer.extent),
        };
        let Some(first) = arguments.first().copied() else {
            return Found::Fault(FaultKind::MissingArgument, self.lexer.extent);
        };
        if let Some(extra) = arguments.get(most) {
            return Found::Fault(FaultKind::ExtraData, *extra);
        }
        match kind {
            DirectiveKind::Origin => {
                let mut origin = WireName::root();
                if let Err(e) = origin.read(first.of(text), &self.context.origin) {
                    return Found::Fault(FaultKind::BadName(e), first);
                }
                self.context.origin = origin;
                // The same token now means another name.
                self.owner_token = None;
            }
            DirectiveKind::Ttl => match ttl::read(first.of(text)) {
                Some(Ok(seconds)) => self.context.default_ttl = Some(seconds),
                _ => return Found::Fault(FaultKind::BadTtl, first),
            },
            // Records of other owners may come between.
            DirectiveKind::Include | DirectiveKind::Generate => self.owner_changed = true,
        }
        Found::Directive(kind)
    }
}

/// `IN`, `CH`, `HS`, `CS`, or `CLASS` and a number (RFC 3597 §5).
fn read_class(word: &[u8]) -> Option<u16> {
    match word {
        [a, b] => match [a.to_ascii_uppercase(), b.to_ascii_uppercase()] {
            [b'I', b'N'] => Some(IN),
            [b'C', b'S'] => Some(2),
            [b'C', b'H'] => Some(3),
            [b'H', b'S'] => Some(4),
            _ => None,
        },
        _ if word.get(..5).is_some_and(|p| p.eq_ignore_ascii_case(b"CLASS")) => rtype::number(word.get(5..)?),
        _ => None,
    }
}
