//! What was found out once is not found out again, for a while.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What was found stands for so long: DNS may say something else later.
const LIFE: Duration = Duration::from_secs(300);
/// Values kept; when there are more, all go.
const KEPT: usize = 4096;

/// Values by what they depend on but DNS.
#[derive(Debug)]
pub(super) struct Kept<K, V>(Mutex<HashMap<K, (Instant, Arc<V>), foldhash::quality::RandomState>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Kept(Mutex::default())
    }
}

impl<K: std::hash::Hash + Eq, V> Kept<K, V> {
    /// The value kept for `key`; else what `judging` comes to, which is kept where it `lasts`.
    pub(super) async fn get(&self, key: K, judging: impl Future<Output = V>, lasts: impl Fn(&V) -> bool) -> Arc<V> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, value)) = lock().get(&key)
            && since.elapsed() < LIFE
        {
            return value.clone();
        }
        let value = Arc::new(judging.await);
        if lasts(&value) {
            let mut all = lock();
            if all.len() >= KEPT {
                all.clear();
            }
            all.insert(key, (Instant::now(), value.clone()));
        }
        value
    }
}
