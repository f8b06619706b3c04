//! A channel: the events of a scope, and those who read them.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::Notify;
use vestibule_model::{AccountId, Clock, Monotonic};

use super::event::GatewayEvent;
use super::figures::Figures;
use super::ring::{Behind, Ring};

/// The most events that are handed out at once: some 30 KB of text.
const AT_ONCE: usize = 256;

/// Whose events somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FeedScope {
    /// Of one account.
    Account(AccountId),
    /// Of all accounts but that of the administrators.
    AllButAdministrators,
    /// Of all.
    All,
}

/// A channel.
pub(super) struct Channel {
    pub(super) scope: FeedScope,
    /// A number is one of this run alone.
    run: [u8; 8],
    state: Mutex<State>,
    figures: Arc<Figures>,
    clock: Arc<dyn Clock>,
}

struct State {
    ring: Ring,
    readers: Vec<Arc<Progress>>,
    /// Since when nobody reads; None: somebody does.
    left: Option<Monotonic>,
}

/// How far a reader has come.
pub(super) struct Progress {
    state: Mutex<ProgressState>,
    /// Of every change of it.
    changed: Notify,
}

struct ProgressState {
    /// The number of the last event that it was handed.
    handed: u64,
    /// That of the last one that was written to its socket.
    written: u64,
    /// Whether it was given a lease: before that nothing counts that its gateway keeps.
    has_lease: bool,
    /// When the first event was published that it was handed, and that is not written yet.
    since: Option<Monotonic>,
    end: Option<End>,
    waker: Option<Waker>,
}

/// Why a reader has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// In order: what it was handed is written first.
    Orderly,
    /// At once: it takes nothing.
    TooSlow,
}

/// What a reader is handed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handed {
    Events(Vec<(u64, GatewayEvent)>),
    End(End),
}

impl Channel {
    pub(super) fn new(
        scope: FeedScope,
        run: [u8; 8],
        capacity: usize,
        (figures, clock): (&Arc<Figures>, &Arc<dyn Clock>),
    ) -> Self {
        let state = State { ring: Ring::new(capacity), readers: Vec::new(), left: None };
        let (figures, clock) = (Arc::clone(figures), Arc::clone(clock));
        Self { scope, run, state: Mutex::new(state), figures, clock }
    }

    pub(super) fn publish(&self, events: impl Iterator<Item = GatewayEvent>) {
        let at = self.clock.monotonic();
        let mut state = self.state();
        events.for_each(|event| state.ring.push(event, at));
        state.readers.iter().for_each(|reader| reader.wake());
    }

    /// A reader that begins behind the event of this id, if that is known, else with a reset.
    pub(super) fn read(self: &Arc<Self>, behind: Option<&str>) -> (Reader, EventWriter) {
        let mut state = self.state();
        let behind = behind.and_then(|id| self.number(id));
        let known = behind.filter(|number| matches!(state.ring.behind(*number, 1), Behind::Events { .. }));
        let before = state.ring.last();
        let position = known.unwrap_or(before);
        let progress = Arc::new(Progress::at(position));
        state.readers.push(Arc::clone(&progress));
        state.left = None;
        drop(state);
        self.figures.opened();
        let writer = EventWriter { channel: Arc::clone(self), progress: Arc::clone(&progress) };
        let is_to_reset = known.is_none();
        (Reader { channel: Arc::clone(self), progress, position, before, is_to_reset }, writer)
    }

    /// How many read.
    pub(super) fn readers(&self) -> usize {
        self.state().readers.len()
    }

    /// Whether nobody has read since then.
    pub(super) fn is_left_since(&self, then: Monotonic) -> bool {
        self.state().left.is_some_and(|left| left <= then)
    }

    /// The readers with a lease to whose sockets not everything was written that is published, and the number of its last event.
    pub(super) fn behind(&self) -> Vec<(Arc<Progress>, u64)> {
        let state = self.state();
        let last = state.ring.last();
        let is_behind = |reader: &&Arc<Progress>| reader.has_lease() && !reader.has_written(last);
        state.readers.iter().filter(is_behind).map(|reader| (Arc::clone(reader), last)).collect()
    }

    /// Ends a reader that takes nothing.
    pub(super) fn cut(&self, reader: &Arc<Progress>) {
        if self.leave(reader) {
            self.figures.cut();
            reader.end(End::TooSlow);
        }
    }

