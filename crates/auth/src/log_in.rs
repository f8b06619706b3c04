//! Logging in: by password, or as an application by the values of a key.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument;
use vestibule_crypto::constant_time_eq;
use vestibule_model::{AccountId, Application, Dialect, Millis, Opening, Population, Session, User, UserId};
use vestibule_store::{Change, StoreError};
use zeroize::Zeroizing;

use crate::directory::AccountEntry;
use crate::lockout::Verdict;
use crate::open::{OpenError, Opened};
use crate::service::Auth;
use crate::standing::{self, Standing};

/// How long a client that was turned away is asked to wait (contract liveperson §1: at least 5 s on login).
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Where and when somebody logs in.
#[derive(Clone, Copy, Debug)]
pub struct LogIn {
    /// The account; None: the caller named one that there is not, and must not notice.
    pub account: Option<AccountId>,
    /// The dialect of the caller.
    pub dialect: Dialect,
    /// The caller's address.
    pub address: Option<IpAddr>,
    /// The time.
    pub now: Millis,
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
    pub user: Arc<User>,
}

/// Why a login was refused. Nothing was opened.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// Unknown account, unknown user, wrong password, wrong key: nobody is told which.
    #[error("bad credentials")]
    BadCredentials,
    /// The account or the user name is on the block list.
    #[error("blocked")]
    Blocked,
    /// Too many failures from this address.
    #[error("too many failed logins from this address")]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The credentials are right, but the user may not log in now.
    #[error("refused: {0:?}")]
    Refused(Standing),
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

/// Whether an attempt failed in a way that counts against the address it came from.
pub(crate) trait Failed {
    fn is_bad_credentials(&self) -> bool;
}

impl Failed for LogInError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::BadCredentials)
    }
}

