//! Ends of the sessions of a login at an identity provider, which says that it is over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{
    AccountId, AccountState, EndReason, Means, Millis, Reason as _, Refusal, RefusalId, SessionId,
};
use vestibule_oidc::{Hint, Keys, Logout, LogoutToken};
use vestibule_saml::LogoutRequest;
use vestibule_store::{Change, FederatedLogins, FederatedLogout, StoreError};
use zeroize::Zeroizing;

use super::logout_admission::Asked;
use super::{Told, digests};
use crate::attempt::Failed;
use crate::directory::{ServiceAddresses, UsableConnection};
use crate::ends::EndProgress;
use crate::log_in::{LogIn, RETRY_AFTER};
use crate::open::Once;
use crate::service::Auth;
use crate::work_pool::Overloaded;

/// How often the store is asked for sessions of a login that is over. The first time it has those that are to end, the second time mostly
/// none.
const LOOKS: usize = 4;

/// How long a logout is kept at least, for what was issued before it and comes later. Messages say themselves how long they
/// count, and none is refused for counting long: identity providers give minutes to a day. What counts for longer is taken again after
/// this.
const KEPT_AT_LEAST: Duration = Duration::from_hours(7 * 24);

/// A message that ends logins, and counts once.
struct Ending {
    logins: Vec<FederatedLogins>,
    /// When it was issued, by the identity provider's clock.
    issued_at: Millis,
    once: Once,
}

impl Ending {
    /// What uses the message up, and keeps what was issued before it from opening sessions.
    fn noted(&self, now: Millis) -> Vec<Change> {
        let kept_until = self.once.expires.max(now.plus(KEPT_AT_LEAST));
        let noted = self.logins.iter().map(|logins| FederatedLogout {
            logins: *logins,
            issued_at: self.issued_at,
            kept_until,
        });
        [self.once.into()].into_iter().chain(noted.map(Change::NoteFederatedLogout)).collect()
    }
}

/// Why nobody was logged out.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// There is no such connection, enabled.
    #[error("there is no such connection")]
    NoConnection,
    /// The message is refused: why, the audit says under this id.
    #[error("the logout is refused (refusal {0})")]
    Refused(RefusalId),
    /// Too many from this address were refused.
    #[error("too many refused logouts")]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// Too many messages wait.
    #[error("too many messages wait to be verified")]
    Overloaded,
    /// The ends could not be made durable.
    #[error("the ends of sessions could not be stored")]
    Store(#[source] StoreError),
}

/// A logout that an identity provider asks for.
pub enum ShownLogout {
    /// The query of a redirect, as it was sent.
    Redirect(String),
    /// The fields of a form.
    Form {
        /// The request, in base64.
        document: String,
        /// What is to come back with the answer.
        relay_state: String,
    },
}

