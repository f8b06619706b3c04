//! What changes, for people: each field with the value that it had and the one that it gets. Of secrets, as in the audit, only
//! that they are others.

use serde_json::{Map, Value};
use vestibule_model::Audited;
use vestibule_store::AccountRows;

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 80;

/// A thing with the account that it is in, where names are found for ids.
pub(super) type Within<'a, T> = (&'a T, &'a AccountRows);

/// `enabled true -> false, nickname "Al" -> "A"`
pub(super) fn changes<T: Audited>(before: Within<'_, T>, after: Within<'_, T>) -> String {
    let mut shown = secrets(before, after);
    // That a password is another since now, is said by its being another.
    let another_password = !shown.is_empty();
    let (was, is) = (named(before), named(after));
    for (field, is) in &is {
        let was = was.get(field).unwrap_or(&Value::Null);
        if was != is && !(another_password && field == "password_changed") {
            differences(field, was, is, &mut shown);
        }
    }
    shown.join(", ")
}

/// The same of something that is of no account.
pub(super) fn of_installation<T: Audited>(before: &T, after: &T) -> String {
    let (was, is, mut shown) = (before.audited_fields(), after.audited_fields(), Vec::new());
    for (field, is) in &is {
        let was = was.get(field).unwrap_or(&Value::Null);
        if was != is {
            differences(field, was, is, &mut shown);
        }
    }
    shown.join(", ")
}

/// Secrets that are others, that somebody has for the first time, or has no more; the last only where no field says it.
fn secrets<T: Audited>(before: Within<'_, T>, after: Within<'_, T>) -> Vec<String> {
    let (known, kept) = (before.0.audited_secrets(), after.0.audited_secrets());
    let fields = named(before);
    let word = |(name, secret): (&str, &[u8])| match known.iter().find(|(known, _)| *known == name) {
        Some((_, known)) if *known == secret => None,
        Some(_) => Some(format!("{name} (another)")),
        None => Some(format!("{name} (set)")),
    };
    let is_gone = |name: &str| !kept.iter().any(|(other, _)| *other == name) && !fields.contains_key(name);
    let gone = known.iter().filter(|(name, _)| is_gone(name)).map(|(name, _)| format!("{name} (removed)"));
    kept.iter().copied().filter_map(word).chain(gone).collect()
}

/// The fields by the names that they have in a file, with names in the place of ids and times for people.
fn named<T: Audited>((thing, rows): Within<'_, T>) -> Map<String, Value> {
    let fields = thing.audited_fields().into_iter();
    fields.map(|(field, value)| (key_of(&field).to_owned(), readable(&field, value, rows))).collect()
}

fn key_of(field: &str) -> &str {
    match field {
        "member_of" => "group",
        "locked_at" => "locked",
        "password_changed_at" => "password_changed",
        "recovery_codes" => "second_factor",
        other => other,
    }
}

fn readable(field: &str, value: Value, rows: &AccountRows) -> Value {
    let name = |id: &Value| {
        let id = id.as_i64()?;
        match field {
            "profiles" => rows.profiles.iter().find(|known| known.id == id).map(|known| known.name.clone()),
            "skills" => rows.skills.iter().find(|known| known.id == id).map(|known| known.name.clone()),
            "member_of" | "manager_of" | "parent" => {
                rows.groups.iter().find(|known| known.id == id).map(|known| known.name.clone())
            }
            "recovery_codes" => Some(format!("with {id} recovery codes")),
            "locked_at" | "password_changed_at" | "previous_values_until" => {
                jiff::Timestamp::from_millisecond(id).ok().map(|time| time.to_string())
            }
            _ => None,
        }
    };
    match value {
        Value::Array(items) => items.into_iter().map(|item| name(&item).map_or(item, Value::from)).collect(),
        single => name(&single).map_or(single, Value::from),
    }
}

/// Goes into objects, as policies are, and tells what in them differs.
fn differences(field: &str, was: &Value, is: &Value, shown: &mut Vec<String>) {
    let (Value::Object(before), Value::Object(after)) = (was, is) else {
        let (before, after) = (short(was), short(is));
        shown.push(match (was, is) {
            (Value::Array(was), Value::Array(is)) if before == after => entries(field, was, is),
            _ if before == after => format!("{field} (another)"),
            _ => format!("{field} {before} -> {after}"),
        });
        return;
    };
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    for key in after.keys().chain(gone) {
        let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
        let (was, is) = (of(before), of(after));
        if was != is {
            differences(&format!("{field}.{key}"), &was, &is, shown);
        }
    }
}

/// Lists that are too long to be shown whole, by what is in one of them only.
fn entries(field: &str, was: &[Value], is: &[Value]) -> String {
    let only = |these: &[Value], those: &[Value]| -> Value {
        these.iter().filter(|entry| !those.contains(entry)).cloned().collect()
    };
    format!("{field} without {}, with {}", short(&only(was, is)), short(&only(is, was)))
}

fn short(value: &Value) -> String {
    let mut text = if value.is_null() { "none".to_owned() } else { value.to_string() };
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}
