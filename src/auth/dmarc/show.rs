//! A verdict as lines: the walk query by query, the identifiers, the sentence, and the older reader where it differs.

use std::fmt;

use crate::auth::dmarc::{DmarcVerdict, Walk, reason};

/// Column at which the outcome of a query stands.
const COLUMN: usize = 40;

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let stops = if step.stops { "  <- ends the walk" } else { "" };
            let what = step.record.as_deref().unwrap_or(&step.outcome);
            writeln!(f, "  {:<COLUMN$} {what}{stops}", step.name)?;
            for dropped in &step.dropped {
                writeln!(f, "  {:<COLUMN$} dropped: {} ({})", "", dropped.text, dropped.why)?;
            }
        }
        match &self.organizational_domain {
            Some(domain) => write!(f, "  organisational domain {domain}: {}", self.why),
            None => write!(f, "  organisational domain unknown: {}", self.why),
        }
    }
}

impl fmt::Display for DmarcVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(discovery) = &self.discovery {
            writeln!(f, "{}\n{}", self.domain, discovery.walk)?;
            if let Some(policy) = reason::policy(discovery) {
                writeln!(f, "  policy: {policy}")?;
            }
        }
        for one in &self.alignment {
            let aligned = match one.aligned {
                Some(true) => "aligned",
                Some(false) => "not aligned",
                None => "unknown",
            };
            writeln!(f, "  {:<4} {}  {aligned} ({}): {}", one.method, one.domain, one.mode, one.why)?;
        }
        write!(f, "{}: {}", self.result, self.reason)?;
        match &self.legacy {
            Some(old) if self.differs_from_legacy() => {
                write!(f, "\n  an RFC 7489 reader: {}: {}", old.result, old.reason)
            }
            _ => Ok(()),
        }
    }
}

impl DmarcVerdict {
    /// Whether a reader of RFC 7489 comes to another result, policy, record or organisational domain.
    pub fn differs_from_legacy(&self) -> bool {
        self.legacy.as_ref().is_some_and(|old| {
            old.result != self.result
                || old.policy != self.policy
                || old.percent < 100
                || old.policy_domain != self.policy_domain
                || self.organizational_domain.as_ref().is_some_and(|own| *own != old.organizational_domain)
        })
    }
}
