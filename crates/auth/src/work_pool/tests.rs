//! A pool of one thread, and a clock that stands until it is turned.

use std::pin::Pin;
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::{Context, Poll, Waker};

use super::*;

/// A clock that stands until it is turned.
#[derive(Default)]
struct Turned(AtomicU64);

impl Turned {
    fn turn(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_nanos()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Turned {
    fn now(&self) -> vestibule_model::Millis {
        vestibule_model::Millis::EPOCH
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::after_beginning(Duration::from_nanos(self.0.load(Ordering::SeqCst)))
    }
}

#[tokio::test]
async fn a_job_that_panics_takes_no_thread_along() {
    let limits =
        Limits { threads: 1, queue_length: 4, queue_deadline: Duration::from_mins(1), told_together: 1 };
    let pool = WorkPool::start("test", limits, Arc::<Turned>::default(), || 0);
    let pool = pool.unwrap();
    let panicked = pool
        .run(|state| {
            *state = 1;
            panic!("a job of this test")
        })
        .await;
    assert_eq!(panicked, Err::<(), _>(Overloaded));
    assert_eq!(pool.run(|state| *state).await, Ok(0));
}

type Answer = Pin<Box<dyn Future<Output = Result<(), Overloaded>>>>;

/// A job that says when a thread has begun with it, and ends when it is told to.
struct Watched {
    begun: Receiver<()>,
    end: Sender<()>,
    answer: Answer,
}

impl Watched {
    /// Stands in the queue when this returns.
    fn queued(pool: &Arc<WorkPool<()>>) -> Self {
        let (says_begun, begun) = mpsc::channel();
        let (end, told_to_end) = mpsc::channel();
        let pool = Arc::clone(pool);
        let mut answer: Answer = Box::pin(async move {
            pool.run(move |()| {
                says_begun.send(()).unwrap();
                told_to_end.recv().unwrap();
            })
            .await
        });
        assert!(poll(&mut answer).is_pending());
        Self { begun, end, answer }
    }

    fn is_told(&mut self) -> bool {
        poll(&mut self.answer).is_ready()
    }
}

fn poll(answer: &mut Answer) -> Poll<Result<(), Overloaded>> {
    answer.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn block_on(answer: Answer) -> Result<(), Overloaded> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(answer)
}

fn pool_that_tells_together(told_together: usize) -> Arc<WorkPool<()>> {
    pool_by_clock(told_together, Arc::default())
}

fn pool_by_clock(told_together: usize, clock: Arc<Turned>) -> Arc<WorkPool<()>> {
    let limits =
        Limits { threads: 1, queue_length: 4, queue_deadline: Duration::from_mins(1), told_together };
    Arc::new(WorkPool::start("test", limits, clock, || ()).unwrap())
}

#[test]
fn answers_are_held_back_while_more_jobs_wait_up_to_their_number() {
    let pool = pool_that_tells_together(2);
    let [mut first, mut second, third] = [(); 3].map(|()| Watched::queued(&pool));
    first.begun.recv().unwrap();
    first.end.send(()).unwrap();
    second.begun.recv().unwrap();
    assert!(!first.is_told());
    second.end.send(()).unwrap();
    third.begun.recv().unwrap();
    assert!(first.is_told() && second.is_told());
    third.end.send(()).unwrap();
    assert_eq!(block_on(third.answer), Ok(()));
}

/// Whether the first of three answers is told when the second job has ended, which has taken this long.
fn is_told_behind_a_job_of(length: Duration) -> bool {
    let clock = Arc::<Turned>::default();
    let pool = pool_by_clock(4, Arc::clone(&clock));
    let [mut first, second, third] = [(); 3].map(|()| Watched::queued(&pool));
    first.end.send(()).unwrap();
    second.begun.recv().unwrap();
    clock.turn(length);
    second.end.send(()).unwrap();
    third.begun.recv().unwrap();
    let told = first.is_told();
    third.end.send(()).unwrap();
    told
}

#[test]
fn an_answer_that_was_held_back_for_long_is_told_when_the_next_job_has_ended() {
    assert!(is_told_behind_a_job_of(HELD_BACK));
}

#[test]
fn an_answer_is_held_back_until_it_is_old_enough() {
    assert!(!is_told_behind_a_job_of(HELD_BACK.saturating_sub(Duration::from_nanos(1))));
}

#[test]
fn an_answer_is_not_told_in_the_middle_of_the_next_job_however_old_it_is() {
    let clock = Arc::<Turned>::default();
    let pool = pool_by_clock(4, Arc::clone(&clock));
    let [mut first, second] = [(); 2].map(|()| Watched::queued(&pool));
    first.end.send(()).unwrap();
    second.begun.recv().unwrap();
    clock.turn(HELD_BACK * 100);
    assert!(!first.is_told());
    second.end.send(()).unwrap();
    assert_eq!(block_on(first.answer), Ok(()));
}

#[test]
fn a_job_that_panics_takes_no_answer_along_that_is_held_back() {
    let pool = pool_that_tells_together(4);
    let [mut first, second] = [(); 2].map(|()| Watched::queued(&pool));
    first.end.send(()).unwrap();
    second.begun.recv().unwrap();
    assert!(!first.is_told());
    // Who waits for nothing but the end of this job finds nobody: it panics.
    drop(second.end);
    assert_eq!(block_on(second.answer), Err(Overloaded));
    assert_eq!(block_on(first.answer), Ok(()));
}

#[test]
fn a_pool_that_is_dropped_tells_what_it_holds_back_and_turns_away_what_waits() {
    let pool = pool_that_tells_together(4);
    // None of these holds on to the pool: it is dropped while the second is at work.
    let (tell_first, mut first) = oneshot::channel();
    let (says_begun, begun) = mpsc::channel();
    let (end, told_to_end) = mpsc::channel::<()>();
    let (tell_third, mut third) = oneshot::channel::<()>();
    let (release, held) = mpsc::channel::<()>();
    pool.enqueue(Box::new(move |_| {
        held.recv().unwrap();
        Box::new(move || tell_first.send(()).unwrap())
    }))
    .unwrap();
    pool.enqueue(Box::new(move |_| {
        says_begun.send(()).unwrap();
        told_to_end.recv().unwrap();
        Box::new(|| ())
    }))
    .unwrap();
    pool.enqueue(Box::new(move |_| Box::new(move || tell_third.send(()).unwrap()))).unwrap();
    release.send(()).unwrap();
    begun.recv().unwrap();
    assert!(first.try_recv().is_err());
    let queue = Arc::clone(&pool.queue);
    let dropping = thread::spawn(move || drop(pool));
    while !queue.lock().closed {
        thread::yield_now();
    }
    end.send(()).unwrap();
    dropping.join().unwrap();
    drop(queue);
    assert_eq!(first.try_recv(), Ok(()));
    assert_eq!(third.try_recv(), Err(oneshot::error::TryRecvError::Closed));
}

#[test]
fn an_answer_is_told_at_once_when_no_job_waits() {
    let pool = pool_that_tells_together(2);
    let only = Watched::queued(&pool);
    only.end.send(()).unwrap();
    assert_eq!(block_on(only.answer), Ok(()));
}

#[test]
fn answers_are_told_one_by_one_where_the_limit_is_one() {
    let pool = pool_that_tells_together(1);
    let [mut first, second] = [(); 2].map(|()| Watched::queued(&pool));
    first.end.send(()).unwrap();
    second.begun.recv().unwrap();
    assert!(first.is_told());
    second.end.send(()).unwrap();
}

#[test]
fn what_the_system_refuses_is_told_in_its_words() {
    assert!(in_words(thread_priority::Error::OS(13)).starts_with("Permission denied"));
}
