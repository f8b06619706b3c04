//! Ends of the sessions of a login at an identity provider, which says that it is over.

use std::sync::Arc;

use vestibule_model::{AccountId, AccountState, EndReason, Millis};
use vestibule_oidc::{Logout, LogoutToken};
use vestibule_store::{FederatedLogins, StoreError};
use zeroize::Zeroizing;

use super::digests;
use crate::detach_on_drop::DetachOnDrop;
use crate::directory::UsableConnection;
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
        let value = digests::of_logout_token(account, &oidc.issuer, &token_id);
        self.end_logins_once(logins, super::once(value, single_use_until)).await
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
        logins: FederatedLogins,
        once: Once,
    ) -> Result<usize, LogoutError> {
        self.loaded().await;
        // Read first: what follows is kept and tried again if the store fails, and the message would not be taken again.
        let sessions = self.ends.sessions_of_logins(logins).await.map_err(LogoutError::Store)?;
        match self.store.commit(vec![once.into()]).await {
            Ok(_) => {}
            Err(StoreError::AlreadyConsumed) => {
                return Err(LogoutError::Refused("it was taken before".to_owned()));
            }
            Err(error) => return Err(LogoutError::Store(error)),
        }
        let auth = Arc::clone(self);
        let end = EndReason::LoggedOutAtProvider.into();
        let whole = async move { auth.ends.end_each(sessions, &end).await };
        DetachOnDrop::new(whole).await.map_err(LogoutError::Store)
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
