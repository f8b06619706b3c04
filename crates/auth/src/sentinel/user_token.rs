//! Tokens in the name of a user: a code is changed into a session (RFC 6749 §4.1.3).

use std::sync::Arc;

use vestibule_model::{Actor, Dialect, EndReason, GrantType, Means, Refusal, SessionId};

use super::client::{OauthCredentials, ProvedClient};
use super::code::Code;
use super::error::TokenError;
use super::id_token::{IdClaims, Of};
use crate::audit::End;
use crate::authorize::Live;
use crate::eligibility::client_serves;
use crate::log_in::{LogIn, LoggedIn};
use crate::open::{OpenError, Opened, OpenedWith};
use crate::page_session::PageSession;
use crate::rules::client_id_violation;
use crate::service::Auth;
use crate::traffic::Route;

/// A code, with what a client shows beside it.
pub struct CodeGrant {
    /// The code.
    pub code: String,
    /// Where the user came back to; None: the client does not say.
    pub redirect_uri: Option<String>,
    /// The verifier of PKCE.
    pub code_verifier: Option<String>,
    /// Who the ID token says that it is from.
    pub issuer: String,
}

/// What a client is given in the name of a user.
pub struct UserToken {
    /// The session: its bearer is the token.
    pub logged_in: LoggedIn,
    /// What gives the token again; None: the client may not have one.
    pub refresh_token: Option<String>,
    /// Who the user is, signed.
    pub id_token: String,
    /// What was granted: words with spaces between them.
    pub scope: String,
}

impl Auth {
    /// Changes a code into a session, once. A second use ends what the first opened (RFC 6749 §4.1.2).
    pub async fn redeem_code(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        grant: CodeGrant,
    ) -> Result<UserToken, TokenError> {
        let client = self.admit_client(at, Route::TOKEN, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move {
            client.expect(&auth, GrantType::AuthorizationCode)?;
            auth.redeem(at, &client, &grant).await
        };
        self.settle(at, whole).await
    }

    async fn redeem(
        &self,
        at: LogIn,
        client: &ProvedClient,
        grant: &CodeGrant,
    ) -> Result<UserToken, TokenError> {
        let wrong = || client.invalid_grant(self, Refusal::WrongCode);
        let code = self.open_code(client.entry.account.id, &grant.code).ok_or_else(wrong)?;
        // Before it is asked whether it was used: whoever has the code alone ends nothing by it.
        if !code.is_for(&client.client) || !code.fits(grant) {
            return Err(wrong());
        }
        self.recall_session(code.session()).await?;
        if self.is_of_client(code.session(), client, at) {
            return Err(self.end_reused(code.session(), client, at).await);
        }
        let counts = code.counts(grant, at.now)
            && code.is_still_for(&client.client)
            // An account may have been made since whose id the client has.
            && client_id_violation(&client.client, &*self.directory).is_none();
        let page = self.page_of(&code, client, at).await?.filter(|_| counts);
        let page = page.ok_or_else(wrong)?;
        // Signed first: what cannot be signed has opened nothing.
        let of = Of {
            issuer: &grant.issuer,
            client_id: &client.client.client_id,
            nonce: code.nonce.as_deref(),
            scope: &code.scope,
            authenticated: page.session.created,
            now: at.now,
        };
        let id_token = self.signing_keys.sign(&IdClaims::new(&page.entry, &page.user, &of), at.now).await?;
        let logged_in = self.open_by_code(at, client, &code, page).await?;
        let may_refresh = client.client.metadata.may(GrantType::RefreshToken);
        let refresh_token = may_refresh.then(|| self.keys.tokens().refresh_token(logged_in.session.id, 0));
        Ok(UserToken { logged_in, refresh_token, id_token, scope: code.scope })
    }

    /// The page session of the user who agreed, which still has to live: whoever logged out meanwhile gives nothing any more.
    async fn page_of(
        &self,
        code: &Code,
        client: &ProvedClient,
        at: LogIn,
    ) -> Result<Option<PageSession>, TokenError> {
        self.recall_session(code.page()).await?;
        let work = |live: &mut Live<'_>| {
            let may = live.entry.dialect == Dialect::Pages && self.directory.may_go_on(live, None, at.now);
            may.then(|| (live.entry.session(), Arc::clone(&live.entry.holder)))
        };
        let Some((session, user)) = self.live.with(code.page(), at.now, work).flatten() else {
            return Ok(None);
        };
        let entry = Arc::clone(&client.entry);
        let is_served = session.account == entry.account.id && client_serves(&client.client, &user);
        Ok(is_served.then_some(PageSession { session, entry, user }))
    }

    async fn open_by_code(
        &self,
        at: LogIn,
        client: &ProvedClient,
        code: &Code,
        page: PageSession,
    ) -> Result<LoggedIn, TokenError> {
        let until = page.session_not_on_or_after();
        let PageSession { session: page, entry, user } = page;
        let opened = Opened {
            entry: Arc::clone(&entry),
            user: Arc::clone(&user),
            proof: client.proof,
            method: page.method,
            dialect: at.dialect,
            address: at.address,
            now: at.now,
            with: OpenedWith {
                once: Some(code.once()),
                id: Some(code.session()),
                of_page: Some(page.id),
                until,
                ..OpenedWith::default()
            },
        };
        match self.open(opened).await {
            Ok(session) => {
                self.count_login(&user, &session, at.now);
                Ok(LoggedIn { session, entry, user, connection: None })
            }
            Err(OpenError::AlreadyConsumed) => Err(self.end_reused(code.session(), client, at).await),
            Err(OpenError::Refused(reason)) => {
                self.audit.note_refusal(client.attempt, Some(user.id), reason.into());
                Err(TokenError::Refused(reason))
            }
            Err(OpenError::Stale) => Err(client.invalid_grant(self, Refusal::Stale)),
            Err(OpenError::Store(error)) => Err(TokenError::Store(error)),
        }
    }

    /// Whether there is a live session of this id that was opened with this client in its account.
    pub(super) fn is_of_client(&self, session: SessionId, client: &ProvedClient, at: LogIn) -> bool {
        let is_its = |live: &mut Live<'_>| {
            let account = live.entry.holder.account().account.id;
            account == client.entry.account.id && live.entry.application() == client.proof.application
        };
        self.live.with(session, at.now, is_its) == Some(true)
    }

    /// Ends the session of a code or a refresh token that was shown a second time: somebody else has it too. The error is what
    /// the caller is told.
    pub(super) async fn end_reused(
        &self,
        session: SessionId,
        client: &ProvedClient,
        at: LogIn,
    ) -> TokenError {
        let refused = client.invalid_grant(self, Refusal::TokenReused);
        let Some(session) = self.live.with(session, at.now, |live| live.entry.session()) else {
            return refused;
        };
        let end = End {
            actor: Actor::Unknown,
            means: Means::OauthClient(client.client.id),
            address: at.address,
            dialect: Some(at.dialect),
            ..EndReason::TokenReused.into()
        };
        match self.ends.end(&session, &end).await {
            Ok(()) => refused,
            Err(error) => TokenError::Store(error),
        }
    }

    /// Reads a session from the store, as long as the table may not have it.
    pub(super) async fn recall_session(&self, session: SessionId) -> Result<(), TokenError> {
        if self.is_loaded() {
            return Ok(());
        }
        self.recall_all(vec![session]).await.map_err(|error| TokenError::Store(error.into_source()))
    }
}
