//! A provider's metadata (OpenID Connect Discovery 1.0 §3).

use serde::Deserialize;

/// The longest document, in bytes.
const LONGEST: usize = 256 * 1024;

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its issuer, as the connection has it.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorization_endpoint: String,
    /// Where codes are exchanged.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where browsers would be sent for a logout.
    pub end_session_endpoint: Option<String>,
    /// Whether its callbacks say who they are from (RFC 9207).
    pub names_itself_in_callbacks: bool,
    /// The algorithms by which it signs ID tokens, by name.
    pub signing_algorithms: Vec<String>,
}

/// Which addresses a provider may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Those of https.
    Https,
    /// Those of http too: for development.
    HttpToo,
}

/// Metadata that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// Longer than is read.
    #[error("the metadata is longer than {LONGEST} bytes")]
    TooLong,
    /// No JSON of a provider's metadata.
    #[error("this is no provider's metadata: {0}")]
    Unreadable(String),
    /// Of another issuer than was asked: they are the same letter by letter (OpenID Connect Discovery §4.3).
    #[error("the metadata is that of the issuer {found:?}, and {expected:?} was asked")]
    Issuer {
        /// What it says.
        found: String,
        /// What was asked.
        expected: String,
    },
    /// An address that does not count.
    #[error("{field} is {url:?}: that is no address of https")]
    Address {
        /// Which.
        field: &'static str,
        /// What it says.
        url: String,
    },
}

/// Where the metadata of an issuer is (OpenID Connect Discovery §4).
pub fn discovery_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

impl Provider {
    /// Reads the metadata of an issuer.
    pub fn read(text: &str, issuer: &str, addresses: Addresses) -> Result<Self, DiscoveryError> {
        #[derive(Deserialize)]
        struct Metadata {
            issuer: String,
            authorization_endpoint: String,
            token_endpoint: String,
            jwks_uri: String,
            end_session_endpoint: Option<String>,
            authorization_response_iss_parameter_supported: Option<bool>,
            id_token_signing_alg_values_supported: Option<Vec<String>>,
        }
        if text.len() > LONGEST {
            return Err(DiscoveryError::TooLong);
        }
        let read: Metadata = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| DiscoveryError::Unreadable(error.to_string()))?;
        if read.issuer != issuer {
            return Err(DiscoveryError::Issuer { found: read.issuer, expected: issuer.to_owned() });
        }
        let address = |field, url: String| {
            let is_of_scheme =
                url.starts_with("https://") || addresses == Addresses::HttpToo && url.starts_with("http://");
            let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
            if is_of_scheme && is_plain { Ok(url) } else { Err(DiscoveryError::Address { field, url }) }
        };
        let end_session = read.end_session_endpoint;
        Ok(Self {
            issuer: read.issuer,
            authorization_endpoint: address("authorization_endpoint", read.authorization_endpoint)?,
            token_endpoint: address("token_endpoint", read.token_endpoint)?,
            jwks_uri: address("jwks_uri", read.jwks_uri)?,
            end_session_endpoint: end_session.map(|url| address("end_session_endpoint", url)).transpose()?,
            names_itself_in_callbacks: read
                .authorization_response_iss_parameter_supported
                .unwrap_or_default(),
            signing_algorithms: read.id_token_signing_alg_values_supported.unwrap_or_default(),
        })
    }
}
