//! What changed in a thing, field by field, as people read it.

use std::collections::BTreeMap;

use serde_json::Value;
use vestibule_model::{Millis, visible};
use vestibule_serve::forms::Zone;

use crate::parts;

/// Names of points in time, besides those that end in a word that says so.
const TIMES: [&str; 9] =
    ["opened", "last used", "expired", "expires", "created", "used from", "revoked", "since", "until"];

/// A field that changed. None: it was not there, or is not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) field: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// What changed between two JSON objects; what is the same in both is left out.
pub(crate) fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Changed> {
    let (mut before, mut after) = (leaves(before), leaves(after));
    let names: std::collections::BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    let change = |field: String| {
        let (before, after) = (before.remove(&field), after.remove(&field));
        (before != after).then_some(Changed { field, before, after })
    };
    names.into_iter().filter_map(change).collect()
}

/// What a JSON object says: names and values.
pub(crate) fn values(object: Option<&str>) -> Vec<(String, String)> {
    leaves(object).into_iter().collect()
}

/// The values of an object by name, those within objects by the names on the way.
fn leaves(object: Option<&str>) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    if let Some(text) = object {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => collect("", &value, &mut leaves),
            // What is no JSON is shown as it stands.
            Err(_) => drop(leaves.insert(String::new(), visible(text))),
        }
    }
    leaves
}

fn collect(name: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                let field = field.replace('_', " ");
                let name = if name.is_empty() { field } else { format!("{name}, {field}") };
                collect(&name, value, leaves);
            }
        }
        value => drop(leaves.insert(visible(name), moment(name, value).unwrap_or_else(|| told(value)))),
    }
}

/// A point in time, if the name says that it is one.
fn moment(name: &str, value: &Value) -> Option<String> {
    let last = name.rsplit(", ").next()?;
    let is_time = last.ends_with(" at") || last.ends_with(" until") || TIMES.contains(&last);
    let at = value.as_i64().filter(|_| is_time)?;
    Some(parts::time(Millis::from_unix(at), &Zone::of("UTC")))
}

fn told(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => visible(text),
        Value::Array(all) if all.is_empty() => "none".to_owned(),
        Value::Array(all) => all.iter().map(told).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => visible(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(field: &str, before: Option<&str>, after: Option<&str>) -> Changed {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Changed { field: field.to_owned(), before: text(before), after: text(after) }
    }

    #[test]
    fn what_changed_within_an_object_is_told_alone() {
        let before = r#"{"enabled":true,"session_policy":{"idle":5,"limit":{"most":1}}}"#;
        let after = r#"{"enabled":false,"session_policy":{"idle":5,"limit":{"most":2}},"skills":[1,2]}"#;
        let expected = [
            changed("enabled", Some("yes"), Some("no")),
            changed("session policy, limit, most", Some("1"), Some("2")),
            changed("skills", None, Some("1, 2")),
        ];
        assert_eq!(changes(Some(before), Some(after)), expected);
    }

    #[test]
    fn points_in_time_are_told_as_such() {
        let told = values(Some(r#"{"session":{"opened":1700000000000},"locked_at":null,"idle_ms":5}"#));
        let expected =
            [("idle ms", "5"), ("locked at", "nothing"), ("session, opened", "2023-11-14 22:13:20 UTC")];
        assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_hides_is_shown_and_what_is_no_json_stands_as_it_is() {
        assert_eq!(
            values(Some("{\"a\u{202e}\":\"b\u{202e}\"}")),
            [("a\\u{202e}".into(), "b\\u{202e}".into())]
        );
        assert_eq!(values(Some("{")), [(String::new(), "{".to_owned())]);
        assert_eq!(changes(None, None), []);
    }
}
