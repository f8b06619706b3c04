//! Signed requests that were let through, so that each counts once (RFC 5849 §3.3).
//!
//! In memory: what was let through before the start of the process is not known, and so nothing that was signed before then is
//! taken. What is kept of a request is a number of 64 bits, under a key that this process alone has: 4,194,304 of them at most,
//! which is 14,000 signed requests a second for as long as the window is open, in at most 90 MB; half of them of one account at most. When there
//! is no room, requests are refused and none is forgotten. A number that two requests share, in one of four billion billion, refuses the later one.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState as FastState;
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use vestibule_model::{AccountId, Millis};

/// Parts with a lock each.
const SHARDS: usize = 64;

/// The most that a part remembers.
const MOST_PER_SHARD: usize = 65_536;

/// The most of them that are of one account: whoever has a key does not take it all.
const MOST_OF_AN_ACCOUNT: usize = MOST_PER_SHARD / 2;

/// What expires within this time is forgotten together.
const SLICE: Duration = Duration::from_secs(15);

/// What was consumed, until it expires.
pub(crate) struct Nonces {
    /// What was signed before is not known.
    start: Millis,
    digests: RandomState,
    shards: Box<[Mutex<Shard>]>,
}

#[derive(Default)]
struct Shard {
    /// By the slice of time in which they expire, ascending.
    slices: VecDeque<(i64, Slice)>,
    count: usize,
    /// How many of them each account has.
    by_account: HashMap<AccountId, usize, FastState>,
    /// What expires before this slice may have been forgotten, whatever the clock says now.
    forgotten: i64,
}

#[derive(Default)]
struct Slice {
    digests: HashSet<u64, FastState>,
    by_account: HashMap<AccountId, usize, FastState>,
}

/// Why a value does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotConsumed {
    /// It was consumed before.
    Before,
    /// It expires before this, and what does was forgotten: the clock was set back.
    Forgotten(Millis),
    /// As many are remembered as may be, of all or of the account.
    Full,
}

impl Nonces {
    pub(crate) fn new(start: Millis) -> Self {
        Self { start, digests: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// From when on requests may have been signed.
    pub(crate) const fn start(&self) -> Millis {
        self.start
    }

    /// Consumes a value of an account: of all who ask with an equal one, one succeeds.
    pub(crate) fn consume_once(
        &self,
        account: AccountId,
        value: impl Hash,
        expires: Millis,
        now: Millis,
    ) -> Result<(), NotConsumed> {
        let digest = self.digests.hash_one((account, value));
        let shard = usize::try_from(digest % SHARDS as u64).unwrap_or_default();
        let mut shard = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        shard.forget(slice_of(now));
        shard.consume(account, digest, slice_of(expires))
    }
}

/// The slice of time that this is in.
fn slice_of(at: Millis) -> i64 {
    at.as_unix().div_euclid(i64::try_from(SLICE.as_millis()).unwrap_or(i64::MAX))
}

impl Shard {
    /// Forgets what expires before a slice begins.
    fn forget(&mut self, now: i64) {
        while let Some((_, expired)) = self.slices.pop_front_if(|(slice, _)| *slice < now) {
            self.count -= expired.digests.len();
            for (account, gone) in expired.by_account {
                if let Entry::Occupied(mut of_account) = self.by_account.entry(account) {
                    *of_account.get_mut() -= gone;
                    if *of_account.get() == 0 {
                        of_account.remove();
                    }
                }
            }
        }
        self.forgotten = self.forgotten.max(now);
    }

    fn consume(&mut self, account: AccountId, digest: u64, slice: i64) -> Result<(), NotConsumed> {
        if slice < self.forgotten {
            let forgotten =
                self.forgotten.saturating_mul(i64::try_from(SLICE.as_millis()).unwrap_or(i64::MAX));
            return Err(NotConsumed::Forgotten(Millis::from_unix(forgotten)));
        }
        let at = self.slices.partition_point(|(other, _)| *other < slice);
        let is_there = self.slices.get(at).is_some_and(|(other, _)| *other == slice);
        if is_there && self.slices[at].1.digests.contains(&digest) {
            return Err(NotConsumed::Before);
        }
        let of_account = self.by_account.get(&account).copied().unwrap_or_default();
        if self.count >= MOST_PER_SHARD || of_account >= MOST_OF_AN_ACCOUNT {
            return Err(NotConsumed::Full);
        }
        if !is_there {
            self.slices.insert(at, (slice, Slice::default()));
        }
        let within = &mut self.slices[at].1;
        within.digests.insert(digest);
        *within.by_account.entry(account).or_default() += 1;
        self.count += 1;
        *self.by_account.entry(account).or_default() += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const START: Millis = Millis::from_unix(1_800_000_000_000);

    fn a() -> AccountId {
        "a".parse().unwrap()
    }

    fn after(seconds: u64) -> Millis {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn g5_a_value_is_consumed_once() {
        let nonces = Nonces::new(START);
        let consume = |value: &str| nonces.consume_once(a(), value, after(300), after(1));
        assert_eq!(consume("a"), Ok(()));
        assert_eq!(consume("a"), Err(NotConsumed::Before));
        assert_eq!(consume("b"), Ok(()));
    }

    #[test]
    fn g5_of_64_threads_with_one_value_one_succeeds() {
        let nonces = Nonces::new(START);
        let all = std::sync::Barrier::new(64);
        for round in 0..20 {
            let consume = || {
                all.wait();
                nonces.consume_once(a(), round, after(300), after(1)).is_ok()
            };
            let succeeded = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..64).map(|_| scope.spawn(consume)).collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|did| *did).count()
            });
            assert_eq!(succeeded, 1, "round {round}");
        }
    }

