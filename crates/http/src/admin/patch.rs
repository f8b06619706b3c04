//! Making and changing: the fields that a request names, laid over those that are there.
//!
//! The representation of a resource is what it takes, so a change is a merge patch (RFC 7396) on what was read, and a creation
//! one on the defaults.

use std::fmt;

use axum::extract::{FromRequest, Request};
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use vestibule_auth::AdministrationError;

use super::AdminState;
use super::problem::AdminError;
use super::request::JsonBody;
use super::wording::without_values;

/// The fields that a request names.
#[derive(Default)]
pub(super) struct Patch(Map<String, Value>);

impl FromRequest<AdminState> for Patch {
    type Rejection = AdminError;

    async fn from_request(request: Request, admin: &AdminState) -> Result<Self, AdminError> {
        JsonBody::<UniqueFields>::from_request(request, admin)
            .await
            .map(|JsonBody(UniqueFields(fields))| Self(fields))
    }
}

/// An object without duplicate fields, also in the objects within.
struct UniqueFields(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = UniqueFields;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<UniqueFields, A::Error> {
                unique_fields(map).map(UniqueFields)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

fn unique_fields<'de, A: MapAccess<'de>>(mut map: A) -> Result<Map<String, Value>, A::Error> {
    let mut fields = Map::new();
    while let Some(name) = map.next_key::<String>()? {
        if fields.contains_key(&name) {
            return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
        }
        let UniqueValue(value) = map.next_value()?;
        fields.insert(name, value);
    }
    Ok(fields)
}

/// A value in which no object has duplicate fields. `7.0` is as whole a number as `7` (JSON Schema, 6.1.1), and some clients
/// write it so.
struct UniqueValue(Value);

impl<'de> Deserialize<'de> for UniqueValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueValueVisitor).map(Self)
    }
}

struct UniqueValueVisitor;

impl<'de> Visitor<'de> for UniqueValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(whole(number).map_or_else(|| number.into(), Value::from))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(UniqueValue(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        unique_fields(map).map(Value::Object)
    }
}

/// The number as an integer, if it has a fraction of nothing. None: it has another, or is too large.
fn whole(number: f64) -> Option<i64> {
    if number.fract() != 0.0 {
        return None;
    }
    format!("{number:.0}").parse().ok()
}

impl Patch {
    /// Takes a field out that only creations have; None: it is not there, or null.
    pub(super) fn take<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, AdministrationError> {
        let Some(value) = self.0.remove(field) else { return Ok(None) };
        serde_json::from_value(value)
            .map_err(|error| AdministrationError::invalid(field, without_values(&error)))
    }

    /// Whether the request names a field.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The same for a field that has to be there.
    pub(super) fn need<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<T, AdministrationError> {
        self.take(field)?.ok_or_else(|| AdministrationError::invalid(field, "this is needed"))
    }

    /// The present fields with those of the request over them. What `T` does not know is refused.
    pub(super) fn over<T: Serialize + DeserializeOwned>(
        &self,
        present: &T,
    ) -> Result<T, AdministrationError> {
        let mut fields = serde_json::to_value(present).unwrap_or_default();
        merge(&mut fields, &self.0);
        serde_path_to_error::deserialize(fields).map_err(|error| {
            let reason = without_values(error.inner());
            AdministrationError::invalid(field(&error.path().to_string(), &reason), reason)
        })
    }
}

