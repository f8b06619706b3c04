//! What a file says of connections to identity providers. None of these types can be shown by `Debug`: they hold secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use vestibule_model::{ClientSecretIn, Linking, Population};

use super::declared::{IdOrName, secret};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredConnection {
    /// Finds it under whatever name; the id of a new one, if there is none of this id.
    pub(super) id: Option<i64>,
    /// What it is known by within the account, and what stands in its addresses.
    pub(super) name: String,
    /// Takes it away, and ends its sessions; what else is said of it does not matter then.
    #[serde(default)]
    pub(super) removed: bool,
    pub(super) display_name: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) population: Option<Population>,
    pub(super) linking: Option<Linking>,
    pub(super) clock_skew_seconds: Option<u64>,
    pub(super) targets: Option<Vec<String>>,
    pub(super) provisioning: Option<DeclaredProvisioning>,
    /// Of one that is new: the identity provider's SAML metadata, as text.
    pub(super) metadata: Option<String>,
    pub(super) saml: Option<DeclaredSamlConnection>,
    pub(super) oidc: Option<DeclaredOidcConnection>,
    /// The client secret at a provider of OpenID Connect.
    #[serde(default, deserialize_with = "secret")]
    pub(super) client_secret: Option<String>,
    /// Of SAML: our certificate in PEM, beside `private_key`.
    pub(super) certificate: Option<String>,
    /// Of SAML: our key in PEM (PKCS #8); without one, it is made where requests are signed.
    #[serde(default, deserialize_with = "secret")]
    pub(super) private_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredProvisioning {
    pub(super) enabled: Option<bool>,
    /// "": none.
    pub(super) login_name: Option<String>,
    /// "": none.
    pub(super) full_name: Option<String>,
    /// "": none.
    pub(super) email: Option<String>,
    pub(super) profiles: Option<BTreeSet<IdOrName>>,
    /// "": none.
    pub(super) profile_claim: Option<String>,
    pub(super) profile_map: Option<BTreeMap<String, IdOrName>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredSamlConnection {
    pub(super) identity_provider: Option<String>,
    pub(super) login_url: Option<String>,
    /// "": none.
    pub(super) logout_url: Option<String>,
    /// In PEM.
    pub(super) certificates: Option<Vec<String>>,
    /// "": none.
    pub(super) metadata_url: Option<String>,
    pub(super) audiences: Option<Vec<String>>,
    pub(super) unsolicited: Option<bool>,
    pub(super) allow_cbc: Option<bool>,
    pub(super) sign_requests: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredOidcConnection {
    pub(super) issuer: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_authentication: Option<ClientSecretIn>,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    /// "": none.
    pub(super) jwks_uri: Option<String>,
    /// "": none.
    pub(super) end_session_endpoint: Option<String>,
    pub(super) names_itself_in_callbacks: Option<bool>,
    /// The provider's key set, as text.
    pub(super) jwks: Option<String>,
    pub(super) algorithms: Option<Vec<String>>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) login_name_claim: Option<String>,
    pub(super) password_grant: Option<bool>,
}
