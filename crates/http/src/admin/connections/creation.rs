//! Making a connection: what the identity provider says of itself first, then the fields of the request over it.

use serde::Deserialize;
use utoipa::ToSchema;
use vestibule_auth::{
    AdministrationError, ConnectionSecrets, IdentityProviderError, NewKey, addresses_of, blank_oidc,
    blank_saml, new_connection, oidc_connection, read_metadata, saml_connection,
};
use vestibule_model::{
    AccountId, ClientSecretIn, Connection, ConnectionId, Millis, OidcConnection, Protocol, SamlConnection,
};
use vestibule_oidc::Provider;
use zeroize::Zeroizing;

use super::{Details, Place};
use crate::admin::AdminState;
use crate::admin::account_resources::{Creation, InAccount, RepresentedResource as _, path};
use crate::admin::forms::{ConnectionName, Name};
use crate::admin::idempotency::CreatedResponse;
use crate::admin::patch::Patch;

/// A connection that is to be made: the name and one of `saml`, `oidc` and `metadata` are needed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
pub(in crate::admin) struct NewConnection {
    #[schema(value_type = ConnectionName)]
    name: String,
    /// The name unless it is given.
    #[schema(value_type = Option<Name>)]
    display_name: Option<String>,
    /// The identity provider's SAML metadata, or the provider's discovery document, as text.
    metadata: Option<String>,
    /// Of a provider of OpenID Connect: what is set otherwise than usual at these.
    preset: Option<Preset>,
    /// The client secret at the provider. It is never shown again.
    client_secret: Option<String>,
    /// Whether a key of ours is made; also where the metadata asks for signed requests.
    make_key: Option<bool>,
    /// A key of ours in PEM (PKCS #8), beside `certificate`. It is never shown again.
    private_key: Option<String>,
    /// The certificate of `private_key`, in PEM.
    certificate: Option<String>,
    #[serde(flatten)]
    details: Details,
}

/// A vendor whose provider needs something that discovery does not say.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::admin) enum Preset {
    /// The client secret in the header.
    Okta,
    /// The client secret in the form; scopes `profile` and `email`.
    Entra,
}

/// What a request says besides the fields of the connection.
struct Asked {
    account: AccountId,
    metadata: Option<String>,
    preset: Option<Preset>,
    make_key: bool,
}

pub(super) async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
    let Creation { within, mut patch, pending } = creation;
    let InAccount { admin, caller, account } = within;
    let asked = Asked {
        account,
        metadata: patch.take("metadata")?,
        preset: patch.take("preset")?,
        make_key: patch.take("make_key")?.unwrap_or_default(),
    };
    let client_secret = patch.take::<String>("client_secret")?.map(Zeroizing::new);
    let given = given_key(&mut patch)?;
    let (protocol, wants_signatures) = said(admin, &asked, &patch, caller.now).await?;
    let key = match given {
        Some(given) => given,
        None if asked.make_key || wants_signatures => NewKey::Made,
        None => NewKey::None,
    };
    let fill = |blank: Connection| filled(&patch, blank, protocol.clone());
    let place = Place::of(within);
    let answer = |made: &Connection| {
        let at = path::<Connection>(account.as_str(), made.id.0);
        CreatedResponse::new(&at, &made.list_item(&place), &made.item())
    };
    let stored = |made: &Connection| answer(made).stored();
    let idempotency = pending.with_response(&stored);
    let secrets = ConnectionSecrets { client_secret, key };
    let made =
        admin.auth.administration().make_connection(caller, account, secrets, fill, idempotency).await?;
    Ok(answer(&made))
}

/// The fields of the request over what the identity provider says.
fn filled(patch: &Patch, blank: Connection, protocol: Protocol) -> Result<Connection, AdministrationError> {
    let mut made = patch.applied_to(Connection { protocol, ..blank })?;
    if made.display_name.is_empty() {
        made.display_name.clone_from(&made.name);
    }
    Ok(made)
}

