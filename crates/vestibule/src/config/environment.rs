//! Settings from environment variables: `VESTIBULE_` + section + `_` + key, for every key of the shipped defaults.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use toml::{Table, Value};

use super::findings::Findings;
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
    findings: &mut Findings,
) -> Vec<String> {
    let known: BTreeMap<String, (String, Value)> = layers
        .entries()
        .map(|(section, key, value)| (variable(section, key), (format!("{section}.{key}"), value.clone())))
        .collect();
    let mut unknown = Vec::new();
    for (name, text) in variables.filter(|(name, _)| is_ours(name)) {
        let name = name.to_string_lossy().into_owned();
        match known.get(&name) {
            None => unknown.push(name),
            Some((key, present)) => match read(&text, present) {
                Ok(value) => layers.set(key, value, Source::Variable(name)),
                Err(reason) => findings.add_value(name, key, key, reason),
            },
        }
    }
    unknown.sort();
    unknown
}

/// Whether it has to be a setting: those of the command line as a client are none.
fn is_ours(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
        && !client::ENVIRONMENT.iter().any(|known| name == *known)
}

/// Refuses names that belong to no key, but for the one that holds the master key.
pub(super) fn refuse_unknown(unknown: &[String], master_key: Option<&str>, findings: &mut Findings) {
    for name in unknown.iter().filter(|name| Some(name.as_str()) != master_key) {
        findings.add(InputError::new(
            name,
            "this environment variable sets nothing; the names are VESTIBULE_ + section + _ + key, \
             see `vestibule config default`",
        ));
    }
}

/// A text as a value of the same type as the present one, where it can be read as one.
fn read(text: &OsStr, present: &Value) -> Result<Value, String> {
    let text = text.to_str().ok_or("this is no UTF-8")?;
    let written = || Value::String(text.to_owned());
    match present {
        Value::Integer(_) => Ok(text.trim().parse().map_or_else(|_| written(), Value::Integer)),
        Value::Boolean(_) => Ok(text.trim().parse().map_or_else(|_| written(), Value::Boolean)),
        Value::Array(_) => list(text),
        _ => Ok(written()),
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
