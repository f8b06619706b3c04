//! A share of a worker's core for threads of idle priority.
//!
//! Such threads (`SCHED_IDLE`, those that hash passwords) run only while nobody else wants the core, and a worker with more
//! requests than it can answer always wants it. So while they have work a worker sleeps for a share of the time for which it
//! runs, unless it has slept as long for want of requests: the kernel runs an idle thread as soon as the worker sleeps, and
//! stops it as soon as the worker's timer expires. It sleeps seldom and for as long as two hashes take: what is cut into small
//! pieces finds its memory out of the cache each time. `docs/adr/0045-workers-leave-hash-threads-a-share.md` has the figures.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::sleep;

/// For how much of its running a worker sleeps once: a ninth of a core that it has to itself. It owes nothing for the time in
/// which others have the core.
const RUNNING: u32 = 8;

/// The longest that a worker sleeps at once.
const LONGEST_SLEEP: Duration = Duration::from_micros(9_500);

/// How often a worker looks how much it has slept: while it sleeps too little, while it sleeps enough, and while there is no
/// work for idle threads. The first decides how many requests meet a sleep: fewer than a hundredth, with 64 under way.
const BUSY: Duration = Duration::from_millis(75);
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

/// What they show.
#[derive(Clone, Copy, Debug)]
struct Reading {
    time: Duration,
    /// Of this thread: for how long it has run, and waited while others had the core.
    ran: Duration,
    waited: Duration,
}

/// How a thread has spent its time, waiting for a core left aside.
#[derive(Clone, Copy, Debug)]
struct Spent {
    running: Duration,
    sleeping: Duration,
}

impl Clocks {
    fn of_this_thread() -> Self {
        Self { scheduler: File::open("/proc/thread-self/schedstat").ok() }
    }

    fn read(&self) -> Reading {
        let read = |clock| Duration::try_from(clock_gettime(clock)).unwrap_or_default();
        let waited = self.scheduler.as_ref().and_then(waited).unwrap_or_default();
        Reading { time: read(ClockId::Monotonic), ran: read(ClockId::ThreadCPUTime), waited }
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

impl Reading {
    fn since(self, before: Self) -> Spent {
        let running = self.ran.saturating_sub(before.ran);
        let awake = running + self.waited.saturating_sub(before.waited);
        Spent { running, sleeping: self.time.saturating_sub(before.time).saturating_sub(awake) }
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
        let left = self.credit + spent.sleeping;
        let due = self.debt + spent.running / RUNNING;
        self.debt = due.saturating_sub(left).min(LONGEST_SLEEP);
        self.credit = left.saturating_sub(due).min(LONGEST_SLEEP);
        self.debt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spent(running_ms: u64, sleeping_ms: u64) -> Spent {
        Spent { running: Duration::from_millis(running_ms), sleeping: Duration::from_millis(sleeping_ms) }
    }

    #[test]
    fn a_thread_that_sleeps_does_not_run() {
        let clocks = Clocks::of_this_thread();
        let before = clocks.read();
        thread::sleep(Duration::from_millis(20));
        let spent = clocks.read().since(before);
        assert!(spent.sleeping >= Duration::from_millis(19), "{spent:?}");
    }

    #[test]
    fn a_worker_that_only_runs_sleeps_for_the_share() {
        assert_eq!(Owed::default().after(spent(72, 0)), Duration::from_millis(9));
    }

    #[test]
    fn a_worker_that_sleeps_anyway_is_not_put_to_sleep() {
        assert_eq!(Owed::default().after(spent(72, 9)), Duration::ZERO);
    }

    #[test]
    fn the_sleep_before_is_taken_off() {
        let mut owed = Owed::default();
        owed.after(spent(72, 0));
        assert_eq!(owed.after(spent(72, 9)), Duration::from_millis(9));
    }

    #[test]
    fn a_sleep_that_took_longer_makes_the_next_one_shorter() {
        let mut owed = Owed::default();
        owed.after(spent(72, 0));
        owed.after(spent(72, 20));
        assert_eq!(owed.after(spent(72, 0)), Duration::from_millis(7));
    }

    #[test]
    fn no_sleep_is_longer_than_requests_may_wait() {
        assert_eq!(Owed::default().after(spent(10_000, 0)), LONGEST_SLEEP);
    }

    #[test]
    fn what_was_left_long_ago_is_not_held_against_who_waits() {
        let mut owed = Owed::default();
        owed.after(spent(0, 10_000));
        owed.after(spent(76, 0));
        assert_eq!(owed.after(spent(72, 0)), Duration::from_millis(9));
    }
}
