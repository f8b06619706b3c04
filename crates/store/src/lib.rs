//! The storage contract: what the engine asks of a database, and nothing about any database.
//!
//! Owns the [`Store`] trait, the [`Change`]s that a transaction is made of, the errors, the conformance
//! suite that every backend passes ([`conformance`]) and the model that the suite was written against
//! ([`MemoryStore`]); and beside them the [`EndJournal`], for ends that a store did not take. Holds no rules: a store never decides whether a login is right or a session expired.
//!
//! All writing is one call: [`Store::commit`] takes the changes of one transaction, applies all or none, and
//! answers when they are durable. A future that is dropped does not undo a commit that has begun.

mod change;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod directory_change;
mod distinct_sketch;
mod end_journal;
mod ending;
mod federated_login;
mod master_keys;
mod memory;
mod query;
mod refresh_token_use;
mod session_version;
mod stored_session;
mod traffic;

use std::future::Future;
use std::pin::Pin;

use vestibule_model::{
    Account, AccountId, AdministrationToken, Administrator, ApiKey, Application, ApplicationToken,
    Connection, ConnectionId, GatewayRule, Generation, Group, MasterKeyRecord, Millis, OauthClient, Profile,
    RememberedAnswer, SecretDigest, SessionId, SigningKey, Skill, User, UserId,
};

pub use change::{ApplicationTouch, Change};
pub use directory_change::{
    Changed, ChangedPart, DirectoryChanges, DirectoryScope, Part, PartKind, PartRow, Sequence,
};
pub use distinct_sketch::{DistinctSketch, NoSketch};
pub use end_journal::{EndJournal, JournalError, JournalFuture, JournalSlot, JournaledEnd, MemoryEndJournal};
pub use ending::{
    EndRecords, EndSessions, EndedSessions, Outcome, SessionSelector, VersionScope, WalkPosition,
};
pub use federated_login::{FederatedLogin, FederatedLogins, FederatedLogout};
pub use master_keys::{DigestHolder, DigestKind, NAMED_HOLDERS, Remains, SealHolder};
pub use memory::MemoryStore;
pub use query::{AuditCount, AuditOrder, AuditPage, AuditQuery};
pub use refresh_token_use::RefreshTokenUse;
pub use session_version::{SessionsDecision, SessionsVersion, UserSessions};
pub use stored_session::{BLOCK, LastUse, SessionNumber, StoredSession};
pub use traffic::{
    MOST_AGENTS, OTHER_AGENTS, TRAFFIC_SLOTS, TrafficBatch, TrafficOverview, TrafficPeriod, TrafficQuery,
    TrafficRow, TrafficSeries, TrafficSource, TrafficSpan, TrafficUses,
};

