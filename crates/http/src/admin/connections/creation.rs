//! Making a connection: what the request says of it.

use serde::Deserialize;
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, ConnectionRequest, NewKey, ProtocolKind, ProviderPreset};
use vestibule_model::Connection;
use zeroize::Zeroizing;

use super::{Details, Place};
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

impl From<Preset> for ProviderPreset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Okta => Self::Okta,
            Preset::Entra => Self::Entra,
        }
    }
}

pub(super) async fn create(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError> {
    let Creation { within, mut patch, pending } = creation;
    let InAccount { admin, caller, account } = within;
    let asked = ConnectionRequest {
        protocol: if patch.has("oidc") { ProtocolKind::Oidc } else { ProtocolKind::Saml },
        metadata: patch.take("metadata")?,
        preset: patch.take::<Preset>("preset")?.map(ProviderPreset::from),
        client_secret: patch.take::<String>("client_secret")?.map(Zeroizing::new),
        key: asked_key(&mut patch)?,
    };
    let fill = |blank: Connection| patch.applied_to(blank);
    let place = Place::of(within);
    let answer = |made: &Connection| {
        let at = path::<Connection>(account.as_str(), made.id.0);
        CreatedResponse::new(&at, &made.list_item(&place), &made.item())
    };
    let stored = |made: &Connection| answer(made).stored();
    let idempotency = pending.with_response(&stored);
    let made = admin.auth.administration().make_connection(caller, account, asked, fill, idempotency).await?;
    Ok(answer(&made))
}

/// The key that somebody brings, or whether one is to be made.
fn asked_key(patch: &mut Patch) -> Result<NewKey, AdministrationError> {
    let is_made = patch.take("make_key")?.unwrap_or_default();
    let private_key = patch.take::<String>("private_key")?.map(Zeroizing::new);
    match (patch.take("certificate")?, private_key) {
        (None, None) if is_made => Ok(NewKey::Made),
        (None, None) => Ok(NewKey::None),
        (Some(certificate), Some(private_key)) => Ok(NewKey::Given { certificate, private_key }),
        (Some(_), None) => Err(AdministrationError::invalid("private_key", "needed beside certificate")),
        (None, Some(_)) => Err(AdministrationError::invalid("certificate", "needed beside private_key")),
    }
}
