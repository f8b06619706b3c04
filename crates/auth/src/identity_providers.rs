//! What identity providers say of themselves, asked for: metadata, discovery, keys. And how what is stored follows it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use vestibule_model::{
    AccountId, Actor, AuditAction, AuditRecord, Audited as _, ClientSecretIn, Connection, Der, Means, Millis,
    OidcConnection, Protocol, SamlConnection, difference, told,
};
pub use vestibule_oidc::ListedKey;
use vestibule_oidc::{Addresses, DiscoveryError, JwksError, Keys, Provider, discovery_url};
use vestibule_saml::{Certificate, IdentityProvider, MetadataError};
use vestibule_store::{Change, DirectoryScope, Part, StoreError};

use crate::outgoing::{OutgoingError, OutgoingRequest};
use crate::rules::Ruled as _;
use crate::service::Auth;

/// How often identity providers are asked for their metadata and keys.
pub(crate) const REFRESH_EVERY: Duration = Duration::from_mins(10);

/// Of how many accounts the identity providers are asked at once.
const ACCOUNTS_AT_ONCE: usize = 8;

/// How long the identity providers of one account may take; those that are left are asked the next time.
const LONGEST_OF_AN_ACCOUNT: Duration = Duration::from_mins(1);

/// How much of an entity id the log has, in characters.
const LONGEST_TOLD: usize = 200;

