//! A field of a thing as people read it.

use serde_json::Value;
use vestibule_model::visible;

use crate::moment;

/// What the API gives in milliseconds since 1970.
const TIMES: [&str; 20] = [
    "absolute_end",
    "activated_at",
    "at",
    "changed_at",
    "created",
    "ended_at",
    "expires",
    "expires_at",
    "last_login",
    "last_used",
    "locked_at",
    "password_changed_at",
    "previous_values_until",
    "published_from",
    "retired_at",
    "revoked",
    "since",
    "time",
    "until",
    "used_from",
];

/// The field at a dotted path.
pub(super) fn field<'a>(thing: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(thing, |value, name| value.get(name))
}

/// A title: the path in words.
pub(super) fn title(path: &str) -> String {
    path.replace(['.', '_'], " ")
}

/// A value in words. `path` names its field, which tells whether a number is a time.
pub(super) fn words(path: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Number(number)) => {
            let name = path.rsplit('.').next().unwrap_or_default();
            let time = TIMES.contains(&name).then(|| number.as_i64()).flatten();
            time.map_or_else(|| number.to_string(), moment::show)
        }
        Some(Value::String(text)) if text.starts_with("-----BEGIN ") => {
            text.trim_end().lines().map(visible).collect::<Vec<_>>().join("\n")
        }
        Some(Value::String(text)) => visible(text),
        Some(Value::Array(values)) => {
            let words: Vec<String> = values.iter().map(|value| element(path, value)).collect();
            words.join(", ")
        }
        Some(Value::Object(_)) => value.map(Value::to_string).map(|text| visible(&text)).unwrap_or_default(),
    }
}

/// An element of a list: a named thing by its name.
fn element(path: &str, value: &Value) -> String {
    let named = |value: &Value| {
        let name = value.get("name")?.as_str()?;
        let uri = value.get("base_uri")?;
        Some(match uri.as_str() {
            Some(uri) => format!("{}={}", visible(name), visible(uri)),
            None => visible(name),
        })
    };
    named(value).unwrap_or_else(|| words(path, Some(value)))
}

/// All fields of a thing, with dotted paths, those of `first` before the others.
pub(super) fn all_fields(thing: &Value, first: &[&str]) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    flatten(thing, "", &mut fields);
    let rank = |path: &str| first.iter().position(|known| *known == path).unwrap_or(first.len());
    fields.sort_by_key(|(path, _)| rank(path));
    fields
}

fn flatten(value: &Value, path: &str, fields: &mut Vec<(String, String)>) {
    match value.as_object() {
        Some(object) if !object.is_empty() => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(value, &path, fields);
            }
        }
        _ => fields.push((path.to_owned(), words(path, Some(value)))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_for_people() {
        let thing = json!({
            "on": true, "off": false, "none": null, "id": 1_790_000_000_000_i64, "created": 1_790_000_000_000_i64,
            "list": ["a", 2], "services": [{"name": "s", "base_uri": "h"}, {"name": "t", "base_uri": null}],
        });
        let shown = |path: &str| words(path, field(&thing, path));
        assert_eq!(shown("on"), "yes");
        assert_eq!(shown("off"), "no");
        assert_eq!(shown("none"), "");
        assert_eq!(shown("missing"), "");
        assert_eq!(shown("id"), "1790000000000");
        assert_eq!(shown("created"), "2026-09-21T14:13:20Z");
        assert_eq!(shown("list"), "a, 2");
        assert_eq!(shown("services"), "s=h, t");
    }

    #[test]
    fn a_field_within_a_field_has_a_dotted_path() {
        let thing = json!({ "actor": { "name": "jane", "at": 1_790_000_000_000_i64 } });
        assert_eq!(words("actor.name", field(&thing, "actor.name")), "jane");
        let fields = all_fields(&thing, &["actor.name"]);
        assert_eq!(fields[0], ("actor.name".to_owned(), "jane".to_owned()));
        assert_eq!(fields[1], ("actor.at".to_owned(), "2026-09-21T14:13:20Z".to_owned()));
    }

    #[test]
    fn a_certificate_has_the_lines_that_it_is_copied_with() {
        let pem = "-----BEGIN CERTIFICATE-----\nMII\u{1b}=\n-----END CERTIFICATE-----\n";
        let shown = words("certificate", Some(&json!(pem)));
        assert_eq!(shown, "-----BEGIN CERTIFICATE-----\nMII\\u{1b}=\n-----END CERTIFICATE-----");
    }

    #[test]
    fn a_name_cannot_move_the_cursor_or_turn_the_line_around() {
        let shown = words("name", Some(&json!("a\u{1b}[2J\r\n\u{202e}b\u{9b}")));
        assert!(shown.chars().all(|character| character.is_ascii_graphic()), "{shown}");
    }
}
