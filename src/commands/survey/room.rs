//! The room that messages take in memory.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::mail::mailbox::LARGEST;

/// KiB of messages that are in memory at a time: one of the largest, and many of the usual size beside it.
const BUDGET: u32 = (LARGEST >> 10) as u32 + (16 << 10);

/// The room that all messages share.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// Room that was taken; given back when this goes.
pub(super) struct Taken(OwnedSemaphorePermit);

impl Room {
    pub(super) fn new() -> Self {
        Room(Arc::new(Semaphore::new(BUDGET as usize)))
    }

    /// Waits until there is room for `octets`.
    pub(super) async fn take(&self, octets: usize) -> Option<Taken> {
        self.0.clone().acquire_many_owned(kib(octets)).await.ok().map(Taken)
    }

    /// Room for `octets` where there is some at once.
    pub(super) fn take_now(&self, octets: usize) -> Option<Taken> {
        self.0.clone().try_acquire_many_owned(kib(octets)).ok().map(Taken)
    }
}

impl Taken {
    /// Gives back what `octets` do not need.
    pub(super) fn shrink(&mut self, octets: usize) {
        let more = self.0.num_permits().saturating_sub(kib(octets) as usize);
        drop(self.0.split(more));
    }
}

fn kib(octets: usize) -> u32 {
    u32::try_from(octets >> 10).unwrap_or(BUDGET).saturating_add(1).min(BUDGET)
}
