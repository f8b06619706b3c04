//! Logging in: by password, or as an application by the values of a key.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vestibule_crypto::constant_time_eq;
use vestibule_model::{AccountId, Application, Dialect, Millis, Opening, Session, User, UserId};
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
    /// The account that the path names.
    pub account: AccountId,
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

impl Auth {
    /// Logs a user in by password. Costs one hash, whatever the outcome and whether or not the user exists.
    pub async fn log_in_user(
        self: &Arc<Self>,
        at: LogIn,
        credentials: UserCredentials,
    ) -> Result<LoggedIn, LogInError> {
        self.admit(at, &credentials.user_name)?;
        let known = self.directory.account(at.account).and_then(|entry| {
            let user = entry.user_named(&credentials.user_name)?;
            Some((entry, user))
        });
        let stored = known.as_ref().and_then(|(_, user)| user.password.as_ref());
        let hash = stored.map_or_else(|| self.decoy_hash.clone(), |password| password.hash.clone());
        let has_password = stored.is_some();

        let verified = self
            .hash_pool
            .verify(hash.clone(), credentials.password, self.new_salt(), at.now)
            .await
            .map_err(|_| LogInError::Overloaded { retry_after: RETRY_AFTER })?;
        let right = verified.right && has_password;

        let Some((entry, user)) = known else { return Err(self.failed(at)) };
        self.judge(at, &entry, &user, right)?;
        standing::of_user(&entry, &user, at.now).map_err(LogInError::Refused)?;
        if let Some(new) = verified.rehashed {
            self.replace_hash(&entry, user.id, hash, new);
        }
        self.open_for(at, entry, user, Application::None, Opening::Password).await
    }

    /// Logs a bot in by the values of the key it is tied to.
    pub async fn log_in_application(
        self: &Arc<Self>,
        at: LogIn,
        credentials: ApplicationCredentials,
    ) -> Result<LoggedIn, LogInError> {
        self.admit(at, &credentials.user_name)?;
        let entry = self.directory.account(at.account);
        let application = self.recognise(entry.as_deref(), &credentials);
        let user = entry.as_ref().and_then(|entry| entry.user_named(&credentials.user_name));
        let (Some(entry), Some(application), Some(user)) = (entry, application, user) else {
            return Err(self.failed(at));
        };
        if !standing::key_may_log_in(&entry, &user, application, at.address) {
            return Err(self.failed(at));
        }
        standing::of_bot(&entry, &user).map_err(LogInError::Refused)?;
        let opening = match application {
            Application::OauthClient(_) => Opening::OauthClient,
            Application::ApiKey(_) | Application::None => Opening::ApiKey,
        };
        self.open_for(at, entry, user, application, opening).await
    }

    /// Turns away who is blocked, or has failed too often from their address.
    fn admit(&self, at: LogIn, user_name: &str) -> Result<(), LogInError> {
        if self.block_list.blocks(at.account, user_name) {
            return Err(LogInError::Blocked);
        }
        match at.address.and_then(|address| self.failures.wait(address, at.now)) {
            Some(wait) => Err(LogInError::TooMany { retry_after: wait.max(RETRY_AFTER) }),
            None => Ok(()),
        }
    }

    fn failed(&self, at: LogIn) -> LogInError {
        if let Some(address) = at.address {
            self.failures.record(address, at.now);
        }
        LogInError::BadCredentials
    }

    /// Counts the outcome for the user's lock-out.
    fn judge(
        self: &Arc<Self>,
        at: LogIn,
        entry: &Arc<AccountEntry>,
        user: &User,
        right: bool,
    ) -> Result<(), LogInError> {
        match self.lockouts.judge(user, &entry.account.lockout_policy, right, at.now) {
            Verdict::Accepted => Ok(()),
            Verdict::Locked => Err(LogInError::Refused(Standing::Locked)),
            Verdict::Rejected => Err(self.failed(at)),
            Verdict::RejectedAndLocked => {
                tracing::warn!(account = %at.account, user = %user.id, "user locked after failed logins");
                entry.update_user(user.id, |user| user.locked_at = Some(at.now));
                // Not awaited: the answer to this failure takes as long as that to any other.
                self.commit_later(Change::SetLock { user: user.id, locked_at: Some(at.now) });
                Err(self.failed(at))
            }
        }
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
