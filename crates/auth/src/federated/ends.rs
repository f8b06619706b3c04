//! Ends of the sessions of a login at an identity provider, which says that it is over.

use std::sync::Arc;

use vestibule_model::{AccountId, AccountState, EndReason, Millis};
use vestibule_oidc::{Logout, LogoutToken};
use vestibule_saml::LogoutRequest;
use vestibule_store::{FederatedLogins, StoreError};
use zeroize::Zeroizing;

use super::digests;
use crate::detach_on_drop::DetachOnDrop;
use crate::directory::{ServiceAddresses, UsableConnection};
use crate::open::Once;
use crate::service::Auth;
use crate::work_pool::Overloaded;

/// Why nobody was logged out.
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// There is no such connection, enabled.
    #[error("there is no such connection")]
    NoConnection,
    /// The message is refused.
    #[error("the logout is refused: {0}")]
    Refused(String),
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

impl From<Overloaded> for LogoutError {
    fn from(_: Overloaded) -> Self {
        Self::Overloaded
    }
}

impl Auth {
    /// Ends the sessions of whom a logout token names (OpenID Connect Back-Channel Logout). Answers how many.
    pub async fn log_out_by_token(
        self: &Arc<Self>,
        account: AccountId,
        connection: &str,
        token: Zeroizing<String>,
        now: Millis,
    ) -> Result<usize, LogoutError> {
        let usable = self.usable_connection(account, connection).ok_or(LogoutError::NoConnection)?;
        let Some(oidc) = usable.connection.oidc() else { return Err(LogoutError::NoConnection) };
        let token = Arc::new(token);
        let mut logout = self.examined_logout(&usable, &token, now).await?;
        let asks = logout.as_ref().err().is_some_and(vestibule_oidc::Refusal::asks_for_new_keys);
        if asks && self.read_keys_again(&usable).await {
            logout = self.examined_logout(&usable, &token, now).await?;
        }
        let LogoutToken { logout, id: token_id, single_use_until } =
            logout.map_err(|refusal| LogoutError::Refused(refusal.to_string()))?;
        let id = usable.connection.id;
        let (subject, session_index) = match &logout {
            Logout::OfSession(session) => (None, Some(digests::of_session(id, session))),
            Logout::OfSubject(subject) => (Some(digests::of_subject(id, subject)), None),
        };
        let logins = FederatedLogins { connection: id, subject, session_index };
        let value = digests::of_logout(account, &oidc.issuer, &token_id);
        self.end_logins_once(vec![logins], super::once(value, single_use_until)).await
    }

    /// Ends the sessions of whom a logout request of SAML names (SAML profiles §4.4). `addresses` are those at which this service
    /// takes such requests.
    pub async fn log_out_by_request(
        self: &Arc<Self>,
        account: AccountId,
        connection: &str,
        shown: ShownLogout,
        addresses: &ServiceAddresses,
        now: Millis,
    ) -> Result<LogoutDone, LogoutError> {
        let usable = self.usable_connection(account, connection).ok_or(LogoutError::NoConnection)?;
        let expected = usable.saml(addresses).ok_or(LogoutError::NoConnection)?;
        let work = move |(): &mut ()| match shown {
            ShownLogout::Redirect(query) => LogoutRequest::from_redirect(&query, &expected, now),
            ShownLogout::Form { document, relay_state } => {
                LogoutRequest::from_form(&document, &relay_state, &expected, now)
            }
        };
        let examined = self.verification.run(work).await?;
        let logout = examined.map_err(|refusal| LogoutError::Refused(refusal.to_string()))?;
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
        let ended = self.end_logins_once(logins, super::once(value, logout.single_use_until)).await?;
        Ok(LogoutDone { ended, request: logout.id, relay_state: logout.relay_state })
    }

    async fn examined_logout(
        &self,
        usable: &Arc<UsableConnection>,
        token: &Arc<Zeroizing<String>>,
        now: Millis,
    ) -> Result<Result<LogoutToken, vestibule_oidc::Refusal>, Overloaded> {
        let keys = self.provider_keys.of(usable);
        let (usable, token) = (Arc::clone(usable), Arc::clone(token));
        let work = move |(): &mut ()| {
            let Some(oidc) = usable.oidc() else { return Err(vestibule_oidc::Refusal::Signature) };
            LogoutToken::examine(&token, &oidc.id_token(None), keys.as_deref().unwrap_or(&oidc.keys), now)
        };
        self.verification.run(work).await
    }

    /// Ends the sessions of these logins, unless the message that asks for it was taken before.
    async fn end_logins_once(
        self: &Arc<Self>,
        logins: Vec<FederatedLogins>,
        once: Once,
    ) -> Result<usize, LogoutError> {
        let auth = Arc::clone(self);
        // To its end, whoever still waits: between the two commits the message is taken and nobody is logged out.
        DetachOnDrop::new(async move { auth.take_and_end(logins, once).await }).await
    }

    async fn take_and_end(
        self: Arc<Self>,
        logins: Vec<FederatedLogins>,
        once: Once,
    ) -> Result<usize, LogoutError> {
        self.loaded().await;
        // Read first: what follows is kept and tried again if the store fails, and the message would not be taken again.
        let mut sessions = Vec::new();
        for logins in logins {
            sessions.extend(self.ends.sessions_of_logins(logins).await.map_err(LogoutError::Store)?);
        }
        sessions.sort_unstable();
        sessions.dedup();
        match self.store.commit(vec![once.into()]).await {
            Ok(_) => {}
            Err(StoreError::AlreadyConsumed) => {
                return Err(LogoutError::Refused("it was taken before".to_owned()));
            }
            Err(error) => return Err(LogoutError::Store(error)),
        }
        let end = EndReason::LoggedOutAtProvider.into();
        self.ends.end_each(sessions, &end).await.map_err(LogoutError::Store)
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
