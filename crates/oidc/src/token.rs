//! The talk with the token endpoint (RFC 6749 §4.1.3 and §4.3, OpenID Connect Core §3.1.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use vestibule_model::told;
use zeroize::Zeroizing;

use crate::authorization::CodeVerifier;
use crate::refusal::LONGEST_TOLD;

/// The longest answer, in bytes.
const LONGEST: usize = 128 * 1024;

/// How the connection's client proves itself.
#[derive(Clone, Copy)]
pub enum ClientAuthentication<'a> {
    /// By a secret in the header `Authorization` (`client_secret_basic`).
    Basic(&'a str),
    /// By a secret in the form (`client_secret_post`).
    Post(&'a str),
    /// Not at all: a public client.
    None,
}

/// What is exchanged for an ID token.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    /// The code of a callback.
    Code {
        /// The code.
        code: &'a str,
        /// Where it came to, as in the request.
        redirect_uri: &'a str,
        /// By which it is exchanged.
        verifier: &'a CodeVerifier,
    },
    /// A user's name and password, where the client allows that.
    Password {
        /// The name.
        user_name: &'a str,
        /// The password.
        password: &'a str,
    },
}

/// A request to the token endpoint.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The connection's client id.
    pub client_id: &'a str,
    /// How the client proves itself.
    pub authentication: ClientAuthentication<'a>,
    /// What is exchanged.
    pub grant: Grant<'a>,
}

impl TokenRequest<'_> {
    /// The body, a form. A secret.
    pub fn body(&self) -> Zeroizing<String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match self.grant {
            Grant::Code { code, redirect_uri, verifier } => form
                .append_pair("grant_type", "authorization_code")
                .append_pair("code", code)
                .append_pair("redirect_uri", redirect_uri)
                .append_pair("code_verifier", verifier.as_str()),
            Grant::Password { user_name, password } => form
                .append_pair("grant_type", "password")
                .append_pair("scope", "openid")
                .append_pair("username", user_name)
                .append_pair("password", password),
        };
        match self.authentication {
            ClientAuthentication::Basic(_) => &mut form,
            ClientAuthentication::Post(secret) => {
                form.append_pair("client_id", self.client_id).append_pair("client_secret", secret)
            }
            ClientAuthentication::None => form.append_pair("client_id", self.client_id),
        };
        Zeroizing::new(form.finish())
    }

    /// The value of the header `Authorization`; None: there is none. A secret.
    pub fn authorization(&self) -> Option<Zeroizing<String>> {
        let ClientAuthentication::Basic(secret) = self.authentication else { return None };
        // Each encoded as in a form first (RFC 6749 §2.3.1).
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let both = Zeroizing::new(format!("{}:{}", encoded(self.client_id), encoded(secret)));
        Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes()))))
    }
}

/// An answer of the token endpoint.
pub struct TokenResponse {
    /// The ID token. A secret until it is used.
    pub id_token: Zeroizing<String>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("TokenResponse(…)")
    }
}

/// An answer that brings no ID token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than is read.
    #[error("the answer of the token endpoint is longer than {LONGEST} bytes")]
    TooLong,
    /// The endpoint refused (RFC 6749 §5.2).
    #[error("the token endpoint answers {code}{}", description.as_ref().map_or(String::new(), |text| format!(": {text}")))]
    Refused {
        /// Its code.
        code: String,
        /// Its words.
        description: Option<String>,
    },
    /// Neither tokens nor a refusal.
    #[error("the token endpoint answers neither an ID token nor an error")]
    Unreadable,
}

impl TokenError {
    /// What to do about it, for whoever runs the connection.
    pub const fn fix(&self) -> &'static str {
        let Self::Refused { code, .. } = self else {
            return "look whether the connection's token endpoint is the provider's";
        };
        match code.as_bytes() {
            b"invalid_client" => {
                "set the client id and the client secret to those at the provider, and where the secret is shown to what it expects"
            }
            b"invalid_grant" => {
                "set the client's redirect URI at the provider to the connection's, and begin anew: codes are used once, and soon"
            }
            b"unauthorized_client" => "allow the client the authorization code grant at the provider",
            b"invalid_scope" => "take scopes out of the connection that the provider does not give",
            _ => "the reason is in the provider's own log",
        }
    }
}

impl TokenResponse {
    /// Reads the body of an answer, whatever its status.
    pub fn read(body: &str) -> Result<Self, TokenError> {
        #[derive(Deserialize)]
        struct Body {
            id_token: Option<String>,
            error: Option<String>,
            error_description: Option<String>,
        }
        if body.len() > LONGEST {
            return Err(TokenError::TooLong);
        }
        let read: Body = serde_json::from_str(body).map_err(|_| TokenError::Unreadable)?;
        match (read.error.filter(|code| !code.is_empty()), read.id_token) {
            (Some(code), _) => {
                let description = read.error_description.map(|text| told(&text, LONGEST_TOLD));
                Err(TokenError::Refused { code: told(&code, LONGEST_TOLD), description })
            }
            (None, Some(id_token)) => Ok(Self { id_token: Zeroizing::new(id_token) }),
            (None, None) => Err(TokenError::Unreadable),
        }
    }
}
