//! What is counted of requests: by account, application, kind of user, family of routes, outcome and hour; from how many addresses, by how
//! many users and which client programs, and when for the first and the last time.
//!
//! Counting stays within a shard of the thread that counts (`shard`); what the shards have is written in batches (`writer`), of which
//! each counts once. Routes of others are folded into families, which are learned (`families`). Nothing here decides anything.

mod compare;
mod days;
mod families;
mod report;
mod shard;
mod source;
mod table;
mod words;
mod writer;

pub use compare::{ComparedLine, compare};
pub use days::{NoTrafficDays, TrafficDays};
pub(crate) use report::Summing;
pub use report::{
    ApplicationStanding, IDLE_AFTER, SAFE_AFTER, TrafficKey, TrafficLine, TrafficReport, TrafficSums,
    TrafficVerdict,
};
use source::CountedUser;
pub(crate) use source::{Caller, outcome_of, source_of_refusal};

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::RwLockReadGuard;
use vestibule_model::{AccountId, Day, Millis, Rng, TrafficOutcome};
use vestibule_store::{Store, StoreError, TrafficSource};

use crate::settings::TrafficRetention;
use families::Learned;
use shard::Shard;
use writer::Writer;

/// For what a request is, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// One of our own, by a name in parentheses.
    Own(&'static str),
    /// The target of a request that a gateway holds, as the client sent it.
    Target(&'a str),
}

/// Which kind of request it is, as far as kinds are told apart before they are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouteKind {
    Login,
    /// A gateway's question.
    Check,
    Other,
}

impl RouteKind {
    /// How many there are.
    const COUNT: usize = 3;
}

impl Route<'_> {
    fn kind(self) -> RouteKind {
        match self {
            Self::Target(_) | Self::CHECK => RouteKind::Check,
            Self::LOGIN => RouteKind::Login,
            Self::Own(_) => RouteKind::Other,
        }
    }

    /// A check that tells no target.
    pub const CHECK: Self = Self::Own("(check)");
    pub(crate) const LOGIN: Self = Self::Own("(login)");
    pub(crate) const LOGOUT: Self = Self::Own("(logout)");
    pub(crate) const REFRESH: Self = Self::Own("(refresh)");
    pub(crate) const VALIDATE: Self = Self::Own("(validate)");
    pub(crate) const TOKEN: Self = Self::Own("(token)");
    /// A resource server's question what a token is.
    pub(crate) const INTROSPECT: Self = Self::Own("(introspect)");
    /// The request that it asked about, of whoever holds the token.
    pub(crate) const INTROSPECTED: Self = Self::Own("(introspected)");
    pub(crate) const REVOKE: Self = Self::Own("(revoke)");
    pub(crate) const EVENTS: Self = Self::Own("(events)");
    pub(crate) const CHANGE_PASSWORD: Self = Self::Own("(change-password)");
    pub(crate) const PAGES: Self = Self::Own("(pages)");
    pub(crate) const ADMINISTRATION: Self = Self::Own("(administration)");
}

/// A request whose outcome is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) source: TrafficSource,
    /// Whose it is, if that is known.
    pub(crate) user: Option<CountedUser>,
    pub(crate) route: Route<'a>,
    pub(crate) outcome: TrafficOutcome,
    pub(crate) address: Option<IpAddr>,
    /// Its `User-Agent`.
    pub(crate) agent: Option<&'a [u8]>,
    pub(crate) now: Millis,
}

/// The traffic of the installation, as far as this process counts it.
pub(crate) struct Traffic {
    shards: Box<[Padded]>,
    learned: Learned,
    writer: Writer,
    retention: TrafficRetention,
}

/// A shard on cache lines of its own.
#[repr(align(128))]
#[derive(Default)]
struct Padded(Mutex<Shard>);

thread_local! {
    /// The shard of this thread, for whichever engine it counts.
    static TURN: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    };
}

impl Traffic {
    pub(crate) fn new(store: Arc<dyn Store>, rng: &dyn Rng, retention: TrafficRetention) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            shards: (0..2 * threads).map(|_| Padded::default()).collect(),
            learned: Learned::default(),
            writer: Writer::new(store, rng),
            retention,
        }
    }

    /// Counts a request. Waits for nobody but who drains the shard of this thread.
    pub(crate) fn count(&self, counted: &Counted<'_>) {
        if self.retention.keep_days > 0 {
            let own = TURN.with(|turn| *turn) % self.shards.len();
            lock(&self.shards[own].0).count(counted, &self.learned);
        }
    }

    /// Looks up which families of routes of these accounts are known already. Requests that are refused before that is known are counted
    /// among the others.
    pub(crate) async fn learn_stored(&self, accounts: Vec<AccountId>) {
        if self.is_counting() {
            self.writer.learn_stored(accounts, &self.learned).await;
        }
    }

    /// Whether requests are counted at all.
    pub(crate) const fn is_counting(&self) -> bool {
        self.retention.keep_days > 0
    }

    /// The first day of which anything is kept.
    pub(crate) fn kept_from(&self, now: Millis) -> Day {
        self.retention.first_day(Day::of(now))
    }

    /// Writes what was counted until now. What the store does not take is kept, and tried again.
    pub(crate) async fn write(&self, now: Millis) -> Result<(), StoreError> {
        if !self.is_counting() {
            return Ok(());
        }
        let drained = || self.shards.iter().map(|shard| lock(&shard.0).drain()).collect();
        self.writer.write(drained, &self.learned, now).await
    }

    /// Keeps what is stored in the form that it has, as long as what this answers is held.
    pub(crate) async fn keep_form(&self) -> RwLockReadGuard<'_, ()> {
        self.writer.keep_form().await
    }

    /// Brings what is stored to the form of its age. Each call does a bounded amount of work.
    pub(crate) async fn age(&self, now: Millis) -> Result<(), StoreError> {
        self.writer.age(self.retention, now).await
    }

    /// How many requests there were since the start, by what came of them.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (TrafficOutcome, u64)> {
        let kinds = [RouteKind::Login, RouteKind::Check, RouteKind::Other];
        let of_all = move |outcome| kinds.into_iter().map(|kind| self.counted(kind, outcome)).sum();
        TrafficOutcome::ALL.into_iter().map(move |outcome| (outcome, of_all(outcome)))
    }

    /// The same of one kind of request.
    pub(crate) fn counted(&self, kind: RouteKind, outcome: TrafficOutcome) -> u64 {
        self.shards.iter().map(|shard| lock(&shard.0).counted(kind, outcome)).sum()
    }

    /// What was counted and could not be kept as it is, since the start.
    pub(crate) fn losses(&self) -> TrafficLosses {
        self.writer.losses()
    }
}

/// Requests whose counts are less than they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficLosses {
    /// Counted without their routes, since more waited for the store than is kept in memory.
    pub folded: u64,
    /// Not counted, since the store refuses them for ever.
    pub lost: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
