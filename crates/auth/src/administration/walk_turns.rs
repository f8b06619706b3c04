//! Walks through all sessions, of which few are under way at once: each takes the threads that also answer checks for a moment
//! again and again, and whoever may ask for one may ask for many.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::AdministrationError;

/// How many are under way at once.
const UNDER_WAY: usize = 2;

/// How many wait for their turn besides.
const WAITING: usize = 32;

/// The turns that there are.
pub(super) struct WalkTurns {
    turns: Semaphore,
    room: Semaphore,
}

/// A turn, until it is dropped.
pub(super) struct WalkTurn<'a> {
    _turn: SemaphorePermit<'a>,
    _room: SemaphorePermit<'a>,
}

impl Default for WalkTurns {
    fn default() -> Self {
        Self { turns: Semaphore::new(UNDER_WAY), room: Semaphore::new(UNDER_WAY + WAITING) }
    }
}

impl WalkTurns {
    /// Waits for a turn; fails when too many wait.
    pub(super) async fn take(&self) -> Result<WalkTurn<'_>, AdministrationError> {
        let room = self.room.try_acquire().map_err(|_| AdministrationError::Overloaded)?;
        let turn = self.turns.acquire().await.map_err(|_| AdministrationError::Overloaded)?;
        Ok(WalkTurn { _turn: turn, _room: room })
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn two_walk_some_wait_and_the_rest_are_turned_away() {
        let turns = WalkTurns::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut begin = || {
            let mut waiting = Box::pin(turns.take());
            let at_once = pin!(waiting.as_mut()).poll(&mut context);
            (at_once, waiting)
        };
        let walking: Vec<_> = (0..UNDER_WAY).map(|_| begin()).collect();
        assert!(walking.iter().all(|(turn, _)| matches!(turn, Poll::Ready(Ok(_)))));
        let waiting: Vec<_> = (0..WAITING).map(|_| begin()).collect();
        assert!(waiting.iter().all(|(turn, _)| turn.is_pending()));
        assert!(matches!(begin().0, Poll::Ready(Err(AdministrationError::Overloaded))));
        drop(walking);
        assert!(begin().0.is_pending(), "those who wait come first, and there is room behind them");
    }
}
