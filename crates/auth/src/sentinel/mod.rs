//! The sentinel: what OAuth clients get, for themselves and for users who come with them (contract single-sign-on; RFC 6749,
//! OpenID Connect Core 1.0).
//!
//! A client proves itself as a key does at a login, under the same guard. A token in its own name is a signed one, which counts here
//! while the client may be used, and elsewhere until it is over; one in the name of a user is the bearer of a session, opened as any other and revoked as any other.

mod authorization;
mod client;
mod client_token;
mod code;
mod error;
mod id_token;
mod introspection;
mod refresh_token;
mod revocation;
mod scope;
mod token_kind;
mod user_token;

use vestibule_model::Millis;

pub use authorization::{AuthorizationError, AuthorizationRefusal, AuthorizationRequest, Authorizing};
pub use client::OauthCredentials;
pub use client_token::{ClientToken, ShownClientToken};
pub use code::CODE_LIFE;
pub use error::TokenError;
pub use introspection::ActiveToken;
pub use refresh_token::RefreshedToken;
pub use user_token::{CodeGrant, UserToken};

use crate::service::Auth;
use crate::signing_keys::{PublishedKey, SignError};

/// Seconds since 1970, as claims are written (RFC 7519 §2).
const fn seconds(at: Millis) -> i64 {
    at.as_unix().div_euclid(1_000)
}

impl Auth {
    /// The keys by which signed tokens are verified. Makes the first one if there is none yet.
    ///
    /// # Errors
    ///
    /// There is none, and none could be stored.
    pub async fn published_keys(&self, now: Millis) -> Result<Vec<PublishedKey>, SignError> {
        self.signing_keys.ensure(now).await?;
        Ok(self.signing_keys.published())
    }

    /// Makes the first signing key, if there is none, and deletes those that nobody needs any more.
    pub async fn keep_signing_keys(&self, now: Millis) -> Result<(), SignError> {
        self.signing_keys.keep(now).await
    }

    /// Whether a thread that works beside those that answer has something to do: it wants a share of their cores.
    pub fn has_long_work(&self) -> bool {
        self.login_guard.hash_pool_gauges().has_work()
            || self.signing_keys.gauges().has_work()
            || self.verification.gauges().has_work()
    }
}
