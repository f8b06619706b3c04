//! Sending a browser to the provider, and reading what comes back (RFC 6749 §4.1, RFC 7636, RFC 9207).

use sha2::{Digest as _, Sha256};
use vestibule_model::told;
use zeroize::Zeroizing;

use crate::base64url;
use crate::refusal::LONGEST_TOLD;

/// The secret by which the code of an attempt is exchanged (RFC 7636): whoever has the code alone cannot.
pub struct CodeVerifier(Zeroizing<String>);

impl CodeVerifier {
    /// One that was kept: 43 characters or more (RFC 7636 §4.1), beyond guessing.
    pub fn from_text(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// As it is kept, and sent with the code. A secret.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is sent ahead of it (S256).
    pub fn challenge(&self) -> String {
        base64url::encode(&Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for CodeVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CodeVerifier(…)")
    }
}

/// A login that begins here.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationRequest<'a> {
    /// Where browsers are sent.
    pub authorization_endpoint: &'a str,
    /// The connection's client id.
    pub client_id: &'a str,
    /// Where the answer comes to.
    pub redirect_uri: &'a str,
    /// What is asked for besides `openid`, with spaces between.
    pub scope: &'a str,
    /// Bound to the browser, and to this attempt.
    pub state: &'a str,
    /// The same, for the token.
    pub nonce: &'a str,
    /// By which the code is exchanged.
    pub verifier: &'a CodeVerifier,
}

impl AuthorizationRequest<'_> {
    /// The address that the browser is sent to.
    pub fn to_url(&self) -> String {
        let scope =
            if self.scope.is_empty() { "openid".to_owned() } else { format!("openid {}", self.scope) };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", &scope)
            .append_pair("state", self.state)
            .append_pair("nonce", self.nonce)
            .append_pair("code_challenge", &self.verifier.challenge())
            .append_pair("code_challenge_method", "S256")
            .finish();
        let sign = if self.authorization_endpoint.contains('?') { '&' } else { '?' };
        format!("{}{sign}{query}", self.authorization_endpoint)
    }
}

/// What a browser brings back.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// The attempt that it says it belongs to: to be compared with what is kept for the browser before anything else is done.
    pub state: String,
    /// The code, or the provider's refusal.
    pub outcome: Result<String, CallbackError>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the state nor the code belongs into a log.
        out.debug_struct("Callback").field("refused", &self.outcome.as_ref().err()).finish_non_exhaustive()
    }
}

/// A callback that brings no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// A parameter that is missing, or stands there twice (RFC 6749 §3.1).
    #[error("the callback has not one {0}")]
    Parameter(&'static str),
    /// From another provider: the answer of one is not given to another (RFC 9207 §2.4).
    #[error("{}", other_provider(found.as_deref(), expected))]
    Issuer {
        /// What it says; None: it does not say, although the provider's do.
        found: Option<String>,
        /// The connection's issuer.
        expected: String,
    },
    /// The provider refused (RFC 6749 §4.1.2.1).
    #[error("the provider answers {code}{}", description.as_ref().map_or(String::new(), |text| format!(": {text}")))]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        description: Option<String>,
    },
}

fn other_provider(found: Option<&str>, expected: &str) -> String {
    match found {
        Some(found) => format!("the callback is from {found:?}, and the attempt was made at {expected:?}"),
        None => format!("the callback does not say who it is from, and the attempt was made at {expected:?}"),
    }
}

impl CallbackError {
    /// What to do about it, for whoever runs the connection.
    pub const fn fix(&self) -> &'static str {
        let code = match self {
            Self::Parameter(_) => {
                return "look at what stands between the provider and this service: the callback was changed";
            }
            Self::Issuer { .. } => {
                return "set the connection's issuer to the provider's, if this is the right one";
            }
            Self::Refused { code, .. } => code,
        };
        match code.as_bytes() {
            b"access_denied" => "give the user access to the application at the provider, or agree there",
            b"invalid_scope" => "take scopes out of the connection that the provider does not give",
            b"unauthorized_client" | b"unsupported_response_type" => {
                "allow the client the authorization code flow at the provider"
            }
            _ => "the reason is in the provider's own log",
        }
    }
}

impl Callback {
    /// Reads the query of a callback of the connection with this issuer.
    pub fn read(query: &str, issuer: &str, names_itself: bool) -> Result<Self, CallbackError> {
        let state = parameter(query, "state")?.ok_or(CallbackError::Parameter("state"))?;
        Ok(Self { state, outcome: outcome(query, issuer, names_itself) })
    }
}

fn outcome(query: &str, issuer: &str, names_itself: bool) -> Result<String, CallbackError> {
    let found = parameter(query, "iss")?;
    if found.as_deref().map_or(names_itself, |found| found != issuer) {
        let found = found.map(|found| told(&found, LONGEST_TOLD));
        return Err(CallbackError::Issuer { found, expected: issuer.to_owned() });
    }
    if let Some(code) = parameter(query, "error")? {
        let description = parameter(query, "error_description")?;
        let description = description.map(|text| told(&text, LONGEST_TOLD));
        return Err(CallbackError::Refused { code: told(&code, LONGEST_TOLD), description });
    }
    parameter(query, "code")?.filter(|code| !code.is_empty()).ok_or(CallbackError::Parameter("code"))
}

/// A parameter that stands there once, or not at all.
fn parameter(query: &str, name: &'static str) -> Result<Option<String>, CallbackError> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(CallbackError::Parameter(name)),
        (value, None) => Ok(value.map(|(_, value)| value.into_owned())),
    }
}
