//! How one of several, and lists, stand in fields: as the API writes them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vestibule_auth::AdministrationError;

use super::field::Choice;
use super::values::Values;

/// One of several, as forms and the API write it.
pub(crate) fn word(one: impl Serialize) -> String {
    match serde_json::to_value(one) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The one that is written so.
pub(crate) fn read<T: DeserializeOwned>(name: &'static str, word: &str) -> Result<T, AdministrationError> {
    let found = serde_json::from_value(Value::String(word.to_owned()));
    found.map_err(|_| AdministrationError::invalid(name, "there is no such choice"))
}

/// Those that are chosen of several.
pub(crate) fn read_all<T: DeserializeOwned>(
    name: &'static str,
    values: &Values,
) -> Result<Vec<T>, AdministrationError> {
    values.chosen::<String>(name)?.iter().map(|word| read(name, word)).collect()
}

/// Choices of these, each by its words.
pub(crate) fn choices<T: Serialize + Copy>(offered: &[T], words: impl Fn(T) -> &'static str) -> Vec<Choice> {
    offered.iter().map(|one| Choice::new(word(one), words(*one))).collect()
}

/// Lines of a field, without those that are empty.
pub(crate) fn lines(values: &Values, name: &str) -> Vec<String> {
    let lines = values.get(name).lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The same as a field holds them.
pub(crate) fn written(lines: impl IntoIterator<Item = impl ToString>) -> String {
    lines.into_iter().map(|line| line.to_string()).collect::<Vec<_>>().join("\n")
}
