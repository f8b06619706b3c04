//! The timeouts of one connection: it ends when its client is slow, when it is idle, and when the server stops.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::futures::OwnedNotified;
use tokio::time::{Instant, Sleep, sleep_until};

use super::stop::Stop;
use crate::layers::Streamed;

/// How long a client may take for what is left of an answer without an end when the server stops.
const LAST_PIECE: Duration = Duration::from_millis(250);

/// What a connection is doing, written by its reader and its service, read by [`Watched`]. All of them run in the
/// same task (HTTP/2 answers: on the same thread), so relaxed order is enough.
#[derive(Debug)]
pub(super) struct ConnectionActivity {
    opened: Instant,
    /// Requests that are being answered.
    active: AtomicU32,
    /// Part of a request's head has arrived, or the first one is due.
    head_due: AtomicBool,
    /// When the head began to arrive, when the last request began, or when a client last took part of an answer that it
    /// takes in pieces: milliseconds after `opened`.
    since_millis: AtomicU64,
    /// Whether there is an observer of the answer that is being sent.
    streams: AtomicBool,
    observer: Mutex<Option<Streamed>>,
    stopping: AtomicBool,
}

impl ConnectionActivity {
    /// Of a connection whose first head is due.
    pub(super) fn expecting_head() -> Arc<Self> {
        Arc::new(Self::new(true))
    }

    /// Of a connection that may be idle from the start.
    pub(super) fn idle() -> Arc<Self> {
        Arc::new(Self::new(false))
    }

    fn new(head_due: bool) -> Self {
        Self {
            opened: Instant::now(),
            active: AtomicU32::new(0),
            head_due: AtomicBool::new(head_due),
            since_millis: AtomicU64::new(0),
            streams: AtomicBool::new(false),
            observer: Mutex::default(),
            stopping: AtomicBool::new(false),
        }
    }

    /// Bytes arrived: when nothing is being answered they begin a head.
    pub(super) fn bytes_arrived(&self) {
        if !self.head_due.load(Ordering::Relaxed) && self.active.load(Ordering::Relaxed) == 0 {
            self.head_due.store(true, Ordering::Relaxed);
            self.stamp();
        }
    }

    /// A whole head arrived and is answered for as long as the returned guard lives.
    pub(super) fn begin_request(activity: &Arc<Self>) -> ActiveRequest {
        if !activity.head_due.swap(false, Ordering::Relaxed) {
            activity.stamp();
        }
        activity.active.fetch_add(1, Ordering::Relaxed);
        ActiveRequest(Arc::clone(activity))
    }

    /// A whole head has been answered at once.
    pub(super) fn answered(&self) {
        self.head_due.store(false, Ordering::Relaxed);
    }

    /// The client took part of an answer that it takes in pieces: as long as it does it is neither late nor idle.
    pub(super) fn bytes_left(&self) {
        self.head_due.store(false, Ordering::Relaxed);
        self.stamp();
    }

    /// An answer begins whose observer wants to know what becomes of it.
    pub(super) fn begin_stream(&self, observer: Streamed) {
        let is_stopping = self.stopping.load(Ordering::Relaxed);
        if is_stopping {
            observer.0.stopping();
        }
        *self.observer.lock().unwrap_or_else(PoisonError::into_inner) = Some(observer);
        self.streams.store(true, Ordering::Relaxed);
    }

    /// Everything that was to be sent was written to the socket.
    pub(super) fn written(&self) {
        if self.streams.load(Ordering::Relaxed)
            && let Some(observer) = self.observer()
        {
            observer.0.written();
            self.bytes_left();
        }
    }