/// Why an identity provider's own words are not taken.
#[derive(Debug, thiserror::Error)]
pub enum IdentityProviderError {
    /// It was not asked, or did not answer.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// It answered something else.
    #[error("{url} answers {status}, and 200 is expected")]
    Status {
        /// What was asked.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// Its metadata is refused.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// Its discovery document is refused.
    #[error(transparent)]
    Discovery(#[from] DiscoveryError),
    /// Its keys are refused.
    #[error(transparent)]
    Jwks(#[from] JwksError),
    /// The metadata is over.
    #[error("the metadata was valid until {0} (milliseconds since 1970)")]
    Over(i64),
}

impl Auth {
    /// Reads the metadata of an identity provider for an account; of several entities that one which is named.
    pub async fn saml_metadata(
        &self,
        account: AccountId,
        url: &str,
        entity_id: Option<&str>,
        now: Millis,
    ) -> Result<IdentityProvider, IdentityProviderError> {
        read_metadata(&self.get(account, url).await?, entity_id, now)
    }

    /// Asks a provider what it says of itself, and for its keys.
    pub async fn oidc_discovery(
        &self,
        account: AccountId,
        issuer: &str,
    ) -> Result<(Provider, String), IdentityProviderError> {
        let said = self.get(account, &discovery_url(issuer)).await?;
        let provider = Provider::read(&said, issuer, addresses_of(issuer))?;
        let jwks = self.jwks(account, &provider.jwks_uri).await?;
        Ok((provider, jwks))
    }

    /// A provider's key set, as text that was read once.
    pub async fn jwks(&self, account: AccountId, url: &str) -> Result<String, IdentityProviderError> {
        let text = self.get(account, url).await?;
        Keys::read(&text)?;
        Ok(text)
    }

    async fn get(&self, account: AccountId, url: &str) -> Result<String, IdentityProviderError> {
        let answer = self.outgoing().send(OutgoingRequest::get(account, url)).await?;
        if answer.status != 200 {
            // What stands in the query may be a secret.
            let url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
            return Err(IdentityProviderError::Status { url, status: answer.status });
        }
        Ok(answer.body.to_string())
    }

    /// The connection with what its identity provider says of itself now. None: it says the same as is stored, or is not asked.
    pub(crate) async fn as_it_says_now(
        &self,
        account: AccountId,
        connection: &Connection,
        unlisted: Unlisted,
        now: Millis,
    ) -> Result<Option<Connection>, IdentityProviderError> {
        let mut after = connection.clone();
        match &mut after.protocol {
            Protocol::Saml(saml) => {
                let Some(url) = saml.metadata_url.clone() else { return Ok(None) };
                let said = self.saml_metadata(account, &url, Some(&saml.identity_provider), now).await?;
                take_over_saml(saml, &said, unlisted, now);
            }
            Protocol::Oidc(oidc) => {
                let Some(url) = &oidc.jwks_uri else { return Ok(None) };
                let said = self.jwks(account, url).await?;
                if !are_same_keys(&said, &oidc.jwks) {
                    oidc.jwks = said;
                }
            }
        }
        Ok((after != *connection).then_some(after))
    }
}

/// Whether two key sets have the same keys, in whatever order and written in whatever way.
fn are_same_keys(one: &str, other: &str) -> bool {
    keys_in_order(one).is_some_and(|keys_of_one| Some(keys_of_one) == keys_in_order(other))
}

/// The keys of a set, each with everything that is said of it: the same of all sets that have the same keys. None: it is no key set.
pub fn keys_in_order(jwks: &str) -> Option<BTreeSet<String>> {
    let set: serde_json::Value = serde_json::from_str(jwks).ok()?;
    Some(set.get("keys")?.as_array()?.iter().map(ToString::to_string).collect())
}

/// Reads metadata that counts at this time.
pub fn read_metadata(
    text: &str,
    entity_id: Option<&str>,
    now: Millis,
) -> Result<IdentityProvider, IdentityProviderError> {
    let read = IdentityProvider::read(text, entity_id)?;
    // What it signs by one of these is refused, though its metadata has it.
    if let Some(refused) = read.told_refused_certificates() {
        let identity_provider = told(&read.entity_id, LONGEST_TOLD);
        tracing::warn!(identity_provider, refused, "the metadata has certificates that are not taken");
    }
    match read.valid_until {
        Some(until) if until < now => Err(IdentityProviderError::Over(until.as_unix())),
        _ => Ok(read),
    }
}

/// Addresses of http are taken of a provider that has one itself, which only this machine can be.
pub(crate) fn addresses_of(issuer: &str) -> Addresses {
    if issuer.starts_with("http://") { Addresses::HttpToo } else { Addresses::Https }
}

/// What becomes of certificates that the metadata does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// They stay, until they are over: some identity providers show the next certificate only once they sign by it, so that
    /// operators add it before.
    Stay,
    /// They go.
    Go,
}

fn take_over_saml(saml: &mut SamlConnection, said: &IdentityProvider, unlisted: Unlisted, now: Millis) {
    saml.login_url.clone_from(&said.login_url);
    saml.logout_url.clone_from(&said.logout_url);
    let said: Vec<Der> = said.certificates.iter().map(|one| Der(one.der().to_vec())).collect();
    let is_over = |der: &Der| Certificate::from_der(&der.0).map_or(true, |read| read.not_after() < now);
    // In the order in which they are stored, so that another order alone is no change.
    saml.certificates.retain(|known| said.contains(known) || unlisted == Unlisted::Stay && !is_over(known));
    let new: Vec<Der> = said.into_iter().filter(|one| !saml.certificates.contains(one)).collect();
    saml.certificates.extend(new);
}

/// What SAML's part of a connection is by metadata; everything else as new ones have it.
pub fn saml_connection(said: &IdentityProvider) -> SamlConnection {
    SamlConnection {
        identity_provider: said.entity_id.clone(),
        login_url: said.login_url.clone(),
        logout_url: said.logout_url.clone(),
        certificates: said.certificates.iter().map(|one| Der(one.der().to_vec())).collect(),
        ..blank_saml()
    }
}

/// What OpenID Connect's part of a connection is by discovery; everything else as new ones have it.
pub(crate) fn oidc_connection(said: Provider, jwks: String) -> OidcConnection {
    let known = |name: &String| vestibule_oidc::Algorithm::read(name).is_some();
    let mut algorithms: Vec<String> = said.signing_algorithms.into_iter().filter(known).collect();
    if algorithms.is_empty() {
        algorithms.push("RS256".to_owned());
    }
    OidcConnection {
        issuer: said.issuer,
        authorization_endpoint: said.authorization_endpoint,
        token_endpoint: said.token_endpoint,
        jwks_uri: Some(said.jwks_uri).filter(|uri| !uri.is_empty()),
        end_session_endpoint: said.end_session_endpoint,
        names_itself_in_callbacks: said.names_itself_in_callbacks,
        jwks,
        algorithms,
        ..blank_oidc()
    }
}

/// What PEM calls a certificate.
const CERTIFICATE: &str = "CERTIFICATE";

/// A certificate as PEM.
pub fn certificate_as_pem(certificate: &Der) -> String {
    vestibule_saml::to_pem(&certificate.0, CERTIFICATE)
}

/// A certificate in PEM, and nothing else. None: it is none.
pub fn read_certificate(text: &str) -> Option<Der> {
    vestibule_saml::pem(text, CERTIFICATE).map(Der)
}

/// Certificates in PEM, one behind the other.
///
/// # Errors
///
/// The place, from 1, of the first that is none in PEM.
pub fn read_certificates(text: &str) -> Result<Vec<Der>, usize> {
    let end = format!("-----END {CERTIFICATE}-----");
    let each = text.split_inclusive(&*end).map(str::trim).filter(|one| !one.is_empty());
    let read = |(place, one): (usize, &str)| read_certificate(one).ok_or(place + 1);
    each.enumerate().map(read).collect()
}

/// SAML's part as new connections have it, without the identity provider.
pub fn blank_saml() -> SamlConnection {
    SamlConnection {
        identity_provider: String::new(),
        login_url: String::new(),
        logout_url: None,
        certificates: Vec::new(),
        metadata_url: None,
        audiences: Vec::new(),
        unsolicited: false,
        allow_cbc: false,
        sign_requests: false,
        key: None,
        previous_key: None,
    }
}

/// OpenID Connect's part as new connections have it, without the provider.
pub fn blank_oidc() -> OidcConnection {
    OidcConnection {
        issuer: String::new(),
        client_id: String::new(),
        sealed_client_secret: None,
        client_authentication: ClientSecretIn::Header,
        authorization_endpoint: String::new(),
        token_endpoint: String::new(),
        jwks_uri: None,
        end_session_endpoint: None,
        names_itself_in_callbacks: false,
        jwks: String::new(),
        algorithms: vec!["RS256".to_owned()],
        scopes: vec!["profile".to_owned()],
        login_name_claim: "preferred_username".to_owned(),
        password_grant: false,
    }
}

impl Auth {
    /// Reads every connection's metadata or keys again, where they have an address: several accounts at once, the connections of
    /// each one after the other. What cannot be read stays as it is. The first error of the store is told when all have ended.
    pub async fn refresh_connections(self: &Arc<Self>, now: Millis) -> Result<(), StoreError> {
        let mut accounts = self.directory.account_ids().into_iter();
        let mut reading = JoinSet::new();
        let mut all = Ok(());
        loop {
            while reading.len() < ACCOUNTS_AT_ONCE
                && let Some(account) = accounts.next()
            {
                let auth = Arc::clone(self);
                reading.spawn(async move { auth.refresh_connections_of(account, now).await });
            }
            let Some(read) = reading.join_next().await else { return all };
            all = all.and(read.unwrap_or_else(|error| Err(StoreError::Unavailable(Box::new(error)))));
        }
    }

    /// The same for one account, as long as it may take. Another connection is the first each time, so that those that answer
    /// late keep no other from its turn for ever.
    async fn refresh_connections_of(&self, account: AccountId, now: Millis) -> Result<(), StoreError> {
        let Some(entry) = self.directory.account(account) else { return Ok(()) };
        let mut connections = entry.connections();
        connections.retain(|usable| usable.connection.enabled);
        // How many rounds there were since 1970.
        let round = u128::try_from(now.as_unix()).unwrap_or_default() / REFRESH_EVERY.as_millis();
        let first = round.checked_rem(connections.len() as u128).unwrap_or_default();
        connections.rotate_left(usize::try_from(first).unwrap_or_default());
        let begun = self.clock.monotonic();
        for usable in connections {
            if self.clock.monotonic().since(begun) > LONGEST_OF_AN_ACCOUNT {
                break;
            }
            self.follow_identity_provider(account, &usable.connection, now).await?;
        }
        Ok(())
    }

    /// Reads a connection's metadata or keys again, and stores what they say. What cannot be read stays as it is.
    pub(crate) async fn follow_identity_provider(
        &self,
        account: AccountId,
        connection: &Connection,
        now: Millis,
    ) -> Result<(), StoreError> {
        match self.as_it_says_now(account, connection, Unlisted::Stay, now).await {
            Ok(Some(after)) => self.take_over(account, connection, after, now).await?,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%account, connection = %connection.name, %error, "an identity provider's own words cannot be read");
            }
        }
        Ok(())
    }

