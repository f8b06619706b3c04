//! The journal of ends: where an end of sessions is kept that the store did not take, so that it holds after a restart.
//!
//! It is written without new space, because a full disk is why a store takes nothing. It is no second store: an end stands in
//! it until the store has it, and no longer.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use vestibule_model::{
    AccountId, Actor, Application, Dialect, EndReason, Means, Millis, Session, SessionId, UserId,
};

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
    /// Which sessions.
    pub sessions: EndedSessions,
    /// Of many, only those that were opened until then: the moment of the end, or that of the last opening if the clock was
    /// set back in between.
    pub opened_until: Millis,
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

/// Which sessions end. One record, however many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndedSessions {
    /// This one.
    One(SessionId),
    /// Those of a user.
    OfUser(UserId),
    /// Those of a user without the one that is named.
    OfUserBut(UserId, SessionId),
    /// Those that were opened with an application.
    OfApplication(Application),
    /// Those of an account.
    OfAccount(AccountId),
}

impl fmt::Display for EndedSessions {
    /// For the log: sessions by the part of their id that is shown there.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(session) => write!(out, "session {session:?}"),
            Self::OfUser(user) => write!(out, "the sessions of user {user}"),
            Self::OfUserBut(user, session) => {
                write!(out, "the sessions of user {user} but session {session:?}")
            }
            Self::OfApplication(application) => match application {
                Application::None => out.write_str("the sessions without an application"),
                Application::ApiKey(id) => write!(out, "the sessions of API key {id}"),
                Application::OauthClient(id) => write!(out, "the sessions of OAuth client {id}"),
                Application::Token(id) => write!(out, "the sessions of application token {id}"),
            },
            Self::OfAccount(account) => write!(out, "the sessions of account {account}"),
        }
    }
}

impl JournaledEnd {
    /// Whether this ends the session.
    pub fn ends(&self, session: &Session) -> bool {
        let in_time = session.created <= self.opened_until;
        match self.sessions {
            EndedSessions::One(id) => session.id == id,
            EndedSessions::OfUser(user) => in_time && session.user == user,
            EndedSessions::OfUserBut(user, but) => in_time && session.user == user && session.id != but,
            EndedSessions::OfApplication(application) => in_time && session.application == application,
            EndedSessions::OfAccount(account) => in_time && session.account == account,
        }
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
