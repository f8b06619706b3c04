//! The keys of a provider as people tell them apart: by their ids, and by their thumbprints (RFC 7638).

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::base64url;
use crate::jwks::{JwksError, members, verifies};

/// A key of a set. Equal ones are the same key, for the same use; one without a thumbprint may be another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedKey {
    /// Its id (`kid`), if it has one.
    pub id: Option<String>,
    /// Its kind (`kty`), if it says one.
    pub kind: Option<String>,
    /// The SHA-256 thumbprint of the key itself (RFC 7638), in base64url. None: it is of none of the kinds RSA, EC and OKP, or is not
    /// whole.
    pub thumbprint: Option<String>,
    /// The only algorithm (`alg`) that it is for, if it says one.
    pub algorithm: Option<String>,
    /// Whether signatures are verified by it; others are passed over.
    pub verifies: bool,
}

impl ListedKey {
    /// Every key of a set, in its order.
    ///
    /// # Errors
    ///
    /// The text is no key set, or a longer one than is read.
    pub fn all(jwks: &str) -> Result<Vec<Self>, JwksError> {
        Ok(members(jwks)?.into_iter().map(Self::of).collect())
    }

    fn of(member: Value) -> Self {
        let said = |name: &str| member[name].as_str().map(str::to_owned);
        Self {
            id: said("kid"),
            kind: said("kty"),
            thumbprint: thumbprint(&member),
            algorithm: said("alg"),
            verifies: verifies(member),
        }
    }
}

fn thumbprint(member: &Value) -> Option<String> {
    let required: &[&str] = match member["kty"].as_str()? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let value = |name: &&'static str| Some((*name, member[*name].as_str()?));
    let required: BTreeMap<&str, &str> = required.iter().map(value).collect::<Option<_>>()?;
    Some(base64url::encode(&Sha256::digest(serde_json::to_vec(&required).ok()?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(member: &Value) -> ListedKey {
        ListedKey::all(&json!({ "keys": [member] }).to_string()).unwrap().remove(0)
    }

    /// The example of RFC 7638 §3.1.
    const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;

    #[test]
    fn an_rsa_key_has_the_thumbprint_of_the_rfc() {
        let key = one(&serde_json::from_str(RSA).unwrap());
        assert_eq!(key.thumbprint.as_deref(), Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"));
        assert_eq!((key.id.as_deref(), key.algorithm.as_deref()), (Some("2011-04-29"), Some("RS256")));
        assert!(key.verifies);
    }

    #[test]
    fn a_key_on_an_edwards_curve_has_a_thumbprint_and_is_passed_over() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = one(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x }));
        assert_eq!(key.thumbprint.as_deref(), Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"));
        assert!(!key.verifies && key.id.is_none());
    }

    #[test]
    fn a_point_has_another_thumbprint_than_one_with_another_half() {
        let point = |y: &str| one(&json!({ "kty": "EC", "crv": "P-256", "x": "a", "y": y })).thumbprint;
        assert!(point("b").is_some() && point("b") != point("c"));
    }

    #[test]
    fn a_key_of_another_kind_and_one_that_is_not_whole_have_no_thumbprint() {
        for member in [json!({ "kty": "oct", "k": "a" }), json!({ "kty": "RSA", "n": "a" }), json!(1)] {
            let key = one(&member);
            assert!(key.thumbprint.is_none() && !key.verifies, "{member}");
        }
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        assert!(ListedKey::all("").is_err() && ListedKey::all("{}").is_err());
    }
}
