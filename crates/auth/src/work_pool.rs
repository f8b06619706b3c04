//! Threads that do nothing but work that takes long: verify passwords, verify what identity providers sent. No check waits for it.
//!
//! Threads run at the lowest priority of the operating system, each with a state that it keeps; workers that are busy without
//! pause leave them a share of their cores (ADR 45). The queue is bounded by length and by how long a job may wait; what is beyond
//! is turned away at once.
//!
//! Answers of short jobs are told together (`Limits::told_together`): whoever is told wakes a worker and the store's writer, which run
//! before the thread does its next job, so that each would be a commit of its own. Nothing is held back when no job waits.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::oneshot;
use vestibule_model::{Clock, Monotonic};

/// Turned away: the queue was full, or the job waited too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overloaded;

/// How many threads, and when the queue is full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At least one.
    pub(crate) threads: usize,
    /// How many jobs may wait.
    pub(crate) queue_length: usize,
    /// How long a job may wait before it is turned away.
    pub(crate) queue_deadline: Duration,
    /// How many answers a thread may hold back while more jobs wait. One: each is told at once. They are told earlier when the job
    /// after which they are `HELD_BACK` old has ended, which is the only moment at which that is looked at: an answer may wait for
    /// as long as this and one whole job more.
    pub(crate) told_together: usize,
}

/// How old an answer that is held back may be when a job has ended; then it is told, however few there are.
const HELD_BACK: Duration = Duration::from_millis(3);

/// What a pool tells about itself.
#[derive(Debug, Default)]
pub struct WorkPoolGauges {
    /// Threads that work.
    pub threads: usize,
    /// Jobs that may wait.
    pub queue_length: usize,
    /// Jobs that wait now.
    pub waiting: AtomicUsize,
    /// Jobs that a thread has taken and not finished.
    at_work: AtomicUsize,
    /// Jobs done since the start.
    pub done: AtomicU64,
    /// Jobs turned away since the start.
    pub turned_away: AtomicU64,
    /// Milliseconds that jobs have waited since the start, added up.
    pub waited_ms: AtomicU64,
    /// Microseconds that the threads have worked since the start, added up: with `done`, what the pool can do.
    pub busy_micros: AtomicU64,
}

impl WorkPoolGauges {
    /// Whether there is anything to do.
    pub fn has_work(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) + self.at_work.load(Ordering::Relaxed) > 0
    }
}

/// The threads and their queue; each thread has a state of type `S`. Dropping it ends the threads after their present job.
pub(crate) struct WorkPool<S> {
    queue: Arc<Queue<S>>,
    deadline: Duration,
    threads: Vec<thread::JoinHandle<()>>,
}

struct Queue<S> {
    told_together: usize,
    jobs: Mutex<Jobs<S>>,
    arrived: Condvar,
    clock: Arc<dyn Clock>,
    gauges: Arc<WorkPoolGauges>,
}

struct Jobs<S> {
    waiting: VecDeque<Job<S>>,
    closed: bool,
}

/// Given the state of a thread; None: it is late. Returns what tells the answer.
type Work<S> = Box<dyn FnOnce(Option<&mut S>) -> Tell + Send>;

type Tell = Box<dyn FnOnce()>;

struct Job<S> {
    work: Work<S>,
    enqueued: Monotonic,
    turn_away_at: Monotonic,
}

impl<S: Send + 'static> WorkPool<S> {
    /// Starts the threads, which are named after `name` and a number, each with a state of its own.
    pub(crate) fn start(
        name: &str,
        limits: Limits,
        clock: Arc<dyn Clock>,
        state: impl Fn() -> S + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let count = limits.threads.max(1);
        let queue = Arc::new(Queue {
            told_together: limits.told_together,
            jobs: Mutex::new(Jobs { waiting: VecDeque::new(), closed: false }),
            arrived: Condvar::new(),
            clock,
            gauges: Arc::new(WorkPoolGauges {
                threads: count,
                queue_length: limits.queue_length,
                ..WorkPoolGauges::default()
            }),
        });
        let state = Arc::new(state);
        let threads = (0..count)
            .map(|number| {
                let (queue, state) = (Arc::clone(&queue), Arc::clone(&state));
                thread::Builder::new().name(format!("{name}-{number}")).spawn(move || run(&queue, &*state))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self { queue, deadline: limits.queue_deadline, threads })
    }

    /// Does some work on one of the threads. Counted and done before anybody learns of it; the caller may have gone in the
    /// meantime: then nobody is told.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(move |state| {
            let answer = state.map(work).ok_or(Overloaded);
            Box::new(move || drop(reply.send(answer)))
        }))?;
        answer.await.unwrap_or(Err(Overloaded))
    }

    fn enqueue(&self, work: Work<S>) -> Result<(), Overloaded> {
        let now = self.queue.clock.monotonic();
        let job = Job { work, enqueued: now, turn_away_at: now.plus(self.deadline) };
        let gauges = &self.queue.gauges;
        let mut jobs = self.queue.lock();
        if jobs.waiting.len() >= gauges.queue_length {
            gauges.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(Overloaded);
        }
        jobs.waiting.push_back(job);
        gauges.waiting.store(jobs.waiting.len(), Ordering::Relaxed);
        drop(jobs);
        self.queue.arrived.notify_one();
        Ok(())
    }

    pub(crate) fn gauges(&self) -> Arc<WorkPoolGauges> {
        Arc::clone(&self.queue.gauges)
    }
}

