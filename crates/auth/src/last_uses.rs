//! Writing the last uses of sessions, in turn: every block of session numbers has one of fifteen turns, at which the last uses in
//! it are written that have moved since. So a block that is in use costs one row in each interval, however many sessions in
//! it are used and however often.
//!
//! A turn is a seventeenth of the interval, and comes again after fifteen: what is written has two turns left to become durable, so
//! after a crash no last use is missing that is older than the interval. What the store does not take, and a use after a long pause,
//! is written at the next turn, whichever that is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use vestibule_model::{Clock, Monotonic};
use vestibule_store::{Change, Store, StoreError};

use crate::directory::UserEntry;
use crate::live::{LiveSessions, TURNS, URGENT, Used};

/// How many blocks are written in one commit: a millisecond or two of the store's writer, for which logins wait.
const BLOCKS: usize = 16;

/// How many turns there are in an interval: two more than have to come before the first comes again.
const IN_AN_INTERVAL: u32 = 17;

const _: () = assert!(IN_AN_INTERVAL as usize == TURNS + 2, "two turns are left to become durable");

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
    (interval / IN_AN_INTERVAL).max(Duration::from_millis(1))
}

/// Within which time every last use is written, if that is to be an interval.
pub(crate) fn written_within(interval: Duration) -> Duration {
    interval.max(turn(interval) * IN_AN_INTERVAL)
}

/// How many turns are over.
fn turns_over(now: Monotonic, interval: Duration) -> u64 {
    let since = now.since(Monotonic::after_beginning(Duration::ZERO));
    u64::try_from(since.as_nanos() / turn(interval).as_nanos()).unwrap_or(u64::MAX)
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

    /// Writes those whose turn is over, and those that are urgent.
    pub(crate) async fn write_due(&self) -> Result<(), StoreError> {
        let over = turns_over(self.clock.monotonic(), self.interval);
        let turns = u64::try_from(TURNS).unwrap_or(u64::MAX);
        let first = self.until.load(Ordering::Relaxed).max(over.saturating_sub(turns));
        let mut written = self.write(URGENT).await;
        for number in first..over {
            written = self.write(usize::try_from(number % turns).unwrap_or_default()).await.and(written);
            self.until.store(number + 1, Ordering::Relaxed);
        }
        written
    }

    /// Writes them all.
    pub(crate) async fn write_all(&self) -> Result<(), StoreError> {
        let mut written = Ok(());
        for list in 0..=URGENT {
            written = self.write(list).await.and(written);
        }
        written
    }

    /// Writes those of a list; what the store does not take is given back to the table.
    async fn write(&self, list: usize) -> Result<(), StoreError> {
        let mut unwritten = Unwritten { live: &self.live, used: self.live.take_used(list), written: 0 };
        loop {
            let blocks = unwritten.next_blocks();
            if blocks.is_empty() {
                return Ok(());
            }
            let last_uses = blocks.iter().map(|used| used.last_use).collect();
            let count = blocks.len();
            self.store.commit(vec![Change::NoteLastUses(last_uses)]).await?;
            unwritten.written += count;
        }
    }
}

/// Last uses that are being written. Those that are not known to be written when this is dropped, also because nobody waits any more,
/// are given back.
struct Unwritten<'a> {
    live: &'a LiveSessions<UserEntry>,
    used: Vec<Used>,
    written: usize,
}

impl Unwritten<'_> {
    /// Those of the next blocks.
    fn next_blocks(&self) -> &[Used] {
        let rest = &self.used[self.written..];
        let blocks = rest.chunk_by(|one, other| one.last_use.number.block() == other.last_use.number.block());
        &rest[..blocks.take(BLOCKS).map(<[Used]>::len).sum()]
    }
}

impl Drop for Unwritten<'_> {
    fn drop(&mut self) {
        self.live.return_used(&self.used[self.written..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);

    #[test]
    fn every_turn_comes_again_before_the_interval_is_over() {
        let cycle = turn(INTERVAL) * u32::try_from(TURNS).unwrap();
        assert!(cycle + 2 * turn(INTERVAL) <= INTERVAL && written_within(INTERVAL) == INTERVAL);
    }

    #[test]
    fn turns_are_counted_when_they_are_over() {
        let over = |millis| turns_over(Monotonic::after_beginning(Duration::from_millis(millis)), INTERVAL);
        assert_eq!([0, 1_764, 1_765, 3_530].map(over), [0, 0, 1, 2]);
    }

    #[test]
    fn the_shortest_interval_has_turns_of_a_millisecond_and_is_as_long_as_they_take() {
        assert_eq!(turn(Duration::from_millis(1)), Duration::from_millis(1));
        assert_eq!(written_within(Duration::from_millis(1)), Duration::from_millis(17));
    }
}
