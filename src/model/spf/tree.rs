//! A record with all that it includes, and what evaluating it costs at worst (RFC 7208 §4.6.4): no address, no queries
//! of its own. Who has facts - a zone, a plan, live DNS - gives them.

use std::fmt;

use hickory_proto::rr::{RData, RecordType};
use serde::Serialize;

use crate::model::name::Name;
use crate::model::reading::Reading;
use crate::model::spf::{MacroLetter, MacroString, Mechanism, Modifier, SpfRecord, TermKind, target_name};
use crate::model::txt;

/// Records that a tree goes through at most: includes that include each other many times over.
const MAX_RECORDS: usize = 120;
/// And so many terms.
const MAX_TERMS: usize = 20_000;
/// Column at which the cost stands.
const COLUMN: usize = 52;

/// What is known about a name and type.
#[derive(Clone, Debug)]
pub enum Known {
    /// Nothing: nobody asked.
    Unasked,
    /// The question stays open; why.
    Failed(String),
    /// The data; empty where the name or the type does not exist.
    Records(Vec<RData>),
}

/// What stands at a domain of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// One record that can be evaluated.
    Good,
    /// One record with syntax errors, in words.
    Broken(Vec<String>),
    /// No SPF record: where something includes it or redirects to it, permerror (§5.2, §6.1).
    Missing,
    /// So many SPF records: permerror (§4.5).
    Several(usize),
    /// The domain is on the way to itself: evaluation ends at the limit.
    Loop,
    /// DNS did not answer; why.
    Failed(String),
    /// Nothing is known about it, or the tree is too large to look.
    Unknown,
}

/// A domain, its record, and its terms with what they cost.
#[derive(Clone, Debug, Serialize)]
pub struct SpfTree {
    /// The domain.
    pub domain: String,
    /// What stands there.
    pub state: RecordState,
    /// The record as published, if there is one.
    pub record: Option<String>,
    /// The terms that are reached at worst: those before `all`, and `redirect` where there is no `all`.
    pub terms: Vec<TermCost>,
}

/// A term and its cost.
#[derive(Clone, Debug, Serialize)]
pub struct TermCost {
    /// The term as written.
    pub text: String,
    /// Where it stands, in octets of the record.
    pub span: std::ops::Range<usize>,
    /// 1 if it counts against the ten, without what is below it.
    pub lookups: u32,
    /// The name it asks for; none where that depends on the message.
    pub target: Option<String>,
    /// Finds nothing for an IPv4 client; none where that is not known.
    pub void_v4: Option<bool>,
    /// Finds nothing for an IPv6 client; none where that is not known.
    pub void_v6: Option<bool>,
    /// The hosts of an `mx`.
    pub hosts: Vec<String>,
    /// The record that `include` or `redirect` leads to; none where its name depends on the message.
    pub nested: Option<Box<SpfTree>>,
}

impl SpfTree {
    /// The tree of `domain`, with what `known` knows.
    pub fn build(domain: &str, mut known: impl FnMut(&Name, RecordType) -> Known) -> Self {
        Builder { known: &mut known, path: Vec::new(), records: 0, terms: 0 }.tree(domain)
    }

    /// The tree of `domain` as if it published `record`.
    pub fn of(domain: &str, record: &SpfRecord, mut known: impl FnMut(&Name, RecordType) -> Known) -> Self {
        let path = vec![domain.to_ascii_lowercase()];
        let mut builder = Builder { known: &mut known, path, records: 1, terms: 0 };
        let terms = builder.terms(domain, record);
        let state = builder.state();
        SpfTree { domain: domain.into(), state, record: Some(record.to_string()), terms }
    }

    /// Terms that query, all the way down (§4.6.4: ten are allowed). What lies behind a name that depends on the
    /// message is not counted, and a loop once.
    pub fn lookups(&self) -> u32 {
        self.terms.iter().map(TermCost::total_lookups).sum()
    }

    /// Terms that find nothing for an IPv4 client, all the way down (§4.6.4: two are allowed).
    pub fn voids_v4(&self) -> u32 {
        self.terms().filter(|t| t.void_v4 == Some(true)).count() as u32
    }

    /// The same for an IPv6 client.
    pub fn voids_v6(&self) -> u32 {
        self.terms().filter(|t| t.void_v6 == Some(true)).count() as u32
    }

