//! Opening a session for somebody who may: what becomes of the sessions before it, and making it durable.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{
    AuthenticationMethod, Concurrency, ConnectionId, Dialect, EndReason, Millis, Reach, Session, SessionId,
    SessionPolicy, WhenFull,
};
use vestibule_store::{Change, FederatedLogin, StoreError, StoredSession};

use crate::audit::{self, End, why_not_current};
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::IneligibleReason;
use crate::recognise::Proof;
use crate::service::Auth;

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
}

impl FederatedOrigin {
    fn of(self, session: SessionId) -> Change {
        let Self { connection, subject, session_index } = self;
        Change::NoteFederatedLogin(FederatedLogin { session, connection, subject, session_index })
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
    /// Opens a session, durably. Logins of one user take turns, so that the policy on how many sessions a user may have
    /// holds however many come at once. Must not be dropped half-way: what was committed would not be in the table.
    pub(crate) async fn open(&self, opened: Opened) -> Result<Session, OpenError> {
        self.loaded().await;
        let _turn = self.login_guard.turn_of(opened.user.id).await;
        let policy = opened.entry.account.session_policy_of(opened.dialect);
        let live = self.sessions_before(&opened, policy);
        let login = NewLogin {
            dialect: opened.dialect,
            method: opened.method,
            proof: opened.proof,
            credential_version: opened.user.credential_version,
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
        let by = opened.with.federated.map(|origin| origin.connection);
        changes.push(self.audit.logged_in(&session, &opened.user, by));
        changes.extend(ended.iter().flat_map(|session| self.audit.end_and_tell(session, &replaced)));
        let outcome = self.store.commit(changes).await?;
        let unnumbered = || OpenError::Store(StoreError::Unavailable("the session has no number".into()));
        let number = outcome.opened.first().copied().ok_or_else(unnumbered)?;

        let replaced = ended.len();
        for Session { id, .. } in ended {
            self.live.remove(id);
            tracing::debug!(session = ?id, reason = %EndReason::Replaced, "session ended");
        }
        self.live.insert(&StoredSession { number, session: session.clone() }, opened.user);
        tracing::debug!(
            account = %session.account, user = %session.user, session = ?session.id, opening = ?session.method, replaced,
            "session opened"
        );
        // The end of many sessions that was decided since has not seen this one in the table.
        if let Some(end) = login.overtaken_by(&session) {
            self.ends.end_overtaken(&session, end).await.map_err(OpenError::Store)?;
            return Err(OpenError::Stale);
        }
        drop(login);
        self.expect_standing_session(&session).await?;
        Ok(session)
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
        self.audit.joined(&session, &opened.user, opened.now, opened.address);
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
            absolute_end: earlier(policy.absolute_end(opened.now), opened.proof.until),
            credential_version: opened.user.credential_version,
        }
    }
}

/// The earlier of two ends, either of which may be none.
fn earlier(one: Option<Millis>, other: Option<Millis>) -> Option<Millis> {
    [one, other].into_iter().flatten().min()
}

/// How a login meets the sessions that its user already has.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    /// It is given this one.
    Stay(Session),
    /// It has a new one, and these end.
    Open { ended: Vec<Session> },
}

/// A login, as far as the sessions before it are concerned.
#[derive(Clone, Copy)]
struct NewLogin {
    dialect: Dialect,
    method: AuthenticationMethod,
    proof: Proof,
    credential_version: i64,
}

