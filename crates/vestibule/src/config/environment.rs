//! Settings from environment variables: `VESTIBULE_` + section + `_` + key, for every key of the shipped defaults.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use toml::{Table, Value};

use super::layers::{Layers, Source};
use crate::client;
use crate::input_error::InputError;

/// What all of our variables begin with.
const PREFIX: &str = "VESTIBULE_";

/// The variable that sets a key.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}_{key}").to_uppercase()
}

/// Lays the variables over what there is. Gives back the names that belong to no key.
pub(super) fn add(
    layers: &mut Layers,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<String>, InputError> {
    let known: BTreeMap<String, (String, Value)> = layers
        .entries()
        .map(|(section, key, value)| (variable(section, key), (format!("{section}.{key}"), value.clone())))
        .collect();
    let mut unknown = Vec::new();
    for (name, text) in variables.filter(|(name, _)| is_ours(name)) {
        let name = name.to_string_lossy().into_owned();
        match known.get(&name) {
            None => unknown.push(name),
            Some((key, present)) => {
                let value = read(&text, present).map_err(|reason| InputError::at(&name, key, reason))?;
                layers.set(key, value, Source::Variable(name));
            }
        }
    }
    unknown.sort();
    Ok(unknown)
}

/// Whether it has to be a setting: those of the command line as a client are none.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
        && !client::ENVIRONMENT.iter().any(|known| name == *known)
}

/// Refuses names that belong to no key, but for the one that holds the master key.
pub(super) fn refuse_unknown(unknown: &[String], master_key: Option<&str>) -> Result<(), InputError> {
    match unknown.iter().find(|name| Some(name.as_str()) != master_key) {
        None => Ok(()),
        Some(name) => Err(InputError::new(
            name,
            "this environment variable sets nothing; the names are VESTIBULE_ + section + _ + key, \
             see `vestibule config default`",
        )),
    }
}

/// A text as a value of the same type as the present one.
fn read(text: &OsStr, present: &Value) -> Result<Value, String> {
    let text = text.to_str().ok_or("this is no UTF-8")?;
    match present {
        Value::Integer(_) => text.trim().parse().map(Value::Integer).map_err(|error| error.to_string()),
        Value::Boolean(_) => text.trim().parse().map(Value::Boolean).map_err(|error| error.to_string()),
        Value::Array(_) => list(text),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// `a, b`, or a list as TOML writes it.
fn list(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('[') {
        let table: Table =
            toml::from_str(&format!("list = {text}")).map_err(|error| error.message().to_owned())?;
        return table.get("list").cloned().ok_or_else(|| "this is no list".to_owned());
    }
    let elements = text.split(',').map(str::trim).filter(|element| !element.is_empty());
    Ok(Value::Array(elements.map(|element| Value::String(element.to_owned())).collect()))
}
