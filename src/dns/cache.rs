//! Answers kept for as long as their TTL allows; a question that is already on its way is not asked twice.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use crate::dns::lookup::{Answer, LookupFailure};
use crate::model::snapshot::Key;

/// What a question came to.
pub(super) type Outcome = Result<Arc<Answer>, LookupFailure>;

/// Entries kept at most; a run over very many domains must not grow with them.
const CAPACITY: usize = 65_536;
/// A judgement asks the same thing several times within a moment and must see the same answer, even with TTL 0.
const SHORTEST: Duration = Duration::from_secs(2);
/// No TTL is believed for longer.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long a failure stands (RFC 9520 §3.2).
const FAILURE: Duration = Duration::from_secs(5);

/// A cache of one resolver.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: Mutex<HashMap<Key, Arc<OnceCell<Stored>>>>,
}

#[derive(Debug)]
struct Stored {
    outcome: Outcome,
    until: Instant,
}

impl Cache {
    /// The outcome kept for `key`; else what `ask` comes to, which then is kept.
    pub(super) async fn get(&self, key: Key, ask: impl Future<Output = Outcome>) -> Outcome {
        let cell = self.cell(key);
        let stored = cell
            .get_or_init(|| async {
                let outcome = ask.await;
                let life = match &outcome {
                    Ok(answer) => Duration::from_secs(answer.ttl.into()).clamp(SHORTEST, LONGEST),
                    Err(_) => FAILURE,
                };
                Stored { outcome, until: Instant::now() + life }
            })
            .await;
        stored.outcome.clone()
    }

    fn cell(&self, key: Key) -> Arc<OnceCell<Stored>> {
        let now = Instant::now();
        let live = |cell: &Arc<OnceCell<Stored>>| cell.get().is_none_or(|stored| stored.until > now);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = entries.get(&key).filter(|cell| live(cell)) {
            return cell.clone();
        }
        if entries.len() >= CAPACITY {
            entries.retain(|_, cell| live(cell));
            // Nothing has aged: all of it goes, which costs some questions but stays bounded.
            if entries.len() >= CAPACITY {
                entries.clear();
            }
        }
        let cell = Arc::new(OnceCell::new());
        entries.insert(key, cell.clone());
        cell
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
    async fn an_asker_who_leaves_blocks_nobody() {
        let cache = Cache::default();
        let key = Key::new(&name::domain("a.test").unwrap(), RecordType::A);
        let never = cache.get(key.clone(), std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(1), never).await.is_err());
        let answer = cache.get(key, async { Err(LookupFailure::Timeout) }).await;
        assert_eq!(answer.unwrap_err(), LookupFailure::Timeout);
    }
}
