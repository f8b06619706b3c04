//! Revocation (RFC 7009): a session ends everywhere, by the client that its token was given to, or by a resource server of the account,
//! which was shown the token.

use std::sync::Arc;

use vestibule_model::{Actor, EndReason, Means, Refusal, TrafficOutcome};
use zeroize::Zeroizing;

use super::client::{OauthCredentials, ProvedClient};
use super::error::TokenError;
use super::token_kind::TokenKind;
use crate::audit::{self, End};
use crate::authorize::{Live, is_public};
use crate::log_in::LogIn;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

impl Auth {
    /// Ends the session that a token names. What is no token, or of a session that has ended, is no failure (RFC 7009 §2.2).
    ///
    /// # Errors
    ///
    /// The client is not who it says, the session is another's, or the token is a signed one that counts.
    pub async fn revoke_token(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        token: Zeroizing<String>,
    ) -> Result<(), TokenError> {
        let client = self.admit_client(at, Route::REVOKE, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move {
            let revoked = auth.revoke(at, &client, &token).await;
            let outcome = match &revoked {
                Ok(()) => TrafficOutcome::Allowed,
                // It is counted where it is refused.
                Err(TokenError::InvalidGrant) => return revoked,
                Err(TokenError::UnsupportedTokenType) => TrafficOutcome::NotAllowed,
                Err(_) => TrafficOutcome::Unavailable,
            };
            auth.count_own(Route::REVOKE, client.caller(), outcome, at.address, at.now);
            revoked
        };
        self.settle(at, whole).await
    }

    async fn revoke(
        self: &Arc<Self>,
        at: LogIn,
        client: &ProvedClient,
        token: &str,
    ) -> Result<(), TokenError> {
        let id = match self.kind_of(token, &[token]) {
            TokenKind::Signed => {
                let shown = self.client_of_token(token, at.now);
                let counts = shown.is_some_and(|shown| shown.account() == client.entry.account.id);
                return if counts { Err(TokenError::UnsupportedTokenType) } else { Ok(()) };
            }
            TokenKind::Refresh(id, _) => Some(id),
            TokenKind::Session(credential) => {
                self.with_session_of(credential, at.now, |live| Some(live.entry.id)).await?
            }
        };
        let Some(id) = id else { return Ok(()) };
        self.recall_session(id).await?;
        let look = |live: &mut Live<'_>| (live.entry.session(), is_public(live), Caller::live(live));
        let Some((session, is_public, caller)) = self.live.with(id, at.now, look) else { return Ok(()) };
        let is_of_account = is_public && session.account == client.entry.account.id;
        let is_its = is_of_account && session.application == client.proof.application;
        let may_end = is_its || is_of_account && client.is_resource_server();
        if !may_end {
            return Err(client.invalid_grant(self, Refusal::NoSession));
        }
        // Whom a client logged in, it logs out in their name. A resource server ends what somebody showed to it.
        let user = self.directory.user_of(&session).filter(|_| is_its);
        let end = End {
            actor: user.map_or(Actor::Unknown, |user| audit::actor(&user)),
            means: Means::OauthClient(client.client.id),
            address: at.address,
            dialect: Some(at.dialect),
            ..EndReason::LoggedOut.into()
        };
        self.end_counted(&session, &end, caller, at.now).await.map_err(TokenError::Store)
    }
}
