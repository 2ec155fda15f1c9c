//! The DNS tree walk (RFC 9989 §4.10), every query written down.

use std::collections::BTreeMap;
use std::sync::Arc;

use hickory_proto::rr::RecordType;
use serde::Serialize;

use crate::dns::lookup::{Lookup, LookupFailure, Status};
use crate::model::dmarc::{DmarcRecord, Psd, has_version, near_miss};
use crate::model::name::{self, Name};
use crate::model::txt;

/// A name with so many labels or more is cut to [`SHORTENED`] after its first query (RFC 9989 §4.10 step 4).
const LONG: usize = 8;
const SHORTENED: usize = 7;
/// How many dropped texts a step shows, and how many octets of each.
const SHOWN_TEXTS: usize = 10;
const SHOWN_OCTETS: usize = 512;

/// A walk from a domain upwards.
#[derive(Clone, Debug, Serialize)]
pub struct Walk {
    /// Where it starts.
    pub start: String,
    /// Its queries in order; eight at most.
    pub steps: Vec<WalkStep>,
    /// The organisational domain that it leads to (§4.10.2); unknown where a query stayed open.
    pub organizational_domain: Option<String>,
    /// Why that one, in words.
    pub why: String,
}

/// One query of a walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WalkStep {
    /// The domain whose record is asked for.
    pub domain: String,
    /// The name that was asked for: `_dmarc` below it.
    pub name: String,
    /// `found`, `no such record`, `no such name`, or why there is no answer.
    pub outcome: String,
    /// The record that was kept: the only one.
    pub record: Option<String>,
    /// What was found beside it, or instead, and why it does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
    /// The record says `psd=y` or `psd=n`, and the walk ends here.
    pub stops: bool,
    /// There is no answer: the walk cannot go on.
    pub failed: bool,
}

/// A text that does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// The text, shortened where it is very long.
    pub text: String,
    /// Why.
    pub why: String,
}

/// What one query found.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) shown: WalkStep,
    /// The octets of the record that was kept.
    pub(super) record: Option<Vec<u8>>,
    /// How many records began `v=DMARC1`.
    pub(super) candidates: usize,
    psd: Psd,
}

/// A walk with what the judge needs of it.
#[derive(Clone, Debug)]
pub(super) struct Walked {
    pub(super) shown: Walk,
    /// Domains with their records, from the longest name to the shortest.
    pub(super) records: Vec<(Name, Vec<u8>, Psd)>,
    /// The organisational domain, if no query stayed open.
    pub(super) organization: Option<Name>,
    /// The query that stayed open.
    pub(super) failure: Option<String>,
}

/// Asks for `_dmarc` records, each once.
pub(super) struct Walker<'a> {
    pub(super) lookup: &'a dyn Lookup,
    steps: BTreeMap<Name, Arc<Step>>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(lookup: &'a dyn Lookup) -> Self {
        Walker { lookup, steps: BTreeMap::new() }
    }

    /// The records of `domain`, and which of them counts.
    pub(super) async fn step(&mut self, domain: &Name) -> Arc<Step> {
        if let Some(step) = self.steps.get(domain) {
            return Arc::clone(step);
        }
        let step = Arc::new(ask(self.lookup, domain).await);
        self.steps.insert(domain.clone(), Arc::clone(&step));
        step
    }

    /// Walks from `start` upwards.
    pub(super) async fn walk(&mut self, start: &Name) -> Walked {
        let mut steps = Vec::new();
        let mut records = Vec::new();
        let mut failure = None;
        let mut target = Some(start.clone());
        while let Some(domain) = target.take() {
            let step = self.step(&domain).await;
            steps.push(step.shown.clone());
            if step.shown.failed {
                failure = Some(format!("the TXT records of {} are unknown: {}", step.shown.name, step.shown.outcome));
                break;
            }
            if let Some(record) = &step.record {
                records.push((domain.clone(), record.clone(), step.psd));
            }
            if step.shown.stops {
                break;
            }
            target = parent(&domain);
        }
        let (organization, why) = match &failure {
            Some(why) => (None, why.clone()),
            None => organization(start, &records),
        };
        let shown =
            Walk { start: name::show(start), steps, organizational_domain: organization.as_ref().map(name::show), why };
        Walked { shown, records, organization, failure }
    }
}

