//! What changed in a thing, field by field, as people read it.

use std::collections::{BTreeMap, BTreeSet};

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
    let (before, after) = (leaves(before), leaves(after));
    let paths: BTreeSet<&Path> = before.keys().chain(after.keys()).collect();
    paths.into_iter().filter_map(|path| changed(path, before.get(path), after.get(path))).collect()
}

fn changed(path: &[String], before: Option<&Value>, after: Option<&Value>) -> Option<Changed> {
    if before == after {
        return None;
    }
    let field = name(path);
    let mut words = [before, after].map(|value| value.map(|value| leaf(&field, value)));
    if words[0] == words[1] {
        // What reads the same stands as it is written, that it can be told apart.
        words = [before, after].map(|value| value.map(|value| visible(&value.to_string())));
    }
    let [before, after] = words;
    Some(Changed { field, before, after })
}

/// Which fields of two JSON objects are different, by their names there, whatever is within them.
pub(crate) fn changed_fields(before: Option<&str>, after: Option<&str>) -> Vec<String> {
    let (before, after) = (leaves(before), leaves(after));
    let is_different = |path: &&Path| before.get(*path) != after.get(*path);
    let different: BTreeSet<&[String]> = before
        .keys()
        .chain(after.keys())
        .filter(is_different)
        .map(|path| &path[..path.len().min(1)])
        .collect();
    different.into_iter().map(name).collect()
}

/// What a JSON object says: names and values.
pub(crate) fn values(object: Option<&str>) -> Vec<(String, String)> {
    let told = |(path, value): (&Path, &Value)| {
        let name = name(path);
        let words = leaf(&name, value);
        (name, words)
    };
    leaves(object).iter().map(told).collect()
}

/// The names on the way to a value, as they are written.
type Path = Vec<String>;

/// The values of an object by where they are.
fn leaves(object: Option<&str>) -> BTreeMap<Path, Value> {
    let mut leaves = BTreeMap::new();
    if let Some(text) = object {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => collect(Vec::new(), value, &mut leaves),
            // What is no JSON is shown as it stands.
            Err(_) => drop(leaves.insert(Vec::new(), Value::String(text.to_owned()))),
        }
    }
    leaves
}

fn collect(path: Path, value: Value, leaves: &mut BTreeMap<Path, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                let mut path = path.clone();
                path.push(field);
                collect(path, value, leaves);
            }
        }
        value => drop(leaves.insert(path, value)),
    }
}

/// A path as people read it.
fn name(path: &[String]) -> String {
    visible(&path.join(", ").replace('_', " "))
}

fn leaf(name: &str, value: &Value) -> String {
    moment(name, value).unwrap_or_else(|| told(value))
}

/// A point in time, if the name says that it is one.
fn moment(name: &str, value: &Value) -> Option<String> {
    let last = name.rsplit(", ").next()?;
    let is_time = last.ends_with(" at") || last.ends_with(" until") || TIMES.contains(&last);
    let at = value.as_i64().filter(|_| is_time)?;
    Some(parts::time(Millis::from_unix(at), &Zone::of("UTC")))
}

const NULL: &str = "nothing";
const TRUE: &str = "yes";
const FALSE: &str = "no";
const EMPTY: &str = "none";

/// Between the values of an array.
const BETWEEN: &str = ", ";

fn told(value: &Value) -> String {
    match value {
        Value::Null => NULL.to_owned(),
        Value::Bool(true) => TRUE.to_owned(),
        Value::Bool(false) => FALSE.to_owned(),
        Value::String(text)
            if [NULL, TRUE, FALSE, EMPTY].contains(&text.as_str()) || text.starts_with('"') =>
        {
            quoted(value)
        }
        Value::String(text) => visible(text),
        Value::Array(all) if all.is_empty() => EMPTY.to_owned(),
        Value::Array(all) => all.iter().map(told_within).collect::<Vec<_>>().join(BETWEEN),
        Value::Number(_) | Value::Object(_) => visible(&value.to_string()),
    }
}

/// A value of an array.
fn told_within(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains(BETWEEN) => quoted(value),
        value => told(value),
    }
}

/// A text that would read like something else.
fn quoted(text: &Value) -> String {
    visible(&text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(field: &str, before: Option<&str>, after: Option<&str>) -> Changed {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Changed { field: field.to_owned(), before: text(before), after: text(after) }
    }

    #[test]
    fn what_changed_within_an_object_is_told_alone() {
        let before = r#"{"enabled":true,"session_policy":{"idle":5,"limit":{"most":1}}}"#;
        let after = r#"{"enabled":false,"session_policy":{"idle":5,"limit":{"most":2}},"skills":[1,2]}"#;
        let expected = [
            change("enabled", Some("yes"), Some("no")),
            change("session policy, limit, most", Some("1"), Some("2")),
            change("skills", None, Some("1, 2")),
        ];
        assert_eq!(changes(Some(before), Some(after)), expected);
    }

    #[test]
    fn a_field_is_named_once_whatever_changed_within_it() {
        let before = r#"{"enabled":true,"name":"a","session_policy":{"idle":5,"most":1}}"#;
        let after = r#"{"enabled":false,"name":"a","session_policy":{"idle":6,"most":2}}"#;
        assert_eq!(changed_fields(Some(before), Some(after)), ["enabled", "session policy"]);
    }

    #[test]
    fn what_reads_alike_and_differs_is_told_apart() {
        let told = |before: &str, after: &str| {
            let [before, after] = [before, after].map(|value| format!(r#"{{"field":{value}}}"#));
            let changes = changes(Some(&before), Some(&after));
            changes.into_iter().map(|it| (it.before.unwrap(), it.after.unwrap())).collect::<Vec<_>>()
        };
        let pairs = [
            ("null", r#""nothing""#, "nothing", r#""nothing""#),
            ("true", r#""yes""#, "yes", r#""yes""#),
            ("[]", r#""none""#, "none", r#""none""#),
            (r#"["a, b"]"#, r#"["a","b"]"#, r#""a, b""#, "a, b"),
            (r#""yes""#, r#""\"yes\"""#, r#""yes""#, r#""\"yes\"""#),
            ("5", r#""5""#, "5", r#""5""#),
            (r#""a""#, r#"["a"]"#, r#""a""#, r#"["a"]"#),
        ];
        for (before, after, is_before, is_after) in pairs {
            assert_eq!(told(before, after), [(is_before.to_owned(), is_after.to_owned())]);
        }
    }

    #[test]
    fn names_that_read_alike_are_of_different_fields() {
        let changes = changes(Some(r#"{"a_b":1,"a b":2}"#), Some(r#"{"a_b":2,"a b":1}"#));
        assert_eq!(changes, [change("a b", Some("2"), Some("1")), change("a b", Some("1"), Some("2"))]);
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
