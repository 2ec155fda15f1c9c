//! What is expected of a server, and how its answer is held against it.

use serde::Serialize;

use crate::prove::inbound::answer::Answer;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It is in the mailbox.
    Delivered,
    /// Refused during the SMTP session, for good.
    Refused,
    /// Put off with a 4xx.
    Deferred,
    /// Taken, and not in the mailbox when it was looked for.
    Lost,
    /// Taken, and nobody could look.
    Taken,
}

impl Fate {
    /// As people read it.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Delivered => "in",
            Fate::Refused => "refused",
            Fate::Deferred => "deferred",
            Fate::Lost => "lost",
            Fate::Taken => "taken",
        }
    }
}

/// The results any of which is right, and the fate.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Expected {
    /// SPF.
    pub spf: &'static [&'static str],
    /// DKIM.
    pub dkim: &'static [&'static str],
    /// DMARC.
    pub dmarc: &'static [&'static str],
    /// The fate under `p=reject`.
    pub fate: Fate,
}

impl Expected {
    /// Whether a server's answer is as it should be. What it does not say of SPF and DKIM counts only by what it makes
    /// of DMARC.
    pub fn met_by(&self, answer: &Answer) -> bool {
        match answer.fate {
            Fate::Refused => self.fate == Fate::Refused,
            Fate::Deferred | Fate::Lost => false,
            // Nobody looked: a server that takes what it should refuse is wrong all the same.
            Fate::Taken => self.fate == Fate::Delivered,
            Fate::Delivered => {
                let fits = |all: &[&str], one: &Option<String>| one.as_deref().is_some_and(|o| all.contains(&o));
                let may = |all: &[&str], one: &Option<String>| one.is_none() || fits(all, one);
                self.fate == Fate::Delivered
                    && fits(self.dmarc, &answer.dmarc)
                    && may(self.spf, &answer.spf)
                    && fits(self.dkim, &answer.dkim.clone().or_else(|| Some("none".into())))
            }
        }
    }
}
