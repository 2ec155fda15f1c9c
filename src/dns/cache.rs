//! Answers kept for as long as their TTL allows; a question that is already on its way is not asked twice.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hickory_proto::rr::RData;
use tokio::sync::OnceCell;

use crate::dns::lookup::{Answer, LookupFailure};
use crate::model::snapshot::Key;

/// What a question came to.
pub(super) type Outcome = Result<Arc<Answer>, LookupFailure>;

/// Entries of a generation, and octets of their data: a run over very many domains must not grow with them, nor with
/// what a stranger answers. Enough for what one domain in a thousand leads to; and memory that is soon used again is
/// still in the processor's caches.
const ENTRIES: usize = 4096;
const OCTETS: usize = 16 << 20;
/// A judgement asks the same thing several times within a moment and must see the same answer, even with TTL 0.
const SHORTEST: Duration = Duration::from_secs(2);
/// No TTL is believed for longer.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long a failure stands (RFC 9520 §3.2).
const FAILURE: Duration = Duration::from_secs(5);

/// A cache of one resolver. What is asked for again and again, such as the SPF record of a large provider, stays; what
/// was asked for once goes with its generation.
#[derive(Debug, Default)]
pub(super) struct Cache {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: Entries,
    old: Entries,
    /// Octets of the answers that came in since the young generation began.
    octets: usize,
}

type Entry = Arc<OnceCell<Stored>>;
type Entries = HashMap<Key, Entry, foldhash::quality::RandomState>;

#[derive(Debug)]
struct Stored {
    outcome: Outcome,
    until: Instant,
}

impl Stored {
    fn new(outcome: Outcome) -> Self {
        let life = match &outcome {
            Ok(answer) => Duration::from_secs(answer.ttl.into()).clamp(SHORTEST, LONGEST),
            Err(_) => FAILURE,
        };
        Stored { outcome, until: Instant::now() + life }
    }

    fn octets(&self) -> usize {
        self.outcome.as_ref().map_or(0, |answer| answer.records.iter().map(octets).sum())
    }
}

impl Cache {
    /// The outcome kept for `key`; else what `ask` comes to, which then is kept.
    pub(super) async fn get(&self, key: Key, ask: impl Future<Output = Outcome>) -> Outcome {
        let cell = self.cell(key);
        let stored = cell
            .get_or_init(|| async {
                let stored = Stored::new(ask.await);
                self.generations().octets += stored.octets();
                stored
            })
            .await;
        stored.outcome.clone()
    }

    /// The outcome kept for `key`, if there is one.
    pub(super) fn known(&self, key: &Key) -> Option<Outcome> {
        let now = Instant::now();
        let kept = |cell: &Entry| cell.get().filter(|stored| stored.until > now).map(|stored| stored.outcome.clone());
        let mut all = self.generations();
        if let Some(cell) = all.young.get(key) {
            return kept(cell);
        }
        let outcome = kept(all.old.get(key)?)?;
        all.keep(key.clone());
        Some(outcome)
    }

    /// Keeps `answer` for `key`.
    pub(super) fn put(&self, key: Key, answer: Arc<Answer>) {
        let stored = Stored::new(Ok(answer));
        let octets = stored.octets();
        // Who has asked the same meanwhile keeps what he got.
        if self.cell(key).set(stored).is_ok() {
            self.generations().octets += octets;
        }
    }

    fn cell(&self, key: Key) -> Entry {
        let now = Instant::now();
        let live = |cell: &Entry| cell.get().is_none_or(|stored| stored.until > now);
        let mut all = self.generations();
        if let Some(cell) = all.young.get(&key).filter(|cell| live(cell)) {
            return cell.clone();
        }
        all.keep(key)
    }

    fn generations(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    /// Puts `key` among the young; what is wanted again moves there from the old.
    fn keep(&mut self, key: Key) -> Entry {
        if self.young.len() >= ENTRIES || self.octets >= OCTETS {
            self.old = std::mem::take(&mut self.young);
            self.octets = 0;
        }
        let now = Instant::now();
        let live = |cell: &Entry| cell.get().is_none_or(|stored| stored.until > now);
        let cell = self.old.remove(&key).filter(live).unwrap_or_default();
        self.octets += cell.get().map_or(0, Stored::octets);
        self.young.insert(key, cell.clone());
        cell
    }
}

/// About how much room a record's data takes beyond its own type.
fn octets(data: &RData) -> usize {
    match data {
        RData::TXT(text) => text.txt_data.iter().map(|s| s.len()).sum(),
        RData::Unknown { rdata, .. } => rdata.anything.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hickory_proto::rr::RecordType;

    use super::*;
    use crate::dns::lookup::Status;
    use crate::model::name;

    #[tokio::test]
    async fn a_question_is_asked_once() {
        let (cache, asked) = (Cache::default(), AtomicUsize::new(0));
        let ask = |text: &str, rtype| {
            let key = Key::new(&name::domain(text).unwrap(), rtype);
            cache.get(key, async {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(Arc::new(Answer::empty(Status::NoData)))
            })
        };
        let (a, b) = tokio::join!(ask("a.test", RecordType::TXT), ask("A.TEST", RecordType::TXT));
        assert_eq!((a.unwrap().status, b.unwrap().status), (Status::NoData, Status::NoData));
        ask("a.test", RecordType::TXT).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        ask("a.test", RecordType::MX).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_is_asked_for_often_stays_and_the_rest_goes() {
        let (cache, asked) = (Cache::default(), AtomicUsize::new(0));
        let key = |text: &str| Key::new(&name::domain(text).unwrap(), RecordType::TXT);
        for i in 0..3 * ENTRIES {
            let _ = cache.get(key(&format!("d{i}.test")), async { Ok(lasting(b"")) }).await;
            if i % 1000 == 0 {
                let ask = async {
                    asked.fetch_add(1, Ordering::Relaxed);
                    Ok(lasting(b"v=spf1 -all"))
                };
                let _ = cache.get(key("provider.test"), ask).await;
            }
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let all = cache.generations();
        assert!(all.young.len() + all.old.len() <= 2 * ENTRIES);
    }

    #[tokio::test]
    async fn large_answers_do_not_pile_up() {
        let cache = Cache::default();
        let huge = vec![b'x'; 60_000];
        for i in 0..2000 {
            let key = Key::new(&name::domain(&format!("d{i}.test")).unwrap(), RecordType::TXT);
            let _ = cache.get(key, async { Ok(lasting(&huge)) }).await;
        }
        let all = cache.generations();
        let kept: usize = all.young.values().chain(all.old.values()).filter_map(|c| c.get()).map(Stored::octets).sum();
        assert!(kept > OCTETS && kept < 3 * OCTETS, "{kept}");
    }

    /// An answer with a TTL of an hour.
    fn lasting(text: &[u8]) -> Arc<Answer> {
        let records = vec![RData::TXT(crate::model::txt::split(text))];
        Arc::new(Answer { records, ttl: 3600, ..Answer::empty(Status::Found) })
    }

    #[tokio::test]
    async fn an_asker_who_leaves_blocks_nobody() {
        let cache = Cache::default();
        let key = Key::new(&name::domain("a.test").unwrap(), RecordType::A);
        let never = cache.get(key.clone(), std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(1), never).await.is_err());
        let answer = cache.get(key, async { Err(LookupFailure::Timeout) }).await;
        assert_eq!(answer.unwrap_err(), LookupFailure::Timeout);
    }
}
