//! Connections: identity providers whose word logs somebody in.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, Population};

/// A connection of an account to an identity provider (contract single-sign-on).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Unique in the installation, and never given again.
    pub id: ConnectionId,
    /// Its name in URLs; unique within the account ([`Self::is_name`]).
    pub name: String,
    /// Its name for people: what stands on the button.
    pub display_name: String,
    /// Whether anybody may log in by it.
    pub enabled: bool,
    /// Which of the account's users it logs in.
    pub population: Population,
    /// How the user is found.
    pub linking: Linking,
    /// By how much the clocks may differ.
    pub clock_skew: Duration,
    /// Where browsers may be sent after a login that begins at the identity provider: addresses of https, or paths of this
    /// service, letter by letter. Empty: to its own pages alone.
    pub targets: Vec<String>,
    /// How users are made whom it vouches for and nobody knows.
    pub provisioning: Provisioning,
    /// The identity provider, in its protocol.
    pub protocol: Protocol,
}

impl Connection {
    /// How much the clocks may differ if nobody says otherwise.
    pub const CLOCK_SKEW: Duration = Duration::from_mins(1);

    /// The most that clocks may differ.
    pub const MAX_CLOCK_SKEW: Duration = Duration::from_mins(10);

    /// How many an account may have.
    pub const MAX_PER_ACCOUNT: usize = 100;

    /// Whether this may be a name: 1 to 64 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`.
    pub fn is_name(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        (1..=64).contains(&text.len()) && text.bytes().all(fits)
    }

    /// What people are shown as its name: its name for people, or, where there is none, its name.
    pub fn shown_name(&self) -> &str {
        if self.display_name.is_empty() { &self.name } else { &self.display_name }
    }

    /// What is SAML's of it; None: it speaks another protocol.
    pub const fn saml(&self) -> Option<&SamlConnection> {
        match &self.protocol {
            Protocol::Saml(saml) => Some(saml),
            Protocol::Oidc(_) => None,
        }
    }

    /// What is OpenID Connect's of it; None: it speaks another protocol.
    pub const fn oidc(&self) -> Option<&OidcConnection> {
        match &self.protocol {
            Protocol::Saml(_) => None,
            Protocol::Oidc(oidc) => Some(oidc),
        }
    }

    /// Every secret that is sealed in it, and which it is.
    pub fn seals(&self) -> impl Iterator<Item = (ConnectionSecret, &Vec<u8>)> {
        let (key, previous_key, client_secret) = match &self.protocol {
            Protocol::Saml(saml) => (saml.key.as_ref(), saml.previous_key.as_ref(), None),
            Protocol::Oidc(oidc) => (None, None, oidc.sealed_client_secret.as_ref()),
        };
        let key = key.map(|key| (ConnectionSecret::Key, &key.sealed_key));
        let previous_key = previous_key.map(|key| (ConnectionSecret::PreviousKey, &key.sealed_key));
        let client_secret = client_secret.map(|secret| (ConnectionSecret::ClientSecret, secret));
        [key, previous_key, client_secret].into_iter().flatten()
    }

    /// The same, to be replaced.
    pub fn seals_mut(&mut self) -> impl Iterator<Item = (ConnectionSecret, &mut Vec<u8>)> {
        let (key, previous_key, client_secret) = match &mut self.protocol {
            Protocol::Saml(saml) => (saml.key.as_mut(), saml.previous_key.as_mut(), None),
            Protocol::Oidc(oidc) => (None, None, oidc.sealed_client_secret.as_mut()),
        };
        let key = key.map(|key| (ConnectionSecret::Key, &mut key.sealed_key));
        let previous_key = previous_key.map(|key| (ConnectionSecret::PreviousKey, &mut key.sealed_key));
        let client_secret = client_secret.map(|secret| (ConnectionSecret::ClientSecret, secret));
        [key, previous_key, client_secret].into_iter().flatten()
    }
}

/// A secret of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSecret {
    /// The private key of [`SamlConnection::key`].
    Key,
    /// The private key of [`SamlConnection::previous_key`].
    PreviousKey,
    /// The client secret of an [`OidcConnection`].
    ClientSecret,
}

/// How a connection finds the user whom the identity provider names. Never by an address for mail: providers let users choose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Linking {
    /// The identity provider says the login name.
    #[default]
    LoginName,
    /// The user has the identity provider's name of them among the identities.
    Subject,
}

/// How users are made at their first login by a connection ("just in time"), out of what the identity provider says of them in
/// attributes (SAML) or claims (OpenID Connect), each of which has one value. They have no password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provisioning {
    /// Whether they are made at all.
    pub enabled: bool,
    /// What has the login name, where users are linked by subject; null: the subject. Linked by login name, users have that name.
    pub login_name: Option<String>,
    /// What has the full name; null: they have none.
    pub full_name: Option<String>,
    /// What has the address for mail; null: they have none.
    pub email: Option<String>,
    /// The ids of profiles that all of them get.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub profiles: Vec<i64>,
    /// What has values, several at once too, that give further profiles: groups, roles.
    pub profile_claim: Option<String>,
    /// The id of the profile that a value gives, letter by letter; others give none.
    pub profile_map: BTreeMap<String, i64>,
}

impl Provisioning {
    /// Every profile that a user may get, each as often as it is named.
    pub fn all_profiles(&self) -> impl Iterator<Item = i64> {
        self.profiles.iter().chain(self.profile_map.values()).copied()
    }

    /// What is read of messages besides the login name.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        [&self.login_name, &self.full_name, &self.email, &self.profile_claim].into_iter().flatten()
    }
}

