//! What is counted of one sender.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::survey::class::Class;
use crate::survey::seen::Seen;

/// Different keys, and words of a receiver, that are told apart.
const KINDS: usize = 20;

/// The counts of one organisational domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Messages.
    pub messages: u64,
    /// Messages by class, in the order of [`Class::ALL`].
    pub classes: [u64; 8],
    /// SPF as we found it, by result; messages whose client is not known are under `unknown`.
    pub spf: BTreeMap<String, u64>,
    /// DKIM as we found it.
    pub dkim: BTreeMap<String, u64>,
    /// DMARC as we found it.
    pub dmarc: BTreeMap<String, u64>,
    /// SPF as the receiver stated it.
    pub stated_spf: BTreeMap<String, u64>,
    /// DKIM as the receiver stated it.
    pub stated_dkim: BTreeMap<String, u64>,
    /// DMARC as the receiver stated it.
    pub stated_dmarc: BTreeMap<String, u64>,
    /// Messages with aligned SPF.
    pub spf_aligned: u64,
    /// Messages with an aligned signature.
    pub dkim_aligned: u64,
    /// Messages that the receiver saw otherwise than we do.
    pub differs: u64,
    /// Messages with a signature whose key is gone.
    pub key_gone: u64,
    /// Signatures by algorithm and size of the key: `rsa 2048`.
    pub keys: BTreeMap<String, u64>,
    /// The policy of its author domains today: `none`, `quarantine`, `reject`; empty without DMARC. The strictest of
    /// several.
    pub policy: String,
    /// Classes by month, in months since 1970.
    pub months: BTreeMap<i32, [u64; 8]>,
    /// When the first and the last message came, in seconds since 1970.
    pub span: Option<(i64, i64)>,
}

impl Sender {
    /// Counts `seen`.
    pub fn add(&mut self, seen: &Seen) {
        self.messages += 1;
        self.classes[seen.class.index()] += 1;
        count(&mut self.spf, seen.ours.0.map_or("unknown", |s| s.as_str()));
        count(&mut self.dkim, seen.ours.1.as_str());
        count(&mut self.dmarc, seen.ours.2.as_str());
        if let Some((spf, dkim, dmarc)) = &seen.stated {
            count(&mut self.stated_spf, spf);
            count(&mut self.stated_dkim, dkim);
            count(&mut self.stated_dmarc, dmarc);
        }
        self.spf_aligned += u64::from(seen.spf_aligned);
        self.dkim_aligned += u64::from(seen.dkim_aligned);
        self.differs += u64::from(seen.differs);
        self.key_gone += u64::from(seen.key_gone);
        for (algorithm, bits) in &seen.keys {
            count(&mut self.keys, &format!("{algorithm} {bits}"));
        }
        if let Some(policy) = seen.policy
            && rank(policy.as_str()) > rank(&self.policy)
        {
            self.policy = policy.as_str().into();
        }
        if let Some(at) = seen.at {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
            self.months.entry(month(at)).or_default()[seen.class.index()] += 1;
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Sender) {
        self.messages += other.messages;
        add_all(&mut self.classes, &other.classes);
        for (mine, theirs) in [
            (&mut self.spf, &other.spf),
            (&mut self.dkim, &other.dkim),
            (&mut self.dmarc, &other.dmarc),
            (&mut self.stated_spf, &other.stated_spf),
            (&mut self.stated_dkim, &other.stated_dkim),
            (&mut self.stated_dmarc, &other.stated_dmarc),
            (&mut self.keys, &other.keys),
        ] {
            theirs.iter().for_each(|(word, n)| *mine.entry(word.clone()).or_default() += n);
        }
        self.spf_aligned += other.spf_aligned;
        self.dkim_aligned += other.dkim_aligned;
        self.differs += other.differs;
        self.key_gone += other.key_gone;
        if rank(&other.policy) > rank(&self.policy) {
            self.policy.clone_from(&other.policy);
        }
        for (month, classes) in &other.months {
            add_all(self.months.entry(*month).or_default(), classes);
        }
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// The class of most of its messages.
    pub fn main_class(&self) -> Class {
        let most = (0..Class::ALL.len()).rev().max_by_key(|i| self.classes[*i]).unwrap_or(0);
        Class::ALL[most]
    }
}

fn add_all(mine: &mut [u64; 8], theirs: &[u64; 8]) {
    mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
}

fn rank(policy: &str) -> usize {
    ["", "none", "quarantine", "reject"].iter().position(|p| *p == policy).unwrap_or(0)
}

fn count(map: &mut BTreeMap<String, u64>, word: &str) {
    if word.is_empty() {
        return;
    }
    // A receiver's words are its own; a stranger cannot make the table grow.
    let word = if map.len() >= KINDS && !map.contains_key(word) { "other" } else { word };
    match map.get_mut(word) {
        Some(n) => *n += 1,
        None => {
            map.insert(word.chars().take(40).collect(), 1);
        }
    }
}

/// Months since January 1970 in UTC.
fn month(at: i64) -> i32 {
    jiff::Timestamp::from_second(at).map_or(0, |t| {
        let date = t.to_zoned(jiff::tz::TimeZone::UTC);
        (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1
    })
}
