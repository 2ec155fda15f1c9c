//! The words that all forms share.

use std::collections::BTreeMap;

use crate::report::bars::percent;
use crate::survey::{Class, Sender};

/// A class in a few words.
pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::All => "SPF, DKIM and DMARC",
        Class::DmarcByOne => "DMARC by one of the two",
        Class::SpfDkim => "SPF and DKIM, no DMARC",
        Class::SpfOnly => "SPF only",
        Class::DkimOnly => "DKIM only",
        Class::None => "none",
        Class::Forged => "forged or broken",
        Class::Undecided => "cannot be decided",
    }
}

/// The share that passes, of those that were judged: `100 %`, or `-` where none was.
pub(super) fn passing(results: &BTreeMap<String, u64>) -> String {
    let judged: u64 = results.iter().filter(|(word, _)| *word != "unknown").map(|(_, n)| n).sum();
    percent(results.get("pass").copied().unwrap_or(0), judged)
}

/// The key that most signatures have: `rsa 2048`, with `+` where there are others.
pub(super) fn keys(sender: &Sender) -> String {
    match sender.keys.iter().max_by_key(|(_, n)| **n) {
        None => "-".into(),
        Some((most, _)) if sender.keys.len() > 1 => format!("{most} +"),
        Some((most, _)) => most.clone(),
    }
}

/// The policy, `-` without DMARC.
pub(super) fn policy(sender: &Sender) -> &str {
    if sender.policy.is_empty() { "-" } else { &sender.policy }
}

/// A month as ISO 8601 writes it.
pub(super) fn month(months: i32) -> String {
    format!("{:04}-{:02}", 1970 + months.div_euclid(12), months.rem_euclid(12) + 1)
}
