//! What comes of a run: findings, what was skipped and why, and the counts.

use std::borrow::Cow;

use crate::lint::facts::Facts;
use crate::lint::finding::{Edit, Finding};
use crate::lint::rule::{Check, Needs, Rule, Severity};
use crate::lint::sink::{AllUnseen, Unseen};
use crate::lint::yaml_fix;
use crate::lint::zone_index::Door;
use crate::model::source::{Location, Place, Span};
use crate::model::wire;
use crate::zone::rtype;

/// Why a rule was skipped that a check of DNS alone has nothing for.
pub const NOT_LOOKED_AT: &str = "not looked at";

/// A rule that did not look at everything, or at nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The rule.
    pub rule: &'static str,
    /// Its name.
    pub slug: &'static str,
    /// Why, in a phrase.
    pub reason: Cow<'static, str>,
}

/// How much was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Pieces of advice.
    pub advice: usize,
    /// Names that have records.
    pub names: usize,
    /// Findings with a mechanical way out.
    pub fixable: usize,
    /// Findings that a comment or the baseline allowed.
    pub allowed: usize,
}

/// Where a finding is, for people and tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The name that it is about, without the last dot.
    pub name: String,
    /// The type of the record, empty for a zone.
    pub rtype: String,
    /// The file, or what was given in place of one.
    pub location: Location,
    /// Whether line and column are those of a text that the person has.
    pub in_text: bool,
    /// The octets of the record's value.
    pub octets: Option<Span>,
}

impl Located {
    /// The place for people: with line and column where the person has the text.
    pub fn place(&self) -> String {
        let Location { path, start, .. } = &self.location;
        if self.in_text { format!("{path}:{}:{}", start.line, start.column) } else { path.clone() }
    }
}

/// A run.
#[derive(Debug)]
pub struct Outcome {
    /// The zones.
    pub facts: Facts,
    /// The findings, by zone, place and code.
    pub findings: Vec<Finding>,
    /// What was skipped.
    pub skipped: Vec<Skipped>,
    /// The counts.
    pub summary: Summary,
}

impl Outcome {
    /// Counts, and says what `rules` could not look at.
    pub fn new(facts: Facts, mut findings: Vec<Finding>, unseen: &AllUnseen, rules: &[&'static Rule]) -> Self {
        yaml_fix::bring_home(&facts, &mut findings);
        let mut summary = Summary::default();
        for finding in &findings {
            match finding.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Advice => summary.advice += 1,
            }
        }
        for zone in facts.zones.iter().filter(|z| z.door.is_zone()) {
            summary.names += zone.names_with_records();
        }
        summary.fixable = findings.iter().filter(|f| can_fix(&facts, f)).count();
        // What could not be seen is little: each finds its rule once, rather than every rule asks.
        let place = |rule| rules.iter().position(|r| std::ptr::eq(*r, rule));
        let mut unseen: Vec<_> = unseen.iter().filter_map(|(rule, unseen)| Some((place(rule)?, unseen))).collect();
        unseen.sort_unstable_by_key(|(place, _)| *place);
        let mut unseen = unseen.into_iter().peekable();
        let of = |(i, rule): (usize, &&'static Rule)| {
            let unseen = unseen.next_if(|(place, _)| *place == i).map(|(_, unseen)| unseen);
            skipped(rule, unseen, &facts)
        };
        let skipped = rules.iter().enumerate().filter_map(of).collect();
        Outcome { facts, findings, skipped, summary }
    }

    /// Where a finding is.
    pub fn locate(&self, finding: &Finding) -> Located {
        let spot = &finding.spot;
        let Some(zone) = self.facts.zones.get(spot.zone as usize) else {
            return Located {
                name: String::new(),
                rtype: String::new(),
                location: Location { path: String::new(), start: START, end: START },
                in_text: false,
                octets: None,
            };
        };
        let entry = spot.record.and_then(|n| zone.entry(n));
        let owner = finding.owner.as_deref().unwrap_or(&zone.apex);
        let name = entry.map_or(owner, |e| zone.name(e.owner));
        let name = if (zone.door == Door::Record || !zone.door.is_zone()) && name == wire::ROOT {
            String::new()
        } else {
            wire::show(name)
        };
        Located {
            name,
            rtype: entry.map(|e| rtype::show(e.rtype.into()).into_owned()).unwrap_or_default(),
            location: zone.sources.locate(spot.place),
            in_text: zone.door != Door::Listing,
            octets: spot.octets,
        }
    }

