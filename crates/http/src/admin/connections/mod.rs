//! `/admin/v1/accounts/{account}/connections`: the identity providers whose word logs users in.
//!
//! `creation` has how one is made of metadata or discovery, `operations` what is done with one besides. Secrets go in and are
//! shown to nobody again.

pub(super) mod connection_tests;
mod creation;
pub(super) mod operations;
mod report;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{
    AdministrationError, ConnectionCertificates, NoAdministrationOrigin, Origins, certificate_as_pem,
    read_certificate,
};
use vestibule_model::{
    AccountId, ClientSecretIn, Connection, Linking, OidcConnection, OwnKey, Population, Protocol,
    Provisioning, SamlConnection,
};

use super::account_resources::{Creation, InAccount, RepresentedResource, Words};
use super::forms::{ConnectionName, Name};
use super::idempotency::CreatedResponse;
use crate::sso::addresses::ConnectionAddresses;

/// What of a connection can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionDetails)]
pub(super) struct Details {
    /// Unique within the account; stands in the addresses that the identity provider is given.
    #[schema(value_type = ConnectionName)]
    name: String,
    /// What stands on the button.
    #[schema(value_type = Name)]
    display_name: String,
    /// Whether anybody may log in by it.
    enabled: bool,
    /// Which of the account's users it logs in.
    population: Population,
    /// How the user is found whom the identity provider names.
    linking: Linking,
    /// By how many seconds the clocks may differ.
    #[schema(maximum = 600)]
    clock_skew_seconds: u64,
    /// Where browsers may be sent after a login that begins at the identity provider: https addresses, or paths of this service,
    /// letter by letter.
    #[schema(max_items = 100)]
    targets: Vec<String>,
    /// How users are made whom the identity provider vouches for and nobody knows: not at all unless it is set.
    #[serde(default)]
    provisioning: Provisioning,
    /// The identity provider, if it speaks SAML 2.0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saml: Option<SamlDetails>,
    /// The provider, if it speaks OpenID Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oidc: Option<OidcDetails>,
}

/// An identity provider of SAML 2.0.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SamlConnection)]
pub(super) struct SamlDetails {
    /// Its entity id: the issuer of what it sends.
    identity_provider: String,
    /// Where browsers are sent for a login, by redirect.
    login_url: String,
    /// Where browsers are sent for a logout, by redirect.
    logout_url: Option<String>,
    /// By which it signs, in PEM; several while one takes the place of another.
    #[schema(max_items = 100)]
    certificates: Vec<String>,
    /// Where its metadata is read again, every ten minutes: new certificates count beside those that are there.
    metadata_url: Option<String>,
    /// What it may call this service besides the connection's own entity id.
    #[schema(max_items = 100)]
    audiences: Vec<String>,
    /// Whether logins may begin at the identity provider.
    unsolicited: bool,
    /// Whether assertions may be encrypted by CBC, within a signed response.
    allow_cbc: bool,
    /// Whether requests are signed; needs a key of the connection.
    sign_requests: bool,
}

/// A provider of OpenID Connect.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = OidcConnection)]
pub(super) struct OidcDetails {
    /// Its issuer, letter by letter.
    issuer: String,
    /// The client id there.
    client_id: String,
    /// How the client secret is shown.
    client_authentication: ClientSecretIn,
    authorization_endpoint: String,
    token_endpoint: String,
    /// Where its keys are read again, every ten minutes and when a token has an unknown one.
    jwks_uri: Option<String>,
    /// The provider's address for logouts. Kept, and not used yet: no browser is sent there.
    end_session_endpoint: Option<String>,
    /// Whether its callbacks say who they are from (RFC 9207).
    names_itself_in_callbacks: bool,
    /// Its keys as they were read last (RFC 7517).
    jwks: String,
    /// By which it may sign ID tokens.
    algorithms: Vec<String>,
    /// What is asked for besides `openid`.
    #[schema(max_items = 100)]
    scopes: Vec<String>,
    /// The claim that has the login name, where users are linked by it.
    login_name_claim: String,
    /// Whether names and passwords of API logins are given to the provider.
    password_grant: bool,
}

