//! Logging in: by password, or as an application by the values of a key.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{
    AccountId, Application, AuthenticationMethod, ConnectionId, Dialect, Means, Millis, Population, Refusal,
    RefusalId, Session, UserId,
};
use vestibule_store::StoreError;
use zeroize::Zeroizing;

use crate::attempt::ProvedUser;
use crate::audit::{self, Attempt};
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::{self, IneligibleReason};
use crate::open::{OpenError, Opened, OpenedWith};
use crate::password::expect_length;
use crate::recognise::Proof;
use crate::second_factor::{password_suffices, provider_suffices};
use crate::service::Auth;

/// How long a client that was turned away is asked to wait (contract liveperson §1: at least 5 s on login).
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Where and when somebody logs in.
#[derive(Clone, Copy, Debug)]
pub struct LogIn {
    /// The account; None: the caller named one that there is not, and must not notice.
    pub account: Option<AccountId>,
    /// The dialect of the caller.
    pub dialect: Dialect,
    /// In which scope.
    pub scope: LoginScope,
    /// The caller's address.
    pub address: Option<IpAddr>,
    /// The time.
    pub now: Millis,
}

/// Where logins arrive. Each scope has its own accounts only; in the other they do not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginScope {
    /// The dialects: every account but that of the administrators.
    Public,
    /// What a browser brings in a form of another site, without an attempt that it began here: the same accounts. Any page
    /// can have any browser bring it, so its failures keep nobody from logging in by other means.
    Unsolicited,
    /// What an identity provider says of the end of a login: the same accounts. Any page can have any browser bring that too, and it
    /// keeps nobody from logging in.
    Logout,
    /// The administration: that account.
    Administration,
}

/// A user's own credentials.
pub struct UserCredentials {
    /// The login name.
    pub user_name: String,
    /// Whose names to look among; None: the users' first, then the agents'.
    pub population: Option<Population>,
    /// The password.
    pub password: Zeroizing<Vec<u8>>,
}

impl UserCredentials {
    /// Refuses a password that is longer than any that is taken, before it waits for a hash.
    pub(crate) fn expect_length(&self) -> Result<(), LogInError> {
        expect_length(&self.password).map_err(|_| LogInError::PasswordTooLong)
    }
}

/// An application's credentials: the four values of an API key, or the id and secret of an OAuth client in the
/// first two with the others ignored (contract liveperson §1).
pub struct ApplicationCredentials {
    /// The bot that logs in.
    pub user_name: String,
    /// The consumer key, or the client id.
    pub app_key: String,
    /// The consumer secret, or the client secret.
    pub secret: Zeroizing<String>,
    /// The token.
    pub access_token: String,
    /// The token secret.
    pub access_token_secret: Zeroizing<String>,
}

/// Somebody who has just logged in.
pub struct LoggedIn {
    /// The session that was opened.
    pub session: Session,
    /// The account.
    pub entry: Arc<AccountEntry>,
    /// The user.
    pub user: Arc<UserEntry>,
    /// The connection whose identity provider vouched for them; None: they logged in by themselves.
    pub connection: Option<ConnectionId>,
}

/// Why a login was refused. Nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Unknown account, unknown user, wrong password, wrong key: nobody is told which.
    #[error("bad credentials")]
    BadCredentials,
    /// The password is longer than any that is taken: [`crate::LONGEST_PASSWORD`].
    #[error("the password is too long")]
    PasswordTooLong,
    /// The account or the user name is on the block list.
    #[error("blocked")]
    Blocked,
    /// Too many failures from this address, or at this key.
    #[error("too many failed logins")]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The credentials are right, but the user may not log in now.
    #[error("refused: {0}")]
    Refused(IneligibleReason),
    /// What an identity provider sent is refused: why, the audit says under this id.
    #[error("what the identity provider sent is refused (refusal {0})")]
    NotVouchedFor(RefusalId),
    /// The identity provider does not answer, or not with what it has to: nothing is known of who logs in.
    #[error("the identity provider does not answer (refusal {0})")]
    ProviderUnavailable(RefusalId),
    /// The hash pool's queue is full.
    #[error("the queue of logins is full")]
    Overloaded {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The session could not be made durable.
    #[error("the session could not be stored")]
    Store(#[source] StoreError),
}

impl LogInError {
    /// How long to wait before the same is worth asking again; None: it would be refused again, or it is a fault of ours.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { retry_after } | Self::Overloaded { retry_after } => Some(*retry_after),
            Self::ProviderUnavailable(_) => Some(RETRY_AFTER),
            Self::Store(error) => error.is_temporary().then_some(RETRY_AFTER),
            Self::BadCredentials
            | Self::PasswordTooLong
            | Self::Blocked
            | Self::Refused(_)
            | Self::NotVouchedFor(_) => None,
        }
    }

    /// The hash pool turned a job away.
    pub(crate) const fn overloaded() -> Self {
        Self::Overloaded { retry_after: RETRY_AFTER }
    }
}