    /// Puts the runs of several domains together.
    pub fn join(runs: Vec<Outcome>) -> Outcome {
        let mut whole =
            Outcome { facts: Facts::default(), findings: Vec::new(), skipped: Vec::new(), summary: Summary::default() };
        let mut zones = Vec::new();
        for run in runs {
            let offset = zones.len() as u32;
            zones.extend(run.facts.zones);
            whole.findings.extend(run.findings.into_iter().map(|mut finding| {
                finding.spot.zone += offset;
                finding
            }));
            for skipped in run.skipped {
                if !whole.skipped.contains(&skipped) {
                    whole.skipped.push(skipped);
                }
            }
            let (sum, one) = (&mut whole.summary, run.summary);
            sum.errors += one.errors;
            sum.warnings += one.warnings;
            sum.advice += one.advice;
            sum.names += one.names;
            sum.fixable += one.fixable;
            sum.allowed += one.allowed;
        }
        whole.facts = Facts::new(zones);
        whole
    }

    /// Where an edit of a finding is, when that is in a text that the person wrote.
    pub fn locate_edit(&self, finding: &Finding, edit: &Edit) -> Option<Location> {
        let zone = self.facts.zones.get(finding.spot.zone as usize)?;
        let own = zone.sources.written(edit.place) == edit.place && zone.door != Door::Listing;
        own.then(|| zone.sources.locate(edit.place))
    }

    /// Whether `--fix` can write what a finding proposes.
    pub fn can_fix(&self, finding: &Finding) -> bool {
        can_fix(&self.facts, finding)
    }

    /// The text of the line in which a place begins, as it was written.
    pub fn line(&self, finding: &Finding, place: Place) -> Vec<u8> {
        let Some(zone) = self.facts.zones.get(finding.spot.zone as usize) else { return Vec::new() };
        let place = zone.sources.written(place);
        let Some(source) = zone.sources.get(place.source) else { return Vec::new() };
        source.line(source.line_of(place.span.start)).to_vec()
    }
}

const START: crate::model::source::Position = crate::model::source::Position { line: 1, column: 1 };

fn can_fix(facts: &Facts, finding: &Finding) -> bool {
    let Some(zone) = facts.zones.get(finding.spot.zone as usize) else { return false };
    let written = |e: &Edit| zone.sources.get(e.place.source).is_some_and(|s| !s.is_made());
    let door = !matches!(zone.door, Door::Listing | Door::Record);
    door && finding.fix.as_ref().is_some_and(|f| f.edits.iter().all(written))
}

/// Why a rule did not look, if it did not.
fn skipped(rule: &'static Rule, unseen: Option<&Unseen>, facts: &Facts) -> Option<Skipped> {
    let given = |door| facts.zones.iter().any(|z| z.door == door);
    let has_profile = facts.profile.is_some();
    let live = facts.live.as_ref();
    let visited = live.is_some_and(|live| live.services.is_some());
    let reason: Cow<'static, str> = match (rule.needs, unseen, live) {
        (Needs::Live, _, None) => "needs live DNS or a server (mailproof check)".into(),
        (Needs::Live, None, Some(_)) if matches!(rule.check, Check::Elsewhere) => NOT_LOOKED_AT.into(),
        (Needs::Live, None, Some(_)) if !visited && matches!(rule.check, Check::Service(_)) => NOT_LOOKED_AT.into(),
        (Needs::Text, _, Some(_)) => return None,
        (Needs::Profile, _, None) if !has_profile => "needs a profile (--profile)".into(),
        // A check of live DNS takes no profile: what needs one is no loss there.
        (Needs::Profile, _, Some(_)) if !has_profile && matches!(rule.check, Check::Profile(_)) => return None,
        (Needs::Policy, _, None) if !given(Door::Policy) => "needs the policy file (mta-sts.txt)".into(),
        (Needs::Indicator, _, None) if !given(Door::Indicator) => "needs the logo (its SVG file)".into(),
        (Needs::Indicator, _, Some(_)) if !visited => NOT_LOOKED_AT.into(),
        (_, Some(unseen), live) => {
            let more = if unseen.count > unseen.names.len() { ", …" } else { "" };
            let why = live.and_then(|live| unseen.names.iter().find_map(|name| live.why_open(name)));
            match (live, why) {
                (None, _) => format!("not in the given zones: {}{more}", unseen.names.join(", ")).into(),
                (Some(_), Some(why)) => format!("unknown: {}{more}: {why}", unseen.names.join(", ")).into(),
                (Some(_), None) => format!("not asked for: {}{more}", unseen.names.join(", ")).into(),
            }
        }
        _ => return None,
    };
    Some(Skipped { rule: rule.code, slug: rule.slug, reason })
}
