//! Opening a session for somebody who may: what becomes of the sessions before it, and making it durable.

mod room;

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{
    AuthenticationMethod, Concurrency, ConnectionId, Dialect, EndReason, Millis, Session, SessionId,
    SessionPolicy,
};
use vestibule_store::{Change, FederatedLogin, Outcome, StoreError, StoredSession};

use crate::audit::{self, End, why_not_current};
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::IneligibleReason;
use crate::ends::Login;
use crate::recognise::Proof;
use crate::service::Auth;
use room::{NewLogin, Room, make_room};

/// What is known of a session before it is opened.
pub(crate) struct Opened {
    pub(crate) entry: Arc<AccountEntry>,
    pub(crate) user: Arc<UserEntry>,
    pub(crate) proof: Proof,
    pub(crate) method: AuthenticationMethod,
    pub(crate) dialect: Dialect,
    pub(crate) address: Option<IpAddr>,
    pub(crate) now: Millis,
    pub(crate) with: OpenedWith,
}

impl Opened {
    /// By which connection, if it is by one.
    pub(crate) fn by(&self) -> Option<ConnectionId> {
        self.with.federated.map(|origin| origin.connection)
    }
}

/// What is committed with a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenedWith {
    /// What was shown for it, if that counts once.
    pub(crate) once: Option<Once>,
    /// What uses up what was shown for it as a second factor.
    pub(crate) second_factor: Option<Change>,
    /// Whether that was shown, here or for the page session that this one follows.
    pub(crate) has_shown_factor: bool,
    /// The login at an identity provider that it was opened by.
    pub(crate) federated: Option<FederatedOrigin>,
    /// When the identity provider wants it to end.
    pub(crate) until: Option<Millis>,
    /// The page session that it was opened by: it ends with the same logins at identity providers.
    pub(crate) of_page: Option<SessionId>,
    /// Its id, if that was drawn before; never given to anybody else.
    pub(crate) id: Option<SessionId>,
}

impl OpenedWith {
    /// What uses up what was shown for it.
    fn spent(&self) -> impl Iterator<Item = Change> {
        self.once.map(Change::from).into_iter().chain(self.second_factor.clone())
    }

    /// What notes by which login at an identity provider a session was opened.
    fn origins(&self, session: SessionId) -> impl Iterator<Item = Change> + use<> {
        let own = self.federated.map(|origin| origin.of(session));
        let of_page = self.of_page.map(|from| Change::CopyFederatedLogins { from, to: session });
        own.into_iter().chain(of_page)
    }
}

/// Something that counts once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Once {
    /// What it is, as a digest that also says of what kind.
    pub(crate) value: [u8; 32],
    /// From when on it is refused for its age alone.
    pub(crate) expires: Millis,
}

impl From<Once> for Change {
    fn from(Once { value, expires }: Once) -> Self {
        Self::ConsumeOnce { value, expires }
    }
}

/// A login at an identity provider, as it will be looked for when it ends there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FederatedOrigin {
    pub(crate) connection: ConnectionId,
    pub(crate) subject: [u8; 32],
    pub(crate) session_index: Option<[u8; 32]>,
    /// When what it was opened by was issued, by the clock there.
    pub(crate) issued_at: Millis,
}

impl FederatedOrigin {
    fn of(self, session: SessionId) -> Change {
        let Self { connection, subject, session_index, issued_at } = self;
        Change::NoteFederatedLogin(FederatedLogin { session, connection, subject, session_index, issued_at })
    }
}

/// Why a session was not opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    Refused(IneligibleReason),
    /// The user's credentials, or the application's, changed in the same moment.
    Stale,
    /// What was shown counts once, and was shown before.
    AlreadyConsumed,
    Store(StoreError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::StaleCredentials => Self::Stale,
            StoreError::AlreadyConsumed => Self::AlreadyConsumed,
            other => Self::Store(other),
        }
    }
}

impl Auth {
    /// Opens a session, durably. Gateways that keep answers have been told of those that it replaces when this answers. Must not be
    /// dropped half-way: what was committed would not be in the table.
    pub(crate) async fn open(&self, opened: Opened) -> Result<Session, OpenError> {
        self.loaded().await;
        let account = opened.entry.account.id;
        if opened.user.is_administrator {
            let roles = self.store.administrators().await?;
            if !roles.iter().any(|known| known.user == opened.user.id) {
                return Err(OpenError::Refused(IneligibleReason::NoRole));
            }
        }
        let session = self.open_in_turn(opened).await;
        self.feed.written(Some(account)).await;
        session
    }