/// A key that somebody brings.
pub(super) fn given_key(patch: &mut Patch) -> Result<Option<NewKey>, AdministrationError> {
    let private_key = patch.take::<String>("private_key")?.map(Zeroizing::new);
    match (patch.take("certificate")?, private_key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(private_key)) => Ok(Some(NewKey::Given { certificate, private_key })),
        (Some(_), None) => Err(AdministrationError::invalid("private_key", "needed beside certificate")),
        (None, Some(_)) => Err(AdministrationError::invalid("certificate", "needed beside private_key")),
    }
}

/// What the identity provider says of itself, and whether it wants requests that are signed.
async fn said(
    admin: &AdminState,
    asked: &Asked,
    patch: &Patch,
    now: Millis,
) -> Result<(Protocol, bool), AdministrationError> {
    let protocol = if patch.has("oidc") {
        Protocol::Oidc(Box::new(blank_oidc()))
    } else {
        Protocol::Saml(Box::new(blank_saml()))
    };
    // As far as the request itself tells it: with what is asked where.
    match filled(patch, new_connection(ConnectionId(0)), protocol)?.protocol {
        Protocol::Saml(told) => {
            let (saml, wants_signatures) = of_metadata(admin, asked, &told, now).await?;
            Ok((Protocol::Saml(Box::new(saml)), wants_signatures))
        }
        Protocol::Oidc(told) => {
            Ok((Protocol::Oidc(Box::new(of_provider(admin, asked, &told).await?)), false))
        }
    }
}

async fn of_metadata(
    admin: &AdminState,
    asked: &Asked,
    told: &SamlConnection,
    now: Millis,
) -> Result<(SamlConnection, bool), AdministrationError> {
    let entity_id = Some(told.identity_provider.as_str()).filter(|id| !id.is_empty());
    let (field, read) = match (&asked.metadata, &told.metadata_url) {
        (Some(text), _) => ("metadata", read_metadata(text, entity_id, now)),
        (None, Some(url)) if told.login_url.is_empty() => {
            ("saml.metadata_url", admin.auth.saml_metadata(asked.account, url, entity_id, now).await)
        }
        _ => return Ok((blank_saml(), false)),
    };
    let said = read.map_err(|error| refused(field, &error))?;
    let wants = said.wants_signed_requests;
    Ok((SamlConnection { sign_requests: wants, ..saml_connection(&said) }, wants))
}

async fn of_provider(
    admin: &AdminState,
    asked: &Asked,
    told: &OidcConnection,
) -> Result<OidcConnection, AdministrationError> {
    let issuer = told.issuer.as_str();
    let mut oidc = match &asked.metadata {
        Some(text) => {
            let said = Provider::read(text, issuer, addresses_of(issuer));
            let said = said.map_err(|error| AdministrationError::invalid("metadata", error.to_string()))?;
            let jwks = if told.jwks.is_empty() {
                let read = admin.auth.jwks(asked.account, &said.jwks_uri).await;
                read.map_err(|error| refused("oidc.jwks_uri", &error))?
            } else {
                told.jwks.clone()
            };
            oidc_connection(said, jwks)
        }
        None if !told.authorization_endpoint.is_empty() => blank_oidc(),
        None => {
            let said = admin.auth.oidc_discovery(asked.account, issuer).await;
            let (said, jwks) = said.map_err(|error| refused("oidc.issuer", &error))?;
            oidc_connection(said, jwks)
        }
    };
    if let Some(Preset::Entra) = asked.preset {
        oidc.client_authentication = ClientSecretIn::Form;
        oidc.scopes = vec!["profile".to_owned(), "email".to_owned()];
    }
    Ok(oidc)
}

fn refused(field: &'static str, error: &IdentityProviderError) -> AdministrationError {
    AdministrationError::invalid(field, error.to_string())
}
