//! A [`Lookup`] that keeps what it was asked and what came back, so that it can be judged again without asking.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use hickory_proto::rr::RecordType;

use crate::dns::dnssec::Dnssec;
use crate::dns::lookup::{Answer, Lookup, LookupFailure};
use crate::model::name::Name;
use crate::model::snapshot::Key;

/// What a question came to.
pub type Recorded = Result<Arc<Answer>, LookupFailure>;

/// Asks another lookup, each question once.
pub struct Recorder<'l> {
    inner: &'l dyn Lookup,
    asked: Mutex<BTreeMap<Key, Recorded>>,
}

impl<'l> Recorder<'l> {
    /// Asks `inner`.
    pub fn new(inner: &'l dyn Lookup) -> Self {
        Recorder { inner, asked: Mutex::default() }
    }

    /// Everything that was asked so far; who holds it keeps others from asking.
    pub fn recorded(&self) -> MutexGuard<'_, BTreeMap<Key, Recorded>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many questions that are.
    pub fn count(&self) -> usize {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether this was asked.
    pub fn knows(&self, name: &Name, rtype: RecordType) -> bool {
        self.known(&Key::new(name, rtype)).is_some()
    }

    fn known(&self, key: &Key) -> Option<Recorded> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

#[async_trait]
impl Lookup for Recorder<'_> {
    async fn lookup(&self, name: &Name, rtype: RecordType) -> Recorded {
        let key = Key::new(name, rtype);
        if let Some(known) = self.known(&key) {
            return known;
        }
        let answer = self.inner.lookup(&key.name, rtype).await;
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(key, answer.clone());
        answer
    }

    async fn proof(&self, name: &Name, rtype: RecordType) -> Option<Dnssec> {
        self.inner.proof(name, rtype).await
    }
}
