//! A provider that signs whatever it is told to, for tests.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed, and says where"
)]

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData as _};
use serde_json::{Value, json};

/// The provider's key.
pub static RSA: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());
/// Somebody else's.
pub static OTHER: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());
/// The provider's on a curve.
pub static EC: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap());

/// Base64url.
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An RSA key of 2,048 bits as a JWK: its DER is a sequence of the modulus, with a leading zero, and of 65,537.
pub fn rsa_jwk(pair: &KeyPair, id: &str) -> Value {
    json!({"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": encoded(&pair.der_bytes()[9..265]), "e": "AQAB"})
}

/// A key on P-256 as a JWK.
pub fn ec_jwk(pair: &KeyPair, id: &str) -> Value {
    let point = pair.der_bytes();
    json!({"kty": "EC", "kid": id, "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..65])})
}

/// What is signed.
pub fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()))
}

/// A token by RS256, whatever the header says.
pub fn token_by(pair: &KeyPair, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let key = RsaKeyPair::from_pkcs8(&pair.serialize_der()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encoded(signature))
}

/// A token by the provider's key.
pub fn token(claims: &Value) -> String {
    token_by(&RSA, &json!({"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}), claims)
}

/// A token by ES256.
pub fn ec_token(claims: &Value) -> String {
    let message = message(&json!({"alg": "ES256", "kid": "ec-1"}), claims);
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &EC.serialize_der()).unwrap();
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", encoded(signature))
}
