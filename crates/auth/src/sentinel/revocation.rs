//! Revocation (RFC 7009): whoever has a token of a session ends it, everywhere.

use std::sync::Arc;

use vestibule_model::{Actor, EndReason, Means, Refusal};

use super::client::{OauthCredentials, ProvedClient};
use super::error::TokenError;
use crate::audit::{self, End};
use crate::log_in::LogIn;
use crate::service::Auth;

impl Auth {
    /// Ends the session that an access token or a refresh token names. What is no token, or of a session that has ended, is no
    /// failure (RFC 7009 §2.2).
    ///
    /// # Errors
    ///
    /// The client is not who it says, or the session is another's.
    pub async fn revoke_token(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        token: String,
    ) -> Result<(), TokenError> {
        let client = self.admit_client(at, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move { auth.revoke(at, &client, &token).await };
        self.settle(at, whole).await
    }

    async fn revoke(&self, at: LogIn, client: &ProvedClient, token: &str) -> Result<(), TokenError> {
        let tokens = self.keys.tokens();
        let id = tokens.read_bearer(token).or_else(|| Some(tokens.read_refresh_token(token)?.0));
        let Some(id) = id else { return Ok(()) };
        self.recall_session(id).await?;
        let Some(session) = self.live.with(id, at.now, |live| live.entry.session()) else { return Ok(()) };
        if !self.is_of_client(id, client, at) {
            return Err(client.invalid_grant(self, Refusal::NoSession));
        }
        let user = self.directory.user_of(&session);
        let end = End {
            actor: user.map_or(Actor::Unknown, |user| audit::actor(&user)),
            means: Means::OauthClient(client.client.id),
            address: at.address,
            dialect: Some(at.dialect),
            ..EndReason::LoggedOut.into()
        };
        self.ends.end(&session, &end).await.map_err(TokenError::Store)
    }
}