/// What a store's operation gives: boxed, so that a store can be chosen at run time.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A database that remembers accounts, sessions, administrators, the audit, and for a while what was answered.
pub trait Store: Send + Sync + 'static {
    /// Applies the changes in their order, all or none, and answers when they are durable: they survive
    /// a killed process and a power cut. Later commits are seen after earlier ones.
    ///
    /// The commit begins with the call, not with the first poll: commits that are asked for one after the other
    /// take effect in that order, and a future that is dropped unpolled does not take its commit back.
    fn commit(&self, changes: Vec<Change>) -> StoreFuture<'static, Outcome>;

    /// Everything but the sessions, and the sequence at which it was read.
    fn directory(&self) -> StoreFuture<'_, DirectoryRows>;

    /// The same without users, who are many.
    fn directory_without_users(&self) -> StoreFuture<'_, DirectoryRows>;

    /// At most `limit` users of all accounts in the order of their ids, beginning behind `after`; fewer: that was the last page.
    /// Users change between pages: whoever has read all of them follows from the sequence at which they read the rest.
    fn every_user(&self, after: Option<UserId>, limit: usize) -> StoreFuture<'_, Vec<User>>;

    /// One account and everything that belongs to it but its sessions; None: there is no such account.
    fn account(&self, id: AccountId) -> StoreFuture<'_, Option<AccountRows>>;

    /// One user; None: there is none of this id.
    fn user(&self, id: UserId) -> StoreFuture<'_, Option<User>>;

    /// Those of these users, API keys, OAuth clients, application tokens and connections that have been deleted, in the order in which they are
    /// asked for. Ids of other parts are given again.
    fn deleted(&self, parts: Vec<Part>) -> StoreFuture<'_, Vec<Part>>;

    /// What changed in the directory after `after`, by this process or another.
    fn changes(&self, after: Sequence) -> StoreFuture<'_, DirectoryChanges>;

    /// The session of this id; None: there is none.
    fn session(&self, id: SessionId) -> StoreFuture<'_, Option<StoredSession>>;

    /// At most `limit` sessions in the order of their numbers, beginning behind `after`; fewer: that was the last page.
    fn sessions(&self, after: Option<SessionNumber>, limit: usize) -> StoreFuture<'_, Vec<StoredSession>>;

    /// The sessions of a user of an account, in the order of their numbers, and the version that they have.
    fn sessions_of_user(&self, account: AccountId, user: UserId) -> StoreFuture<'_, UserSessions>;

    /// At most `limit` sessions that were opened by these logins at an identity provider, in the order of their numbers, beginning
    /// behind `after`; fewer: that was the last page.
    fn federated_sessions(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<StoredSession>>;

    /// The numbers of the same sessions: to count, without a look at any of them.
    fn federated_session_numbers(
        &self,
        logins: FederatedLogins,
        after: Option<SessionNumber>,
        limit: usize,
    ) -> StoreFuture<'_, Vec<SessionNumber>>;

    /// The connections by whose logins there are sessions, in order.
    fn federated_connections(&self) -> StoreFuture<'_, Vec<ConnectionId>>;

    /// Whether a value was consumed by [`Change::ConsumeOnce`] and is not forgotten. It may be at the next moment: what is done once
    /// is committed with that change.
    fn is_consumed(&self, value: [u8; 32]) -> StoreFuture<'_, bool>;

    /// Whether there is a session whose id is of the first form ([`SessionId::is_of_first_form`]). No such id is made any more.
    fn has_session_ids_of_first_form(&self) -> StoreFuture<'_, bool>;

    /// The application tokens of an account, by id, with what was counted for them; none for an account that is not there.
    fn application_tokens(&self, account: AccountId) -> StoreFuture<'_, Vec<ApplicationToken>>;

    /// When each of these users of an account last opened a session, by user id; who never did is left out.
    fn last_logins(&self, account: AccountId, users: Vec<UserId>) -> StoreFuture<'_, Vec<(UserId, Millis)>>;

    /// When a session was last opened with each API key and OAuth client of an account, keys first, each by id; what never
    /// opened one is left out.
    fn last_uses(&self, account: AccountId) -> StoreFuture<'_, Vec<(Application, Millis)>>;

    /// A page of the audit.
    fn audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditPage>;

    /// How many entries the question wants, on all pages: its order, its limit and the place that a page begins behind are passed
    /// over.
    fn count_audit(&self, query: AuditQuery) -> StoreFuture<'_, AuditCount>;

    /// Every user who administers, by user id.
    fn administrators(&self) -> StoreFuture<'_, Vec<Administrator>>;

    /// Every administration token, expired and revoked ones included, by id.
    fn administration_tokens(&self) -> StoreFuture<'_, Vec<AdministrationToken>>;

    /// The administration token with this digest, expired or revoked or not.
    fn administration_token(&self, secret: SecretDigest) -> StoreFuture<'_, Option<AdministrationToken>>;

    /// The answer that is remembered under this key, however old.
    fn answer(&self, key: SecretDigest) -> StoreFuture<'_, Option<RememberedAnswer>>;

    /// When the oldest remembered answer was given; None: none is remembered.
    fn oldest_answer(&self) -> StoreFuture<'_, Option<Millis>>;

    /// Why what was committed last may not be noticed to be missing, should an older copy of the database be put back: the
    /// witness of a backend that keeps one could not be written. None: it was, or there is none.
    fn unwitnessed(&self) -> Option<String> {
        None
    }

    /// The keys that tokens are signed with, by id.
    fn signing_keys(&self) -> StoreFuture<'_, Vec<SigningKey>>;

    /// How often the refresh token of a session was used; None: never, or there is no such session.
    fn refresh_token_use(&self, session: SessionId) -> StoreFuture<'_, Option<RefreshTokenUse>>;

    /// A page of traffic in the order of application and period; fewer than the limit: that was the last page.
    fn traffic(&self, query: TrafficQuery) -> StoreFuture<'_, Vec<TrafficRow>>;

    /// What is known of the traffic of an account as a whole; None: of what is of no account.
    fn traffic_overview(&self, account: Option<AccountId>) -> StoreFuture<'_, TrafficOverview>;

    /// The generations of the master key that are or were active, by generation. One of them is active.
    fn master_keys(&self) -> StoreFuture<'_, Vec<MasterKeyRecord>>;

    /// What depends on a generation of the master key at `now`.
    fn remains(&self, generation: Generation, now: Millis) -> StoreFuture<'_, Remains>;
}

