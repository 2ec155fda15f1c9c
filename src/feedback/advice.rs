//! Whether the next stage of the policy can be taken, and what it would break.

use serde::Serialize;

use super::digest::{Digest, Source, Standing};

/// Days of reports below which nothing is advised: a week has a weekend, a second week shows what comes weekly.
const ENOUGH_DAYS: usize = 14;
/// So many of a thousand messages of known senders may fail at the next stage.
const TOLERATED_PER_MILLE: u64 = 5;

/// What to do with the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The next stage would stop no mail of known senders.
    Advance,
    /// Senders are to be put right first.
    Fix,
    /// There are too few reports yet.
    #[default]
    Wait,
    /// The last stage is reached.
    Done,
}

/// The advice, with its figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What to do.
    pub step: Step,
    /// The stage now: `none`, `quarantine`, `reject`.
    pub stage: String,
    /// The next: `quarantine`, `reject`, or the same without test mode.
    pub next: Option<String>,
    /// Days that the reports cover.
    pub days: usize,
    /// Messages of known senders that the next stage would stop.
    pub known_at_stake: u64,
    /// Messages of servers that authenticate as another domain, and may send for this one.
    pub unaligned_at_stake: u64,
    /// Messages that were forwarded.
    pub forwarded_at_stake: u64,
    /// Messages that nothing authenticates: what the policy is there to stop.
    pub unknown_at_stake: u64,
    /// Addresses to put right, the largest first.
    pub fix: Vec<String>,
}

pub(super) fn advise(digest: &Digest, days: usize) -> Advice {
    let failing = |standings: &[fn(&Source) -> bool]| -> u64 {
        let matching = digest.sources.iter().filter(|s| standings.iter().any(|is| is(s)));
        matching.fold(0, |sum, s| sum.saturating_add(s.failing()))
    };
    let known_at_stake = failing(&[is_known]);
    let known_passing =
        digest.sources.iter().filter(|s| s.passing > 0).fold(0u64, |sum, s| sum.saturating_add(s.passing));
    let next = match (digest.policy.as_str(), digest.testing) {
        ("quarantine" | "reject", true) => Some(digest.policy.clone()),
        ("none", _) => Some("quarantine".to_string()),
        ("quarantine", false) => Some("reject".to_string()),
        _ => None,
    };
    let tolerated = known_passing.saturating_add(known_at_stake).saturating_mul(TOLERATED_PER_MILLE) / 1000;
    let mut fix: Vec<&Source> = digest.sources.iter().filter(|s| is_known(s) && s.failing() > 0).collect();
    fix.sort_by(|a, b| b.failing().cmp(&a.failing()).then_with(|| a.address.cmp(&b.address)));
    Advice {
        step: match next {
            None if digest.policy == "reject" => Step::Done,
            _ if known_at_stake > tolerated => Step::Fix,
            _ if days < ENOUGH_DAYS || digest.messages == 0 => Step::Wait,
            _ => Step::Advance,
        },
        stage: digest.policy.clone(),
        next,
        days,
        known_at_stake,
        unaligned_at_stake: failing(&[|s| s.standing == Standing::Unaligned && s.service.is_none()]),
        forwarded_at_stake: failing(&[|s| s.standing == Standing::Forwarded]),
        unknown_at_stake: failing(&[|s| s.standing == Standing::Unknown && s.service.is_none()]),
        fix: fix.into_iter().take(20).map(|s| s.address.clone()).collect(),
    }
}

/// A source that some mail passes from, or that belongs to a service that sends for others.
fn is_known(source: &Source) -> bool {
    source.standing == Standing::Partly || (source.service.is_some() && source.standing != Standing::Forwarded)
}
