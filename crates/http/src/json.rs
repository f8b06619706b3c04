//! Bodies in JSON: strict objects, the same for every dialect.

use std::borrow::Cow;
use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

/// Whether the body is said to be JSON. Media types compare case-insensitively; parameters are allowed.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/json")
}

/// The same for a JSON merge patch (RFC 7396).
pub(crate) fn is_merge_patch(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/merge-patch+json")
}

/// Whether the body is said to be of this media type.
pub(crate) fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}

/// A JSON object without duplicate keys. Unknown keys are kept and ignored. Bodies have few keys: a list.
pub(crate) struct StrictObject<'a>(Vec<(Key<'a>, Value)>);

/// A key, borrowed from the body unless it was written with escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// More keys than any client sends; beyond it the search for a duplicate would take long.
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

    /// Takes a truth value out, which may be written as a string; false when it is missing or null. None: something else.
    pub(crate) fn take_flag(&mut self, key: &str) -> Option<bool> {
        let Some(at) = self.0.iter().position(|(known, _)| known.0 == key) else { return Some(false) };
        match self.0.swap_remove(at).1 {
            Value::Bool(flag) => Some(flag),
            Value::Null => Some(false),
            Value::String(text) if text == "true" => Some(true),
            Value::String(text) if text == "false" => Some(false),
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
        out.write_str("an object without duplicate keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StrictObject<'de>, A::Error> {
        let mut pairs: Vec<(Key<'de>, Value)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<Key<'de>, Value>()? {
            if pairs.len() == MOST_KEYS || pairs.iter().any(|(known, _)| known.0 == key.0) {
                return Err(A::Error::custom("a duplicate key, or too many keys"));
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
    fn a_duplicate_key_is_refused() {
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
