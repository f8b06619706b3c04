//! What a connection of the provider of tests says to its tokens.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_model::Millis;
use vestibule_oidc::{Algorithm, IdToken, Keys, Login, Refusal, Report};

use vestibule_oidc::testing::message;
pub(crate) use vestibule_oidc::testing::{
    EC, OTHER, RSA, ec_jwk, ec_token, encoded, rsa_jwk, token, token_by,
};

pub(crate) const NOW: Millis = Millis::from_unix(1_795_982_400_000);
/// The same in seconds.
pub(crate) const NOW_S: i64 = 1_795_982_400;
pub(crate) const ISSUER: &str = "https://op.example";
pub(crate) const CLIENT: &str = "client-1";
pub(crate) const NONCE: &str = "nonce-of-this-browser";

pub(crate) fn keys() -> Keys {
    let set = json!({"keys": [rsa_jwk(&RSA, "rsa-1"), ec_jwk(&EC, "ec-1")]});
    Keys::read(&set.to_string()).unwrap()
}

pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "user-1", "aud": CLIENT, "exp": NOW_S + 300, "iat": NOW_S, "nonce": NONCE,
        "preferred_username": "name@example.com", "sid": "session-1",
    })
}

/// Claims that are the usual ones but for these; null takes one away.
pub(crate) fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// A token with this signature.
pub(crate) fn token_signed_with(header: &Value, claims: &Value, signature: &[u8]) -> String {
    format!("{}.{}", message(header, claims), encoded(signature))
}

pub(crate) fn expected() -> IdToken<'static> {
    IdToken {
        issuer: ISSUER,
        client_id: CLIENT,
        algorithms: &[Algorithm::Rs256, Algorithm::Es256],
        nonce: Some(NONCE),
        clock_skew: Duration::from_mins(1),
    }
}

pub(crate) fn report(token: &str) -> Report {
    expected().examine(token, &keys(), NOW)
}

pub(crate) fn login(token: &str) -> Result<Login, Refusal> {
    report(token).outcome()
}

pub(crate) fn refusal(token: &str) -> Refusal {
    login(token).expect_err("the token was taken")
}
