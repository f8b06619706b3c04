//! Dear questions, of which few are under way at once, and few wait: whoever may ask one may ask many.

use tokio::sync::{Semaphore, SemaphorePermit};

use super::AdministrationError;

/// How many wait for their turn.
const WAITING: usize = 32;

/// The turns that there are.
pub(super) struct Turns {
    turns: Semaphore,
    room: Semaphore,
}

/// A turn, until it is dropped.
pub(super) struct Turn<'a> {
    _turn: SemaphorePermit<'a>,
    _room: SemaphorePermit<'a>,
}

impl Turns {
    /// Of which so many are under way at once.
    pub(super) fn of(under_way: usize) -> Self {
        Self { turns: Semaphore::new(under_way), room: Semaphore::new(under_way + WAITING) }
    }

    /// Waits for a turn; fails when too many wait.
    pub(super) async fn take(&self) -> Result<Turn<'_>, AdministrationError> {
        let room = self.room.try_acquire().map_err(|_| AdministrationError::Overloaded)?;
        let turn = self.turns.acquire().await.map_err(|_| AdministrationError::Overloaded)?;
        Ok(Turn { _turn: turn, _room: room })
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn two_ask_some_wait_and_the_rest_are_turned_away() {
        let turns = Turns::of(2);
        let mut context = Context::from_waker(Waker::noop());
        let mut begin = || {
            let mut waiting = Box::pin(turns.take());
            let at_once = pin!(waiting.as_mut()).poll(&mut context);
            (at_once, waiting)
        };
        let asking: Vec<_> = (0..2).map(|_| begin()).collect();
        assert!(asking.iter().all(|(turn, _)| matches!(turn, Poll::Ready(Ok(_)))));
        let waiting: Vec<_> = (0..WAITING).map(|_| begin()).collect();
        assert!(waiting.iter().all(|(turn, _)| turn.is_pending()));
        assert!(matches!(begin().0, Poll::Ready(Err(AdministrationError::Overloaded))));
        drop(asking);
        assert!(begin().0.is_pending(), "those who wait come first, and there is room behind them");
    }
}
