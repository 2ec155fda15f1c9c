//! What is counted of all senders.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::survey::class::Class;
use crate::survey::seen::Seen;
use crate::survey::sender::Sender;

/// Senders that are told apart; forgers can invent any number of domains, memory is finite.
const SENDERS: usize = 200_000;
/// Where the rest is counted.
pub const OTHERS: &str = "(others)";

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// By organisational domain.
    pub senders: HashMap<String, Sender>,
    /// Messages of which only the beginning was read, because they are larger than any that is judged.
    pub cut: u64,
    /// Files that hold no message.
    pub no_mail: u64,
}

impl Tally {
    /// Counts `seen`, under `name`.
    pub fn add(&mut self, name: &str, seen: &Seen) {
        let full = self.senders.len() >= SENDERS && !self.senders.contains_key(name);
        let name = if full { OTHERS } else { name };
        match self.senders.get_mut(name) {
            Some(sender) => sender.add(seen),
            None => self.senders.entry(name.to_string()).or_default().add(seen),
        }
    }

    /// All senders' counts as if they were one.
    pub fn total(&self) -> Sender {
        let mut total = Sender::default();
        self.senders.values().for_each(|s| total.merge(s));
        total
    }

    /// The senders, the one with the most messages first.
    pub fn ranked(&self) -> Vec<(&str, &Sender)> {
        let mut out: Vec<_> = self.senders.iter().map(|(name, sender)| (name.as_str(), sender)).collect();
        out.sort_by(|a, b| b.1.messages.cmp(&a.1.messages).then_with(|| a.0.cmp(b.0)));
        out
    }

    /// Senders by the class of most of their messages, in the order of [`Class::ALL`].
    pub fn senders_by_class(&self) -> [u64; 8] {
        let mut out = [0; Class::ALL.len()];
        self.senders.values().for_each(|s| out[s.main_class().index()] += 1);
        out
    }
}