/// The next target above `domain` (§4.10 steps 4 and 7); nothing above a single label.
fn parent(domain: &Name) -> Option<Name> {
    let labels = domain.depth();
    let kept = if labels >= LONG { SHORTENED } else { labels.checked_sub(1)? };
    (kept > 0).then(|| domain.last(kept))
}

/// The organisational domain (§4.10.2), and why.
fn organization(start: &Name, records: &[(Name, Vec<u8>, Psd)]) -> (Option<Name>, String) {
    for (domain, _, psd) in records {
        if *psd == Psd::No {
            return (Some(domain.clone()), format!("the record of {} says psd=n", name::show(domain)));
        }
        // The record of a public suffix says nothing about the suffix itself as a start.
        if *psd == Psd::Yes && domain != start {
            let below = start.last(domain.depth() + 1);
            return (Some(below), format!("one label below {}, whose record says psd=y", name::show(domain)));
        }
    }
    match records.last() {
        Some((domain, ..)) => (Some(domain.clone()), "the shortest name with a record".into()),
        None => (Some(start.clone()), "no record anywhere: the domain itself".into()),
    }
}

async fn ask(lookup: &dyn Lookup, domain: &Name) -> Step {
    let shown = WalkStep {
        domain: name::show(domain),
        name: format!("_dmarc.{}", name::show(domain)),
        outcome: String::new(),
        record: None,
        dropped: Vec::new(),
        stops: false,
        failed: false,
    };
    let mut step = Step { shown, record: None, candidates: 0, psd: Psd::Unknown };
    // A name so long that there is no room for `_dmarc` has no record.
    let Some(owner) = domain.child(b"_dmarc") else {
        step.shown.outcome = "no such name: it would be too long".into();
        return step;
    };
    let answer = match lookup.lookup(&owner, RecordType::TXT).await {
        Ok(answer) => answer,
        Err(failure) => {
            step.shown.failed = true;
            step.shown.outcome = LookupFailure::to_string(&failure);
            return step;
        }
    };
    step.shown.outcome = match answer.status {
        Status::Found => "found",
        Status::NoData => "no such record",
        Status::NxDomain => "no such name",
    }
    .into();
    let (ours, others): (Vec<Vec<u8>>, Vec<Vec<u8>>) = answer.texts().into_iter().partition(|t| has_version(t));
    for text in others.iter().take(SHOWN_TEXTS) {
        let why = match near_miss(text) {
            Some(_) => "meant as a DMARC record, but it does not begin `v=DMARC1`",
            None => "no DMARC record",
        };
        step.shown.dropped.push(Dropped { text: shorten(text), why: why.into() });
    }
    step.candidates = ours.len();
    match ours.as_slice() {
        [] => {}
        [record] => {
            step.psd = DmarcRecord::psd_of(record);
            step.shown.stops = step.psd != Psd::Unknown;
            step.shown.record = Some(txt::shown(record).into_owned());
            step.record = ours.into_iter().next();
        }
        // §4.10 steps 2 and 6: several are all discarded, and the walk goes on.
        several => {
            let why = format!("one of {} DMARC records: all are discarded", several.len());
            step.shown
                .dropped
                .extend(several.iter().take(SHOWN_TEXTS).map(|t| Dropped { text: shorten(t), why: why.clone() }));
        }
    }
    step
}

fn shorten(text: &[u8]) -> String {
    let shown = txt::shown(&text[..text.len().min(SHOWN_OCTETS)]).into_owned();
    if text.len() > SHOWN_OCTETS { format!("{shown}…") } else { shown }
}
