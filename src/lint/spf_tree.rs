//! An SPF record with all that it includes, as far as the zones at hand reach: what it costs and where it ends.

use hickory_proto::rr::RecordType;

use crate::lint::facts::{Answer, Facts, Known};
use crate::lint::records::TextKind;
use crate::lint::role::Role;
use crate::lint::run::{decode, kind_of};
use crate::lint::wire;
use crate::model::source::Span;
use crate::model::spf::{MacroString, Mechanism, Modifier, SpfRecord, Term, TermKind};

/// The terms that may query, those of includes counted (RFC 7208 §4.6.4).
pub const MAX_LOOKUPS: u32 = 10;
/// Queries without an answer (RFC 7208 §4.6.4).
pub const MAX_VOIDS: u32 = 2;
/// Names of one `mx` or `ptr` (RFC 7208 §4.6.4).
pub const MAX_NAMES: usize = 10;

/// Terms are followed up to so many: far beyond any limit, and the end of what hostile records can cost.
const MAX_STEPS: usize = 200;

/// A record with its includes.
#[derive(Clone, Debug, Default)]
pub struct SpfTree {
    /// Every term that queries, in the order of evaluation, those of an include behind it.
    pub steps: Vec<Step>,
    /// How many terms query. A lower bound when something is unknown.
    pub lookups: u32,
    /// Empty answers for an IPv4 client, and for an IPv6 client.
    pub voids: (u32, u32),
    /// Names that are not in the zones at hand.
    pub unknown: Vec<Vec<u8>>,
}

/// One term that queries.
#[derive(Clone, Debug)]
pub struct Step {
    /// How deep it lies: 0 for the record itself.
    pub depth: usize,
    /// The term of the record itself that leads to it.
    pub root: Span,
    /// The term.
    pub text: String,
    /// Terms that query from here on down, itself counted.
    pub cost: u32,
    /// Its place in the count: 1 for the first.
    pub ordinal: u32,
    /// What is at its end.
    pub end: End,
}

/// What is at the end of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// An answer, or a name whose answer depends on the message.
    Fine,
    /// Not in the zones at hand.
    Unknown,
    /// An include or redirect without an SPF record behind it: so many.
    Records(usize),
    /// An include or redirect that leads back to where it came from.
    Loop,
    /// An include or redirect whose record has errors.
    Broken,
    /// `a` without an address.
    NoAddress,
    /// `mx` without an MX record.
    NoExchange,
    /// `mx` with so many exchanges, none of which has an address (in the zones at hand).
    NoExchangeAddress,
    /// `mx` with more exchanges than are allowed.
    TooManyExchanges(usize),
}

struct Walk<'f> {
    facts: &'f Facts,
    tree: SpfTree,
    void_questions: Vec<(Vec<u8>, RecordType)>,
    path: Vec<Vec<u8>>,
}

impl SpfTree {
    /// Follows `record`, published at `domain`.
    pub fn of(record: &SpfRecord, domain: &[u8], facts: &Facts) -> Self {
        let mut walk =
            Walk { facts, tree: SpfTree::default(), void_questions: Vec::new(), path: vec![domain.to_vec()] };
        walk.record(record, domain, 0, None);
        walk.tree
    }

    /// The tree for people: a line a term, its cost before it.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        for step in &self.steps {
            let end = match &step.end {
                End::Fine => "",
                End::Unknown => "  (not in these zones)",
                End::Records(0) => "  (no SPF record there)",
                End::Records(_) => "  (several SPF records there)",
                End::Loop => "  (leads back)",
                End::Broken => "  (its record has errors)",
                End::NoAddress | End::NoExchangeAddress => "  (no address)",
                End::NoExchange => "  (no MX)",
                End::TooManyExchanges(_) => "  (too many exchanges)",
            };
            let line = format!("{:>4}  {}{}{end}\n", step.cost, "  ".repeat(step.depth), step.text);
            out.push_str(&line);
        }
        out
    }
}

impl<'f> Walk<'f> {
    fn record(&mut self, record: &SpfRecord, domain: &[u8], depth: usize, root: Option<Span>) {
        for term in &record.terms {
            let TermKind::Directive(directive) = &term.kind else { continue };
            if directive.mechanism == Mechanism::All {
                return;
            }
            if directive.mechanism.costs_lookup() {
                self.term(record, term, domain, depth, root);
            }
        }
        // The redirect is used when nothing matched (RFC 7208 §6.1).
        if let Some((term, _)) = record.redirect() {
            self.term(record, term, domain, depth, root);
        }
    }

    fn term(&mut self, record: &SpfRecord, term: &Term, domain: &[u8], depth: usize, root: Option<Span>) {
        if self.tree.steps.len() >= MAX_STEPS {
            return;
        }
        self.tree.lookups += 1;
        let before = self.tree.lookups;
        let index = self.tree.steps.len();
        let root = root.unwrap_or(term.span);
        let text = record.text(term.span).into_owned();
        self.tree.steps.push(Step { depth, root, text, cost: 1, ordinal: before, end: End::Fine });
        let end = match &term.kind {
            TermKind::Directive(d) => match &d.mechanism {
                Mechanism::Include(target) => self.follow(target, depth, root),
                Mechanism::A { domain: target, .. } => self.addresses(target.as_ref(), domain),
                Mechanism::Mx { domain: target, .. } => self.exchanges(target.as_ref(), domain),
                Mechanism::Exists(target) => self.exists(target),
                Mechanism::Ptr { .. } | Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => End::Fine,
            },
            TermKind::Modifier(Modifier::Redirect(target)) => self.follow(target, depth, root),
            TermKind::Modifier(_) => End::Fine,
        };
        let cost = self.tree.lookups - before + 1;
        if let Some(step) = self.tree.steps.get_mut(index) {
            step.cost = cost;
            step.end = end;
        }
    }

