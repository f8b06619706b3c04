//! What the elements of a file are called on the way to a key that cannot be read.

use serde_path_to_error::Segment;
use toml::{Table, Value};
use vestibule_model::visible;

/// ` (account 12345678, user jane)`: what the elements on a path are called, as far as the file says; nothing if it says nothing.
pub(super) fn names_along(text: &str, path: &serde_path_to_error::Path) -> String {
    let Ok(document) = text.parse::<Table>() else { return String::new() };
    let document = Value::Table(document);
    let (mut at, mut kind, mut names) = (Some(&document), "", Vec::new());
    for segment in path {
        match segment {
            Segment::Map { key } => {
                kind = key;
                at = at.and_then(|value| value.get(key));
            }
            Segment::Seq { index } => {
                at = at.and_then(|value| value.get(*index));
                names.extend(at.and_then(name).map(|name| format!("{kind} {name}")));
            }
            _ => at = None,
        }
    }
    if names.is_empty() { String::new() } else { visible(&format!(" ({})", names.join(", "))) }
}

/// By what messages call an element.
fn name(element: &Value) -> Option<String> {
    ["login_name", "name", "id"].into_iter().find_map(|key| match element.get(key)? {
        Value::String(name) => Some(name.clone()),
        Value::Integer(id) => Some(id.to_string()),
        _ => None,
    })
}