/// What a tag names.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionItem)]
pub(super) struct Item {
    id: i64,
    /// Our certificate for the connection, in PEM: what signs requests, and what assertions may be encrypted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    /// The one before it: what is encrypted for that is still read.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_certificate: Option<String>,
    /// SHA-256 of the identity provider's certificates, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fingerprints: Vec<String>,
    /// Whether there is a client secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_client_secret: Option<bool>,
    #[serde(flatten)]
    details: Details,
}

/// A connection, with what its identity provider has to be told.
#[derive(Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct ItemWithAddresses {
    #[serde(flatten)]
    item: Item,
    #[serde(flatten)]
    addresses: Addresses,
}

/// Where this service is reached for the connection. Those of administrators' connections are at the administration listener; before `admin.public_origin`
/// is set they have none.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = ConnectionAddresses)]
struct Addresses {
    /// Where browsers begin a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    login_address: Option<String>,
    /// Where the identity provider tells of logouts: requests of SAML, or logout tokens (back-channel) of OpenID Connect. Administrators' connections have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    logout_address: Option<String>,
    /// Of SAML: our entity id, which is where our metadata is.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity_id: Option<String>,
    /// Of SAML: where responses are to be sent by HTTP POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_url: Option<String>,
    /// Of OpenID Connect: where codes are to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
}

impl Addresses {
    fn of(connection: &Connection, Place { origins, account }: &Place) -> Self {
        ConnectionAddresses::of(origins, *account, connection).map_or_else(
            |NoAdministrationOrigin| Self::default(),
            |own| Self {
                entity_id: own.entity_id().map(str::to_owned),
                consumer_url: own.consumer_url().map(str::to_owned),
                login_address: Some(own.login),
                logout_address: own.logout,
                redirect_uri: own.redirect_uri,
            },
        )
    }
}

/// Under which origins, and in which account.
pub(super) struct Place {
    origins: Origins,
    account: AccountId,
}

impl Place {
    fn of(within: InAccount<'_>) -> Self {
        Self { origins: within.admin.origins.clone(), account: within.account }
    }
}

impl RepresentedResource for Connection {
    const WORDS: Words = Words {
        collection: "connections",
        tag: "connections",
        page: "Connections",
        list: "The connections of an account to identity providers, in the order of their ids.",
        make: "Makes a connection: of the metadata of a SAML identity provider (`metadata`, or read from `saml.metadata_url`), of \
               what an OpenID provider says of itself (`oidc.issuer`), or of single fields, which win. An account has at most 100.",
        read: "One connection.",
        change: "Changes a connection. Disabling it ends the sessions that it opened.",
        delete: "Deletes a connection that no user has an identity of, and ends the sessions that it opened.",
        change_refusals: &[409],
        delete_refusals: &[409],
    };

    type Details = Details;
    type Item = Item;
    type ListItem = ItemWithAddresses;
    type Uses = Place;
    type New = creation::NewConnection;
    type Created = ItemWithAddresses;

    fn details(&self) -> Details {
        Details {
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            enabled: self.enabled,
            population: self.population,
            linking: self.linking,
            clock_skew_seconds: self.clock_skew.as_secs(),
            targets: self.targets.clone(),
            provisioning: self.provisioning.clone(),
            saml: self.saml().map(SamlDetails::of),
            oidc: self.oidc().map(OidcDetails::of),
        }
    }

    fn with_details(self, details: Details) -> Result<Self, AdministrationError> {
        let kept =
            || AdministrationError::invalid("saml", "a connection keeps its protocol: make another one");
        let protocol = match (self.protocol, details.saml, details.oidc) {
            (Protocol::Saml(before), Some(saml), None) => Protocol::Saml(Box::new(saml.onto(*before)?)),
            (Protocol::Oidc(before), None, Some(oidc)) => Protocol::Oidc(Box::new(oidc.onto(&before))),
            _ => return Err(kept()),
        };
        Ok(Self {
            id: self.id,
            name: details.name,
            display_name: details.display_name,
            enabled: details.enabled,
            population: details.population,
            linking: details.linking,
            clock_skew: Duration::from_secs(details.clock_skew_seconds),
            targets: details.targets,
            provisioning: details.provisioning,
            protocol,
        })
    }

