//! The rules of the linter over what DNS answered. What they ask beyond it is asked, and they judge again.

use std::time::SystemTime;

use futures_util::{StreamExt, stream};
use hickory_proto::rr::RecordType;

use crate::auth::published::{Details, Finding, Published, Skipped, Status, read};
use crate::dns::dnssec::Proof;
use crate::dns::evidence::facts;
use crate::dns::gather::Gathered;
use crate::dns::lookup::Lookup;
use crate::dns::recorder::Recorder;
use crate::error::Result;
use crate::lint::facts::{Facts, Question};
use crate::lint::finding;
use crate::lint::live::{LiveView, Server};
use crate::lint::outcome::{NOT_LOOKED_AT, Outcome};
use crate::lint::profile_view::ProfileFacts;
use crate::lint::rule::{Rule, Severity};
use crate::lint::run::{Found, run};
use crate::lint::sink::Sink;
use crate::lint::sorted::Sorted;
use crate::model::name::Name;
use crate::model::service::Services;
use crate::model::wire;

/// How often rules may ask more: as deep as includes may be nested.
const MAX_ROUNDS: usize = 12;
/// Questions of rules for one domain, at most.
const MAX_QUESTIONS: usize = 200;
/// Of these on their way at a time.
const AT_ONCE: usize = 16;

/// What to look at, and how closely.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'r> {
    /// The rules.
    pub rules: &'r Sorted,
    /// Ask what the rules want to know beyond what was gathered, and gather [`Details`]; else rules that want more are
    /// skipped, and said to be.
    pub thorough: bool,
    /// What was seen of its servers, where they were visited.
    pub services: Option<&'r Services>,
    /// What each authoritative server of the zone says, where they were asked.
    pub servers: &'r [Server],
    /// What a profile says of the domain, to hold what is published against.
    pub profile: Option<&'r ProfileFacts>,
}

/// A domain, judged.
#[derive(Debug)]
pub struct Judged {
    /// What it publishes, with the findings.
    pub published: Published,
    /// The run of the rules, for the linter's report formats.
    pub outcome: Outcome,
}

impl Judge<'_> {
    /// Reads and judges what was gathered, asking `lookup` for what it leads to. The keys of `selectors` must be there.
    ///
    /// # Errors
    /// That more was answered than can be held.
    pub async fn judge(
        &self,
        lookup: &dyn Lookup,
        gathered: &Gathered,
        selectors: &[String],
        now: SystemTime,
    ) -> Result<Judged> {
        let recorder = Recorder::new(lookup);
        let mut published = read(&recorder, gathered, selectors, now).await;
        if self.thorough {
            published.dnssec = lookup.proof(&gathered.domain, RecordType::TXT).await;
            published.servers = self.servers.to_vec();
        }
        // Where nobody answers there is nothing more to learn.
        let thorough = self.thorough && published.spf.status != Status::Unknown;
        if thorough {
            published.deepen(Details::gather(&recorder, &gathered.domain).await);
        }
        let limit = recorder.count() + MAX_QUESTIONS;
        let mut round = 0;
        loop {
            let mut facts = facts(gathered, &recorder.recorded(), selectors, self.services)?;
            if let Some(live) = &mut facts.live {
                if let Some(details) = &published.details {
                    live.hosts.clone_from(&details.reverse_names);
                }
                live.servers = self.servers.to_vec();
                live.bogus = published.dnssec.as_ref().filter(|d| d.status == Proof::Bogus).map(|d| d.why.clone());
            }
            facts.profile = self.profile.cloned();
            if thorough && round < MAX_ROUNDS && recorder.count() < limit {
                facts = facts.noting_questions();
            }
            let mut found = run(&facts, self.rules, 1);
            let wanted = wanted(&facts, &recorder, limit.saturating_sub(recorder.count()));
            round += 1;
            if wanted.is_empty() {
                permerror(&published, &facts, self.rules, &mut found);
                // Of a list it goes without saying which rules were not run at all.
                let lacks = |rule: &&'static Rule| found.unseen.iter().any(|(other, _)| std::ptr::eq(other, *rule));
                let partly: Vec<&'static Rule> = self.rules.all().iter().copied().filter(lacks).collect();
                let told = if self.thorough { self.rules.all() } else { &partly };
                let outcome = Outcome::new(facts, found.findings, &found.unseen, told);
                published.findings = outcome.findings.iter().map(|f| Finding::of(&outcome, f)).collect();
                // The gravest first; in a zone file the order of the lines is what helps.
                published.findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
                published.skipped = skipped(&outcome, self.thorough);
                return Ok(Judged { published, outcome });
            }
            let recorder = &recorder;
            let ask = |(name, rtype): (Name, u16)| async move { recorder.lookup(&name, rtype.into()).await };
            stream::iter(wanted).map(ask).buffer_unordered(AT_ONCE).for_each(|_| async {}).await;
        }
    }
}

/// Where the evaluation ended in permerror, somebody has to say why.
fn permerror(published: &Published, facts: &Facts, rules: &Sorted, found: &mut Found) {
    let told = |f: &finding::Finding| f.severity == Severity::Error && f.rule.code.starts_with("SPF");
    let rule = rules.all().iter().find(|rule| rule.code == "SPF039");
    let (Some(rule), Some(live)) = (rule, &facts.live) else { return };
    if published.spf.status == Status::Broken && !found.findings.iter().any(told) {
        let view = LiveView { facts, live };
        Sink::new(rule, &mut found.findings, &mut found.unseen)
            .report(view.spot_of(&live.domain, RecordType::TXT), published.spf.reason.clone())
            .sees("permerror: no mail of the domain passes SPF")
            .help("mailproof check --from-ip shows the evaluation step by step");
    }
}

/// The questions that can be asked and were not asked before.
fn wanted(facts: &Facts, recorder: &Recorder<'_>, room: usize) -> Vec<(Name, u16)> {
    let name = |(name, rtype): Question| Some((Name::from_labels(wire::labels(&name))?, rtype));
    let new = |(name, rtype): &(Name, u16)| !recorder.knows(name, (*rtype).into());
    facts.noted_questions().into_iter().filter_map(name).filter(new).take(room).collect()
}

/// Of a list it goes without saying which rules were not run at all.
fn skipped(outcome: &Outcome, thorough: bool) -> Vec<Skipped> {
    let all = outcome.skipped.iter().filter(|s| thorough || s.reason != NOT_LOOKED_AT);
    all.map(|s| Skipped { code: s.rule, slug: s.slug, reason: s.reason.to_string() }).collect()
}