impl Auth {
    /// Logs a user in by password. Costs one hash, whatever the outcome and whether or not the user exists.
    pub async fn log_in_user(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
    ) -> Result<LoggedIn, LogInError> {
        credentials.expect_length()?;
        let attempt = Attempt::to_log_in(at, Means::Password);
        self.admit(attempt, &credentials.user_name)?;
        let auth = Arc::clone(self);
        let whole = async move {
            let proved = auth.prove(attempt, credentials).await?;
            auth.open_for(attempt, proved, Proof::NONE, AuthenticationMethod::Password).await
        };
        self.settle(at, whole).await
    }

    /// Logs a user in by password with an application token, which has to be one of the account's.
    pub async fn log_in_with_token(
        self: &Arc<Self>,
        at: LogIn,
        token: &str,
        credentials: UserCredentials,
    ) -> Result<LoggedIn, LogInError> {
        credentials.expect_length()?;
        let attempt = Attempt::to_log_in(at, Means::Password);
        self.admit(attempt, &credentials.user_name)?;
        let entry = self.account(at);
        let proof = entry.as_ref().and_then(|entry| self.proof_by_token(entry, token, at.now));
        let Some(proof) = proof else {
            let why = if entry.is_some() { Refusal::WrongApplicationToken } else { Refusal::UnknownAccount };
            return self.refuse_in_vain(attempt, credentials.password, why).await;
        };
        let attempt = Attempt::to_log_in(at, audit::means(AuthenticationMethod::Password, proof.application));
        let may = entry.is_some_and(|entry| eligibility::token_may_log_in(&entry, proof.application));
        if !may {
            return self.refuse_in_vain(attempt, credentials.password, Refusal::KeyNotAllowed).await;
        }
        let auth = Arc::clone(self);
        let whole = async move {
            let proved = auth.prove(attempt, credentials).await?;
            let logged_in = auth.open_for(attempt, proved, proof, AuthenticationMethod::Password).await?;
            auth.live.with(logged_in.session.id, at.now, |live| live.count(at.now));
            Ok(logged_in)
        };
        self.settle(at, whole).await
    }