/// A user as an identity provider names them. Unique in the installation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// By which connection.
    pub connection: ConnectionId,
    /// The `NameID`, or the claim `sub`, letter by letter.
    pub subject: String,
}

impl Identity {
    /// The longest subject, in characters (SAML core §8.3.7, OpenID Connect Core §2).
    pub const LONGEST_SUBJECT: usize = 256;
}

/// In which protocol an identity provider speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// SAML 2.0.
    Saml(Box<SamlConnection>),
    /// OpenID Connect.
    Oidc(Box<OidcConnection>),
}

/// An identity provider of SAML 2.0, and what this service is to it. Serialized without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamlConnection {
    /// The identity provider's entity id: the issuer of what it sends.
    pub identity_provider: String,
    /// Where browsers are sent for a login, by redirect.
    pub login_url: String,
    /// Where browsers are sent for a logout, by redirect; None: it has none.
    pub logout_url: Option<String>,
    /// By which it signs; several while one takes the place of another.
    pub certificates: Vec<Der>,
    /// Where its metadata is read again; None: nowhere.
    pub metadata_url: Option<String>,
    /// What it may call this service besides the connection's own entity id.
    pub audiences: Vec<String>,
    /// Whether logins may begin at the identity provider.
    pub unsolicited: bool,
    /// Whether assertions may be encrypted by CBC, within a signed response.
    pub allow_cbc: bool,
    /// Whether requests are signed; then there is a key.
    pub sign_requests: bool,
    /// What signs requests, and what assertions may be encrypted for.
    pub key: Option<OwnKey>,
    /// The key before that one: what is encrypted for it is still taken.
    pub previous_key: Option<OwnKey>,
}

/// A key of this service for one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnKey {
    /// Its certificate, which the identity provider is given.
    pub certificate: Der,
    /// The private key (PKCS #8, DER), sealed.
    #[serde(skip)]
    pub sealed_key: Vec<u8>,
}

/// A provider of OpenID Connect, and the client that this service is there. Serialized without its secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConnection {
    /// The provider's issuer, letter by letter.
    pub issuer: String,
    /// The client id there.
    pub client_id: String,
    /// The client secret, sealed; None: the client is public.
    #[serde(skip)]
    pub sealed_client_secret: Option<Vec<u8>>,
    /// How the secret is shown.
    pub client_authentication: ClientSecretIn,
    /// Where browsers are sent.
    pub authorization_endpoint: String,
    /// Where codes are exchanged.
    pub token_endpoint: String,
    /// Where its keys are read again; None: nowhere.
    pub jwks_uri: Option<String>,
    /// Where browsers would be sent for a logout; None: it has none. Kept as the provider says it: nothing sends browsers there yet.
    pub end_session_endpoint: Option<String>,
    /// Whether its callbacks say who they are from (RFC 9207).
    pub names_itself_in_callbacks: bool,
    /// Its keys as they were read last, a key set (RFC 7517).
    pub jwks: String,
    /// By which it may sign ID tokens, by name (RFC 7518 §3.1).
    pub algorithms: Vec<String>,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that has the login name, where users are linked by it.
    pub login_name_claim: String,
    /// Whether names and passwords of API logins are given to the provider (RFC 6749 §4.3).
    pub password_grant: bool,
}

impl OidcConnection {
    /// Takes over the client secret of what it was before, unless it would be shown to somebody else from here on: whoever may
    /// change where it goes may not learn it so.
    pub fn keep_secret_of(&mut self, before: &Self) {
        let is_same = (&self.issuer, &self.token_endpoint) == (&before.issuer, &before.token_endpoint);
        self.sealed_client_secret = before.sealed_client_secret.clone().filter(|_| is_same);
    }
}

/// How a client's secret is shown to the token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ClientSecretIn {
    /// In the header `Authorization` (`client_secret_basic`).
    #[default]
    Header,
    /// In the form (`client_secret_post`).
    Form,
}

/// DER, e.g. of a certificate. As text it is base64.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Der(pub Vec<u8>);

/// A text that is no base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no base64")]
pub struct NoBase64;

impl fmt::Display for Der {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(&self.0))
    }
}

impl fmt::Debug for Der {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Der({} bytes)", self.0.len())
    }
}

impl FromStr for Der {
    type Err = NoBase64;

    fn from_str(text: &str) -> Result<Self, NoBase64> {
        STANDARD.decode(text).map(Self).map_err(|_| NoBase64)
    }
}

impl TryFrom<String> for Der {
    type Error = NoBase64;

    fn try_from(text: String) -> Result<Self, NoBase64> {
        text.parse()
    }
}

impl From<Der> for String {
    fn from(der: Der) -> Self {
        der.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_a_url_as_it_is() {
        for (name, is_one) in [("okta", true), ("A-1_b", true), ("", false), ("a b", false), ("a/b", false)] {
            assert_eq!(Connection::is_name(name), is_one, "{name:?}");
        }
        assert_eq!([64, 65].map(|length| Connection::is_name(&"a".repeat(length))), [true, false]);
    }

    #[test]
    fn a_certificate_is_base64_as_text() {
        let der = Der(vec![0x30, 0xff, 0]);
        assert_eq!(serde_json::to_string(&der).unwrap(), r#""MP8A""#);
        assert_eq!(serde_json::from_str::<Der>(r#""MP8A""#).unwrap(), der);
        assert!(serde_json::from_str::<Der>(r#""MP8A!""#).is_err());
    }
}