impl LogInError {
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
        self.admit(at, &credentials.user_name)?;
        let auth = Arc::clone(self);
        let attempt = async move {
            let (entry, user) = auth.prove(at, credentials).await?;
            standing::of_user(&entry, &user, at.now).map_err(LogInError::Refused)?;
            auth.open_for(at, entry, user, Application::None, Opening::Password).await
        };
        self.settle(at, attempt).await
    }

    /// Logs a user in by password with an application token, which has to be one of the account's.
    pub async fn log_in_with_token(
        self: &Arc<Self>,
        at: LogIn,
        token: &str,
        credentials: UserCredentials,
    ) -> Result<LoggedIn, LogInError> {
        self.admit(at, &credentials.user_name)?;
        let entry = self.account(at).ok_or(LogInError::BadCredentials)?;
        let token = entry.application_token(&self.secrets.digest(token.as_bytes()));
        let token = token.filter(|token| token.enabled).map(|token| token.id);
        let application = Application::Token(token.ok_or(LogInError::BadCredentials)?);
        let auth = Arc::clone(self);
        let attempt = async move {
            let (entry, user) = auth.prove(at, credentials).await?;
            standing::of_user(&entry, &user, at.now).map_err(LogInError::Refused)?;
            let logged_in = auth.open_for(at, entry, user, application, Opening::Password).await?;
            auth.traffic.count(application, at.now);
            Ok(logged_in)
        };
        self.settle(at, attempt).await
    }

    /// Logs a bot in by the values of the key it is tied to.
    pub async fn log_in_application(
        self: &Arc<Self>,
        at: LogIn,
        credentials: ApplicationCredentials,
    ) -> Result<LoggedIn, LogInError> {
        self.admit(at, &credentials.user_name)?;
        let entry = self.account(at);
        let application = self.recognise(entry.as_deref(), &credentials);
        let user = entry.as_ref().and_then(|entry| entry.user_named(None, &credentials.user_name));
        let (Some(entry), Some(application), Some(user)) = (entry, application, user) else {
            return Err(LogInError::BadCredentials);
        };
        if !standing::key_may_log_in(&entry, &user, application, at.address) {
            return Err(LogInError::BadCredentials);
        }
        let opening = match application {
            Application::OauthClient(_) => Opening::OauthClient,
            Application::ApiKey(_) | Application::Token(_) | Application::None => Opening::ApiKey,
        };
        let auth = Arc::clone(self);
        let attempt = async move {
            standing::of_bot(&entry, &user).map_err(LogInError::Refused)?;
            auth.open_for(at, entry, user, application, opening).await
        };
        self.settle(at, attempt).await
    }

    fn account(&self, at: LogIn) -> Option<Arc<AccountEntry>> {
        at.account.and_then(|id| self.directory.account(id))
    }

    /// The user whose password this is. One hash, whoever it is; failures count for the user's lock-out.
    pub(crate) async fn prove(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
    ) -> Result<(Arc<AccountEntry>, Arc<User>), LogInError> {
        let known = self
            .account(at)
            .and_then(|entry| entry.user_named(credentials.population, &credentials.user_name));
        let stored = known.as_ref().and_then(|user| user.password.as_ref());
        let hash = stored.map_or_else(|| self.decoy_hash.clone(), |password| password.hash.clone());
        let has_password = stored.is_some();

        let verified = self
            .hash_pool
            .verify(hash.clone(), credentials.password, self.new_salt(), at.now)
            .await
            .map_err(|_| LogInError::overloaded())?;
        let right = verified.right && has_password;

        // Looked up once more: account and user may have changed while the password was hashed.
        let before = known.ok_or(LogInError::BadCredentials)?;
        let entry = self.account(at).ok_or(LogInError::BadCredentials)?;
        let user = entry.user(before.id).ok_or(LogInError::BadCredentials)?;
        self.judge(at, &entry, &user, right)?;
        if user.credential_version != before.credential_version {
            return Err(LogInError::BadCredentials);
        }
        if let Some(new) = verified.rehashed {
            self.replace_hash(&entry, user.id, hash, new);
        }
        Ok((entry, user))
    }

    /// Turns away who is blocked, or has failed too often from their address; charges the address until it is known
    /// how the attempt ends.
    pub(crate) fn admit(&self, at: LogIn, user_name: &str) -> Result<(), LogInError> {
        if self.block_list.blocks(at.account, user_name) {
            return Err(LogInError::Blocked);
        }
        let charged = at.address.map_or(Ok(()), |address| self.failures.charge(address, at.now));
        charged.map_err(|wait| LogInError::TooMany { retry_after: wait.max(RETRY_AFTER) })
    }

    /// Carries an admitted attempt to its end, also when the caller goes away: what was begun is counted, and what was
    /// committed is in the table. Gives the address back what it was charged, unless the attempt failed.
    pub(crate) async fn settle<T, E>(
        self: &Arc<Self>,
        at: LogIn,
        attempt: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failed + From<LogInError> + Send + 'static,
    {
        let auth = Arc::clone(self);
        let whole = async move {
            let outcome = attempt.await;
            let failed = outcome.as_ref().is_err_and(Failed::is_bad_credentials);
            if let Some(address) = at.address.filter(|_| !failed) {
                auth.failures.give_back(address);
            }
            outcome
        };
        let ended = tokio::spawn(whole.in_current_span()).await;
        ended.unwrap_or_else(|error| Err(LogInError::Store(StoreError::Unavailable(Box::new(error))).into()))
    }

    /// Counts the outcome for the user's lock-out.
    fn judge(
        self: &Arc<Self>,
        at: LogIn,
        entry: &Arc<AccountEntry>,
        user: &User,
        right: bool,
    ) -> Result<(), LogInError> {
        let policy = entry.account.lockout_policy_of(user.population);
        match self.lockouts.judge(user, policy, right, at.now) {
            Verdict::Accepted => {
                if user.locked_at.is_some() {
                    self.set_lock(entry, user.id, None); // The lock has ended; no later policy shall revive it.
                }
                Ok(())
            }
            Verdict::Locked => Err(LogInError::Refused(Standing::Locked)),
            Verdict::Rejected => Err(LogInError::BadCredentials),
            Verdict::RejectedAndLocked => {
                tracing::warn!(account = %entry.account.id, user = %user.id, "user locked after failed logins");
                self.set_lock(entry, user.id, Some(at.now));
                Err(LogInError::BadCredentials)
            }
        }
    }

    /// Locks or unlocks in memory at once, and in the store without being waited for: the answer to the failure that
    /// locks takes as long as that to any other.
    fn set_lock(self: &Arc<Self>, entry: &AccountEntry, user: UserId, locked_at: Option<Millis>) {
        entry.update_user(user, |user| user.locked_at = locked_at);
        self.commit_later(Change::SetLock { user, locked_at });
    }

    /// The application whose secrets these are. Every comparison is made, in constant time, also for unknown keys.
    fn recognise(
        &self,
        entry: Option<&AccountEntry>,
        credentials: &ApplicationCredentials,
    ) -> Option<Application> {
        let secret = credentials.secret.as_bytes();
        if let Some(client) = entry.and_then(|entry| entry.oauth_client(&credentials.app_key)) {
            let right = self.secrets.matches(secret, &client.secret);
            return right.then_some(Application::OauthClient(client.id));
        }
        let usable = entry.and_then(|entry| entry.api_key(&credentials.app_key));
        let expected = usable.map_or([&[][..]; 3], |usable| {
            [&usable.secret[..], usable.key.access_token.as_bytes(), &usable.access_token_secret[..]]
        });
        let given = [secret, credentials.access_token.as_bytes(), credentials.access_token_secret.as_bytes()];
        let right = expected
            .iter()
            .zip(given)
            .fold(true, |right, (expected, given)| constant_time_eq(expected, given) & right);
        usable.filter(|_| right).map(|usable| Application::ApiKey(usable.key.id))
    }

    fn replace_hash(self: &Arc<Self>, entry: &AccountEntry, user: UserId, old: String, new: String) {
        entry.update_user(user, |user| {
            if let Some(password) = user.password.as_mut().filter(|password| password.hash == old) {
                password.hash.clone_from(&new);
            }
        });
        self.commit_later(Change::ReplacePasswordHash { user, old, new });
    }

    async fn open_for(
        self: &Arc<Self>,
        at: LogIn,
        entry: Arc<AccountEntry>,
        user: Arc<User>,
        application: Application,
        opening: Opening,
    ) -> Result<LoggedIn, LogInError> {
        let opened = Opened {
            entry: Arc::clone(&entry),
            user: Arc::clone(&user),
            application,
            opening,
            dialect: at.dialect,
            address: at.address,
            now: at.now,
        };
        match self.open(opened).await {
            Ok(session) => Ok(LoggedIn { session, entry, user }),
            Err(OpenError::Refused(standing)) => Err(LogInError::Refused(standing)),
            Err(OpenError::Stale) => Err(LogInError::BadCredentials),
            Err(OpenError::Store(error)) => Err(LogInError::Store(error)),
        }
    }
}