    /// Refuses whoever did not get as far as the password, after the same work as if it had been wrong.
    async fn refuse_in_vain<T: Send + 'static>(
        self: &Arc<Self>,
        attempt: Attempt,
        password: Zeroizing<Vec<u8>>,
        why: Refusal,
    ) -> Result<T, LogInError> {
        let auth = Arc::clone(self);
        let whole = async move {
            auth.hash_in_vain(attempt, password).await?;
            Err(auth.audit.bad_credentials(attempt, None, why))
        };
        self.settle(attempt.at, whole).await
    }

    /// Logs a bot in by the values of the key it is tied to.
    pub async fn log_in_application(
        self: &Arc<Self>,
        at: LogIn,
        credentials: ApplicationCredentials,
    ) -> Result<LoggedIn, LogInError> {
        let attempt = Attempt::to_log_in(at, Means::Nothing);
        self.admit(attempt, &credentials.user_name)?;
        let admitted = self.login_guard.admit_at_key(at, &credentials.app_key);
        let charged = admitted.map_err(|why| self.turned_away(attempt, why))?;
        let entry = self.account(at);
        let proof = self.recognise(entry.as_deref().map(|entry| &**entry), &credentials, at.now);
        let user = entry.as_ref().and_then(|entry| entry.user_named(None, &credentials.user_name));
        let (entry, proof, user) = match (entry, proof, user) {
            (Some(entry), Some(proof), user) => (entry, proof, user),
            (None, ..) => return Err(self.unknown_account(attempt)),
            (_, None, user) => {
                return Err(self.audit.bad_credentials(attempt, user.map(|user| user.id), Refusal::WrongKey));
            }
        };
        let application = proof.application;
        let attempt = Attempt::to_log_in(at, audit::means(AuthenticationMethod::ApiKey, application));
        let Some(user) = user else {
            return Err(self.audit.bad_credentials(attempt, None, Refusal::UnknownUser));
        };
        if !eligibility::key_may_log_in(&entry, &user, application, proof.secret_version, at.address, at.now)
        {
            return Err(self.audit.bad_credentials(attempt, Some(user.id), Refusal::KeyNotAllowed));
        }
        self.login_guard.key_was_right(&charged);
        let method = match application {
            Application::OauthClient(_) => AuthenticationMethod::OauthClient,
            Application::ApiKey(_) | Application::Token(_) | Application::None => {
                AuthenticationMethod::ApiKey
            }
        };
        let auth = Arc::clone(self);
        let whole = async move { auth.open_for(attempt, ProvedUser { entry, user }, proof, method).await };
        self.settle(at, whole).await
    }

    fn unknown_account(&self, attempt: Attempt) -> LogInError {
        self.audit.bad_credentials(attempt, None, Refusal::UnknownAccount)
    }

    /// Opens a session for somebody who proved who they are, if they may log in now.
    pub(crate) async fn open_for(
        self: &Arc<Self>,
        attempt: Attempt,
        proved: ProvedUser,
        proof: Proof,
        method: AuthenticationMethod,
    ) -> Result<LoggedIn, LogInError> {
        let user = proved.user.id;
        let opened = self.open_with(attempt, proved, proof, method, OpenedWith::default()).await;
        opened.map_err(|error| self.not_opened(attempt, user, error))
    }

    /// What is told of a session that was not opened.
    pub(crate) fn not_opened(&self, attempt: Attempt, user: UserId, error: OpenError) -> LogInError {
        match error {
            OpenError::Refused(reason) => self.audit.refused(attempt, user, reason),
            OpenError::Stale => self.audit.bad_credentials(attempt, Some(user), Refusal::Stale),
            OpenError::AlreadyConsumed => {
                self.audit.bad_credentials(attempt, Some(user), Refusal::AlreadyUsed)
            }
            OpenError::Store(error) => LogInError::Store(error),
        }
    }

    /// The same, with what is committed with the session; the refusal is the caller's to tell.
    pub(crate) async fn open_with(
        self: &Arc<Self>,
        attempt: Attempt,
        ProvedUser { entry, user }: ProvedUser,
        proof: Proof,
        method: AuthenticationMethod,
        with: OpenedWith,
    ) -> Result<LoggedIn, OpenError> {
        let at = attempt.at;
        let eligible = match method {
            AuthenticationMethod::Password => eligibility::of_user(&entry, &user, at.now).and_then(|()| {
                if with.has_shown_factor { Ok(()) } else { password_suffices(&entry, &user, at) }
            }),
            AuthenticationMethod::Saml | AuthenticationMethod::Oidc => {
                eligibility::of_federated(&entry, &user)
                    .and_then(|()| if with.has_shown_factor { Ok(()) } else { provider_suffices(&user, at) })
            }
            AuthenticationMethod::ApiKey | AuthenticationMethod::OauthClient => {
                eligibility::of_bot(&entry, &user)
            }
        };
        eligible.map_err(OpenError::Refused)?;
        let opened = Opened {
            entry: Arc::clone(&entry),
            user: Arc::clone(&user),
            proof,
            method,
            dialect: at.dialect,
            address: at.address,
            now: at.now,
            with,
        };
        let session = self.open(opened).await?;
        self.count_login(&user, &session, at.now);
        Ok(LoggedIn { session, entry, user, connection: None })
    }
}
