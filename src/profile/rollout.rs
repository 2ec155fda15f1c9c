//! The rollout of a DMARC policy: from watching to refusing, one step at a time.
//!
//! RFC 9989 §4.7 has `t=y` for the step in between, in the place of the `pct` of RFC 7489: receivers report as if the
//! policy held, and apply it one step weaker. Readers of RFC 7489 do not know `t` and apply the policy.

use crate::profile::schema::{Dmarc, DmarcPolicy};

/// A stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// `p=none`: reports come, nothing happens.
    None,
    /// `p=quarantine; t=y`: reports say what would happen.
    Testing,
    /// `p=quarantine`
    Quarantine,
    /// `p=reject`, for subdomains too.
    Reject,
}

/// What has to be seen before a stage is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Days that reports cover, at the stage before.
    pub days: usize,
    /// So many of a thousand messages of known senders may fail at the most.
    pub failing_per_mille: u64,
}

impl Stage {
    /// The stage that a policy is at. `p=reject` in test mode is worth a quarantine.
    pub fn of(dmarc: &Dmarc) -> Self {
        let weaker = dmarc.subdomains.is_some_and(|sp| sp != DmarcPolicy::Reject);
        match (dmarc.policy, dmarc.testing) {
            (DmarcPolicy::None, _) => Stage::None,
            (DmarcPolicy::Quarantine, true) => Stage::Testing,
            (DmarcPolicy::Quarantine, false) | (DmarcPolicy::Reject, true) => Stage::Quarantine,
            // Whatever subdomains may do is done from subdomains.
            (DmarcPolicy::Reject, false) if weaker => Stage::Quarantine,
            (DmarcPolicy::Reject, false) => Stage::Reject,
        }
    }

    /// The next one.
    pub fn next(self) -> Option<Self> {
        match self {
            Stage::None => Some(Stage::Testing),
            Stage::Testing => Some(Stage::Quarantine),
            Stage::Quarantine => Some(Stage::Reject),
            Stage::Reject => None,
        }
    }

    /// What has to be seen first: two weeks have what comes weekly, four what comes monthly.
    pub fn entry(self) -> Entry {
        match self {
            Stage::None => Entry { days: 0, failing_per_mille: 1000 },
            Stage::Testing => Entry { days: 14, failing_per_mille: 20 },
            Stage::Quarantine => Entry { days: 14, failing_per_mille: 5 },
            Stage::Reject => Entry { days: 28, failing_per_mille: 5 },
        }
    }

    /// The tags, for people.
    pub fn tags(self) -> &'static str {
        match self {
            Stage::None => "p=none",
            Stage::Testing => "p=quarantine; t=y",
            Stage::Quarantine => "p=quarantine",
            Stage::Reject => "p=reject",
        }
    }

    /// What receivers do then with mail that proves nothing.
    pub fn meaning(self) -> &'static str {
        match self {
            Stage::None => "nothing happens to mail that proves nothing",
            Stage::Testing => "reports say what quarantine would stop",
            Stage::Quarantine => "mail that proves nothing goes to the spam folder",
            Stage::Reject => "mail that proves nothing is refused",
        }
    }

    /// `dmarc` at this stage. From the first step on, names that do not exist may not be used at all (`np=reject`): no
    /// mail of one's own comes from them.
    pub fn apply(self, dmarc: &Dmarc) -> Dmarc {
        let (policy, testing) = match self {
            Stage::None => (DmarcPolicy::None, false),
            Stage::Testing => (DmarcPolicy::Quarantine, true),
            Stage::Quarantine => (DmarcPolicy::Quarantine, false),
            Stage::Reject => (DmarcPolicy::Reject, false),
        };
        let nonexistent = if self == Stage::None { dmarc.nonexistent } else { Some(DmarcPolicy::Reject) };
        // At the last stage subdomains follow `p`.
        let subdomains = dmarc.subdomains.filter(|_| self != Stage::Reject);
        Dmarc { policy, testing, nonexistent, subdomains, ..dmarc.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_stage_to_stage() {
        use DmarcPolicy::{None, Quarantine, Reject};
        for (policy, testing, sp, stage, next) in [
            (None, false, Option::None, Stage::None, Some("p=quarantine; t=y")),
            (None, true, Option::None, Stage::None, Some("p=quarantine; t=y")),
            (Quarantine, true, Option::None, Stage::Testing, Some("p=quarantine")),
            (Quarantine, false, Option::None, Stage::Quarantine, Some("p=reject")),
            (Reject, true, Option::None, Stage::Quarantine, Some("p=reject")),
            (Reject, false, Some(None), Stage::Quarantine, Some("p=reject")),
            (Reject, false, Some(Reject), Stage::Reject, Option::None),
            (Reject, false, Option::None, Stage::Reject, Option::None),
        ] {
            let dmarc =
                Dmarc { policy, testing, subdomains: sp, reports: vec!["d@example.com".into()], ..Dmarc::default() };
            assert_eq!(Stage::of(&dmarc), stage, "{dmarc:?}");
            assert_eq!(stage.next().map(Stage::tags), next, "{dmarc:?}");
            if let Some(next) = stage.next() {
                let after = next.apply(&dmarc);
                assert_eq!(Stage::of(&after), next, "{after:?}");
                assert_eq!(after.nonexistent, Some(Reject));
                assert_eq!(after.reports, dmarc.reports);
            }
        }
    }
}
