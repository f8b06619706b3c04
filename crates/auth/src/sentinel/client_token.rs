//! Tokens in the name of a client (RFC 6749 §4.4; contract single-sign-on, Client credentials).

use std::sync::Arc;

use serde::Serialize;
use vestibule_model::{Actor, AuditAction, AuditRecord, GrantType, Means, Refusal, SigningKey};

use super::client::{OauthCredentials, ProvedClient};
use super::error::TokenError;
use super::{scope, seconds};
use crate::log_in::LogIn;
use crate::service::Auth;

/// A token in the name of a client.
pub struct ClientToken {
    /// A signed token (RFC 7519).
    pub token: String,
    /// What it is for: words with spaces between them.
    pub scope: String,
    /// How many seconds it lives.
    pub lives: u64,
}

/// What the token says.
#[derive(Serialize)]
struct Claims<'a> {
    /// The account.
    aud: &'a str,
    /// The client's id.
    azp: &'a str,
    scope: &'a str,
    iss: &'a str,
    iat: i64,
    exp: i64,
}

impl Auth {
    /// A token for a client in its own name, which says that `issuer` gave it. `asked` are the scopes that it asks for.
    pub async fn client_token(
        self: &Arc<Self>,
        at: LogIn,
        credentials: OauthCredentials,
        asked: String,
        issuer: String,
    ) -> Result<ClientToken, TokenError> {
        let client = self.admit_client(at, &credentials)?;
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
        Ok(ClientToken { token, scope, lives: SigningKey::LONGEST_TOKEN.as_secs() })
    }
}
