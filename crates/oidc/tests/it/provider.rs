//! A provider that signs whatever it is told to.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData as _};
use serde_json::{Value, json};
use vestibule_model::Millis;
use vestibule_oidc::{Algorithm, IdToken, Keys, Login, Refusal, Report};

pub(crate) const NOW: Millis = Millis::from_unix(1_795_982_400_000);
/// The same in seconds.
pub(crate) const NOW_S: i64 = 1_795_982_400;
pub(crate) const ISSUER: &str = "https://op.example";
pub(crate) const CLIENT: &str = "client-1";
pub(crate) const NONCE: &str = "nonce-of-this-browser";

pub(crate) static RSA: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());
pub(crate) static OTHER: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());
pub(crate) static EC: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap());

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An RSA key of 2,048 bits as a JWK: its DER is a sequence of the modulus, with a leading zero, and of 65,537.
pub(crate) fn rsa_jwk(pair: &KeyPair, id: &str) -> Value {
    json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": encoded(&pair.der_bytes()[9..265]), "e": "AQAB"})
}

pub(crate) fn ec_jwk(pair: &KeyPair, id: &str) -> Value {
    let point = pair.der_bytes();
    json!({"kty": "EC", "kid": id, "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..65])})
}

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

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()))
}

/// A token by RS256, whatever the header says.
pub(crate) fn token_by(pair: &KeyPair, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let key = RsaKeyPair::from_pkcs8(&pair.serialize_der()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encoded(signature))
}

pub(crate) fn token(claims: &Value) -> String {
    token_by(&RSA, &json!({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}), claims)
}

pub(crate) fn ec_token(claims: &Value) -> String {
    let message = message(&json!({"alg": "ES256", "kid": "ec-1"}), claims);
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &EC.serialize_der()).unwrap();
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", encoded(signature))
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
