//! The hash pool: threads that do nothing but verify passwords, so that no check waits for a hash.
//!
//! Threads run at the lowest priority of the operating system, each with one hashing buffer that it keeps; workers that are busy
//! without pause leave them a share of their cores (ADR 45). The queue is bounded by length and by how long a job may wait; what is
//! beyond is turned away at once.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::oneshot;
use vestibule_crypto::{Argon2Params, PasswordHasher, needs_rehash};
use vestibule_model::{Clock, Monotonic};
use zeroize::Zeroizing;

use crate::directory::Cost;
use crate::settings::HashSettings;

/// Turned away: the queue was full, or the job waited too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overloaded;

/// What a password is compared with, and what it is hashed against besides, so that the work tells nothing.
#[derive(Debug)]
pub(super) struct Comparison {
    /// The hash that decides.
    pub(crate) stored: String,
    /// Hashes of nobody's password.
    pub(crate) decoys: Vec<Arc<Cost>>,
    /// Whether a right password may be seen by the work.
    pub(crate) when_right: WhenRight,
}

/// What becomes of the rest of the work when the password is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhenRight {
    /// It is left out: the answer will tell anyway that the password is right.
    Stop,
    /// It is done: the answer may have to be that to a wrong password.
    GoOn,
}

impl Comparison {
    /// With this hash and no other.
    pub(crate) fn with(stored: String) -> Self {
        Self { stored, decoys: Vec::new(), when_right: WhenRight::Stop }
    }
}

/// What hashing a password against a stored hash showed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verified {
    /// Whether the password is the right one.
    pub(crate) right: bool,
    /// A new hash of the right password, when the stored one has other parameters than the present ones.
    pub(crate) rehashed: Option<String>,
}

/// What the pool tells about itself.
#[derive(Debug, Default)]
pub struct HashPoolGauges {
    /// Threads that hash.
    pub threads: usize,
    /// Jobs that may wait.
    pub queue_length: usize,
    /// Jobs that wait now.
    pub waiting: AtomicUsize,
    /// Jobs that a thread has taken and not finished.
    at_work: AtomicUsize,
    /// Passwords hashed since the start.
    pub hashed: AtomicU64,
    /// Jobs turned away since the start.
    pub turned_away: AtomicU64,
    /// Milliseconds that jobs have waited since the start, added up.
    pub waited_ms: AtomicU64,
    /// Milliseconds that the threads have hashed since the start, added up: with `hashed`, what the pool can do.
    pub busy_ms: AtomicU64,
    /// The work done since the start: memory times passes of every hash, in KiB.
    pub filled_kib: AtomicU64,
}

impl HashPoolGauges {
    /// Whether there is anything to hash.
    pub fn has_work(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) + self.at_work.load(Ordering::Relaxed) > 0
    }
}

/// The threads and their queue. Dropping it ends the threads after their present job.
pub(super) struct HashPool {
    queue: Arc<Queue>,
    settings: HashSettings,
    threads: Vec<thread::JoinHandle<()>>,
}

struct Queue {
    jobs: Mutex<Jobs>,
    arrived: Condvar,
    clock: Arc<dyn Clock>,
    gauges: Arc<HashPoolGauges>,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    closed: bool,
}

struct Job {
    task: Task,
    password: Zeroizing<Vec<u8>>,
    salt: [u8; 16],
    enqueued: Monotonic,
    turn_away_at: Monotonic,
}

/// What is to be done with a password, and whom to tell.
enum Task {
    Verify { comparison: Comparison, reply: oneshot::Sender<Result<Verified, Overloaded>> },
    Hash { reply: oneshot::Sender<Result<String, Overloaded>> },
}

