//! Key sets.

use serde_json::{Value, json};
use vestibule_oidc::{JwksError, Keys};

use crate::provider::{EC, RSA, ec_jwk, encoded, rsa_jwk};

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
    let symmetric = json!({"kty": "oct", "k": encoded(b"a secret of thirty-two bytes....")});
    let unknown = json!({"kty": "new", "x": 1});
    for key in [for_encryption, short, padded, other_curve, of_hmac, symmetric, unknown, json!(1)] {
        assert_eq!(error(std::slice::from_ref(&key)), JwksError::None, "{key}");
        let beside = Keys::read(&json!({"keys": [key, rsa_jwk(&RSA, "right")]}).to_string()).unwrap();
        assert!(beside.may_have(Some("right")) && !beside.may_have(Some("other")));
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
