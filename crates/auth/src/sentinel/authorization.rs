//! What a client asks for in the name of a user, before there is a user: which client, where to send the answer, what for
//! (RFC 6749 §4.1.1).

use std::sync::Arc;

use vestibule_crypto::is_pkce_text;
use vestibule_model::{AccountId, AccountState, GrantType, Millis, OauthClient};

use super::code::Code;
use super::scope;
use crate::directory::{AccountEntry, UserEntry};
use crate::eligibility::client_serves;
use crate::page_session::PageSession;
use crate::rules::client_id_violation;
use crate::service::Auth;

/// What a client asks for, besides who it is and where the answer goes.
#[derive(Clone, Debug, Default)]
pub struct AuthorizationRequest {
    /// What it wants: `code` is served.
    pub response_type: String,
    /// What for.
    pub scope: String,
    /// What it will find in the ID token.
    pub nonce: Option<String>,
    /// The challenge of PKCE.
    pub code_challenge: Option<String>,
    /// How the challenge was made: `S256` is served.
    pub code_challenge_method: Option<String>,
}

/// Why nobody is sent anywhere: the client or the address is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationRefusal {
    /// There is no such account, no such client, or it is disabled.
    #[error("unknown account or client")]
    UnknownClient,
    /// The address is none of the client's, or there is none and the client has several.
    #[error("the redirect_uri is none of the client's")]
    RedirectUri,
}

/// Why a client's user is sent back without a code (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// Another response than a code.
    #[error("the response_type has to be code")]
    UnsupportedResponseType,
    /// The client has not the grant.
    #[error("the client may not use authorization_code")]
    UnauthorizedClient,
    /// A public client has to use PKCE.
    #[error("a public client has to send code_challenge, with code_challenge_method S256")]
    ChallengeNeeded,
    /// Another method than S256, or no challenge.
    #[error("the code_challenge has to be one of S256")]
    Challenge,
    /// A scope that the client does not have.
    #[error("the client may not ask for this scope")]
    InvalidScope,
    /// Longer than anybody needs.
    #[error("the nonce is too long")]
    Nonce,
    /// The client is not for this user, or may not be used now.
    #[error("the client is not for this user")]
    AccessDenied,
}

/// The longest nonce, in bytes: it travels in the code.
const LONGEST_NONCE: usize = 512;

/// A client that somebody was sent by, and where they will be sent back to.
pub struct Authorizing {
    pub(super) entry: Arc<AccountEntry>,
    pub(super) client: OauthClient,
    redirect_uri: String,
    /// Whether the client named it.
    is_named: bool,
}

impl Authorizing {
    /// Where the answer goes: an address that the client is registered with.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The client.
    pub const fn client(&self) -> &OauthClient {
        &self.client
    }

    /// The account.
    pub fn account(&self) -> AccountId {
        self.entry.account.id
    }

    /// What will be granted.
    ///
    /// # Errors
    ///
    /// Why the user is sent back at once.
    pub fn check(&self, request: &AuthorizationRequest) -> Result<String, AuthorizationError> {
        let metadata = &self.client.metadata;
        if request.response_type != "code" {
            return Err(AuthorizationError::UnsupportedResponseType);
        }
        if !metadata.may(GrantType::AuthorizationCode) {
            return Err(AuthorizationError::UnauthorizedClient);
        }
        match (&request.code_challenge, request.code_challenge_method.as_deref()) {
            (None, None) if metadata.public => return Err(AuthorizationError::ChallengeNeeded),
            (None, None) => {}
            (Some(challenge), Some("S256")) if is_pkce_text(challenge) && challenge.len() == 43 => {}
            _ => return Err(AuthorizationError::Challenge),
        }
        if request.nonce.as_ref().is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
            return Err(AuthorizationError::Nonce);
        }
        scope::granted(metadata, &scope::OF_USERS, &request.scope)
            .map_err(|_| AuthorizationError::InvalidScope)
    }
}

impl Auth {
    /// The client that somebody is sent by, and where they will be sent back to: the address that it names, if it is one of those
    /// that it is registered with, byte by byte; without one the only one that it has.
    ///
    /// # Errors
    ///
    /// Nobody may be sent anywhere.
    pub fn authorizing(
        &self,
        account: AccountId,
        client_id: &str,
        redirect_uri: Option<&str>,
    ) -> Result<Authorizing, AuthorizationRefusal> {
        let entry = self.public_account(account).ok_or(AuthorizationRefusal::UnknownClient)?;
        let client = entry.oauth_client(client_id).filter(|client| client.enabled).cloned();
        // An account may have been made after the client whose id it has.
        let client = client.filter(|client| client_id_violation(client, &*self.directory).is_none());
        let client = client.ok_or(AuthorizationRefusal::UnknownClient)?;
        let registered = &client.metadata.redirect_uris;
        let found = match (redirect_uri, &registered[..]) {
            (Some(named), _) => registered.iter().find(|known| *known == named),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let found = found.ok_or(AuthorizationRefusal::RedirectUri)?.clone();
        Ok(Authorizing { entry, client, redirect_uri: found, is_named: redirect_uri.is_some() })
    }

    /// A code for the user of a page session, which the client changes into a token within [`super::CODE_LIFE`]. It is stored
    /// nowhere.
    pub fn authorization_code(
        &self,
        page: &PageSession,
        authorizing: &Authorizing,
        request: &AuthorizationRequest,
        now: Millis,
    ) -> Result<String, AuthorizationError> {
        let scope = authorizing.check(request)?;
        let user: &UserEntry = &page.user;
        let is_of_account = page.session.account == authorizing.entry.account.id;
        let is_usable = authorizing.entry.account.state == AccountState::Enabled;
        if !is_of_account || !is_usable || !client_serves(&authorizing.client, user) {
            return Err(AuthorizationError::AccessDenied);
        }
        let code = Code {
            session: self.keys.tokens().mint_session_id(&*self.rng).0,
            page: page.session.id.0,
            client: authorizing.client.id.0,
            redirect_uri: authorizing.redirect_uri.clone(),
            is_named: authorizing.is_named,
            nonce: request.nonce.clone(),
            scope,
            challenge: request.code_challenge.clone(),
            has_consent: authorizing.client.metadata.consent,
            issued: now.as_unix(),
        };
        Ok(self.seal_code(page.session.account, &code))
    }
}
