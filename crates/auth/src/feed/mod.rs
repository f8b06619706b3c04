//! The feed: what gateways that keep answers are told, so that they keep none that a check would not give any more (ADR 64).
//!
//! Owns the events (`event`), the channels in which those who read find them (`channel`, `ring`), and what is open to a gateway or
//! an administrator (`stream`). Decides nothing: whoever changes what a check says publishes that here, after memory says so, and
//! does not answer before it was written to everybody who reads ([`Feed::written`]).
//!
//! Channels are there as long as somebody reads, and for a while longer. Whoever publishes when there is none costs a look.
//! What is published before a channel is made is in it nowhere, and need not be: whoever begins to read is told to forget
//! everything first, and asks what they keep after that.

mod channel;
mod event;
mod figures;
mod ring;
mod stream;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::timeout;
use vestibule_model::{AccountId, Clock, Rng, SessionId, UserId};
use vestibule_store::Part;

use crate::administration::administrators_account;
use crate::live::EndObserver;
use channel::{Channel, Reader};
use figures::Figures;

pub use channel::EventWriter;
pub(crate) use channel::FeedScope;
pub use event::GatewayEvent;
pub use figures::FeedFigures;
pub use stream::{EventStream, EventsError, StreamCut, Told};

/// How many events are kept of one account, and of all: whoever is further behind is told to forget everything.
const KEPT_OF_ACCOUNT: usize = 1_024;
const KEPT_OF_ALL: usize = 16_384;

/// How long a channel is kept that nobody reads: time for a gateway to come back.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// How long an answer waits until what it says was written to everybody who reads.
const PATIENCE: Duration = Duration::from_millis(250);

/// More users than this in one change are told as a change of their account.
const MOST_USERS: usize = 64;

/// How many may read.
#[derive(Clone, Copy, Debug)]
pub struct FeedLimits {
    /// In all.
    pub streams: usize,
    /// Of one account; and of those who see several, all together.
    pub of_account: usize,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self { streams: 1_024, of_account: 64 }
    }
}

/// As many read as may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedFull {
    /// In all.
    #[error("as many streams of events are open as may be")]
    InAll,
    /// Of this account.
    #[error("as many streams of events are open as one account may have")]
    OfAccount,
}

/// The feed.
pub(crate) struct Feed {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    limits: FeedLimits,
    figures: Arc<Figures>,
    /// Whether there are channels.
    is_read: AtomicBool,
    channels: RwLock<HashMap<FeedScope, Arc<Channel>>>,
}

impl Feed {
    pub(crate) fn new(rng: &Arc<dyn Rng>, clock: &Arc<dyn Clock>, limits: FeedLimits) -> Self {
        Self {
            clock: Arc::clone(clock),
            rng: Arc::clone(rng),
            limits,
            figures: Arc::default(),
            is_read: AtomicBool::new(false),
            channels: RwLock::default(),
        }
    }

    /// Tells everybody who may see it. To be called when memory says so: whoever asks after they were told is not answered by what was.
    pub(crate) fn publish(&self, events: &[GatewayEvent]) {
        if !self.is_read() {
            return;
        }
        self.figures.published(events.len());
        for channel in self.channels.read().unwrap_or_else(PoisonError::into_inner).values() {
            let mut seen = events.iter().filter(|event| channel.scope.sees(event)).copied().peekable();
            if seen.peek().is_some() {
                channel.publish(seen);
            }
        }
    }

    /// These parts of an account changed.
    pub(crate) fn parts_changed(&self, account: AccountId, parts: &[Part], users: &[UserId]) {
        if !self.is_read() {
            return;
        }
        let mut events: Vec<GatewayEvent> = Vec::new();
        let users = users.iter().map(|user| GatewayEvent::UserChanged { account, user: *user });
        if users.len() > MOST_USERS {
            events.push(GatewayEvent::AccountChanged { account });
        } else {
            events.extend(users);
        }
        for event in parts.iter().map(|part| GatewayEvent::of_part(account, *part)) {
            if !events.contains(&event) {
                events.push(event);
            }
        }
        self.publish(&events);
    }