    /// Every domain of the tree, this one first.
    pub fn records(&self) -> Vec<&SpfTree> {
        let mut out = vec![self];
        let mut next = 0;
        while let Some(tree) = out.get(next).copied() {
            out.extend(tree.terms.iter().filter_map(|t| t.nested.as_deref()));
            next += 1;
        }
        out
    }

    /// Every term of the tree.
    pub fn terms(&self) -> impl Iterator<Item = &TermCost> {
        self.records().into_iter().flat_map(|r| &r.terms)
    }

    /// Whether some domain leads back to itself.
    pub fn has_loop(&self) -> bool {
        self.records().iter().any(|r| r.state == RecordState::Loop)
    }

    /// Whether all counts are complete: nothing unknown, nothing that depends on the message.
    pub fn is_complete(&self) -> bool {
        let known = |s: &RecordState| !matches!(s, RecordState::Unknown | RecordState::Failed(_));
        self.records().iter().all(|r| known(&r.state)) && self.terms().all(|t| t.lookups == 0 || t.target.is_some())
    }
}

impl TermCost {
    /// What it costs with everything below it.
    pub fn total_lookups(&self) -> u32 {
        self.lookups + self.nested.as_ref().map_or(0, |n| n.lookups())
    }
}

struct Builder<'k> {
    known: &'k mut dyn FnMut(&Name, RecordType) -> Known,
    /// The domains from the root to here, in lower case.
    path: Vec<String>,
    records: usize,
    terms: usize,
}

impl Builder<'_> {
    fn tree(&mut self, domain: &str) -> SpfTree {
        let mut tree = SpfTree { domain: domain.into(), state: RecordState::Missing, record: None, terms: Vec::new() };
        let lower = domain.to_ascii_lowercase();
        self.records += 1;
        // One label, or no name at all: no record (§4.3).
        let Some(name) = target_name(domain).filter(|n| n.depth() > 1) else { return tree };
        if self.path.contains(&lower) {
            tree.state = RecordState::Loop;
            return tree;
        }
        if self.records > MAX_RECORDS {
            tree.state = RecordState::Unknown;
            return tree;
        }
        let data = match (self.known)(&name, RecordType::TXT) {
            Known::Unasked => {
                tree.state = RecordState::Unknown;
                return tree;
            }
            Known::Failed(why) => {
                tree.state = RecordState::Failed(why);
                return tree;
            }
            Known::Records(data) => data,
        };
        let texts = data.iter().filter_map(|d| match d {
            RData::TXT(text) => Some(txt::joined(text)),
            _ => None,
        });
        let mut found: Vec<_> = texts.map(|t| SpfRecord::read(&t)).filter(Reading::is_ours).collect();
        if found.len() > 1 {
            tree.state = RecordState::Several(found.len());
            return tree;
        }
        let Some(reading) = found.pop() else { return tree };
        tree.record = reading.record().map(SpfRecord::to_string);
        match reading {
            Reading::NotOurs => {}
            Reading::Broken { faults, .. } => {
                tree.state = RecordState::Broken(faults.iter().map(|f| f.kind.to_string()).collect());
            }
            Reading::Ours(record) => {
                self.path.push(lower);
                tree.terms = self.terms(domain, &record);
                self.path.pop();
                tree.state = self.state();
            }
        }
        tree
    }

    /// Good, unless terms had to be left out.
    fn state(&self) -> RecordState {
        if self.terms > MAX_TERMS { RecordState::Unknown } else { RecordState::Good }
    }

    /// The terms that are reached when nothing matches.
    fn terms(&mut self, domain: &str, record: &SpfRecord) -> Vec<TermCost> {
        let mut out = Vec::new();
        for (term, directive) in record.directives() {
            self.terms += 1;
            if self.terms > MAX_TERMS {
                return out;
            }
            let mut cost = TermCost::new(record, term);
            if directive.mechanism == Mechanism::All {
                out.push(cost);
                return out;
            }
            self.mechanism(domain, &directive.mechanism, &mut cost);
            out.push(cost);
        }
        for term in &record.terms {
            if let TermKind::Modifier(Modifier::Redirect(spec)) = &term.kind {
                let mut cost = TermCost::new(record, term);
                self.follow(domain, spec, &mut cost);
                out.push(cost);
            }
        }
        out
    }

    fn mechanism(&mut self, domain: &str, mechanism: &Mechanism, cost: &mut TermCost) {
        match mechanism {
            Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => {}
            Mechanism::Include(spec) => self.follow(domain, spec, cost),
            Mechanism::A { domain: spec, .. } => {
                cost.aim(domain, spec.as_ref());
                cost.void_v4 = self.records(cost, RecordType::A).map(|d| d.is_empty());
                cost.void_v6 = self.records(cost, RecordType::AAAA).map(|d| d.is_empty());
            }
            Mechanism::Mx { domain: spec, .. } => {
                cost.aim(domain, spec.as_ref());
                let data = self.records(cost, RecordType::MX);
                cost.void_v4 = data.as_ref().map(Vec::is_empty);
                cost.void_v6 = cost.void_v4;
                let host = |d: &RData| match d {
                    RData::MX(mx) => Some(Name::from(&mx.exchange).to_string()),
                    _ => None,
                };
                cost.hosts = data.iter().flatten().filter_map(host).collect();
            }
            Mechanism::Exists(spec) => {
                cost.aim(domain, Some(spec));
                // §5.7: type A for clients of both families.
                cost.void_v4 = self.records(cost, RecordType::A).map(|d| d.is_empty());
                cost.void_v6 = cost.void_v4;
            }
            // What it finds is up to the client.
            Mechanism::Ptr { domain: spec } => cost.aim(domain, spec.as_ref()),
        }
    }

    fn follow(&mut self, domain: &str, spec: &MacroString, cost: &mut TermCost) {
        cost.aim(domain, Some(spec));
        (cost.void_v4, cost.void_v6) = (Some(false), Some(false));
        cost.nested = cost.target.clone().map(|target| Box::new(self.tree(&target)));
    }

    /// The data at a term's target; nothing where it is not known. No name is asked for where DNS has no such name.
    fn records(&mut self, cost: &TermCost, rtype: RecordType) -> Option<Vec<RData>> {
        match (self.known)(&target_name(cost.target.as_deref()?)?, rtype) {
            Known::Records(data) => Some(data),
            Known::Unasked | Known::Failed(_) => None,
        }
    }
}