/// The whole directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectoryRows {
    /// Every account, by id.
    pub accounts: Vec<AccountRows>,
    /// Every rule of the gate, by name.
    pub gateway_rules: Vec<GatewayRule>,
    /// The sequence at which it was read.
    pub sequence: Sequence,
}

/// One account and everything that belongs to it but its sessions. Lists are in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRows {
    /// The account itself.
    pub account: Account,
    /// Its profiles.
    pub profiles: Vec<Profile>,
    /// Its groups.
    pub groups: Vec<Group>,
    /// Its skills.
    pub skills: Vec<Skill>,
    /// Its users.
    pub users: Vec<User>,
    /// Its API keys.
    pub api_keys: Vec<ApiKey>,
    /// Its OAuth clients.
    pub oauth_clients: Vec<OauthClient>,
    /// Its application tokens.
    pub application_tokens: Vec<ApplicationToken>,
    /// Its connections.
    pub connections: Vec<Connection>,
}

impl AccountRows {
    /// An account that nothing belongs to yet.
    pub fn empty(account: Account) -> Self {
        Self {
            account,
            profiles: Vec::new(),
            groups: Vec::new(),
            skills: Vec::new(),
            users: Vec::new(),
            api_keys: Vec::new(),
            oauth_clients: Vec::new(),
            application_tokens: Vec::new(),
            connections: Vec::new(),
        }
    }
}

/// Why a store's operation failed. Every variant but `Unavailable` means that nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// [`Change::ExpectUnchanged`] or [`Change::ExpectMasterKey`] did not hold: somebody changed in between what the transaction rests on.
    #[error("the directory was changed by somebody else in the meantime")]
    DirectoryMoved,
    /// [`Change::OpenSession`] found its user gone, disabled, or with other credentials than it was opened with.
    #[error("the user's credentials changed while the session was being opened")]
    StaleCredentials,
    /// [`Change::DecideOnSessions`] did not hold: somebody opened or ended sessions of the user in between.
    #[error("the user's sessions were changed by somebody else in the meantime")]
    SessionsMoved,
    /// [`Change::ConsumeOnce`] found that the value had been consumed.
    #[error("the value counts once, and was used before")]
    AlreadyConsumed,
    /// [`Change::NoteFederatedLogin`] found a logout of that login which is as late as what it was opened by, or later.
    #[error("the identity provider has logged this login out since it was issued")]
    LoggedOut,
    /// A value that must be unique is taken, or something referred to does not exist. Says which.
    #[error("the change does not fit what is stored: {0}")]
    Constraint(String),
    /// A row that was to be read was written by a newer version, or changed by another program. Says which, and what is wrong with it.
    #[error("a row of the database cannot be decoded: {0}")]
    Undecodable(String),
    /// The database cannot be read or written now (disk full, read-only, corrupt, removed). Whether a commit that ended so
    /// took effect is unknown until the store answers again.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Whether it may pass without anybody changing what was asked for: to be asked again.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::DirectoryMoved | Self::SessionsMoved)
    }
}
