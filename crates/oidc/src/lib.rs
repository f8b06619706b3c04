//! OpenID Connect for a relying party: bytes in, decision out. No I/O, no clock, no memory of what was seen.
//!
//! [`AuthorizationRequest`] begins a login, [`Callback`] reads what comes back, [`TokenRequest`] and [`TokenResponse`] are the talk
//! with the provider, and [`IdToken`] looks at the ID token and answers a [`Report`]: what came, what was checked in which order,
//! and why it is refused if it is. That a token is used once is the caller's: it has to be consumed until
//! `single_use_until`.
//!
//! What it withstands (ATTACKS X9): the algorithm is what the connection says and never what the token says, keys come from the
//! provider's own set and are of the family of the algorithm, the issuer is compared exactly in metadata, callback and token, and
//! state, nonce and verifier are those of one attempt of one browser.

mod authorization;
mod base64url;
mod discovery;
mod id_token;
mod jwks;
mod listed_key;
mod logout_token;
mod refusal;
mod report;
#[cfg(feature = "testing")]
pub mod testing;
mod token;

pub use authorization::{AuthorizationRequest, Callback, CallbackError, CodeVerifier};
pub use discovery::{Addresses, DiscoveryError, Provider, discovery_url};
pub use id_token::{Algorithm, Audience, Claims, Hint, IdToken};
pub use jwks::{JwksError, Keys};
pub use listed_key::ListedKey;
pub use logout_token::{Logout, LogoutToken};
pub use refusal::{LogoutRefusal, Refusal};
pub use report::{Check, Login, Report};
pub use token::{ClientAuthentication, Grant, TokenError, TokenRequest, TokenResponse};