    /// Logins of one user take turns, so that the policy on how many sessions a user may have holds however many come at once.
    async fn open_in_turn(&self, opened: Opened) -> Result<Session, OpenError> {
        let _turn = self.login_guard.turn_of(opened.user.id).await;
        let policy = opened.entry.account.session_policy_of(opened.dialect);
        let live = self.sessions_before(&opened, policy);
        let login = NewLogin {
            dialect: opened.dialect,
            method: opened.method,
            proof: opened.proof,
            credential_version: opened.user.credential_version,
            until: opened.with.until,
        };
        let ended = match make_room(policy, login, live) {
            Ok(Room::Stay(session)) => return self.stay(session, &opened).await,
            Ok(Room::Open { ended }) => ended,
            Err(reason) => return Err(OpenError::Refused(reason)),
        };
        let session = self.new_session(&opened);

        let login = self.ends.login(session.id);

        let replaced = self.replaced(&opened, &session, policy);
        // First what can be refused: that it was not shown before, and the session.
        let mut changes: Vec<Change> = opened.with.spent().collect();
        changes.push(Change::OpenSession(Box::new(session.clone())));
        changes.extend(opened.with.origins(session.id));
        changes.push(self.audit.logged_in(&session, &opened.user, opened.by()));
        changes.extend(ended.iter().flat_map(|session| self.audit.end_and_tell(session, &replaced)));
        let outcome = self.store.commit(changes).await?;

        let replaced = ended.len();
        for Session { id, .. } in ended {
            self.live.remove(id);
            tracing::debug!(session = ?id, reason = %EndReason::Replaced, "session ended");
        }
        tracing::debug!(
            account = %session.account, user = %session.user, session = ?session.id, opening = ?session.method, replaced,
            "session opened"
        );
        self.put_opened(&session, opened.user, &outcome, login).await?;
        Ok(session)
    }

    /// Puts the session that was committed into the table, unless somebody was faster whom it would not have escaped there.
    pub(crate) async fn put_opened(
        &self,
        session: &Session,
        holder: Arc<UserEntry>,
        outcome: &Outcome,
        login: Login<'_>,
    ) -> Result<(), OpenError> {
        let unnumbered = || OpenError::Store(StoreError::Unavailable("the session has no number".into()));
        let number = outcome.opened.first().copied().ok_or_else(unnumbered)?;
        self.live.insert(&StoredSession { number, session: session.clone() }, holder);
        // The end of many sessions that was decided since has not seen this one in the table.
        if let Some(end) = login.overtaken_by(session) {
            self.ends.end_overtaken(session, end).await.map_err(OpenError::Store)?;
            return Err(OpenError::Stale);
        }
        drop(login);
        self.expect_standing_session(session).await
    }

    /// The sessions that the login meets. Those that may not go on are about to be removed: they count no more.
    fn sessions_before(&self, opened: &Opened, policy: &SessionPolicy) -> Vec<Session> {
        let (user, now) = (opened.user.id, opened.now);
        let mut live = match policy.concurrency {
            // One whose id was drawn before is no other session: what was told of that id counts for it alone.
            Concurrency::Same if opened.with.id.is_some() => Vec::new(),
            Concurrency::Same => self.live.of_user_with(user, opened.proof.application, now),
            Concurrency::One | Concurrency::Many { .. } => self.live.of_user(user, now),
        };
        live.retain(|session| self.directory.is_current(session, now));
        live
    }

    /// Whoever changed the user or the application since has updated the directory and then looked for sessions to end; if
    /// that was before this session stood in the table, the directory tells here.
    async fn expect_standing_session(&self, session: &Session) -> Result<(), OpenError> {
        let now = session.created;
        if self.directory.is_current(session, now) {
            return Ok(());
        }
        let account = self.directory.account(session.account);
        let reason = why_not_current(session, None, account.as_deref(), now);
        self.ends.end(session, &reason.into()).await.map_err(OpenError::Store)?;
        Err(OpenError::Stale)
    }

    /// A login that is given the session that lives already counts as a use of it. What was shown for it is used up.
    async fn stay(&self, session: Session, opened: &Opened) -> Result<Session, OpenError> {
        let shown = opened.with.spent().chain(opened.with.origins(session.id));
        let shown: Vec<Change> = shown.collect();
        if !shown.is_empty() {
            self.store.commit(shown).await?;
            self.expect_standing_session(&session).await?;
        }
        self.live.with(session.id, opened.now, |live| live.touch(opened.now));
        self.audit.joined(&session, opened);
        Ok(session)
    }

    /// The end of the sessions that a login takes the place of, with the policy that wants it.
    fn replaced(&self, opened: &Opened, session: &Session, policy: &SessionPolicy) -> End {
        let limit = match policy.concurrency {
            Concurrency::One => 1,
            Concurrency::Many { limit, .. } => limit,
            Concurrency::Same => 0,
        };
        End {
            actor: audit::actor(&opened.user),
            means: audit::means(opened.method, opened.proof.application),
            address: opened.address,
            dialect: Some(opened.dialect),
            details: Some(format!(
                r#"{{"replaced_by":"{}","sessions_per_user":{limit}}}"#,
                self.audit.reference(session)
            )),
            ..EndReason::Replaced.into()
        }
    }

    fn new_session(&self, opened: &Opened) -> Session {
        let policy = opened.entry.account.session_policy_of(opened.dialect);
        Session {
            id: opened.with.id.unwrap_or_else(|| self.keys.tokens().mint_session_id(&*self.rng)),
            account: opened.entry.account.id,
            user: opened.user.id,
            application: opened.proof.application,
            secret_version: opened.proof.secret_version,
            method: opened.method,
            dialect: opened.dialect,
            address: opened.address,
            created: opened.now,
            last_used: opened.now,
            idle: policy.idle(),
            absolute_end: earliest([policy.absolute_end(opened.now), opened.proof.until, opened.with.until]),
            credential_version: opened.user.credential_version,
        }
    }
}

/// The earliest of ends, each of which may be none.
pub(crate) fn earliest(ends: impl IntoIterator<Item = Option<Millis>>) -> Option<Millis> {
    ends.into_iter().flatten().min()
}
