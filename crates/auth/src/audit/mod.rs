//! What the engine tells the audit: entries in the transaction of what they tell of, or folded where there is none.
//!
//! Owns the shape of the engine's entries, what is counted until it is written, and how far retention has come. What must never be in one: secrets, tokens, hashes, session ids, and what
//! somebody typed as a name that is nobody's.

mod end;
mod folding;
mod indexing;
mod prune;
mod reason;
mod refusal;
mod refusal_counts;

use std::sync::Arc;
use std::time::Duration;

use vestibule_crypto::TokenKeys;
use vestibule_model::{
    Actor, Application, AuditAction, AuditReason, AuditRecord, AuthenticationMethod, Clock, ConnectionId,
    EndedSession, Means, Millis, RefusalId, Session, SessionReference, User,
};
use vestibule_store::{AuditPage, AuditQuery, Change, Store, StoreError};

use crate::directory::Directory;
use crate::federated::Told;
use crate::master_keys::KeyMaterial;
use crate::open::Opened;
use crate::traffic::Traffic;

use folding::Folded;
use indexing::Indexing;
use prune::Retention;
use refusal_counts::RefusalCounts;

pub use end::End;
pub(crate) use reason::{end_of_expired, why_not_current};
pub(crate) use refusal::Attempt;

/// How many folded entries are written in one commit.
const BATCH: usize = 200;

/// A user as whoever did something.
pub(crate) fn actor(user: &User) -> Actor {
    Actor::User { id: user.id, name: user.login_name.clone() }
}

/// By which means a session was opened.
pub(crate) const fn means(method: AuthenticationMethod, application: Application) -> Means {
    match (method, application) {
        (AuthenticationMethod::Password, Application::Token(id)) => Means::ApplicationToken(id),
        (AuthenticationMethod::Saml, _) => Means::Saml,
        (AuthenticationMethod::Oidc, _) => Means::Oidc,
        (_, Application::ApiKey(id)) => Means::ApiKey(id),
        (_, Application::OauthClient(id)) => Means::OauthClient(id),
        (_, Application::None | Application::Token(_)) => Means::Password,
    }
}

