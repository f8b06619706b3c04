//! The journal of ends: where an end of sessions is kept that the store did not take, so that it holds after a restart.
//!
//! It is written without new space, because a full disk is why a store takes nothing. It is no second store: an end stands in
//! it until the store has it, and no longer.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vestibule_model::{Actor, Dialect, EndReason, Means, Millis, Session};

use crate::SessionSelector;

/// What writing into the journal gives.
pub type JournalFuture = Pin<Box<dyn Future<Output = Result<JournalSlot, JournalError>> + Send>>;

/// Keeps ends of sessions for a store that does not take them.
pub trait EndJournal: Send + Sync + 'static {
    /// The ends that it holds: those that an earlier process left, and those that were kept since.
    fn held(&self) -> Vec<(JournalSlot, JournaledEnd)>;

    /// Keeps an end, and answers when that is durable: it survives a killed process and a power cut. The writing begins with
    /// the call.
    fn keep(&self, end: JournaledEnd) -> JournalFuture;

    /// Forgets an end, because the store has taken it. That an end is forgotten need not be durable: to end what has ended
    /// changes nothing.
    fn release(&self, slot: JournalSlot);

    /// Why it could not be made, so that it keeps nothing until it can; it is tried again whenever an end is to be kept. None:
    /// it was made.
    fn unmade(&self) -> Option<String>;
}

/// A place in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalSlot(pub u32);

/// Why an end was not kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It holds as many ends as it has places.
    #[error("the journal of ends is full")]
    Full,
    /// It cannot be written.
    #[error("the journal of ends cannot be written")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An end of one session or of many, and what the audit is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournaledEnd {
    /// Which sessions: of many, only those that were opened until the moment of the end, or that of the last opening if the
    /// clock was set back in between.
    pub selector: SessionSelector,
    /// When they ended.
    pub at: Millis,
    /// Why.
    pub reason: EndReason,
    /// Who ended them. A long name may be cut short.
    pub actor: Actor,
    /// By which means.
    pub means: Means,
    /// From where.
    pub address: Option<IpAddr>,
    /// The dialect of the request.
    pub dialect: Option<Dialect>,
}

impl JournaledEnd {
    /// Whether this ends the session.
    pub fn ends(&self, session: &Session) -> bool {
        self.selector.selects(session)
    }
}

/// A journal in memory: for tests, and for a service without a disk. It holds what it holds as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryEndJournal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    ends: BTreeMap<JournalSlot, JournaledEnd>,
    next: u32,
    refuses: bool,
}

impl MemoryEndJournal {
    /// From now on it takes nothing, like a disk that cannot be written.
    pub fn refuse(&self) {
        self.kept().refuses = true;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EndJournal for MemoryEndJournal {
    fn held(&self) -> Vec<(JournalSlot, JournaledEnd)> {
        self.kept().ends.iter().map(|(slot, end)| (*slot, end.clone())).collect()
    }

    fn keep(&self, end: JournaledEnd) -> JournalFuture {
        let mut kept = self.kept();
        if kept.refuses {
            return Box::pin(ready(Err(JournalError::Unavailable("told to refuse".into()))));
        }
        let slot = JournalSlot(kept.next);
        kept.next += 1;
        kept.ends.insert(slot, end);
        Box::pin(ready(Ok(slot)))
    }

    fn release(&self, slot: JournalSlot) {
        self.kept().ends.remove(&slot);
    }

    fn unmade(&self) -> Option<String> {
        None
    }
}
