//! A share of a worker's core for threads of idle priority.
//!
//! Such threads (`SCHED_IDLE`, those that hash passwords) run only while nobody else wants the core, and a worker with more
//! requests than it can answer always wants it. So a worker sleeps while they have work and it has left others less than
//! [`SHARE`] of its core: the kernel runs an idle thread as soon as the worker sleeps, and stops it as soon as the worker's
//! timer expires. Every request waits meanwhile, so a sleep is short. A share by priority would be given in pieces of a tick
//! of the scheduler, 1 to 10 ms, as `docs/adr/0045-workers-leave-hash-threads-a-share.md` says.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::sleep;

/// How much of a worker's core is left to others while threads of idle priority have work: one in so many.
const SHARE: u32 = 7;

/// The longest that a worker sleeps at once.
const LONGEST_SLEEP: Duration = Duration::from_micros(700);

/// How often a worker looks how much it has left: while it leaves too little, while it leaves enough, and while there is no
/// work for idle threads. A worker that is idle itself must not be woken often.
const BUSY: Duration = Duration::from_millis(3);
const CALM: Duration = Duration::from_millis(20);
const WITHOUT_WORK: Duration = Duration::from_millis(100);

/// Tells whether threads of idle priority have work.
#[derive(Clone)]
pub(super) struct IdleWork(Arc<dyn Fn() -> bool + Send + Sync>);

impl IdleWork {
    pub(super) fn told_by(has_work: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(has_work))
    }
}

impl fmt::Debug for IdleWork {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("IdleWork")
    }
}

/// Sees to it that this thread leaves its share. Does not return.
pub(super) async fn leave_share(work: IdleWork) {
    let clocks = Clocks::of_this_thread();
    loop {
        sleep(WITHOUT_WORK).await;
        let (mut owed, mut before, mut pause) = (Owed::default(), clocks.read(), CALM);
        while (work.0)() {
            sleep(pause).await;
            let now = clocks.read();
            let due = owed.after(now.since(before));
            before = now;
            if due.is_zero() || !(work.0)() {
                pause = CALM;
            } else {
                // Blocks the thread, which is what it is for.
                thread::sleep(due);
                pause = BUSY;
            }
        }
    }
}

/// What tells how a thread spends its time.
struct Clocks {
    /// `/proc/<pid>/task/<tid>/schedstat`; None: this system does not have it.
    scheduler: Option<File>,
}

/// How a thread has spent its time.
#[derive(Clone, Copy, Debug)]
struct Spent {
    elapsed: Duration,
    /// Running, or waiting for a core that others have.
    awake: Duration,
}

impl Clocks {
    fn of_this_thread() -> Self {
        Self { scheduler: File::open("/proc/thread-self/schedstat").ok() }
    }

    fn read(&self) -> Spent {
        let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
        let waited = self.scheduler.as_ref().and_then(waited).unwrap_or_default();
        Spent { elapsed: read(ClockId::Monotonic), awake: read(ClockId::ThreadCPUTime) + waited }
    }
}

/// How long a thread has waited for a core: the second number, in nanoseconds. The first, how long it has run, is not of this
/// moment.
fn waited(scheduler: &File) -> Option<Duration> {
    let mut text = [0; 64];
    let length = scheduler.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

impl Spent {
    fn since(self, before: Self) -> Self {
        Self {
            elapsed: self.elapsed.saturating_sub(before.elapsed),
            awake: self.awake.saturating_sub(before.awake),
        }
    }
}

/// What a worker owes to idle threads, and what it has left them beyond its debt.
#[derive(Debug, Default)]
struct Owed {
    debt: Duration,
    credit: Duration,
}

impl Owed {
    /// How long to sleep now that another `spent` has passed, the sleep before included. Neither debt nor credit lasts longer
    /// than a sleep: what was left long ago does not help who waits now.
    fn after(&mut self, spent: Spent) -> Duration {
        let left = self.credit + spent.elapsed.saturating_sub(spent.awake);
        let due = self.debt + spent.elapsed / SHARE;
        self.debt = due.saturating_sub(left).min(LONGEST_SLEEP);
        self.credit = left.saturating_sub(due).min(LONGEST_SLEEP);
        self.debt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spent(elapsed_us: u64, awake_us: u64) -> Spent {
        Spent { elapsed: Duration::from_micros(elapsed_us), awake: Duration::from_micros(awake_us) }
    }

    #[test]
    fn a_thread_that_sleeps_is_not_awake() {
        let clocks = Clocks::of_this_thread();
        let before = clocks.read();
        thread::sleep(Duration::from_millis(20));
        let spent = clocks.read().since(before);
        assert!(spent.elapsed >= spent.awake + Duration::from_millis(19), "{spent:?}");
    }

    #[test]
    fn a_worker_that_leaves_nothing_sleeps_for_the_share() {
        assert_eq!(Owed::default().after(spent(3_500, 3_500)), Duration::from_micros(500));
    }

    #[test]
    fn a_worker_that_leaves_the_share_does_not_sleep() {
        assert_eq!(Owed::default().after(spent(3_500, 3_000)), Duration::ZERO);
    }

    #[test]
    fn the_sleep_before_is_taken_off() {
        let mut owed = Owed::default();
        owed.after(spent(3_500, 3_500));
        assert_eq!(owed.after(spent(3_500, 3_000)), Duration::from_micros(500));
    }

    #[test]
    fn a_sleep_that_took_longer_makes_the_next_one_shorter() {
        let mut owed = Owed::default();
        owed.after(spent(3_500, 3_500));
        owed.after(spent(3_500, 2_400));
        assert_eq!(owed.after(spent(3_500, 3_500)), Duration::from_micros(400));
    }

    #[test]
    fn no_sleep_is_longer_than_requests_may_wait() {
        assert_eq!(Owed::default().after(spent(1_000_000, 1_000_000)), LONGEST_SLEEP);
    }

    #[test]
    fn what_was_left_long_ago_is_not_held_against_who_waits() {
        let mut owed = Owed::default();
        owed.after(spent(10_000_000, 0));
        owed.after(spent(4_900, 4_900));
        assert_eq!(owed.after(spent(3_500, 3_500)), Duration::from_micros(500));
    }
}