impl TermCost {
    fn new(record: &SpfRecord, term: &crate::model::spf::Term) -> Self {
        let lookups = match &term.kind {
            TermKind::Directive(d) => u32::from(d.mechanism.costs_lookup()),
            TermKind::Modifier(m) => u32::from(matches!(m, Modifier::Redirect(_))),
        };
        TermCost {
            text: record.text(term.span).into_owned(),
            span: term.span.range(),
            lookups,
            target: None,
            void_v4: if lookups == 0 { Some(false) } else { None },
            void_v6: if lookups == 0 { Some(false) } else { None },
            hosts: Vec::new(),
            nested: None,
        }
    }

    /// Sets the name it asks for; of the macros `d` alone does not depend on the message.
    fn aim(&mut self, domain: &str, spec: Option<&MacroString>) {
        self.target = match spec {
            None => Some(domain.to_string()),
            Some(spec) => spec.name(|letter| (letter == MacroLetter::Domain).then(|| domain.to_string())),
        };
    }
}

impl fmt::Display for SpfTree {
    /// A line for each domain and term, with what it costs; the terms that cost nothing are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<COLUMN$} {} of 10 lookups", self.domain, self.lookups())?;
        self.write_terms(f, 1)
    }
}

impl SpfTree {
    fn write_terms(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        for term in self.terms.iter().filter(|t| t.lookups > 0) {
            let head = format!("{}{}", "  ".repeat(depth), term.text);
            write!(f, "\n{head:<COLUMN$} {}", term.total_lookups())?;
            match (term.void_v4, term.void_v6) {
                (Some(true), Some(true)) => f.write_str("  void")?,
                (Some(true), _) => f.write_str("  void for IPv4")?,
                (_, Some(true)) => f.write_str("  void for IPv6")?,
                _ => {}
            }
            if term.target.is_none() {
                f.write_str("  depends on the message")?;
            }
            if let Some(nested) = &term.nested {
                match &nested.state {
                    RecordState::Good => {}
                    RecordState::Broken(_) => f.write_str("  its record is broken")?,
                    RecordState::Missing => f.write_str("  no SPF record there")?,
                    RecordState::Several(n) => write!(f, "  {n} SPF records there")?,
                    RecordState::Loop => f.write_str("  leads back to itself")?,
                    RecordState::Failed(why) => write!(f, "  unknown: {why}")?,
                    RecordState::Unknown => f.write_str("  unknown")?,
                }
                nested.write_terms(f, depth + 1)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::rdata::{A, MX};

    use super::*;

    /// `records` are (name, type, data).
    fn build(records: &[(&str, &str, &str)]) -> SpfTree {
        SpfTree::build("a.example", |name, rtype| {
            let name = crate::model::name::show(name);
            let here = records.iter().filter(|(n, t, _)| *n == name && *t == rtype.to_string());
            if name == "unasked.example" {
                return Known::Unasked;
            }
            Known::Records(
                here.map(|(_, t, data)| match *t {
                    "TXT" => RData::TXT(txt::split(data.as_bytes())),
                    "MX" => RData::MX(MX::new(10, target_name(data).unwrap().into())),
                    _ => RData::A(A::new(192, 0, 2, 1)),
                })
                .collect(),
            )
        })
    }

    #[test]
    fn what_trees_cost() {
        type Row = (&'static [(&'static str, &'static str, &'static str)], u32, u32, u32, &'static str);
        let rows: &[Row] = &[
            (&[("a.example", "TXT", "v=spf1 a mx -all")], 2, 2, 2, "neither A nor MX: one void a term"),
            (
                &[("a.example", "TXT", "v=spf1 a -all"), ("a.example", "A", "")],
                1,
                0,
                1,
                "no AAAA is void for IPv6 clients alone",
            ),
            (
                &[
                    ("a.example", "TXT", "v=spf1 mx -all"),
                    ("a.example", "MX", "m1.example"),
                    ("a.example", "MX", "m2.example"),
                    ("a.example", "MX", "m3.example"),
                ],
                1,
                0,
                0,
                "the hosts of an mx do not count",
            ),
            (&[("a.example", "TXT", "v=spf1 ip4:192.0.2.1 ip6:::1 exp=x.example x=y -all")], 0, 0, 0, "free terms"),
            (&[("a.example", "TXT", "v=spf1 -all a mx include:b.example")], 0, 0, 0, "never reached"),
            (&[("a.example", "TXT", "v=spf1 redirect=b.example -all")], 0, 0, 0, "redirect beside all is ignored"),
            (
                &[
                    ("a.example", "TXT", "v=spf1 include:b.example include:b.example redirect=c.example"),
                    ("b.example", "TXT", "v=spf1 ptr include:c.%{d} ~all"),
                    ("c.b.example", "TXT", "v=spf1 exists:%{i}.x.example -all"),
                    ("c.example", "TXT", "v=spf1 -all"),
                ],
                9,
                0,
                0,
                "repeats count again; %{d} is known",
            ),
            (&[("a.example", "TXT", "v=spf1 include:a.example -all")], 1, 0, 0, "a loop ends"),
        ];
        for (records, lookups, v4, v6, why) in rows {
            let tree = build(records);
            assert_eq!((tree.lookups(), tree.voids_v4(), tree.voids_v6()), (*lookups, *v4, *v6), "{why}\n{tree}");
        }
    }

    #[test]
    fn states() {
        let nested = |records: &[(&str, &str, &str)]| {
            let tree = build(records);
            (tree.terms[0].nested.as_ref().map(|n| n.state.clone()), tree.is_complete())
        };
        let to_b = ("a.example", "TXT", "v=spf1 include:b.example -all");
        assert_eq!(nested(&[to_b]), (Some(RecordState::Missing), true));
        assert_eq!(
            nested(&[to_b, ("b.example", "TXT", "v=spf1"), ("b.example", "TXT", "V=SPF1 -all")]),
            (Some(RecordState::Several(2)), true)
        );
        assert!(matches!(nested(&[to_b, ("b.example", "TXT", "v=spf1 moo")]).0, Some(RecordState::Broken(_))));
        assert_eq!(
            nested(&[("a.example", "TXT", "v=spf1 include:unasked.example")]),
            (Some(RecordState::Unknown), false)
        );
        assert_eq!(nested(&[("a.example", "TXT", "v=spf1 include:%{l}.example")]), (None, false));
        assert!(build(&[to_b, ("b.example", "TXT", "v=spf1 include:A.example")]).has_loop());
    }

    #[test]
    fn hostile_trees_end() {
        let tree = SpfTree::build("0.example", |name, _| {
            let depth: usize = crate::model::name::show(name).split('.').next().unwrap().parse().unwrap();
            let record = format!("v=spf1 {}", format!("include:{}.example ", depth + 1).repeat(20));
            Known::Records(vec![RData::TXT(txt::split(record.as_bytes()))])
        });
        assert!(tree.lookups() > 10 && tree.lookups() < 10_000, "{}", tree.lookups());
        assert!(!tree.is_complete());
    }
}
