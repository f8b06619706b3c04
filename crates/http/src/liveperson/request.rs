//! What the three operations have in common on the way in: account, version, content type, a strict JSON object.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use vestibule_model::AccountId;

use crate::layers::{ClientAddress, is_encrypted};

/// What the head of a request says. An extractor that never rejects, so that each operation refuses in its own shape.
pub(crate) struct Head {
    /// The account of the path; None: no account id.
    pub(crate) account: Option<AccountId>,
    /// Whether the version is one of those in use.
    pub(crate) version_is_known: bool,
    /// Whether the body is said to be JSON.
    pub(crate) is_json: bool,
    /// The client's address.
    pub(crate) address: Option<IpAddr>,
    /// Whether the client's connection is encrypted.
    pub(crate) encrypted: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Head {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let account = Path::<String>::from_request_parts(parts, state).await.ok();
        Ok(Self::read(parts, account.and_then(|Path(account)| account.parse().ok())))
    }
}

impl Head {
    /// What the head says besides the account in its path.
    pub(crate) fn read(parts: &Parts, account: Option<AccountId>) -> Self {
        Self {
            account,
            version_is_known: version_is_known(parts.uri.query()),
            is_json: is_json(&parts.headers),
            address: parts.extensions.get::<ClientAddress>().map(|client| client.0),
            encrypted: is_encrypted(&parts.extensions),
        }
    }
}

/// Whether the query's `v` is one of those in use (contract liveperson §1): 1.1 to 1.3, or none.
fn version_is_known(query: Option<&str>) -> bool {
    let versions = query.unwrap_or_default().split('&').filter_map(|pair| match pair.split_once('=') {
        Some(("v", version)) => Some(version),
        None if pair == "v" => Some(""),
        _ => None,
    });
    versions.into_iter().all(|version| matches!(version, "1.1" | "1.2" | "1.3"))
}

/// Whether the body is said to be JSON. Media types compare case-insensitively; parameters are allowed.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// A JSON object in which no key stands twice. Unknown keys are kept and ignored. Bodies have few keys: a list.
pub(crate) struct StrictObject<'a>(Vec<(Key<'a>, Value)>);

/// A key, borrowed from the body unless it was written with escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// More keys than any client sends; beyond it the search for a key that stands twice would take long.
const MOST_KEYS: usize = 64;

impl<'a> StrictObject<'a> {
    /// Reads an object; None: malformed, another JSON type, a key twice, too many keys, too deep, or bad UTF-8.
    pub(crate) fn parse(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Takes the string of this key out; None: it is missing, or no string.
    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known.0 == key)?;
        match self.0.swap_remove(at).1 {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for StrictObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = StrictObject<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object in which no key stands twice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StrictObject<'de>, A::Error> {
        let mut pairs: Vec<(Key<'de>, Value)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<Key<'de>, Value>()? {
            if pairs.len() == MOST_KEYS || pairs.iter().any(|(known, _)| known.0 == key.0) {
                return Err(A::Error::custom("a key stands twice, or there are too many"));
            }
            pairs.push((key, value));
        }
        Ok(StrictObject(pairs))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn versions_in_use_are_accepted() {
        for query in [None, Some(""), Some("v=1.3"), Some("v=1.2"), Some("v=1.1"), Some("x=1&v=1.3")] {
            assert!(version_is_known(query), "{query:?}");
        }
    }

    #[test]
    fn other_versions_are_refused() {
        for query in ["v=2.0", "v=", "v", "v=1.30", "v=1.3&v=9"] {
            assert!(!version_is_known(Some(query)), "{query}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(StrictObject::parse(br#"{"username":"a","username":"b"}"#).is_none());
        assert!(StrictObject::parse(br#"{"other":1,"other":1}"#).is_none());
    }

    #[test]
    fn more_keys_than_any_client_sends_are_refused() {
        let object = |keys: usize| {
            let pairs: Vec<String> = (0..keys).map(|key| format!("\"{key}\":1")).collect();
            format!("{{{}}}", pairs.join(","))
        };
        assert!(StrictObject::parse(object(MOST_KEYS).as_bytes()).is_some());
        assert!(StrictObject::parse(object(MOST_KEYS + 1).as_bytes()).is_none());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(StrictObject::parse(deep.as_bytes()).is_none());
    }

    #[test]
    fn a_number_is_no_string() {
        let mut object = StrictObject::parse(br#"{"username":5}"#).unwrap();
        assert_eq!(object.take("username"), None);
    }

    proptest! {
        #[test]
        fn parsing_never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = StrictObject::parse(&body);
        }

        #[test]
        fn whatever_string_was_written_is_read(value in ".*") {
            let body = serde_json::json!({ "username": value }).to_string();
            let mut object = StrictObject::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(object.take("username"), Some(value));
        }
    }
}