    fn follow(&mut self, target: &MacroString, depth: usize, root: Span) -> End {
        let Some(name) = target.literal().and_then(wire::from_text) else { return End::Fine };
        if self.path.contains(&name) {
            return End::Loop;
        }
        let facts = self.facts;
        let answer = facts.lookup(&name, RecordType::TXT);
        let known = match &answer {
            Answer::Found(known) => known.as_slice(),
            Answer::Nothing => {
                self.void(&name, RecordType::TXT, true, true);
                return End::Records(0);
            }
            Answer::Unknown(at) => {
                self.tree.unknown.push(at.clone());
                return End::Unknown;
            }
        };
        let texts = spf_texts(known);
        let [text] = texts.as_slice() else { return End::Records(texts.len()) };
        let reading = SpfRecord::read(text);
        let broken = !reading.faults().is_empty();
        if let Some(record) = reading.record() {
            self.path.push(name.clone());
            self.record(record, &name, depth + 1, Some(root));
            self.path.pop();
        }
        if broken { End::Broken } else { End::Fine }
    }

    fn name_of(&self, target: Option<&MacroString>, domain: &[u8]) -> Option<Vec<u8>> {
        match target {
            // At a wildcard, and where no name was given, the domain is not known.
            None => (domain.len() > 1 && !domain.starts_with(b"\x01*")).then(|| domain.to_vec()),
            Some(target) => target.literal().and_then(wire::from_text),
        }
    }

    fn addresses(&mut self, target: Option<&MacroString>, domain: &[u8]) -> End {
        let Some(name) = self.name_of(target, domain) else { return End::Fine };
        let a = self.facts.lookup(&name, RecordType::A);
        let aaaa = self.facts.lookup(&name, RecordType::AAAA);
        self.void(&name, RecordType::A, a.is_nothing(), false);
        self.void(&name, RecordType::AAAA, false, aaaa.is_nothing());
        match (a, aaaa) {
            (Answer::Nothing, Answer::Nothing) => End::NoAddress,
            (Answer::Found(_), _) | (_, Answer::Found(_)) => End::Fine,
            (Answer::Unknown(at), _) | (_, Answer::Unknown(at)) => {
                self.tree.unknown.push(at);
                End::Unknown
            }
        }
    }

    fn exchanges(&mut self, target: Option<&MacroString>, domain: &[u8]) -> End {
        let Some(name) = self.name_of(target, domain) else { return End::Fine };
        match self.facts.lookup(&name, RecordType::MX) {
            Answer::Nothing => {
                self.void(&name, RecordType::MX, true, true);
                End::NoExchange
            }
            Answer::Unknown(at) => {
                self.tree.unknown.push(at);
                End::Unknown
            }
            Answer::Found(known) if known.len() > MAX_NAMES => End::TooManyExchanges(known.len()),
            Answer::Found(known) => {
                let targets = known.iter().filter_map(|k| Some(k.zone.name(k.entry.target?)));
                let none = |name: &[u8]| {
                    self.facts.lookup(name, RecordType::A).is_nothing()
                        && self.facts.lookup(name, RecordType::AAAA).is_nothing()
                };
                if targets.into_iter().all(none) { End::NoExchangeAddress } else { End::Fine }
            }
        }
    }

    fn exists(&mut self, target: &MacroString) -> End {
        let Some(name) = target.literal().and_then(wire::from_text) else { return End::Fine };
        match self.facts.lookup(&name, RecordType::A) {
            Answer::Nothing => {
                self.void(&name, RecordType::A, true, true);
                End::NoAddress
            }
            Answer::Unknown(at) => {
                self.tree.unknown.push(at);
                End::Unknown
            }
            Answer::Found(_) => End::Fine,
        }
    }

    /// Counts an empty answer for clients of the one family or the other; the same question counts once.
    fn void(&mut self, name: &[u8], rtype: RecordType, ipv4: bool, ipv6: bool) {
        let question = (name.to_vec(), rtype);
        if (ipv4 || ipv6) && !self.void_questions.contains(&question) {
            self.void_questions.push(question);
            self.tree.voids.0 += u32::from(ipv4);
            self.tree.voids.1 += u32::from(ipv6);
        }
    }
}

/// The SPF records among TXT records.
pub fn spf_texts(known: &[Known<'_>]) -> Vec<Vec<u8>> {
    known
        .iter()
        .filter_map(|k| decode(k.zone, k.entry))
        .filter(|d| kind_of(&d.octets, Role::Plain) == TextKind::Spf)
        .map(|d| d.octets)
        .collect()
}
