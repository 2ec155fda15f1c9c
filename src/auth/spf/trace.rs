//! The trace of an evaluation: a tree of records and their terms.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::auth::spf::SpfResult;
use crate::dns::lookup::{Answer, LookupFailure, Status};
use crate::model::name::{self, Name};
use crate::model::reading::Fault;
use crate::model::snapshot::show_value;
use crate::model::spf::{Modifier, Qualifier, SpfFault, SpfRecord, Term, TermKind};

/// How many terms of a record are shown whatever they do: a record may have 30,000.
const MAX_TERMS: usize = 1000;
/// How many records of an answer are shown.
const SHOWN_ANSWERS: usize = 20;

/// The evaluation of one domain's record.
#[derive(Clone, Debug, Serialize)]
pub struct RecordTrace {
    /// The domain, without a last dot.
    pub domain: String,
    /// The question for its TXT records.
    pub query: Option<QueryTrace>,
    /// The SPF record, if there is exactly one.
    pub record: Option<String>,
    /// Its syntax errors; with any, nothing is evaluated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultTrace>,
    /// Its terms in order.
    pub terms: Vec<TermTrace>,
    /// How many terms are left out here: of a very long record, those that cost nothing and do not match.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// What it comes to.
    pub result: SpfResult,
}

/// A syntax error of a record.
#[derive(Clone, Debug, Serialize)]
pub struct FaultTrace {
    /// Where, in octets of the record.
    pub span: Range<usize>,
    /// The text there.
    pub text: String,
    /// What is wrong.
    pub message: String,
}

/// What became of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The evaluation ended before it.
    NotReached,
    /// It does not match.
    NoMatch,
    /// It matches: it decides.
    Match,
    /// A modifier that has no say here.
    Ignored,
    /// A `redirect` or `exp` that was used.
    Used,
    /// It ended the evaluation with an error.
    Error,
}

/// The evaluation of one term.
#[derive(Clone, Debug, Serialize)]
pub struct TermTrace {
    /// The term as written.
    pub text: String,
    /// Where it stands, in octets of the record.
    pub span: Range<usize>,
    /// What a match means; nothing for a modifier.
    pub qualifier: Option<Qualifier>,
    /// What became of it.
    pub outcome: Outcome,
    /// The name it asks for, macros expanded.
    pub target: Option<String>,
    /// The questions it asked, but for those inside `nested`.
    pub queries: Vec<QueryTrace>,
    /// What it cost of the ten, without `nested` (RFC 7208 §4.6.4).
    pub lookups: u32,
    /// What it cost of the two, without `nested`.
    pub void_lookups: u32,
    /// This term decided the result of its record.
    pub decides: bool,
    /// What else is to say: the host that matched, why it errs.
    pub note: Option<String>,
    /// The record that `include` or `redirect` evaluated.
    pub nested: Option<Box<RecordTrace>>,
}

/// One question to DNS and what came back, put into words only where somebody reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(into = "QueryWords")]
pub struct QueryTrace {
    name: Name,
    rtype: RecordType,
    answer: Result<Arc<Answer>, LookupFailure>,
}

/// How it is written.
#[derive(Serialize)]
struct QueryWords {
    /// The name asked for.
    name: String,
    /// The type asked for.
    #[serde(rename = "type")]
    rtype: String,
    outcome: Cow<'static, str>,
    /// The data of the answer, at most twenty records.
    answers: Vec<String>,
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl RecordTrace {
    /// Nothing is known of the domain yet.
    pub(super) fn empty(domain: &str, result: SpfResult) -> Self {
        let (domain, faults, terms) = (domain.to_string(), Vec::new(), Vec::new());
        RecordTrace { domain, query: None, record: None, faults, terms, omitted: 0, result }
    }

    /// Adds a term, unless there are many already and this one is of no interest.
    pub(super) fn push(&mut self, term: TermTrace) {
        if self.terms.len() < MAX_TERMS || term.lookups > 0 || term.decides {
            self.terms.push(term);
        } else {
            self.omitted += 1;
        }
    }
}

impl FaultTrace {
    pub(super) fn new(record: &SpfRecord, fault: &Fault<SpfFault>) -> Self {
        let text = record.text(fault.span).into_owned();
        FaultTrace { span: fault.span.range(), text, message: fault.kind.to_string() }
    }
}

impl TermTrace {
    /// A term that was not evaluated yet.
    pub(super) fn new(record: &SpfRecord, term: &Term) -> Self {
        let (qualifier, outcome) = match &term.kind {
            TermKind::Directive(d) => (Some(d.qualifier), Outcome::NotReached),
            TermKind::Modifier(Modifier::Redirect(_)) => (None, Outcome::NotReached),
            TermKind::Modifier(_) => (None, Outcome::Ignored),
        };
        TermTrace {
            text: record.text(term.span).into_owned(),
            span: term.span.range(),
            qualifier,
            outcome,
            target: None,
            queries: Vec::new(),
            lookups: 0,
            void_lookups: 0,
            decides: false,
            note: None,
            nested: None,
        }
    }
}

impl QueryTrace {
    pub(super) fn new(name: &Name, rtype: RecordType, answer: &Result<Arc<Answer>, LookupFailure>) -> Self {
        QueryTrace { name: name.clone(), rtype, answer: answer.clone() }
    }

    /// Answered, with nothing.
    pub(super) fn is_negative(&self) -> bool {
        self.answer.as_ref().is_ok_and(|answer| answer.status != Status::Found)
    }

    /// `found`, `no such record`, `no such name`, or why there is no answer.
    pub(super) fn outcome(&self) -> Cow<'static, str> {
        match &self.answer {
            Err(failure) => Cow::Owned(failure.to_string()),
            Ok(answer) => Cow::Borrowed(match answer.status {
                Status::Found => "found",
                Status::NoData => "no such record",
                Status::NxDomain => "no such name",
            }),
        }
    }
}

impl From<QueryTrace> for QueryWords {
    fn from(query: QueryTrace) -> Self {
        let records = query.answer.as_ref().map_or(&[][..], |answer| &answer.records);
        QueryWords {
            name: name::show(&query.name),
            rtype: query.rtype.to_string(),
            outcome: query.outcome(),
            answers: records.iter().take(SHOWN_ANSWERS).map(show_value).collect(),
        }
    }
}