/// What becomes of the live sessions when one more is asked for, in this dialect, with this application and credential
/// version. One of older credentials is about to be ended by whoever changed them, so it is given to nobody; one that rests
/// on other secrets of the application ends when those do, so it is given to nobody who showed these.
fn make_room(
    policy: &SessionPolicy,
    login: NewLogin,
    mut live: Vec<Session>,
) -> Result<Room, IneligibleReason> {
    let NewLogin { dialect, method, proof, credential_version } = login;
    // Whoever looks at a page ends nobody's work, and no login ends the page of whoever looks at it.
    live.retain(|session| (session.dialect == Dialect::Pages) == (dialect == Dialect::Pages));
    if policy.reach == Reach::SameDialect {
        live.retain(|session| session.dialect == dialect);
    }
    let keep = match policy.concurrency {
        Concurrency::One => 0,
        Concurrency::Same => {
            let same = |session: &Session| {
                // One that was opened in another way ends for other reasons.
                (session.dialect, session.method, session.credential_version)
                    == (dialect, method, credential_version)
                    && (session.application, session.secret_version)
                        == (proof.application, proof.secret_version)
            };
            let lives = live.into_iter().find(same);
            return Ok(lives.map_or(Room::Open { ended: Vec::new() }, Room::Stay));
        }
        Concurrency::Many { limit: 0, .. } => return Ok(Room::Open { ended: Vec::new() }),
        Concurrency::Many { limit, when_full } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            if when_full == WhenFull::Refuse && live.len() >= limit {
                return Err(IneligibleReason::TooManySessions);
            }
            limit.saturating_sub(1)
        }
    };
    live.sort_by_key(|session| std::cmp::Reverse(session.last_used));
    Ok(Room::Open { ended: live.into_iter().skip(keep).collect() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use vestibule_model::{Application, ApplicationId, SecretVersion, SessionId, Superseded, UserId};

    use super::*;

    fn sessions(last_used: &[i64]) -> Vec<Session> {
        let session = |(number, at): (u8, &i64)| Session {
            id: SessionId([number; 16]),
            account: "a".parse().unwrap(),
            user: UserId(1),
            application: Application::None,
            secret_version: SecretVersion(0),
            method: AuthenticationMethod::Password,
            dialect: Dialect::LivePerson,
            address: None,
            created: Millis::EPOCH,
            last_used: Millis::from_unix(*at),
            idle: Duration::from_secs(1),
            absolute_end: None,
            credential_version: 1,
        };
        (0..).zip(last_used).map(session).collect()
    }

    fn policy(concurrency: Concurrency) -> SessionPolicy {
        SessionPolicy { concurrency, ..SessionPolicy::default() }
    }

    const LIVEPERSON: NewLogin = NewLogin {
        dialect: Dialect::LivePerson,
        method: AuthenticationMethod::Password,
        proof: Proof::NONE,
        credential_version: 1,
    };

    #[test]
    fn one_session_per_user_ends_every_other() {
        let room = make_room(&policy(Concurrency::One), LIVEPERSON, sessions(&[1, 2]));
        assert!(matches!(room, Ok(Room::Open { ended }) if ended.len() == 2));
    }

    #[test]
    fn sessions_without_limit_stand_beside_each_other() {
        let many = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
        let room = make_room(&policy(many), LIVEPERSON, sessions(&[1, 2, 3]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn at_the_limit_the_session_used_longest_ago_ends() {
        let many = Concurrency::Many { limit: 3, when_full: WhenFull::EndOldest };
        let room = make_room(&policy(many), LIVEPERSON, sessions(&[5, 1, 9]));
        assert!(
            matches!(room, Ok(Room::Open { ended }) if ended.len() == 1 && ended[0].id == SessionId([1; 16]))
        );
    }

    #[test]
    fn at_the_limit_a_login_is_refused_where_policy_says_so() {
        let many = Concurrency::Many { limit: 2, when_full: WhenFull::Refuse };
        let room = make_room(&policy(many), LIVEPERSON, sessions(&[1, 2]));
        assert_eq!(room, Err(IneligibleReason::TooManySessions));
    }

    #[test]
    fn the_same_application_is_given_the_session_that_lives() {
        let room = make_room(&policy(Concurrency::Same), LIVEPERSON, sessions(&[1]));
        assert!(matches!(room, Ok(Room::Stay(session)) if session.id == SessionId([0; 16])));
    }

    #[test]
    fn s6_a_session_of_older_credentials_is_given_to_nobody() {
        let newer = NewLogin {
            dialect: Dialect::LivePerson,
            method: AuthenticationMethod::Password,
            proof: Proof::NONE,
            credential_version: 2,
        };
        let room = make_room(&policy(Concurrency::Same), newer, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn a_session_that_was_opened_in_another_way_is_not_given() {
        let federated = NewLogin { method: AuthenticationMethod::Saml, ..LIVEPERSON };
        let room = make_room(&policy(Concurrency::Same), federated, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn another_application_has_a_session_of_its_own() {
        let token = Proof { application: Application::Token(ApplicationId(7)), ..Proof::NONE };
        let other = NewLogin {
            dialect: Dialect::LivePerson,
            method: AuthenticationMethod::Password,
            proof: token,
            credential_version: 1,
        };
        let room = make_room(&policy(Concurrency::Same), other, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn s4_a_session_of_other_secrets_of_the_application_is_given_to_nobody() {
        let renewed = Proof { secret_version: SecretVersion(1), ..Proof::NONE };
        let newer = NewLogin {
            dialect: Dialect::LivePerson,
            method: AuthenticationMethod::Password,
            proof: renewed,
            credential_version: 1,
        };
        let room = make_room(&policy(Concurrency::Same), newer, sessions(&[1]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    proptest! {
        /// Whatever the policy's end and that of the overlap: a session that was opened with superseded secrets ends at the
        /// earlier of the two, and its secrets count exactly as long as the overlap lasts.
        #[test]
        fn s4_a_session_of_superseded_secrets_ends_with_them(
            policy in prop::option::of(0_i64..1_000), until in 0_i64..1_000, at in 0_i64..1_000, version in any::<u8>(),
        ) {
            let (policy, until, now) = (policy.map(Millis::from_unix), Millis::from_unix(until), Millis::from_unix(at));
            let end = earlier(policy, Some(until));
            prop_assert!(end == Some(until) || end == policy);
            prop_assert!(end <= Some(until) && policy.is_none_or(|policy| end <= Some(policy)));
            prop_assert_eq!(earlier(policy, None), policy);
            let (before, superseded) = (SecretVersion(version), Superseded { values: (), until });
            prop_assert_eq!(before.counts(before.next(), Some(&superseded), now), now < until);
            prop_assert!(before.next().counts(before.next(), Some(&superseded), now));
        }
    }

    #[test]
    fn a_login_ends_nothing_of_another_dialect() {
        let livevox = NewLogin {
            dialect: Dialect::LiveVox,
            method: AuthenticationMethod::Password,
            proof: Proof::NONE,
            credential_version: 1,
        };
        let room = make_room(&policy(Concurrency::One), livevox, sessions(&[1, 2]));
        assert_eq!(room, Ok(Room::Open { ended: Vec::new() }));
    }

    #[test]
    fn sessions_of_pages_are_outside_of_every_policy_of_the_dialects() {
        let of_pages = NewLogin { dialect: Dialect::Pages, ..LIVEPERSON };
        let mut live = sessions(&[1, 2]);
        live[0].dialect = Dialect::Pages;
        let of_dialects = SessionPolicy { reach: Reach::EveryDialect, ..policy(Concurrency::One) };
        let ended = |login, policy: &SessionPolicy| match make_room(policy, login, live.clone()) {
            Ok(Room::Open { ended }) => ended.into_iter().map(|session| session.dialect).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(ended(LIVEPERSON, &of_dialects), [Dialect::LivePerson]);
        assert_eq!(ended(of_pages, &SessionPolicy::PAGES), Vec::<Dialect>::new());
        assert_eq!(ended(of_pages, &of_dialects), [Dialect::Pages]);
    }

    #[test]
    fn a_login_ends_those_of_another_dialect_where_policy_says_so() {
        let policy = SessionPolicy { reach: Reach::EveryDialect, ..policy(Concurrency::One) };
        let room = make_room(
            &policy,
            NewLogin {
                dialect: Dialect::LiveVox,
                method: AuthenticationMethod::Password,
                proof: Proof::NONE,
                credential_version: 1,
            },
            sessions(&[1, 2]),
        );
        assert!(matches!(room, Ok(Room::Open { ended }) if ended.len() == 2));
    }
}
