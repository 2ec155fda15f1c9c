//! Requests kept below what a provider takes.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::provider::definition::Rate;

/// Lets so many requests through in so many seconds.
pub struct Limiter {
    rate: Option<Rate>,
    sent: Mutex<VecDeque<Instant>>,
}

impl Limiter {
    /// One for `rate`; without a rate nobody waits.
    pub fn new(rate: Option<Rate>) -> Self {
        Limiter { rate, sent: Mutex::default() }
    }

    /// Waits until one more request may be sent, and counts it.
    pub async fn pass(&self) {
        while let Some(pause) = self.pause() {
            tokio::time::sleep(pause).await;
        }
    }

    /// Counts a request now, or says how long to wait.
    fn pause(&self) -> Option<Duration> {
        let rate = self.rate.filter(|rate| rate.requests > 0)?;
        let span = Duration::from_secs(rate.seconds);
        let now = Instant::now();
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        while sent.front().is_some_and(|first| now.duration_since(*first) >= span) {
            sent.pop_front();
        }
        if sent.len() < rate.requests {
            sent.push_back(now);
            return None;
        }
        sent.front().map(|first| span.saturating_sub(now.duration_since(*first)).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_in_so_long() {
        let limiter = Limiter::new(Some(Rate { requests: 3, seconds: 60 }));
        for _ in 0..3 {
            limiter.pass().await;
        }
        let pause = limiter.pause();
        assert!(pause.is_some_and(|p| p > Duration::from_secs(50) && p <= Duration::from_secs(60)), "{pause:?}");
        let free = Limiter::new(None);
        assert!((0..1000).all(|_| free.pause().is_none()));
        let at_once = Limiter::new(Some(Rate { requests: 1, seconds: 0 }));
        at_once.pass().await;
        at_once.pass().await;
    }
}
