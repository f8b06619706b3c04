//! Ends of many sessions: which ones, what is told of each, and what came of it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{
    AccountId, Application, AuditRecord, AuthenticationMethod, Generation, Millis, Session, SessionId, UserId,
};

use crate::SessionNumber;

/// Whose sessions have a version of their own ([`SessionsVersion`](crate::SessionsVersion)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionScope {
    /// A user.
    User(UserId),
    /// An account.
    Account(AccountId),
    /// All accounts.
    Installation,
}

/// Which sessions end. One word for all of them, however many they are.
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
    /// Those that were opened from an address.
    FromAddress(IpAddr),
    /// Those that were opened in this way.
    ByMethod(AuthenticationMethod),
    /// Those whose tokens are derived under a generation of the master key.
    UnderMasterKey(Generation),
    /// All.
    All,
    /// All without the one that is named.
    AllBut(SessionId),
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
            Self::FromAddress(address) => write!(out, "the sessions from {address}"),
            Self::ByMethod(method) => write!(out, "the sessions opened by {method:?}"),
            Self::UnderMasterKey(generation) => write!(out, "the sessions under master key {generation}"),
            Self::All => out.write_str("all sessions"),
            Self::AllBut(session) => write!(out, "all sessions but session {session:?}"),
        }
    }
}

/// Which sessions end, as they are decided at one moment: whoever asks a table of sessions, the journal or the store gets the
/// same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSelector {
    /// Which.
    pub sessions: EndedSessions,
    /// Of these, only those of this account; None: of every one. A store looks at no others then.
    pub account: Option<AccountId>,
    /// Of many, only those that were opened until then: the moment of the end, or an earlier one to end what is older.
    pub opened_until: Millis,
}

impl SessionSelector {
    /// Whether the session is one of them.
    pub fn selects(&self, session: &Session) -> bool {
        let is_meant = match self.sessions {
            EndedSessions::One(id) => return session.id == id,
            EndedSessions::OfUser(user) => session.user == user,
            EndedSessions::OfUserBut(user, but) => session.user == user && session.id != but,
            EndedSessions::OfApplication(application) => session.application == application,
            EndedSessions::OfAccount(account) => session.account == account,
            EndedSessions::FromAddress(address) => session.address == Some(address),
            EndedSessions::ByMethod(method) => session.method == method,
            EndedSessions::UnderMasterKey(generation) => session.id.generation() == Some(generation),
            EndedSessions::All => true,
            EndedSessions::AllBut(but) => session.id != but,
        };
        is_meant
            && session.created <= self.opened_until
            && self.account.is_none_or(|account| session.account == account)
    }

    /// Of which sessions the version moves when these end; None: a single one ends, and whoever is given it asks whether it is
    /// there.
    pub fn moves(&self) -> Option<VersionScope> {
        match self.sessions {
            EndedSessions::One(_) => None,
            EndedSessions::OfUser(user) | EndedSessions::OfUserBut(user, _) => Some(VersionScope::User(user)),
            _ => Some(self.within().map_or(VersionScope::Installation, VersionScope::Account)),
        }
    }

    /// The account that all of them belong to, if the selector says so.
    pub fn within(&self) -> Option<AccountId> {
        match self.sessions {
            EndedSessions::OfAccount(account) => Some(account),
            _ => self.account,
        }
    }
}

/// Ends sessions, as many as one transaction may: [`Outcome::unfinished`] says from where on the others are to be asked for.
/// What is told of each end is written with it.
#[derive(Clone, Debug)]
pub struct EndSessions {
    /// Which.
    pub selector: SessionSelector,
    /// The sessions behind this one, in the order in which the store goes through them; None: from the beginning.
    pub behind: Option<WalkPosition>,
    /// At most so many end.
    pub limit: usize,
    /// The entry of the audit about each; a session that has none stays.
    pub records: EndRecords,
}

/// How far a store went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkPosition {
    /// The user of the last session that was looked at.
    pub user: UserId,
    /// That session.
    pub session: SessionNumber,
}

/// The entries of the audit about sessions that end. Asked within the transaction, so it must be quick and wait for nothing.
#[derive(Clone)]
pub struct EndRecords(Arc<RecordOf>);

type RecordOf = dyn Fn(&Session) -> Option<AuditRecord> + Send + Sync;

impl EndRecords {
    /// Made so; None: the session does not end.
    pub fn by(record_of: impl Fn(&Session) -> Option<AuditRecord> + Send + Sync + 'static) -> Self {
        Self(Arc::new(record_of))
    }

    /// The entry about this one; None: it does not end.
    pub fn of(&self, session: &Session) -> Option<AuditRecord> {
        (self.0)(session)
    }
}

impl fmt::Debug for EndRecords {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EndRecords").finish_non_exhaustive()
    }
}

/// What came of a transaction, besides that it is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The numbers of the sessions that it opened, in the order of its changes.
    pub opened: Vec<SessionNumber>,
    /// The sessions that it ended by a change that ends sessions, in no order.
    pub ended: Vec<SessionId>,
    /// Of which of its changes, by their places among all, there may be more to do, and from where on.
    pub unfinished: Vec<(usize, WalkPosition)>,
    /// How many rows of traffic it aged; as many as the limit: there may be more.
    pub aged: usize,
    /// Whether there is more of the audit to be indexed.
    pub more_to_index: bool,
}

impl Outcome {
    /// Adds what came of another change of the transaction.
    pub fn add(&mut self, other: Self) {
        self.opened.extend(other.opened);
        self.ended.extend(other.ended);
        self.unfinished.extend(other.unfinished);
        self.aged += other.aged;
        self.more_to_index |= other.more_to_index;
    }
}
