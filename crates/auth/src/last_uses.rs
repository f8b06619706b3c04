//! Writing the last uses of sessions, in turn: every block of session numbers has one of fifteen turns, at which the last uses in
//! it are written that have moved since. So a block that is in use costs one row in each interval, however many sessions in
//! it are used and however often.
//!
//! A turn is a sixteenth of the interval, and comes again after fifteen: what is written has one turn left to become durable, so
//! after a crash no last use is missing that is older than the interval. What the store does not take is tried again at once
//! when it does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use vestibule_model::{Clock, Monotonic};
use vestibule_store::{Change, Store, StoreError};

use crate::directory::UserEntry;
use crate::live::{LiveSessions, TURNS, Used};

/// How many blocks are written in one commit: a millisecond or two of the store's writer, for which logins wait.
const BLOCKS: usize = 16;

/// The last uses of sessions, as far as the store has to have them.
pub(crate) struct LastUses {
    /// Has them all.
    live: Arc<LiveSessions<UserEntry>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// Within which every last use is to be written.
    interval: Duration,
    /// The turns before this one are written, counted from the beginning of the clock that nobody sets.
    until: AtomicU64,
}

/// How long a turn takes, if every last use is to be written within an interval.
pub(crate) fn turn(interval: Duration) -> Duration {
    let turns = u32::try_from(TURNS + 1).unwrap_or(u32::MAX);
    (interval / turns).max(Duration::from_millis(1))
}

/// How many turns are over.
fn turns_over(now: Monotonic, interval: Duration) -> u64 {
    let since = now.since(Monotonic::after_beginning(Duration::ZERO));
    u64::try_from(since.as_millis() / turn(interval).as_millis()).unwrap_or(u64::MAX)
}

impl LastUses {
    pub(crate) fn new(
        live: Arc<LiveSessions<UserEntry>>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        interval: Duration,
    ) -> Self {
        Self { live, store, clock, interval, until: AtomicU64::default() }
    }

    /// Writes those whose turn is over.
    pub(crate) async fn write_due(&self) -> Result<(), StoreError> {
        let over = turns_over(self.clock.monotonic(), self.interval);
        let turns = u64::try_from(TURNS).unwrap_or(u64::MAX);
        let first = self.until.load(Ordering::Relaxed).max(over.saturating_sub(turns));
        for number in first..over {
            self.write(usize::try_from(number % turns).unwrap_or_default()).await?;
            self.until.store(number + 1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Writes them all.
    pub(crate) async fn write_all(&self) -> Result<(), StoreError> {
        let mut written = Ok(());
        for turn in 0..TURNS {
            written = self.write(turn).await.and(written);
        }
        written
    }

    /// Writes those of a turn; gives back to the table what the store does not take.
    async fn write(&self, turn: usize) -> Result<(), StoreError> {
        let used = self.live.take_used(turn);
        let blocks: Vec<&[Used]> = used
            .chunk_by(|one, other| one.last_use.number.block() == other.last_use.number.block())
            .collect();
        let mut written = Ok(());
        for blocks in blocks.chunks(BLOCKS) {
            let used = blocks.concat();
            let last_uses = used.iter().map(|used| used.last_use).collect();
            if let Err(error) = self.store.commit(vec![Change::NoteLastUses(last_uses)]).await {
                self.live.return_used(&used);
                written = Err(error);
            }
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);

    #[test]
    fn every_turn_comes_again_before_the_interval_is_over() {
        let cycle = turn(INTERVAL) * u32::try_from(TURNS).unwrap();
        assert_eq!(cycle + turn(INTERVAL), INTERVAL);
    }

    #[test]
    fn turns_are_counted_when_they_are_over() {
        let over = |millis| turns_over(Monotonic::after_beginning(Duration::from_millis(millis)), INTERVAL);
        assert_eq!([0, 1_874, 1_875, 3_750].map(over), [0, 0, 1, 2]);
    }

    #[test]
    fn the_shortest_interval_has_turns_of_a_millisecond() {
        assert_eq!(turn(Duration::from_millis(1)), Duration::from_millis(1));
    }
}