/// What a login tells of its connection.
fn details_of(connection: ConnectionId) -> String {
    format!(r#"{{"connection":{connection}}}"#)
}

/// Something that the service did about a user of itself.
pub(crate) fn by_the_service(user: &User, at: Millis, action: AuditAction) -> AuditRecord {
    AuditRecord {
        account: Some(user.account),
        user: Some(user.id),
        ..AuditRecord::new(at, action, Actor::System, Means::System)
    }
}

/// The entry of the end of a session, which has this reference.
pub(crate) fn record_of_end(reference: [u8; 16], session: &Session, end: &End, at: Millis) -> AuditRecord {
    AuditRecord {
        reason: Some(AuditReason::Ended(end.reason)),
        account: Some(session.account),
        user: Some(session.user),
        session: Some(SessionReference(reference)),
        dialect: end.dialect,
        address: end.address,
        details: EndedSession::of(session).with_explanation(end.details.as_deref()),
        user_name: end.user_name.clone(),
        ..AuditRecord::new(at, AuditAction::SessionEnded, end.actor.clone(), end.means)
    }
}

/// The engine's part in the audit.
pub(crate) struct AuditTrail {
    store: Arc<dyn Store>,
    /// Has the names of users.
    directory: Arc<Directory>,
    /// By which sessions are referred to.
    tokens: TokenKeys,
    clock: Arc<dyn Clock>,
    /// Is told of every attempt that is refused.
    traffic: Arc<Traffic>,
    /// What is counted, and written once a minute.
    folded: Folded,
    refusals: RefusalCounts,
    retention: Retention,
    indexing: Indexing,
}

impl AuditTrail {
    /// `retention` is how long entries are kept; None: for ever.
    pub(crate) fn new(
        store: &Arc<dyn Store>,
        directory: &Arc<Directory>,
        keys: &KeyMaterial,
        clock: &Arc<dyn Clock>,
        traffic: &Arc<Traffic>,
        retention: Option<Duration>,
    ) -> Self {
        Self {
            store: Arc::clone(store),
            directory: Arc::clone(directory),
            tokens: keys.tokens().clone(),
            clock: Arc::clone(clock),
            traffic: Arc::clone(traffic),
            folded: Folded::default(),
            refusals: RefusalCounts::default(),
            retention: Retention::new(retention),
            indexing: Indexing::default(),
        }
    }

    /// A page of the audit. What was folded until now is written first, so that the page has it.
    pub(crate) async fn page(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.flush().await?;
        self.store.audit(query).await
    }

    /// How often something was refused since the start, by what and why.
    pub(crate) fn refusal_counts(&self) -> Vec<(AuditAction, AuditReason, u64)> {
        self.refusals.all()
    }

    /// The name of a session in the audit.
    pub(crate) fn reference(&self, session: &Session) -> SessionReference {
        SessionReference(self.tokens.reference(session.id))
    }

    /// The entry of an opened session, with the connection that it was opened by, if it was.
    pub(crate) fn logged_in(&self, session: &Session, user: &User, by: Option<ConnectionId>) -> Change {
        let record = self.login(AuditAction::LoggedIn, session, user, session.created);
        Change::Audit(Box::new(AuditRecord {
            address: session.address,
            details: by.map(details_of),
            ..record
        }))
    }

    /// The connection of a login, as [`Self::logged_in`] and [`Self::joined`] tell it; None: by none, or it is one that was given a
    /// living session before its entry told that.
    pub(crate) fn connection_of(login: &AuditRecord) -> Option<ConnectionId> {
        let details: serde_json::Value = serde_json::from_str(login.details.as_deref()?).ok()?;
        details.get("connection")?.as_i64().map(ConnectionId)
    }

    /// A login that was given the session that lives already, with the connection that it came by, if it did: folded, because it
    /// changes nothing.
    pub(crate) fn joined(&self, session: &Session, opened: &Opened) {
        let record = self.login(AuditAction::JoinedSession, session, &opened.user, opened.now);
        self.fold(AuditRecord { address: opened.address, details: opened.by().map(details_of), ..record });
    }

    /// Counts something that changes nothing. Its user may have another name, or none, when it is written.
    pub(crate) fn fold(&self, mut record: AuditRecord) {
        if record.user_name.is_none() {
            let named = |(account, user)| self.directory.account(account)?.user(user);
            let user = record.account.zip(record.user).and_then(named);
            record.user_name = user.map(|user| user.login_name.clone());
        }
        self.refusals.count(&record);
        self.folded.add(record, self.clock.monotonic());
    }

    /// The same of a refusal that is told in words, under the id that is answered: that of the entry it is counted in.
    fn fold_told(&self, record: AuditRecord, told: Told, id: RefusalId) -> RefusalId {
        self.refusals.count(&record);
        self.folded.add_told(record, told, id, self.clock.monotonic())
    }

    fn login(&self, action: AuditAction, session: &Session, user: &User, at: Millis) -> AuditRecord {
        AuditRecord {
            account: Some(session.account),
            user: Some(session.user),
            session: Some(self.reference(session)),
            dialect: Some(session.dialect),
            ..AuditRecord::new(at, action, actor(user), means(session.method, session.application))
        }
    }

    /// The entry of a session that ended at a time.
    fn ended(&self, session: &Session, end: &End, at: Millis) -> Change {
        Change::Audit(Box::new(self.record_of_end(session, end, at)))
    }

    /// The same, as it would be told.
    pub(crate) fn record_of_end(&self, session: &Session, end: &End, at: Millis) -> AuditRecord {
        record_of_end(self.tokens.reference(session.id), session, end, at)
    }

    /// Ends a session in the store, and tells so.
    pub(crate) fn end_and_tell(&self, session: &Session, end: &End) -> [Change; 2] {
        self.end_and_tell_at(session, end, self.clock.now())
    }

    /// The same of one that ended earlier.
    pub(crate) fn end_and_tell_at(&self, session: &Session, end: &End, at: Millis) -> [Change; 2] {
        [Change::EndSession(session.id), self.ended(session, end, at)]
    }

    /// Writes what was folded in minutes that are over.
    pub(crate) async fn flush_folded(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.write_folded(self.folded.take_before(now)).await
    }

    /// Writes what was folded until some seconds ago, or now. To be called before the audit is read.
    pub(crate) async fn show(&self, now: Millis) -> Result<(), StoreError> {
        self.write_folded(self.folded.take_for_reading(now)).await
    }

    /// Writes what was folded until now. To be called at the end.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        self.write_folded(self.folded.take_all()).await
    }

    async fn write_folded(&self, records: Vec<AuditRecord>) -> Result<(), StoreError> {
        let mut written = Ok(());
        for batch in records.chunks(BATCH) {
            let entries = batch.iter().map(|record| Change::Audit(Box::new(record.clone())));
            if let Err(error) = self.store.commit(entries.collect()).await {
                self.folded.give_back(batch);
                written = Err(error);
            }
        }
        written
    }
}
