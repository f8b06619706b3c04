//! Introspection (RFC 7662): a resource server asks what a token is that somebody shows to it.
//!
//! It is told of tokens of its own account alone, and of nobody who administers. That is a use of the session, as a check is. Where
//! the holder of the token is, it does not say: where addresses count, the session's is that from which it was opened.

use std::sync::Arc;

use vestibule_model::{AccountId, TrafficOutcome};
use zeroize::Zeroizing;

use super::client::{OauthCredentials, ProvedClient};
use super::client_token::ShownClientToken;
use super::error::TokenError;
use super::token_kind::TokenKind;
use crate::authorize::CredentialKind;
use crate::authorize::{Granted, Live, is_public};
use crate::log_in::LogIn;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

/// A token that counts.
#[derive(Clone, Copy)]
pub enum ActiveToken<'a> {
    /// It opens a session: a bearer, a LiveVox id, or a session cookie.
    Session(Granted<'a>),
    /// It is a refresh token, which gives the bearer of a session again and opens nothing by itself.
    Refresh(Granted<'a>),
    /// It is a signed one in the name of a client.
    Client(&'a ShownClientToken),
}

impl Auth {
    /// What `tell` makes of a token, if it counts. A use of its session: as at a check.
    ///
    /// # Errors
    ///
    /// The client is not who it says, or is no resource server.
    pub async fn introspect<R: Send + 'static>(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        token: Zeroizing<String>,
        tell: impl Fn(ActiveToken<'_>) -> R + Send + Sync + 'static,
    ) -> Result<Option<R>, TokenError> {
        let client = self.admit_client(at, Route::INTROSPECT, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move {
            client.expect_resource_server(&auth)?;
            let told = auth.told_of(at, &client, &token, &tell).await;
            let answered = if told.is_ok() { TrafficOutcome::Allowed } else { TrafficOutcome::Unavailable };
            auth.count_own(Route::INTROSPECT, client.caller(), answered, at.address, at.now);
            let told = told?;
            let (told, caller) = told.map_or((None, None), |(told, caller)| (Some(told), Some(caller)));
            let outcome =
                if caller.is_some() { TrafficOutcome::Allowed } else { TrafficOutcome::InvalidCredential };
            let caller = caller.unwrap_or(Caller::UNKNOWN);
            auth.count_own(Route::INTROSPECTED, caller, outcome, at.address, at.now);
            Ok(told)
        };
        self.settle(at, whole).await
    }

    /// What is told of a token, and as whose use it is counted.
    async fn told_of<R>(
        self: &Arc<Self>,
        at: LogIn,
        client: &ProvedClient,
        token: &str,
        tell: &(impl Fn(ActiveToken<'_>) -> R + Sync),
    ) -> Result<Option<(R, Caller)>, TokenError> {
        let account = client.entry.account.id;
        match self.kind_of(token, &[token]) {
            TokenKind::Signed => {
                let shown = self.client_of_token(token, at.now);
                let shown = shown.filter(|shown| shown.account() == account);
                let caller = |shown: &ShownClientToken| Caller::application(account, shown.application());
                Ok(shown.map(|shown| (tell(ActiveToken::Client(&shown)), caller(&shown))))
            }
            TokenKind::Refresh(id, uses) => {
                self.recall_session(id).await?;
                let last = self.store.refresh_token_use(id).await.map_err(TokenError::Store)?;
                if uses != last.map_or(0, |last| last.count) {
                    return Ok(None);
                }
                let work = |live: &mut Live<'_>| {
                    let may = self.is_of_account(live, account, at);
                    may.then(|| {
                        let granted = self.granted(live, CredentialKind::Bearer, at.now);
                        (tell(ActiveToken::Refresh(granted)), Caller::live(live))
                    })
                };
                Ok(self.live.with(id, at.now, work).flatten())
            }
            TokenKind::Session(credential) => {
                let work = |live: &mut Live<'_>| {
                    let may = self.is_of_account(live, account, at);
                    may.then(|| {
                        Self::note_use(live, at.now);
                        let granted = self.granted(live, credential.kind(), at.now);
                        (tell(ActiveToken::Session(granted)), Caller::live(live))
                    })
                };
                self.with_session_of(credential, at.now, work).await
            }
        }
    }

    fn is_of_account(&self, live: &mut Live<'_>, account: AccountId, at: LogIn) -> bool {
        let address = live.entry.address();
        live.entry.holder.account().account.id == account
            && is_public(live)
            && self.directory.may_go_on(live, address, at.now)
    }
}