impl HashPool {
    pub(crate) fn start(settings: &HashSettings, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let queue = Arc::new(Queue {
            jobs: Mutex::default(),
            arrived: Condvar::new(),
            clock,
            gauges: Arc::new(HashPoolGauges {
                threads: settings.threads.max(1),
                queue_length: settings.queue_length,
                ..HashPoolGauges::default()
            }),
        });
        let threads = (0..settings.threads.max(1))
            .map(|number| {
                let queue = Arc::clone(&queue);
                let hasher = PasswordHasher::new(settings.engine);
                let params = settings.params;
                thread::Builder::new()
                    .name(format!("hash-{number}"))
                    .spawn(move || run(&queue, hasher, params))
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self { queue, settings: settings.clone(), threads })
    }

    /// Compares `password`. A hash that cannot be read counts as wrong.
    pub(crate) async fn verify(
        &self,
        comparison: Comparison,
        password: Zeroizing<Vec<u8>>,
        salt: [u8; 16],
    ) -> Result<Verified, Overloaded> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Task::Verify { comparison, reply }, password, salt)?;
        answer.await.unwrap_or(Err(Overloaded))
    }

    /// Hashes a new password at the present parameters.
    pub(crate) async fn hash(
        &self,
        password: Zeroizing<Vec<u8>>,
        salt: [u8; 16],
    ) -> Result<String, Overloaded> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Task::Hash { reply }, password, salt)?;
        answer.await.unwrap_or(Err(Overloaded))
    }

    fn enqueue(&self, task: Task, password: Zeroizing<Vec<u8>>, salt: [u8; 16]) -> Result<(), Overloaded> {
        let now = self.queue.clock.monotonic();
        let turn_away_at = now.plus(self.settings.queue_deadline);
        let job = Job { task, password, salt, enqueued: now, turn_away_at };
        let mut jobs = self.queue.lock();
        if jobs.waiting.len() >= self.settings.queue_length {
            self.queue.gauges.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(Overloaded);
        }
        jobs.waiting.push_back(job);
        self.queue.gauges.waiting.store(jobs.waiting.len(), Ordering::Relaxed);
        drop(jobs);
        self.queue.arrived.notify_one();
        Ok(())
    }

    pub(crate) fn gauges(&self) -> Arc<HashPoolGauges> {
        Arc::clone(&self.queue.gauges)
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.arrived.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has already said so.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next job, as soon as there is one, and that a thread is at it; None: the pool is closed.
    fn next(&self) -> Option<(Job, AtWork<'_>)> {
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
            jobs = self.arrived.wait(jobs).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A thread is at a job, until this is dropped, also by a panic.
struct AtWork<'a>(&'a HashPoolGauges);

impl<'a> AtWork<'a> {
    fn begin(gauges: &'a HashPoolGauges) -> Self {
        gauges.at_work.fetch_add(1, Ordering::Relaxed);
        Self(gauges)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run(queue: &Queue, mut hasher: PasswordHasher, params: Argon2Params) {
    lower_priority();
    while let Some((job, _at_work)) = queue.next() {
        let now = queue.clock.monotonic();
        let waited = u64::try_from(now.since(job.enqueued).as_millis()).unwrap_or(u64::MAX);
        queue.gauges.waited_ms.fetch_add(waited, Ordering::Relaxed);
        let late = now >= job.turn_away_at;
        let gauge = if late { &queue.gauges.turned_away } else { &queue.gauges.hashed };
        gauge.fetch_add(1, Ordering::Relaxed);
        work(&mut Worker { hasher: &mut hasher, params, gauges: &queue.gauges }, job, late);
        let busy = u64::try_from(queue.clock.monotonic().since(now).as_millis()).unwrap_or(u64::MAX);
        queue.gauges.busy_ms.fetch_add(busy, Ordering::Relaxed);
    }
}

/// A thread's hasher, with whom it tells of its work.
struct Worker<'a> {
    hasher: &'a mut PasswordHasher,
    params: Argon2Params,
    gauges: &'a HashPoolGauges,
}

impl Worker<'_> {
    /// The outcome of some work, which is counted before anybody learns of it.
    fn counted<T>(&mut self, work: impl FnOnce(&mut PasswordHasher, Argon2Params) -> T) -> T {
        let before = self.hasher.filled_kib();
        let outcome = work(self.hasher, self.params);
        self.gauges.filled_kib.fetch_add(self.hasher.filled_kib() - before, Ordering::Relaxed);
        outcome
    }
}

/// Does a job, unless it is late. The client may have gone in the meantime: then nobody is told.
fn work(worker: &mut Worker<'_>, job: Job, late: bool) {
    let Job { task, password, salt, .. } = job;
    match task {
        Task::Verify { reply, .. } if late => drop(reply.send(Err(Overloaded))),
        Task::Hash { reply } if late => drop(reply.send(Err(Overloaded))),
        Task::Verify { comparison, reply } => {
            let verified =
                worker.counted(|hasher, params| verify(hasher, params, &comparison, salt, &password));
            drop(reply.send(Ok(verified)));
        }
        Task::Hash { reply } => {
            let hash = worker.counted(|hasher, params| hasher.hash(params, salt, &password));
            let hash = hash.map_err(|error| {
                tracing::error!(%error, "a password cannot be hashed");
                Overloaded
            });
            drop(reply.send(hash));
        }
    }
}

fn verify(
    hasher: &mut PasswordHasher,
    params: Argon2Params,
    Comparison { stored, decoys, when_right }: &Comparison,
    salt: [u8; 16],
    password: &[u8],
) -> Verified {
    let right = hasher.verify(stored, password).unwrap_or_else(|error| {
        tracing::error!(%error, "a stored password hash cannot be verified");
        false
    });
    if right && *when_right == WhenRight::Stop {
        let rehash = needs_rehash(stored, params).then(|| hasher.hash(params, salt, password));
        return Verified { right, rehashed: rehash.and_then(Result::ok) };
    }
    for decoy in decoys {
        // Nobody's: what comes of it is no matter, and a failure was that of the machine.
        let _ = hasher.verify(decoy.hash(), password);
    }
    Verified { right, rehashed: None }
}

/// Gives way to everything else on the machine: checks must not wait for hashes. The lowest niceness alone is not enough:
/// a thread that has it still gets its turn of some milliseconds now and then, and every check waits meanwhile. An idle
/// thread gets a fifth of that, and makes room the moment anybody else wakes.
fn lower_priority() {
    const LOWEST: i32 = 19;
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST) {
        tracing::warn!(%error, "hash threads run at normal priority");
    }
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let set = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    if let Err(error) = set {
        tracing::warn!(error = in_words(error), "hash threads are not scheduled as idle ones");
    }
}

fn in_words(error: thread_priority::Error) -> String {
    match error {
        thread_priority::Error::OS(code) => io::Error::from_raw_os_error(code).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_is_told_in_its_words() {
        assert!(in_words(thread_priority::Error::OS(13)).starts_with("Permission denied"));
    }
}
