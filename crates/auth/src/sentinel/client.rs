//! Which client asks: proved by its secret, under the guard of logins, or public and named.

use std::net::IpAddr;
use std::sync::Arc;

use vestibule_model::{
    AccountId, AccountState, ApplicationId, GrantType, Means, Millis, OauthClient, Refusal, SecretVersion,
};
use zeroize::Zeroizing;

use super::error::TokenError;
use crate::audit::Attempt;
use crate::directory::{AccountEntry, AccountFacts};
use crate::eligibility::{IneligibleReason, is_among};
use crate::log_in::LogIn;
use crate::recognise::Proof;
use crate::service::Auth;
use crate::traffic::{Caller, Route};

/// What a client shows of itself.
pub struct OauthCredentials {
    /// Its id.
    pub client_id: String,
    /// Its secret; None: it shows none.
    pub secret: Option<Zeroizing<String>>,
}

/// A client that is who it says, as far as it can prove that.
pub(crate) struct ProvedClient {
    pub(super) entry: Arc<AccountEntry>,
    pub(super) client: OauthClient,
    pub(super) proof: Proof,
    pub(super) attempt: Attempt,
}

impl ProvedClient {
    /// Refuses a grant that it may not use.
    pub(super) fn expect(&self, auth: &Auth, grant: GrantType) -> Result<(), TokenError> {
        if !self.client.metadata.may(grant) {
            auth.audit.note_refusal(self.attempt, None, Refusal::KeyNotAllowed);
            return Err(TokenError::UnauthorizedClient);
        }
        if self.entry.account.state == AccountState::Disabled {
            auth.audit.note_refusal(self.attempt, None, Refusal::Disabled);
            return Err(TokenError::Refused(IneligibleReason::Disabled));
        }
        Ok(())
    }

    /// As whom it is counted, for no user.
    pub(crate) fn caller(&self) -> Caller {
        Caller::application(self.entry.account.id, self.proof.application)
    }

    /// Whether it may ask what tokens of its account are, and revoke them.
    pub(super) fn is_resource_server(&self) -> bool {
        is_resource_server(&self.entry, &self.client)
    }

    /// Its account, which of its clients it is, and of which version the secrets are that it has proved.
    pub(crate) fn identity(&self) -> (AccountId, ApplicationId, SecretVersion) {
        (self.entry.account.id, self.client.id, self.proof.secret_version)
    }

    /// Refuses what a resource server alone may ask.
    pub(crate) fn expect_resource_server(&self, auth: &Auth) -> Result<(), TokenError> {
        if self.is_resource_server() {
            return Ok(());
        }
        auth.audit.note_refusal(self.attempt, None, Refusal::KeyNotAllowed);
        Err(TokenError::NoResourceServer)
    }

    /// Counts why what it showed does not count.
    pub(super) fn invalid_grant(&self, auth: &Auth, why: Refusal) -> TokenError {
        auth.audit.note_refusal(self.attempt, None, why);
        TokenError::InvalidGrant
    }
}

fn is_resource_server(account: &AccountFacts, client: &OauthClient) -> bool {
    client.metadata.resource_server && account.account.state != AccountState::Disabled
}

impl Auth {
    /// Whether a client that has proved itself as a resource server, by secrets of this version, would do so again.
    pub(crate) fn is_still_resource_server(
        &self,
        (account, client, version): (AccountId, ApplicationId, SecretVersion),
        address: Option<IpAddr>,
    ) -> bool {
        let now = self.clock.now();
        self.public_account(account).is_some_and(|entry| {
            entry.oauth_client_of_id(client).is_some_and(|client| {
                client.enabled
                    && is_resource_server(&entry, client)
                    && is_among(&client.addresses, address)
                    && version.counts(client.secret_version, client.superseded.as_ref(), now)
            })
        })
    }

    /// The account of a client that names none, and may ask about a token: of those that have a client of this id, the one whose secret it is; where
    /// none is shown, the one that has it as a public client and that the token is of; else the first. Ids are unique within an account alone.
    pub fn account_of_client(
        self: &Arc<Self>,
        credentials: &OauthCredentials,
        token: Option<&str>,
        now: Millis,
    ) -> Option<AccountId> {
        let accounts = self.directory.accounts_with_oauth_client(&credentials.client_id);
        let first = accounts.first().copied();
        if accounts.len() < 2 {
            return first;
        }
        let token = token.filter(|_| credentials.secret.is_none());
        let of_token = token.and_then(|token| self.account_of_token(token, now));
        let is_its = |id: &AccountId| {
            let entry = self.public_account(*id);
            let entry = entry.as_deref().map(|entry| &**entry);
            let Some(secret) = &credentials.secret else {
                let client = entry.and_then(|entry| entry.oauth_client(&credentials.client_id));
                let is_public = client.is_some_and(|client| client.metadata.public);
                return is_public && of_token.is_none_or(|account| account == *id);
            };
            self.recognise_client(entry, &credentials.client_id, secret, now).is_some()
        };
        accounts.into_iter().find(is_its).or(first)
    }

    /// The client whose credentials these are, for a route of ours. A wrong secret counts as a failed login does, for the address and for the client;
    /// an unknown client costs the same work. The caller [settles](Auth::settle) the attempt of a client that is admitted.
    pub(crate) fn admit_client(
        self: &Arc<Self>,
        at: LogIn,
        route: Route<'static>,
        credentials: &OauthCredentials,
    ) -> Result<ProvedClient, TokenError> {
        let attempt = Attempt::of_client(at, route, Means::Nothing);
        let refuse = |attempt, why| {
            self.audit.note_refusal(attempt, None, why);
            Err(TokenError::InvalidClient)
        };
        self.admit(attempt, &credentials.client_id)?;
        let charged = self.login_guard.admit_at_key(at, &credentials.client_id);
        let charged = charged.map_err(|why| self.turned_away(attempt, why))?;
        let entry = self.account(at);
        let secret = credentials.secret.as_ref().map_or("", |secret| secret.as_str());
        let by_secret = self.recognise_client(
            entry.as_deref().map(|entry| &**entry),
            &credentials.client_id,
            secret,
            at.now,
        );
        let Some(entry) = entry else { return refuse(attempt, Refusal::UnknownAccount) };
        let Some(client) = entry.oauth_client(&credentials.client_id).cloned() else {
            return refuse(attempt, Refusal::WrongKey);
        };
        // The secret of a public client proves nothing, whatever it is.
        let proof = if client.metadata.public { Some(Proof::of_public(&client)) } else { by_secret };
        let Some(proof) = proof else { return refuse(attempt, Refusal::WrongKey) };
        // From here on it is known who asks.
        let attempt = Attempt::of_client(at, route, Means::OauthClient(client.id));
        if !client.enabled || !is_among(&client.addresses, at.address) {
            return refuse(attempt, Refusal::KeyNotAllowed);
        }
        self.login_guard.key_was_right(&charged);
        Ok(ProvedClient { entry, client, proof, attempt })
    }
}