    #[test]
    fn g5_what_was_forgotten_does_not_count_again_when_the_clock_is_set_back() {
        let nonces = Nonces::new(START);
        assert_eq!(nonces.consume_once(a(), "a", after(300), after(1)), Ok(()));
        // Every part forgets, whichever the value is in.
        for other in 0..10_000 {
            nonces.consume_once(a(), other, after(5_000), after(4_000)).unwrap();
        }
        assert_eq!(
            nonces.consume_once(a(), "a", after(300), after(1)),
            Err(NotConsumed::Forgotten(after(3_990)))
        );
    }

    #[test]
    fn what_expires_makes_room() {
        let (mut shard, b, c) = (Shard::default(), "b".parse().unwrap(), "c".parse().unwrap());
        let half = MOST_OF_AN_ACCOUNT as u64;
        for value in 0..half {
            assert_eq!(shard.consume(a(), value, 20), Ok(()));
        }
        assert_eq!(shard.consume(a(), half, 20), Err(NotConsumed::Full), "of one account");
        for value in half..2 * half {
            assert_eq!(shard.consume(b, value, 30), Ok(()));
        }
        assert_eq!(shard.consume(c, 2 * half, 20), Err(NotConsumed::Full), "of all");
        assert_eq!(shard.consume(a(), 7, 20), Err(NotConsumed::Before), "it is remembered all the same");
        shard.forget(20);
        assert_eq!(shard.consume(a(), u64::MAX, 30), Err(NotConsumed::Full));
        shard.forget(21);
        assert_eq!(shard.consume(a(), u64::MAX, 30), Ok(()));
        assert_eq!(shard.by_account.len(), 2);
    }

    proptest! {
        /// As a set that never forgets has it, for everything that has not expired.
        #[test]
        fn it_is_a_set_of_what_has_not_expired(steps in prop::collection::vec((0..4_u8, 0..4_u64, 0..4_u64), 1..200)) {
            let (nonces, mut all, mut now) = (Nonces::new(START), HashSet::new(), 0);
            for (value, lives, passes) in steps {
                now += passes * 5;
                let expires = now + lives * 5;
                let consumed = nonces.consume_once(a(), (value, expires), after(expires), after(now));
                let expected = if all.insert((value, expires)) { Ok(()) } else { Err(NotConsumed::Before) };
                prop_assert_eq!(consumed, expected);
            }
        }
    }
}
