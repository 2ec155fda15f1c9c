//! Where rules put what they find.

use std::borrow::Cow;
use std::collections::BTreeMap;

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

/// Takes findings in; one a thread.
#[derive(Debug)]
pub struct Sink<'r> {
    rule: &'r &'static Rule,
    findings: &'r mut Vec<Finding>,
    unseen: &'r mut BTreeMap<&'static str, Unseen>,
}

impl<'r> Sink<'r> {
    /// For the findings of `rule`.
    pub fn new(
        rule: &'r &'static Rule,
        findings: &'r mut Vec<Finding>,
        unseen: &'r mut BTreeMap<&'static str, Unseen>,
    ) -> Self {
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
        let unseen = self.unseen.entry(self.rule.code).or_default();
        unseen.count += 1;
        if unseen.names.len() < NAMES_TOLD {
            let name = wire::show(name);
            if !unseen.names.contains(&name) {
                unseen.names.push(name);
            }
        }
    }
}

impl Unseen {
    /// Adds what another thread could not see.
    pub fn add(&mut self, other: Unseen) {
        self.count += other.count;
        for name in other.names {
            if self.names.len() < NAMES_TOLD && !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}
