//! Making a connection: what the identity provider says of itself first, then what the request says over it.

use vestibule_model::{
    AccountId, ClientSecretIn, Connection, ConnectionId, Millis, OidcConnection, Protocol, SamlConnection,
};
use vestibule_oidc::Provider;
use zeroize::Zeroizing;

use super::account_resources::{AccountResource as _, check};
use super::audited_write::{AuditDetails, AuditedWrite};
use super::connections::{NewKey, check_client_secret, new_connection};
use super::{Administration, AdministrationError, Caller, Idempotency, Scope};
use crate::identity_providers::{
    IdentityProviderError, addresses_of, blank_oidc, blank_saml, oidc_connection, read_metadata,
    saml_connection,
};

/// A connection that is asked for, besides the fields that can be seen of it.
pub struct ConnectionRequest {
    /// In which protocol the identity provider speaks.
    pub protocol: ProtocolKind,
    /// The identity provider's SAML metadata, or the provider's discovery document, as text.
    pub metadata: Option<String>,
    /// Of a provider of OpenID Connect: what is set otherwise than usual at these.
    pub preset: Option<ProviderPreset>,
    /// The client secret at a provider of OpenID Connect.
    pub client_secret: Option<Zeroizing<String>>,
    /// Our own key of a SAML connection. One is made, too, where the metadata asks for signed requests.
    pub key: NewKey,
}

/// The protocols that connections speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolKind {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
}

impl ProtocolKind {
    /// Which one it is.
    pub const fn of(protocol: &Protocol) -> Self {
        match protocol {
            Protocol::Saml(_) => Self::Saml,
            Protocol::Oidc(_) => Self::Oidc,
        }
    }

    fn blank(self) -> Protocol {
        match self {
            Self::Saml => Protocol::Saml(Box::new(blank_saml())),
            Self::Oidc => Protocol::Oidc(Box::new(blank_oidc())),
        }
    }
}

/// A vendor whose provider needs something that discovery does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderPreset {
    /// The client secret in the header.
    Okta,
    /// The client secret in the form; scopes `profile` and `email`.
    Entra,
}

impl Administration<'_> {
    /// Makes a connection. `fill` puts the fields of the request over a connection that it is given: first one without its identity
    /// provider, for what the request itself tells of it (`metadata_url`, issuer), then one with what the identity provider says.
    /// Where no `metadata` is given, that is read by network. A display name that is left empty is the name.
    ///
    /// # Errors
    /// [`AdministrationError::Invalid`] names the field whose value, or whose address's answer, is refused.
    pub async fn make_connection(
        &self,
        caller: &Caller,
        account: AccountId,
        mut asked: ConnectionRequest,
        fill: impl Fn(Connection) -> Result<Connection, AdministrationError>,
        idempotency: Idempotency<'_, Connection>,
    ) -> Result<Connection, AdministrationError> {
        caller.require(Scope::WriteAccount(account))?;
        if let Some(secret) = &asked.client_secret {
            check_client_secret(secret)?;
        }
        let (protocol, wants_signatures) = self.said(caller, account, &asked, &fill).await?;
        if wants_signatures && matches!(asked.key, NewKey::None) {
            asked.key = NewKey::Made;
        }
        let blank = Connection { protocol, ..new_connection(self.new_connection_id()) };
        let label = format!("Vestibule {account} {}", fill(blank.clone())?.name);
        let pair = asked.key.pair(&label, caller.now)?;
        self.write_directory(caller, || {
            let entry = self.account_entry(account)?;
            let mut made = fill(blank.clone())?;
            made.display_name = made.shown_name().to_owned();
            self.seal_new(&mut made, pair.as_ref(), asked.client_secret.as_ref())?;
            check(&mut made, None, &entry)?;
            let details = AuditDetails::made(&made).in_account(account);
            let written = AuditedWrite::one(made.clone().put(account), details);
            Ok((Some(written.remembered_under(self, caller, &idempotency, &made)), made))
        })
        .await
    }

    /// What the identity provider says of itself, and whether it wants requests that are signed.
    async fn said(
        &self,
        caller: &Caller,
        account: AccountId,
        asked: &ConnectionRequest,
        fill: &impl Fn(Connection) -> Result<Connection, AdministrationError>,
    ) -> Result<(Protocol, bool), AdministrationError> {
        // As far as the request itself tells it: with what is asked where.
        let blank = Connection { protocol: asked.protocol.blank(), ..new_connection(ConnectionId(0)) };
        match fill(blank)?.protocol {
            Protocol::Saml(told) => {
                let (saml, wants) = self.said_by_metadata(account, asked, &told, caller.now).await?;
                Ok((Protocol::Saml(Box::new(saml)), wants))
            }
            Protocol::Oidc(told) => {
                Ok((Protocol::Oidc(Box::new(self.said_by_provider(account, asked, &told).await?)), false))
            }
        }
    }

    async fn said_by_metadata(
        &self,
        account: AccountId,
        asked: &ConnectionRequest,
        told: &SamlConnection,
        now: Millis,
    ) -> Result<(SamlConnection, bool), AdministrationError> {
        let entity_id = Some(told.identity_provider.as_str()).filter(|id| !id.is_empty());
        let (field, read) = match (&asked.metadata, &told.metadata_url) {
            (Some(text), _) => ("metadata", read_metadata(text, entity_id, now)),
            (None, Some(url)) if told.login_url.is_empty() => {
                ("saml.metadata_url", self.auth.saml_metadata(account, url, entity_id, now).await)
            }
            _ => return Ok((blank_saml(), false)),
        };
        let said = read.map_err(|error| refused(field, &error))?;
        let wants = said.wants_signed_requests;
        Ok((SamlConnection { sign_requests: wants, ..saml_connection(&said) }, wants))
    }

    async fn said_by_provider(
        &self,
        account: AccountId,
        asked: &ConnectionRequest,
        told: &OidcConnection,
    ) -> Result<OidcConnection, AdministrationError> {
        let issuer = told.issuer.as_str();
        let mut oidc = match &asked.metadata {
            Some(text) => {
                let said = Provider::read(text, issuer, addresses_of(issuer));
                let said =
                    said.map_err(|error| AdministrationError::invalid("metadata", error.to_string()))?;
                let jwks = if told.jwks.is_empty() {
                    let read = self.auth.jwks(account, &said.jwks_uri).await;
                    read.map_err(|error| refused("oidc.jwks_uri", &error))?
                } else {
                    told.jwks.clone()
                };
                oidc_connection(said, jwks)
            }
            None if !told.authorization_endpoint.is_empty() => blank_oidc(),
            None => {
                let said = self.auth.oidc_discovery(account, issuer).await;
                let (said, jwks) = said.map_err(|error| refused("oidc.issuer", &error))?;
                oidc_connection(said, jwks)
            }
        };
        if let Some(ProviderPreset::Entra) = asked.preset {
            oidc.client_authentication = ClientSecretIn::Form;
            oidc.scopes = vec!["profile".to_owned(), "email".to_owned()];
        }
        Ok(oidc)
    }
}

fn refused(field: &'static str, error: &IdentityProviderError) -> AdministrationError {
    AdministrationError::invalid(field, error.to_string())
}