    fn item(&self) -> Item {
        let own = |key: &Option<OwnKey>| key.as_ref().map(|key| certificate_as_pem(&key.certificate));
        let saml = self.saml();
        let certificates = ConnectionCertificates::of(self).identity_provider;
        Item {
            id: self.id.0,
            certificate: saml.and_then(|saml| own(&saml.key)),
            previous_certificate: saml.and_then(|saml| own(&saml.previous_key)),
            fingerprints: certificates.into_iter().map(|one| one.fingerprint).collect(),
            has_client_secret: self.oidc().map(|oidc| oidc.sealed_client_secret.is_some()),
            details: self.details(),
        }
    }

    fn list_item(&self, place: &Place) -> ItemWithAddresses {
        ItemWithAddresses { item: self.item(), addresses: Addresses::of(self, place) }
    }

    async fn uses(within: InAccount<'_>) -> Result<Place, AdministrationError> {
        Ok(Place::of(within))
    }

    async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
        creation::create(creation).await
    }
}

impl SamlDetails {
    fn of(saml: &SamlConnection) -> Self {
        Self {
            identity_provider: saml.identity_provider.clone(),
            login_url: saml.login_url.clone(),
            logout_url: saml.logout_url.clone(),
            certificates: saml.certificates.iter().map(certificate_as_pem).collect(),
            metadata_url: saml.metadata_url.clone(),
            audiences: saml.audiences.clone(),
            unsolicited: saml.unsolicited,
            allow_cbc: saml.allow_cbc,
            sign_requests: saml.sign_requests,
        }
    }

    /// With the keys that are there.
    fn onto(self, before: SamlConnection) -> Result<SamlConnection, AdministrationError> {
        let read = |(place, text): (usize, &String)| {
            read_certificate(text).ok_or_else(|| {
                let field = format!("saml.certificates[{place}]");
                AdministrationError::invalid(field, "this is no certificate in PEM")
            })
        };
        Ok(SamlConnection {
            certificates: self.certificates.iter().enumerate().map(read).collect::<Result<_, _>>()?,
            identity_provider: self.identity_provider,
            login_url: self.login_url,
            logout_url: self.logout_url,
            metadata_url: self.metadata_url,
            audiences: self.audiences,
            unsolicited: self.unsolicited,
            allow_cbc: self.allow_cbc,
            sign_requests: self.sign_requests,
            key: before.key,
            previous_key: before.previous_key,
        })
    }
}

impl OidcDetails {
    fn of(oidc: &OidcConnection) -> Self {
        Self {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            client_authentication: oidc.client_authentication,
            authorization_endpoint: oidc.authorization_endpoint.clone(),
            token_endpoint: oidc.token_endpoint.clone(),
            jwks_uri: oidc.jwks_uri.clone(),
            end_session_endpoint: oidc.end_session_endpoint.clone(),
            names_itself_in_callbacks: oidc.names_itself_in_callbacks,
            jwks: oidc.jwks.clone(),
            algorithms: oidc.algorithms.clone(),
            scopes: oidc.scopes.clone(),
            login_name_claim: oidc.login_name_claim.clone(),
            password_grant: oidc.password_grant,
        }
    }

    /// With the secret that is there, as far as it may be kept.
    fn onto(self, before: &OidcConnection) -> OidcConnection {
        let mut after = OidcConnection {
            issuer: self.issuer,
            client_id: self.client_id,
            sealed_client_secret: None,
            client_authentication: self.client_authentication,
            authorization_endpoint: self.authorization_endpoint,
            token_endpoint: self.token_endpoint,
            jwks_uri: self.jwks_uri,
            end_session_endpoint: self.end_session_endpoint,
            names_itself_in_callbacks: self.names_itself_in_callbacks,
            jwks: self.jwks,
            algorithms: self.algorithms,
            scopes: self.scopes,
            login_name_claim: self.login_name_claim,
            password_grant: self.password_grant,
        };
        after.keep_secret_of(before);
        after
    }
}