    /// The server stops.
    fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        if let Some(observer) = self.observer() {
            observer.0.stopping();
            self.stamp();
        }
    }

    /// The client has seen our last byte, or never will.
    pub(super) fn closed(&self) {
        drop(self.observer.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn observer(&self) -> Option<Streamed> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the client is to send the rest of a head, or its first one.
    pub(super) fn head_is_due(&self) -> bool {
        self.head_due.load(Ordering::Relaxed)
    }

    fn stamp(&self) {
        let millis = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since_millis.store(millis, Ordering::Relaxed);
    }

    /// When the connection has waited long enough; none while a request is answered, which has limits of its own. Of an answer without an
    /// end, whose client takes nothing, the server's stop waits for a moment only.
    fn deadline(&self, timeouts: Timeouts) -> Option<Instant> {
        let since = self.opened + Duration::from_millis(self.since_millis.load(Ordering::Relaxed));
        if self.stopping.load(Ordering::Relaxed) && self.observer().is_some() {
            return Some(since + LAST_PIECE);
        }
        if self.active.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let limit = if self.head_due.load(Ordering::Relaxed) { timeouts.head } else { timeouts.idle };
        Some(since + limit)
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct ActiveRequest(Arc<ConnectionActivity>);

impl ActiveRequest {
    /// That of its connection.
    pub(super) fn activity(&self) -> &ConnectionActivity {
        &self.0
    }
}

impl Drop for ActiveRequest {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// For the head of a request.
    pub(super) head: Duration,
    /// For the next request.
    pub(super) idle: Duration,
}

/// A protocol's state machine.
pub(super) trait Protocol: Future + Unpin {
    /// Asks it to take no further requests and to end when the running ones are answered.
    fn finish(&mut self);

    /// Whether an idle client is notified before the connection is closed (HTTP/2's GOAWAY).
    const ANNOUNCES_ITS_END: bool;
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End<R> {
    /// By itself.
    Finished(R),
    /// Its client was too slow or idle for too long.
    Expired,
}

/// A connection with its timeouts. Lives directly in a task of its own: the stop signal and the alarm are polled once per
/// setting, and wake that task.
pub(super) struct Watched<'a, C, P> {
    connection: &'a mut C,
    activity: Arc<ConnectionActivity>,
    timeouts: P,
    stop: &'a Stop,
    stopping: Pin<Box<OwnedNotified>>,
    alarm: Pin<Box<Sleep>>,
    armed: bool,
    finishing: bool,
    announced: bool,
}

impl<'a, C: Protocol, P: Fn() -> Timeouts + Unpin> Watched<'a, C, P> {
    pub(super) fn new(
        connection: &'a mut C,
        activity: Arc<ConnectionActivity>,
        timeouts: P,
        stop: &'a Stop,
    ) -> Self {
        let first_look = Instant::now() + timeouts().head;
        Self {
            connection,
            activity,
            timeouts,
            stop,
            stopping: Box::pin(stop.listen()),
            alarm: Box::pin(sleep_until(first_look)),
            armed: false,
            finishing: false,
            announced: false,
        }
    }

    /// Registers this task with the stop signal and the alarm, once. A stop between [`Stop::listen`] and this is not slept
    /// through, because the signal remembers from when on it was listened to; one before is seen by [`Stop::is_set`], which
    /// is asked after this at every poll.
    fn arm(&mut self, context: &mut Context<'_>) {
        if !self.armed {
            self.armed = true;
            let _ = self.stopping.as_mut().poll(context);
            let _ = self.alarm.as_mut().poll(context);
        }
    }

    fn finish(&mut self, context: &mut Context<'_>) {
        if !self.finishing {
            self.finishing = true;
            self.activity.stop();
            self.connection.finish();
            let next = self.next_look(Instant::now(), (self.timeouts)());
            self.alarm.as_mut().reset(next);
            let _ = self.alarm.as_mut().poll(context);
        }
    }

    /// Looks at a connection whose alarm rang. Ready when it is to be ended.
    fn look(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = Instant::now();
            let timeouts = (self.timeouts)();
            let late = self.activity.deadline(timeouts).is_some_and(|deadline| deadline <= now);
            if late && (self.announced || !C::ANNOUNCES_ITS_END) {
                return Poll::Ready(());
            }
            if late {
                self.announced = true;
                self.finish(context);
                context.waker().wake_by_ref();
            }
            let next = self.next_look(now, timeouts);
            self.alarm.as_mut().reset(next);
            if self.alarm.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// At the deadline, but no later than a head may take from now: how long idle connections may stay depends on
    /// how crowded it is, and heads begin between two looks.
    fn next_look(&self, now: Instant, timeouts: Timeouts) -> Instant {
        let latest = now + timeouts.head;
        match self.activity.deadline(timeouts) {
            Some(deadline) if deadline > now => deadline.min(latest),
            _ => latest,
        }
    }
}

impl<C: Protocol, P: Fn() -> Timeouts + Unpin> Future for Watched<'_, C, P> {
    type Output = End<C::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.arm(context);
        if this.stop.is_set() {
            this.finish(context);
        }
        if let Poll::Ready(end) = Pin::new(&mut *this.connection).poll(context) {
            return Poll::Ready(End::Finished(end));
        }
        if this.alarm.is_elapsed() { this.look(context).map(|()| End::Expired) } else { Poll::Pending }
    }
}