    /// Stores what an identity provider says, unless the connection was changed meanwhile.
    async fn take_over(
        &self,
        account: AccountId,
        before: &Connection,
        after: Connection,
        now: Millis,
    ) -> Result<(), StoreError> {
        let turn = self.follower.turn().await;
        let mut pending = self.follow_in(&turn).await?;
        let present = self.directory.account(account);
        let Some(entry) = present else { return pending.end_all().await };
        let is_same = entry.connection(before.id).is_some_and(|usable| usable.connection == *before);
        // What an administrator would be refused is not taken from an identity provider either.
        let broken = after.violations(Some(before), &*entry).into_iter().next();
        if let Some(violation) = &broken {
            let (field, why) = (violation.rule.field(), &violation.reason);
            tracing::warn!(%account, connection = %before.name, field, why, "what an identity provider says of itself is not taken");
        }
        if is_same && broken.is_none() {
            let scope = DirectoryScope::part(account, Part::Connection(before.id));
            let (was, is) = difference(Some(before), Some(&after));
            let record = AuditRecord {
                account: Some(account),
                target: Some(after.audit_target()),
                before: was,
                after: is,
                ..AuditRecord::new(now, AuditAction::Changed, Actor::System, Means::System)
            };
            let changes = vec![
                Change::ExpectUnchanged { since: turn.sequence(), scopes: vec![scope] },
                Change::PutConnection(account, Box::new(after)),
                Change::Audit(Box::new(record)),
            ];
            match self.store.commit(changes).await {
                Ok(_) => pending.append(self.follow_in(&turn).await?),
                // The next time.
                Err(StoreError::DirectoryMoved) => {}
                Err(error) => return Err(error),
            }
        }
        drop(turn);
        pending.end_all().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_another_order_are_no_others() {
        let one = r#"{"keys":[{"kid":"1","kty":"RSA"},{"kid":"2","kty":"RSA"}]}"#;
        assert!(are_same_keys(one, r#"{ "keys": [{"kty":"RSA","kid":"2"}, {"kty":"RSA","kid":"1"}] }"#));
        for other in [r#"{"keys":[{"kid":"1","kty":"RSA"}]}"#, r#"{"keys":[]}"#, "", "[]"] {
            assert!(!are_same_keys(one, other) && !are_same_keys(other, one), "{other}");
        }
    }

    #[test]
    fn several_certificates_are_not_one() {
        let one = certificate_as_pem(&Der(vec![1]));
        assert_eq!(read_certificate(&one), Some(Der(vec![1])));
        assert_eq!((read_certificate(&one.repeat(2)), read_certificate("")), (None, None));
        assert_eq!(read_certificates(&one.repeat(2)).map(|all| all.len()), Ok(2));
    }
}
