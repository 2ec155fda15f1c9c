//! Where rules put what they find.

use std::borrow::Cow;

use crate::lint::finding::{Finding, Spot};
use crate::lint::rule::Rule;
use crate::model::wire;

/// What a rule could not look at, gathered over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unseen {
    /// How often.
    pub count: usize,
    /// The first few names.
    pub names: Vec<String>,
}

/// So many names are told; the rest is counted.
const NAMES_TOLD: usize = 3;

/// What each rule of a run could not look at.
#[derive(Clone, Debug, Default)]
pub struct AllUnseen {
    /// By code. They are few: to go through them is faster than to search.
    rules: Vec<(&'static Rule, Unseen)>,
}

/// Takes findings in; one a thread.
#[derive(Debug)]
pub struct Sink<'r> {
    rule: &'static Rule,
    findings: &'r mut Vec<Finding>,
    unseen: &'r mut AllUnseen,
}

impl<'r> Sink<'r> {
    /// For the findings of `rule`.
    pub fn new(rule: &'static Rule, findings: &'r mut Vec<Finding>, unseen: &'r mut AllUnseen) -> Self {
        Sink { rule, findings, unseen }
    }

    /// Reports that something is wrong at `spot`. What comes back takes the rest.
    pub fn report(&mut self, spot: Spot, message: impl Into<Cow<'static, str>>) -> &mut Finding {
        let index = self.findings.len();
        self.findings.push(Finding {
            rule: self.rule,
            severity: self.rule.severity,
            spot,
            message: message.into(),
            receiver_sees: Cow::Borrowed(""),
            help: Cow::Borrowed(""),
            detail: None,
            fix: None,
            owner: None,
        });
        &mut self.findings[index]
    }

    /// Says that the rule could not judge because `name` is not in the zones at hand.
    pub fn unseen(&mut self, name: &[u8]) {
        let unseen = self.unseen.of_mut(self.rule);
        unseen.count += 1;
        if unseen.names.len() < NAMES_TOLD {
            let name = wire::show(name);
            if !unseen.names.contains(&name) {
                unseen.names.push(name);
            }
        }
    }
}

impl AllUnseen {
    /// The rules that could not look at something, by code.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Rule, &Unseen)> {
        self.rules.iter().map(|(rule, unseen)| (*rule, unseen))
    }

    /// Adds what another thread could not see.
    pub fn add(&mut self, other: AllUnseen) {
        for (rule, unseen) in other.rules {
            self.of_mut(rule).add(unseen);
        }
    }

    fn of_mut(&mut self, rule: &'static Rule) -> &mut Unseen {
        let at = self.rules.iter().position(|(r, _)| std::ptr::eq(*r, rule)).unwrap_or_else(|| {
            let at = self.rules.partition_point(|(r, _)| r.code < rule.code);
            self.rules.insert(at, (rule, Unseen::default()));
            at
        });
        &mut self.rules[at].1
    }
}

impl Unseen {
    fn add(&mut self, other: Unseen) {
        self.count += other.count;
        for name in other.names {
            if self.names.len() < NAMES_TOLD && !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}