impl<S> Drop for WorkPool<S> {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.arrived.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl<S> Queue<S> {
    fn lock(&self) -> MutexGuard<'_, Jobs<S>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job, as soon as there is one, and that a thread is at it; None: the pool is closed. Answers are not held back while
    /// there is none.
    fn next(&self, held_back: &mut HeldBack) -> Option<(Job<S>, AtWork<'_>)> {
        let mut jobs = self.lock();
        loop {
            if jobs.closed {
                return None;
            }
            if let Some(job) = jobs.waiting.pop_front() {
                // In this order: whoever asks whether there is work finds some.
                let at_work = AtWork::begin(&self.gauges);
                self.gauges.waiting.store(jobs.waiting.len(), Ordering::Relaxed);
                return Some((job, at_work));
            }
            if !held_back.answers.is_empty() {
                drop(jobs);
                held_back.tell();
                jobs = self.lock();
                continue;
            }
            jobs = self.arrived.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A thread is at a job, until this is dropped, also by a panic.
struct AtWork<'a>(&'a WorkPoolGauges);

impl<'a> AtWork<'a> {
    fn begin(gauges: &'a WorkPoolGauges) -> Self {
        gauges.at_work.fetch_add(1, Ordering::Relaxed);
        Self(gauges)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run<S>(queue: &Queue<S>, new_state: &dyn Fn() -> S) {
    let mut state = new_state();
    lower_priority();
    let mut held_back = HeldBack { answers: Vec::new(), since: Monotonic::after_beginning(Duration::ZERO) };
    while let Some((job, _at_work)) = queue.next(&mut held_back) {
        let now = queue.clock.monotonic();
        let waited = u64::try_from(now.since(job.enqueued).as_millis()).unwrap_or(u64::MAX);
        queue.gauges.waited_ms.fetch_add(waited, Ordering::Relaxed);
        let late = now >= job.turn_away_at;
        let gauge = if late { &queue.gauges.turned_away } else { &queue.gauges.done };
        gauge.fetch_add(1, Ordering::Relaxed);
        // A job that panics has said so, and nobody gets its answer; the thread goes on with a state of which nothing is known to
        // be whole any more, so with a new one.
        let work = AssertUnwindSafe(|| (job.work)((!late).then_some(&mut state)));
        let tell = catch_unwind(work).map_err(|_| state = new_state()).ok();
        let done = queue.clock.monotonic();
        let busy = u64::try_from(done.since(now).as_micros()).unwrap_or(u64::MAX);
        queue.gauges.busy_micros.fetch_add(busy, Ordering::Relaxed);
        held_back.add(tell, done);
        if held_back.is_enough(queue.told_together, done) {
            held_back.tell();
        }
    }
}

/// Answers of one thread that are told together.
struct HeldBack {
    answers: Vec<Tell>,
    /// When the first of them was there.
    since: Monotonic,
}

impl HeldBack {
    fn add(&mut self, tell: Option<Tell>, now: Monotonic) {
        if self.answers.is_empty() {
            self.since = now;
        }
        self.answers.extend(tell);
    }

    fn is_enough(&self, together: usize, now: Monotonic) -> bool {
        self.answers.len() >= together || now.since(self.since) >= HELD_BACK
    }

    fn tell(&mut self) {
        self.answers.drain(..).for_each(|tell| tell());
    }
}

/// Also when the thread ends.
impl Drop for HeldBack {
    fn drop(&mut self) {
        self.tell();
    }
}

/// Gives way to everything else on the machine: checks must not wait for this. The lowest niceness alone is not enough:
/// a thread that has it still gets its turn of some milliseconds now and then, and every check waits meanwhile. An idle
/// thread gets a fifth of that, and makes room the moment anybody else wakes.
fn lower_priority() {
    const LOWEST: i32 = 19;
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
        tracing::warn!(%error, "threads for long work run at normal priority");
    }
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let set = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    if let Err(error) = set {
        tracing::warn!(error = in_words(error), "threads for long work are not scheduled as idle ones");
    }
}

fn in_words(error: thread_priority::Error) -> String {
    match error {
        thread_priority::Error::OS(code) => io::Error::from_raw_os_error(code).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