    /// Returns when everything that was published of an account until now, or of all, was written to the socket of everybody who reads it and
    /// has a lease. Whoever takes nothing for too long does not read any more. Who reads of another account alone keeps nobody waiting.
    ///
    /// To be waited for before an end is acknowledged, or a change that takes a right away.
    pub(crate) async fn written(&self, account: Option<AccountId>) {
        if !self.is_read() {
            return;
        }
        let channels: Vec<Arc<Channel>> = {
            let channels = self.channels.read().unwrap_or_else(PoisonError::into_inner);
            let tells = |scope: FeedScope| account.is_none_or(|account| scope.sees_account(account));
            channels.values().filter(|channel| tells(channel.scope)).cloned().collect()
        };
        let behind = channels.iter().map(|channel| (channel, channel.behind()));
        let behind: Vec<_> = behind.filter(|(_, readers)| !readers.is_empty()).collect();
        if behind.is_empty() {
            return;
        }
        let all = async {
            for (channel, readers) in &behind {
                for (reader, number) in readers {
                    reader.written(*number, channel).await;
                }
            }
        };
        if timeout(PATIENCE, all).await.is_err() {
            for (channel, readers) in &behind {
                let late = readers.iter().filter(|(reader, number)| !reader.has_written(*number));
                late.for_each(|(reader, _)| channel.cut(reader));
            }
        }
    }

    /// Begins to read behind the event of this id, if it is known, else with a reset.
    fn read(&self, scope: FeedScope, behind: Option<&str>) -> Result<(Reader, EventWriter), FeedFull> {
        let mut channels = self.channels.write().unwrap_or_else(PoisonError::into_inner);
        if self.figures.streams() >= self.limits.streams {
            return Err(FeedFull::InAll);
        }
        if channels.get(&scope).is_some_and(|channel| channel.readers() >= self.limits.of_account) {
            return Err(FeedFull::OfAccount);
        }
        let make = || {
            let mut run = [0; 8];
            self.rng.fill(&mut run);
            let kept = if matches!(scope, FeedScope::Account(_)) { KEPT_OF_ACCOUNT } else { KEPT_OF_ALL };
            Arc::new(Channel::new(scope, run, kept, (&self.figures, &self.clock)))
        };
        let reader = channels.entry(scope).or_insert_with(make).read(behind);
        self.is_read.store(true, Ordering::Relaxed);
        // As in `is_read`.
        fence(Ordering::SeqCst);
        Ok(reader)
    }

    /// Forgets the channels that nobody has read for a while.
    pub(crate) fn tidy(&self) {
        if !self.is_read() {
            return;
        }
        let then = self.clock.monotonic().minus(KEPT_FOR);
        let mut channels = self.channels.write().unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| !channel.is_left_since(then));
        self.is_read.store(!channels.is_empty(), Ordering::Relaxed);
    }

    /// What is told of it to those who scrape metrics.
    pub(crate) fn figures(&self) -> FeedFigures {
        self.figures.told()
    }

    /// Whether anybody may read. Whoever has changed memory and then hears that nobody does has changed it before whoever begins to
    /// read now asks anything: of two who each write and then look, one sees what the other wrote.
    fn is_read(&self) -> bool {
        fence(Ordering::SeqCst);
        self.is_read.load(Ordering::Relaxed)
    }
}

impl FeedScope {
    fn sees(self, event: &GatewayEvent) -> bool {
        event.account().is_none_or(|account| self.sees_account(account))
    }

    fn sees_account(self, account: AccountId) -> bool {
        match self {
            Self::Account(own) => own == account,
            Self::AllButAdministrators => account != administrators_account(),
            Self::All => true,
        }
    }
}

impl EndObserver for Arc<Feed> {
    fn ended(&self, sessions: &mut dyn Iterator<Item = (AccountId, SessionId)>) {
        if self.is_read() {
            let event = |(account, session)| GatewayEvent::SessionEnded { account, session };
            self.publish(&sessions.map(event).collect::<Vec<_>>());
        }
    }
}

#[cfg(test)]
mod tests;
