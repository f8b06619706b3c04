//! Key sets.

use serde_json::{Value, json};
use vestibule_oidc::{JwksError, Keys};

use crate::provider::{EC, NOW, RSA, claims, ec_jwk, encoded, expected, rsa_jwk, token};

fn error(keys: &[Value]) -> JwksError {
    Keys::read(&json!({ "keys": keys }).to_string()).unwrap_err()
}

#[test]
fn keys_that_do_not_count_are_passed_over() {
    let mut for_encryption = rsa_jwk(&RSA, "enc");
    for_encryption["use"] = json!("enc");
    let mut short = rsa_jwk(&RSA, "short");
    short["n"] = json!(encoded([0xff; 128]));
    // Leading zeros make no key longer.
    let mut padded = rsa_jwk(&RSA, "padded");
    padded["n"] = json!(encoded([&[0; 200][..], &[0xff; 128]].concat()));
    let mut other_curve = ec_jwk(&EC, "curve");
    other_curve["crv"] = json!("P-521");
    let mut of_hmac = rsa_jwk(&RSA, "hmac");
    of_hmac["alg"] = json!("HS256");
    let mut for_signing = rsa_jwk(&RSA, "sign");
    for_signing["key_ops"] = json!(["sign"]);
    let symmetric = json!({"kty": "oct", "k": encoded(b"a secret of thirty-two bytes....")});
    let unknown = json!({"kty": "new", "x": 1});
    for key in
        [for_signing, for_encryption, short, padded, other_curve, of_hmac, symmetric, unknown, json!(1)]
    {
        assert_eq!(error(std::slice::from_ref(&key)), JwksError::None, "{key}");
        let beside = Keys::read(&json!({"keys": [key, rsa_jwk(&RSA, "right")]}).to_string()).unwrap();
        assert_eq!(format!("{beside:?}"), r#"[Some("right")]"#);
    }
}

#[test]
fn a_set_is_bounded() {
    assert_eq!(error(&vec![json!({}); 101]), JwksError::TooMany);
    assert_eq!(Keys::read(&" ".repeat(300_000)).unwrap_err(), JwksError::TooLong);
}

#[test]
fn what_is_no_key_set() {
    for text in ["", "[]", "{}", r#"{"keys":1}"#, r#"{"keys":{}}"#] {
        assert!(matches!(Keys::read(text), Err(JwksError::Unreadable(_))), "{text}");
    }
    assert_eq!(error(&[]), JwksError::None);
}

#[test]
fn zeros_before_a_modulus_and_padding_are_passed_over() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
    let mut key = rsa_jwk(&RSA, "rsa-1");
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
    key["n"] = json!(URL_SAFE.encode([&[0][..], &modulus].concat()));
    let keys = Keys::read(&format!("\u{feff}{}", json!({"keys": [key]}))).unwrap();
    let outcome = expected().examine(&token(&claims()), &keys, NOW).outcome();
    assert!(outcome.is_ok());
}

#[test]
fn a_key_on_p_384_counts() {
    use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PublicKeyData as _};
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    let (x, y) = (encoded(&pair.der_bytes()[1..49]), encoded(&pair.der_bytes()[49..97]));
    let key = json!({"kty": "EC", "kid": "p384", "crv": "P-384", "x": x, "y": y});
    let keys = Keys::read(&json!({"keys": [key]}).to_string()).unwrap();
    assert_eq!(format!("{keys:?}"), r#"[Some("p384")]"#);
}