    /// Whether the reader was there.
    fn leave(&self, reader: &Arc<Progress>) -> bool {
        let mut state = self.state();
        let before = state.readers.len();
        state.readers.retain(|other| !Arc::ptr_eq(other, reader));
        let was_there = state.readers.len() < before;
        if state.readers.is_empty() && was_there {
            state.left = Some(self.clock.monotonic());
        }
        drop(state);
        if was_there {
            self.figures.closed();
            reader.changed.notify_waiters();
        }
        was_there
    }

    /// The id of an event.
    fn id(&self, number: u64) -> String {
        let mut id = String::with_capacity(16 + 1 + 8);
        // Writing to a string does not fail.
        let _ = self.run.iter().try_for_each(|byte| write!(id, "{byte:02x}"));
        let _ = write!(id, "-{number}");
        id
    }

    /// The number of an id of this run.
    fn number(&self, id: &str) -> Option<u64> {
        let (_, number) = id.split_once('-')?;
        let number = number.parse().ok()?;
        (self.id(number) == id).then_some(number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    fn at(position: u64) -> Self {
        let (handed, written, has_lease) = (position, position, false);
        let state = ProgressState { handed, written, has_lease, since: None, end: None, waker: None };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    fn wake(&self) {
        let waker = self.state().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn end(&self, end: End) {
        let waker = {
            let mut state = self.state();
            state.end.get_or_insert(end);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn has_lease(&self) -> bool {
        self.state().has_lease
    }

    /// Whether everything up to this number was written.
    pub(super) fn has_written(&self, number: u64) -> bool {
        self.state().written >= number
    }

    /// Returns when everything up to this number was written, or `channel` has this reader no more.
    pub(super) async fn written(self: &Arc<Self>, number: u64, channel: &Channel) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let is_there = channel.state().readers.iter().any(|other| Arc::ptr_eq(other, self));
            if !is_there || self.has_written(number) {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, ProgressState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever reads a channel.
pub(super) struct Reader {
    channel: Arc<Channel>,
    progress: Arc<Progress>,
    position: u64,
    /// The number of the last event that was published before it began.
    before: u64,
    is_to_reset: bool,
}

impl Reader {
    /// What is to be told to it next.
    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Handed> {
        let state = self.channel.state();
        let mut progress = self.progress.state();
        if let Some(end) = progress.end {
            return Poll::Ready(Handed::End(end));
        }
        let last = state.ring.last();
        let (events, since) = match state.ring.behind(self.position, AT_ONCE) {
            _ if self.is_to_reset => (vec![(last, GatewayEvent::Reset)], None),
            Behind::Lost => (vec![(last, GatewayEvent::Reset)], None),
            Behind::Events { events, since, .. } => (events, since),
        };
        let Some((number, _)) = events.last() else {
            progress.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        // How long those have waited that were there before it says nothing of this.
        let since = since.filter(|_| self.position >= self.before);
        (self.position, self.is_to_reset) = (*number, false);
        progress.handed = *number;
        progress.since = progress.since.or(since);
        Poll::Ready(Handed::Events(events))
    }

    /// It is given a lease, behind everything that was published until now: from here on it is waited for.
    pub(super) fn note_lease(&self) {
        self.progress.state().has_lease = true;
    }

    /// The id of an event, by which somebody goes on behind it.
    pub(super) fn id(&self, number: u64) -> String {
        self.channel.id(number)
    }
}

/// For whoever writes what is handed out to a socket: tells what became of it. Others wait for the reader as long as this lives.
pub struct EventWriter {
    channel: Arc<Channel>,
    progress: Arc<Progress>,
}

impl EventWriter {
    /// Everything that was handed out was written to the socket.
    pub fn written(&self) {
        let mut progress = self.progress.state();
        if progress.written == progress.handed {
            return;
        }
        progress.written = progress.handed;
        let since = progress.since.take();
        drop(progress);
        if let Some(since) = since {
            self.channel.figures.written(self.channel.clock.monotonic().since(since));
        }
        self.progress.changed.notify_waiters();
    }

    /// Nothing is handed out any more: what it reads ends.
    pub fn stop(&self) {
        self.progress.end(End::Orderly);
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        self.channel.leave(&self.progress);
    }
}
