//! Tokens in the name of a client (RFC 6749 §4.4; contract single-sign-on, Client credentials).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use vestibule_model::{
    AccountId, AccountState, Actor, Application, AuditAction, AuditRecord, GrantType, Means, Millis,
    OauthClient, Refusal, SigningKey, TrafficOutcome,
};

use super::client::{OauthCredentials, ProvedClient};
use super::error::TokenError;
use super::{scope, seconds};
use crate::directory::{AccountEntry, AccountFacts};
use crate::eligibility::is_among;
use crate::log_in::LogIn;
use crate::service::Auth;
use crate::traffic::Route;

/// A token in the name of a client.
pub struct ClientToken {
    /// A signed token (RFC 7519).
    pub token: String,
    /// What it is for: words with spaces between them.
    pub scope: String,
    /// How many seconds it lives.
    pub lives: u64,
}

/// A token that somebody shows, and the client in whose name it is.
pub struct ShownClientToken {
    entry: Arc<AccountEntry>,
    client: OauthClient,
    /// What the client may still do of what it was given for: words with spaces between them.
    pub scope: String,
    /// When it was given.
    pub issued: Millis,
    /// From when it does not count.
    pub expires: Millis,
}

impl ShownClientToken {
    /// The account.
    pub fn account(&self) -> AccountId {
        self.entry.account.id
    }

    /// What belongs to the account.
    pub(crate) fn facts(&self) -> &AccountFacts {
        &self.entry
    }

    /// The client, as what it is counted as.
    pub const fn application(&self) -> Application {
        Application::OauthClient(self.client.id)
    }

    /// The client's id, as it shows itself by it.
    pub fn client_id(&self) -> &str {
        &self.client.client_id
    }

    /// Whether its client may still be used: the token itself is not taken back, so what became of the client since is asked here.
    pub(crate) fn may_be_used(&self) -> bool {
        self.client.enabled
            && self.client.metadata.may(GrantType::ClientCredentials)
            && self.entry.account.state != AccountState::Disabled
    }

    /// Whether its client may be used from this address.
    pub fn is_allowed_from(&self, address: Option<IpAddr>) -> bool {
        is_among(&self.client.addresses, address)
    }
}

/// What the token says. An ID token, which the same keys sign, says other things.
#[derive(Serialize)]
struct Claims<'a> {
    /// The account.
    aud: &'a str,
    /// The client's id.
    azp: &'a str,
    /// The client, whatever its id: another that has the same id later is another.
    sub: String,
    scope: &'a str,
    iss: &'a str,
    iat: i64,
    exp: i64,
}

/// The same, of a token that is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadClaims {
    aud: String,
    azp: String,
    sub: String,
    scope: String,
    #[serde(rename = "iss")]
    _iss: String,
    iat: i64,
    exp: i64,
}

impl Auth {
    /// The client in whose name a token is, if the token is one of ours that counts at `now` and the client may still be used; its
    /// addresses are the caller's to compare.
    pub(crate) fn client_of_token(&self, token: &str, now: Millis) -> Option<ShownClientToken> {
        self.client_named_by(token, now).filter(ShownClientToken::may_be_used)
    }

    /// The same, whether or not the client may still be used.
    pub(crate) fn client_named_by(&self, token: &str, now: Millis) -> Option<ShownClientToken> {
        let claims: ReadClaims = serde_json::from_slice(&self.signing_keys.verified(token, now)?).ok()?;
        let at = |seconds: i64| Some(Millis::from_unix(seconds.checked_mul(1_000)?));
        let (issued, expires) = (at(claims.iat)?, at(claims.exp)?);
        let entry = self.public_account(claims.aud.parse().ok()?)?;
        let client = entry.oauth_client(&claims.azp)?.clone();
        let is_of_it = client.id.to_string() == claims.sub;
        let scope = scope::still_granted(&client.metadata, &claims.scope);
        (is_of_it && now < expires).then_some(ShownClientToken { entry, client, scope, issued, expires })
    }

    /// A token for a client in its own name, which says that `issuer` gave it. `asked` are the scopes that it asks for.
    pub async fn client_token(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        asked: String,
        issuer: String,
    ) -> Result<ClientToken, TokenError> {
        let client = self.admit_client(at, Route::TOKEN, &credentials)?;
        let auth = Arc::clone(self);
        let whole = async move { auth.issue(at, client, &asked, &issuer).await };
        self.settle(at, whole).await
    }

    async fn issue(
        &self,
        at: LogIn,
        client: ProvedClient,
        asked: &str,
        issuer: &str,
    ) -> Result<ClientToken, TokenError> {
        client.expect(self, GrantType::ClientCredentials)?;
        let scope = scope::granted(&client.client.metadata, &[], asked)
            .inspect_err(|_| self.audit.note_refusal(client.attempt, None, Refusal::WrongScope))?;
        let account = client.entry.account.id;
        let claims = Claims {
            aud: account.as_str(),
            azp: &client.client.client_id,
            sub: client.client.id.to_string(),
            scope: &scope,
            iss: issuer,
            iat: seconds(at.now),
            exp: seconds(at.now.plus(SigningKey::LONGEST_TOKEN)),
        };
        let token = self.signing_keys.sign(&claims, at.now).await?;
        self.audit.fold(AuditRecord {
            account: Some(account),
            dialect: Some(at.dialect),
            address: at.address,
            ..AuditRecord::new(
                at.now,
                AuditAction::TokenIssued,
                Actor::Unknown,
                Means::OauthClient(client.client.id),
            )
        });
        self.count_own(Route::TOKEN, client.caller(), TrafficOutcome::Allowed, at.address, at.now);
        Ok(ClientToken { token, scope, lives: SigningKey::LONGEST_TOKEN.as_secs() })
    }
}
