//! How many questions one name server has before it at a time: few at first, more while it keeps up, fewer when it
//! does not.

use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Questions that a server gets at a time before anything is known about it.
const START: usize = 32;
/// However badly it does, so many it gets.
const FLOOR: usize = 8;
/// Questions at one server at a time, at most, unless the caller says otherwise.
pub const CEILING: u16 = 128;
/// One answer in so many may stay away: names whose own servers are dead are no sign that this one is overloaded.
const TOLERANCE: usize = 8;

/// The window of one server: additive increase, multiplicative decrease.
#[derive(Debug)]
pub(super) struct Window {
    permits: Semaphore,
    ceiling: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    size: usize,
    /// Answers and silences since the size was last looked at.
    answered: usize,
    lost: usize,
    /// Somebody had to wait.
    full: bool,
    /// Answers have stayed away before: from then on the window grows slowly.
    careful: bool,
    /// Turns that are still out and are not given again.
    debt: usize,
}

/// The right to have questions before the server.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    window: &'a Window,
    permit: Option<SemaphorePermit<'a>>,
    count: usize,
}

impl Turns<'_> {
    /// So many were answered; to the others the server is silent.
    pub(super) fn answered(self, answered: usize) {
        self.window.count(answered, self.count.saturating_sub(answered));
    }
}

impl Drop for Turns<'_> {
    fn drop(&mut self) {
        let mut state = self.window.state();
        let paid = state.debt.min(self.count);
        if paid > 0
            && let Some(paying) = self.permit.as_mut().and_then(|permit| permit.split(paid))
        {
            state.debt -= paid;
            paying.forget();
        }
    }
}

impl Window {
    pub(super) fn new(ceiling: u16) -> Self {
        let ceiling = usize::from(ceiling.max(1));
        let size = START.min(ceiling);
        let state = State { size, answered: 0, lost: 0, full: false, careful: false, debt: 0 };
        Window { permits: Semaphore::new(size), ceiling, state: Mutex::new(state) }
    }

    /// Waits for one turn, first come, first served.
    pub(super) async fn turn(&self) -> Turns<'_> {
        self.turns(1).await
    }

    /// Waits for `count` turns, or for as many as the window always has.
    pub(super) async fn turns(&self, count: usize) -> Turns<'_> {
        let count = count.min(self.most_at_once());
        // A caller asks for few, so that this fits into 32 bits.
        let number = u32::try_from(count).unwrap_or(1);
        if let Ok(permit) = self.permits.try_acquire_many(number) {
            return Turns { window: self, permit: Some(permit), count };
        }
        self.state().full = true;
        // Nobody closes the semaphore; if it were closed, asking without a turn is better than not asking.
        Turns { window: self, permit: self.permits.acquire_many(number).await.ok(), count }
    }

    /// Turns that can be taken together, however badly the server does.
    pub(super) fn most_at_once(&self) -> usize {
        FLOOR.min(self.ceiling)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts outcomes, and looks at the size once a whole window has come back.
    fn count(&self, answered: usize, lost: usize) {
        let mut state = self.state();
        state.answered += answered;
        state.lost += lost;
        let total = state.answered + state.lost;
        if total < state.size {
            return;
        }
        let overloaded = state.lost * TOLERANCE > total;
        let size = match (overloaded, state.full) {
            (true, _) => (state.size / 2).max(FLOOR.min(self.ceiling)),
            (false, true) if state.careful => state.size + state.size / 16 + 1,
            (false, true) => state.size * 2,
            (false, false) => state.size,
        };
        state.careful |= overloaded;
        (state.answered, state.lost, state.full) = (0, 0, false);
        self.resize(&mut state, size.min(self.ceiling));
    }

    fn resize(&self, state: &mut State, size: usize) {
        if size > state.size {
            let more = size - state.size;
            let paid = more.min(state.debt);
            state.debt -= paid;
            self.permits.add_permits(more - paid);
        } else {
            let fewer = state.size - size;
            state.debt += fewer - self.permits.forget_permits(fewer);
        }
        state.size = size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes every turn there is, lets one more wait, and gives all back with so many silences among them.
    async fn round(window: &Window, lost: usize) -> usize {
        let mut turns = Vec::new();
        while window.permits.available_permits() > 0 {
            turns.push(window.turn().await);
        }
        let waiting = window.turn();
        tokio::pin!(waiting);
        assert!(futures_util::poll!(&mut waiting).is_pending());
        for (i, turn) in turns.into_iter().enumerate() {
            turn.answered(usize::from(i >= lost));
        }
        drop(waiting.await);
        window.state().size
    }

    #[tokio::test]
    async fn grows_while_the_server_keeps_up_and_never_over_the_ceiling() {
        let window = Window::new(100);
        let mut sizes = vec![window.state().size];
        for lost in [0, 0, 1, 0, 50, 0, 0, 40, 40, 40, 40] {
            sizes.push(round(&window, lost).await);
            assert_eq!(window.permits.available_permits(), window.state().size, "no turn is lost or made up");
        }
        assert_eq!(sizes[..5], [32, 64, 100, 100, 100], "doubles, and one silence is no overload");
        assert_eq!(sizes[5], 50, "halves");
        assert_eq!(sizes[6..8], [54, 58], "then grows slowly");
        assert!(sizes[8] == 29 && sizes[11] == FLOOR, "{sizes:?}");
        assert_eq!(Window::new(3).state().size, 3);
    }

    #[tokio::test]
    async fn several_turns_at_a_time() {
        let window = Window::new(64);
        for lost in [0, 8, 8, 0, 0, 8, 8, 8] {
            let mut all = Vec::new();
            while window.permits.available_permits() >= 8 {
                all.push(window.turns(8).await);
            }
            all.into_iter().for_each(|turns| turns.answered(8 - lost));
            assert_eq!(window.permits.available_permits(), window.state().size, "no turn is lost or made up");
        }
        assert_eq!(Window::new(3).turns(8).await.count, 3, "no more than there can be");
    }
}