impl ShownLogout {
    /// Whether it may be of this identity provider, as far as can be told without looking at a signature.
    fn may_be_genuine(&self, identity_provider: &str) -> bool {
        match self {
            Self::Redirect(query) => query.contains("Signature="),
            Self::Form { document, .. } => vestibule_saml::may_name(document, identity_provider),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutDone {
    /// How many sessions ended.
    pub ended: usize,
    /// The id of the request, which the answer names.
    pub request: String,
    /// What goes back with the answer.
    pub relay_state: String,
}

impl LogoutError {
    /// How long to wait before the same is worth asking again; None: it would be refused again, or it is a fault of ours.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            Self::Overloaded => Some(RETRY_AFTER),
            Self::Store(error) => error.is_temporary().then_some(RETRY_AFTER),
            Self::NoConnection | Self::Refused(_) => None,
        }
    }
}

impl Failed for LogoutError {
    fn is_bad_credentials(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

impl From<Overloaded> for LogoutError {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

impl Auth {
    /// Ends the sessions of whom a logout token names (OpenID Connect Back-Channel Logout). Answers how many.
    pub async fn log_out_by_token(
        self: &Arc<Self>,
        at: LogIn,
        connection: &str,
        token: Zeroizing<String>,
    ) -> Result<usize, LogoutError> {
        let usable = self.connection_for(at, connection)?;
        let Some(oidc) = usable.connection.oidc() else { return Err(LogoutError::NoConnection) };
        let may_be_genuine = || Hint::of(&token).is_some_and(|hint| hint.issuer == oidc.issuer);
        let asked = self.admit_logout(at, Means::Oidc, may_be_genuine)?;
        let auth = Arc::clone(self);
        self.settle_logout(asked, async move { auth.take_token(asked, usable, token).await }).await
    }

    async fn take_token(
        self: Arc<Self>,
        asked: Asked,
        usable: Arc<UsableConnection>,
        token: Zeroizing<String>,
    ) -> Result<usize, LogoutError> {
        let turn = self.turn_to_verify(asked).await?;
        let (token, now) = (Arc::new(token), asked.attempt.at.now);
        let account = asked.attempt.at.account.ok_or(LogoutError::NoConnection)?;
        let keys = self.federated.keys.of(&usable);
        let mut logout = self.examined_logout(&usable, &token, keys.clone(), now).await?;
        drop(turn);
        if asked.may_read_again()
            && logout.as_ref().err().is_some_and(vestibule_oidc::LogoutRefusal::asks_for_new_keys)
            && let Some(others) = self.other_keys(&usable, keys.as_ref()).await
        {
            logout = self.examined_logout(&usable, &token, Some(others), now).await?;
        }
        let LogoutToken { logout, id: token_id, issued, single_use_until } = logout
            .map_err(|refusal| self.refuse_message(asked, &usable, refusal.to_string(), refusal.fix()))?;
        let id = usable.connection.id;
        let (subject, session_index) = match &logout {
            Logout::OfSession(session) => (None, Some(digests::of_session(id, session))),
            Logout::OfSubject(subject) => (Some(digests::of_subject(id, subject)), None),
        };
        let logins = FederatedLogins { connection: id, subject, session_index };
        let issuer = usable.connection.oidc().map_or("", |oidc| oidc.issuer.as_str());
        let value = digests::of_logout(account, issuer, &token_id);
        let once = super::once(value, single_use_until);
        let ending = Ending { logins: vec![logins], issued_at: issued, once };
        self.end_logins_once(asked, &usable, ending).await
    }

    /// Ends the sessions of whom a logout request of SAML names (SAML profiles §4.4). `addresses` are those at which this service
    /// takes such requests.
    pub async fn log_out_by_request(
        self: &Arc<Self>,
        at: LogIn,
        connection: &str,
        shown: ShownLogout,
        addresses: &ServiceAddresses,
    ) -> Result<LogoutDone, LogoutError> {
        let usable = self.connection_for(at, connection)?;
        let Some(saml) = usable.connection.saml() else { return Err(LogoutError::NoConnection) };
        let asked = self.admit_logout(at, Means::Saml, || shown.may_be_genuine(&saml.identity_provider))?;
        let (auth, addresses) = (Arc::clone(self), addresses.clone());
        let whole = async move { auth.take_request(asked, usable, &addresses, shown).await };
        self.settle_logout(asked, whole).await
    }

    async fn take_request(
        self: Arc<Self>,
        asked: Asked,
        usable: Arc<UsableConnection>,
        addresses: &ServiceAddresses,
        shown: ShownLogout,
    ) -> Result<LogoutDone, LogoutError> {
        let (account, now) =
            (asked.attempt.at.account.ok_or(LogoutError::NoConnection)?, asked.attempt.at.now);
        let turn = self.turn_to_verify(asked).await?;
        let shown = Arc::new(shown);
        let mut logout = self.examined_request(&usable, &shown, addresses, now).await?;
        drop(turn);
        if asked.may_read_again()
            && logout.as_ref().err().is_some_and(vestibule_saml::LogoutRefusal::asks_for_new_certificates)
            && let Some(present) = self.with_other_certificates(account, &usable, now).await
        {
            logout = self.examined_request(&present, &shown, addresses, now).await?;
        }
        let logout = logout
            .map_err(|refusal| self.refuse_message(asked, &usable, refusal.to_string(), refusal.fix()))?;
        let id = usable.connection.id;
        let subject = Some(digests::of_subject(id, &logout.subject));
        let of = |session_index| FederatedLogins { connection: id, subject, session_index };
        let mut logins: Vec<FederatedLogins> =
            logout.sessions.iter().map(|session| of(Some(digests::of_session(id, session)))).collect();
        if logins.is_empty() {
            logins.push(of(None));
        }
        let issuer = usable.connection.saml().map_or("", |saml| saml.identity_provider.as_str());
        let value = digests::of_logout(account, issuer, &logout.id);
        let once = super::once(value, logout.single_use_until);
        let ending = Ending { logins, issued_at: logout.issued, once };
        let ended = self.end_logins_once(asked, &usable, ending).await?;
        Ok(LogoutDone { ended, request: logout.id, relay_state: logout.relay_state })
    }

    fn connection_for(&self, at: LogIn, name: &str) -> Result<Arc<UsableConnection>, LogoutError> {
        let usable = at.account.and_then(|account| self.usable_connection(account, name));
        usable.ok_or(LogoutError::NoConnection)
    }

    fn refuse_logout(&self, asked: Asked, reason: Refusal, told: Told) -> LogoutError {
        match asked.wait {
            Some(wait) => self.too_many_logouts(asked, wait),
            None => LogoutError::Refused(self.note_federated(asked.attempt, None, reason, told)),
        }
    }

    fn refuse_message(
        &self,
        asked: Asked,
        usable: &UsableConnection,
        why: String,
        fix: &'static str,
    ) -> LogoutError {
        let told = Told::of(usable).by("logout").because(why).advising(fix);
        self.refuse_logout(asked, Refusal::AssertionRefused, told)
    }

    async fn examined_request(
        &self,
        usable: &UsableConnection,
        shown: &Arc<ShownLogout>,
        addresses: &ServiceAddresses,
        now: Millis,
    ) -> Result<Result<LogoutRequest, vestibule_saml::LogoutRefusal>, LogoutError> {
        let expected = usable.saml(addresses).ok_or(LogoutError::NoConnection)?;
        let shown = Arc::clone(shown);
        let work = move |(): &mut ()| match &*shown {
            ShownLogout::Redirect(query) => LogoutRequest::from_redirect(query, &expected, now),
            ShownLogout::Form { document, relay_state } => {
                LogoutRequest::from_form(document, relay_state, &expected, now)
            }
        };
        Ok(self.verification.run(work).await?)
    }

    async fn examined_logout(
        &self,
        usable: &Arc<UsableConnection>,
        token: &Arc<Zeroizing<String>>,
        keys: Option<Arc<Keys>>,
        now: Millis,
    ) -> Result<Result<LogoutToken, vestibule_oidc::LogoutRefusal>, Overloaded> {
        let (usable, token) = (Arc::clone(usable), Arc::clone(token));
        let work = move |(): &mut ()| {
            let Some(oidc) = usable.oidc() else { return Err(vestibule_oidc::Refusal::Signature.into()) };
            LogoutToken::examine(&token, &oidc.id_token(None), keys.as_deref().unwrap_or(&oidc.keys), now)
        };
        self.verification.run(work).await
    }

    /// Ends the sessions of these logins, unless the message that asks for it was taken before. It is taken when the store has none
    /// of them any more: until then the identity provider may send it again, whatever fails. Taken, it ends those that came while it
    /// was, and nothing any more. If the store does not tell of these they are looked for until it does; only a crash before that
    /// leaves one. What was issued before it and comes after it opens no session: that is noted in the same commit.
    async fn end_logins_once(
        &self,
        asked: Asked,
        usable: &UsableConnection,
        ending: Ending,
    ) -> Result<usize, LogoutError> {
        self.loaded().await;
        if self.store.is_consumed(ending.once.value).await.map_err(LogoutError::Store)? {
            let told = Told::of(usable).by("logout").because("it was taken before: a logout counts once");
            return Err(self.refuse_logout(asked, Refusal::AlreadyUsed, told));
        }
        let ended = self.end_all_of(&ending.logins).await.map_err(LogoutError::Store)?;
        match self.store.commit(ending.noted(asked.attempt.at.now)).await {
            // The same message at the same moment: this has ended what it found, too.
            Ok(_) | Err(StoreError::AlreadyConsumed) => {}
            Err(error) => return Err(LogoutError::Store(error)),
        }
        let taken_at = self.clock.now();
        // Logins that waited to be stored while the store was asked stand in it now: they were committed before this.
        match self.end_all_of(&ending.logins).await {
            Ok(more) => Ok(ended + more),
            Err(error) => {
                let logins = ending.logins.into_iter().map(|logins| (logins, taken_at));
                self.ends.look_for_sessions_of_logins(logins);
                Err(LogoutError::Store(error))
            }
        }
    }

    /// Ends the sessions of these logins until the store has none: others may come of them while they end, of one that the store has
    /// no more none does. An error also where the journal alone has the end of some: the store has them still, and a look that finds
    /// no others ends nothing. Answers how many there were.
    async fn end_all_of(&self, logins: &[FederatedLogins]) -> Result<usize, StoreError> {
        let (end, mut ended) = (EndReason::LoggedOutAtProvider.into(), BTreeSet::new());
        for _ in 0..LOOKS {
            let found = self.sessions_of_all(logins).await?;
            if found.is_empty() {
                return Ok(ended.len());
            }
            let new: Vec<_> = found.into_iter().filter(|(session, _)| ended.insert(*session)).collect();
            if new.is_empty() {
                break;
            }
            self.ends.end_each(new, &end, &EndProgress::default()).await?;
        }
        Err(StoreError::Unavailable("it has sessions of this login still".into()))
    }

    /// The sessions of any of these logins, each once.
    async fn sessions_of_all(
        &self,
        logins: &[FederatedLogins],
    ) -> Result<Vec<(SessionId, AccountId)>, StoreError> {
        let mut sessions = Vec::new();
        for logins in logins {
            sessions.extend(self.ends.sessions_of_logins(*logins).await?);
        }
        sessions.sort_unstable();
        sessions.dedup();
        Ok(sessions)
    }

    /// The connection of this name, if it is enabled in an account that is.
    pub fn usable_connection(&self, account: AccountId, name: &str) -> Option<Arc<UsableConnection>> {
        let entry = self.public_account(account)?;
        if entry.account.state != AccountState::Enabled {
            return None;
        }
        entry.connection_named(name).filter(|usable| usable.connection.enabled).cloned()
    }
}