/// A null stays as such: for a field that may be absent it says so, for any other it is of the wrong kind. A choice, which is
/// an object of one field, is replaced as a whole: what was chosen before is no part of what is chosen now.
fn merge(present: &mut Value, patch: &Map<String, Value>) {
    let Value::Object(fields) = present else {
        *present = Value::Object(patch.clone());
        return;
    };
    for (name, value) in patch {
        match (fields.get_mut(name), value) {
            (Some(inner @ Value::Object(_)), Value::Object(patch)) if !is_choice(inner) => {
                merge(inner, patch);
            }
            _ => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
}

fn is_choice(present: &Value) -> bool {
    present.as_object().is_some_and(|fields| fields.len() == 1)
}

/// The path of the field; one that is unknown or missing is named by the message only.
fn field(path: &str, reason: &str) -> String {
    let named = reason.starts_with("unknown field") || reason.starts_with("missing field");
    let name = reason.split('`').nth(1).filter(|name| named && !path.ends_with(name)).unwrap_or_default();
    match (path, name) {
        (".", name) => name.to_owned(),
        (path, "") => path.to_owned(),
        (path, name) => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: String,
        host: Option<String>,
        policy: Policy,
        list: Vec<i64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Policy {
        a: u32,
        b: u32,
    }

    fn thing() -> Thing {
        Thing { name: "x".into(), host: Some("h".into()), policy: Policy { a: 1, b: 2 }, list: vec![1] }
    }

    fn over(patch: &Value) -> Result<Thing, String> {
        let patch = Patch(patch.as_object().unwrap().clone());
        patch.over(&thing()).map_err(|error| match error {
            AdministrationError::Invalid { field, .. } => field.into_owned(),
            other => other.to_string(),
        })
    }

    #[test]
    fn what_is_not_named_stays() {
        assert_eq!(over(&json!({})), Ok(thing()));
        let expected = Thing { policy: Policy { a: 7, b: 2 }, ..thing() };
        assert_eq!(over(&json!({ "policy": { "a": 7 } })), Ok(expected));
    }

    #[test]
    fn a_null_takes_away() {
        assert_eq!(over(&json!({ "host": null })), Ok(Thing { host: None, ..thing() }));
    }

    #[test]
    fn a_choice_is_replaced_as_a_whole() {
        let mut present = json!({ "when": { "many": { "limit": 2, "full": "refuse" } } });
        for (patch, expected) in [
            (json!({ "when": { "many": { "limit": 3 } } }), json!({ "many": { "limit": 3 } })),
            (json!({ "when": {} }), json!({})),
        ] {
            merge(&mut present, patch.as_object().unwrap());
            assert_eq!(present["when"], expected);
        }
    }

    #[test]
    fn a_list_is_replaced_as_a_whole() {
        assert_eq!(over(&json!({ "list": [2, 3] })), Ok(Thing { list: vec![2, 3], ..thing() }));
    }

    #[test]
    fn a_field_of_a_creation_that_is_null_is_not_there() {
        let body = json!({ "id": null, "name": 5 });
        let mut patch = Patch(body.as_object().unwrap().clone());
        assert_eq!(patch.take::<i64>("id").unwrap(), None);
        let error = patch.take::<String>("name").unwrap_err().to_string();
        assert_eq!(error, "name: a value of the wrong kind: this has to be a string");
        assert!(patch.need::<i64>("id").is_err());
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let read = |text: &str| {
            serde_json::from_str::<UniqueFields>(text).map(|UniqueFields(fields)| Patch(fields)).unwrap()
        };
        let changed = read(r#"{"policy": {"a": 7.0}, "list": [1e3]}"#).over(&thing()).unwrap();
        assert_eq!((changed.policy.a, changed.list), (7, vec![1_000]));
        assert!(read(r#"{"list": [1.5]}"#).over(&thing()).is_err());
        assert!(read(r#"{"list": [1e300]}"#).over(&thing()).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (json!({ "name": null }), "name"),
            (json!({ "policy": { "a": -1 } }), "policy.a"),
            (json!({ "colour": 1 }), "colour"),
            (json!({ "policy": { "colour": 1 } }), "policy.colour"),
            (json!({ "list": [1, "two"] }), "list[1]"),
            (json!({ "policy": 5 }), "policy"),
        ];
        for (patch, field) in cases {
            assert_eq!(over(&patch), Err(field.to_owned()), "{patch}");
        }
    }
}
