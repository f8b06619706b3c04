//! Tables laid over each other, and which layer each value is from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::DEFAULT;
use crate::input_error::InputError;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// `config.default.toml`.
    Shipped,
    /// What `dev` does differently.
    Development,
    /// A file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// An argument.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped => out.write_str("config.default.toml"),
            Self::Development => out.write_str("vestibule dev"),
            Self::File(path) => path.display().fmt(out),
            Self::Variable(name) => out.write_str(name),
            Self::Flag(flag) => out.write_str(flag),
        }
    }
}

/// The values as the layers so far make them.
#[derive(Debug)]
pub(super) struct Layers {
    values: Table,
    /// By dotted key; what is not here is from the shipped defaults.
    sources: BTreeMap<String, Source>,
}

impl Layers {
    /// The shipped defaults.
    pub(super) fn shipped() -> Result<Self, InputError> {
        let values = parse(&Source::Shipped, DEFAULT)?;
        Ok(Self { values, sources: BTreeMap::new() })
    }

    /// Sections, keys and values as they are now.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.values.iter().flat_map(|(section, keys)| {
            let keys = keys.as_table().into_iter().flatten();
            keys.map(move |(key, value)| (section.as_str(), key.as_str(), value))
        })
    }

    /// Lays a file over what there is. Every key of it must be in the shipped defaults.
    pub(super) fn add_file(&mut self, path: &Path) -> Result<(), InputError> {
        let source = Source::File(path.to_owned());
        let text = fs::read_to_string(path).map_err(|error| InputError::new(&source, error))?;
        for (section, keys) in parse(&source, &text)? {
            self.check_section(&source, &section, &keys)?;
            for (key, value) in keys.as_table().cloned().unwrap_or_default() {
                self.set(&format!("{section}.{key}"), value, source.clone());
            }
        }
        Ok(())
    }

    fn check_section(&self, source: &Source, section: &str, keys: &Value) -> Result<(), InputError> {
        let Some(known) = self.values.get(section).and_then(Value::as_table) else {
            let sections = list(self.values.keys());
            return Err(InputError::at(source, section, format_args!("unknown key; there are {sections}")));
        };
        let Some(keys) = keys.as_table() else {
            return Err(InputError::at(source, section, "this is a section: write it as a table"));
        };
        match keys.keys().find(|key| !known.contains_key(*key)) {
            None => Ok(()),
            Some(key) => {
                let reason = format!("unknown key; [{section}] has {}", list(known.keys()));
                Err(InputError::at(source, format_args!("{section}.{key}"), reason))
            }
        }
    }

    /// Sets one value, by the dotted key of a known setting.
    pub(super) fn set(&mut self, key: &str, value: Value, source: Source) {
        let Some((section, name)) = key.split_once('.') else { return };
        if let Some(keys) = self.values.get_mut(section).and_then(Value::as_table_mut) {
            keys.insert(name.to_owned(), value);
            self.sources.insert(key.to_owned(), source);
        }
    }

    /// Which layer a value is from. Knows elements of lists by their list.
    pub(super) fn source(&self, key: &str) -> Source {
        let setting = key.split('[').next().unwrap_or(key);
        self.sources.get(setting).cloned().unwrap_or(Source::Shipped)
    }

    /// The values in the form of `T`.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, InputError> {
        serde_path_to_error::deserialize(Value::Table(self.values.clone())).map_err(|error| {
            let key = error.path().to_string();
            InputError::at(self.source(&key), &key, error.inner().message())
        })
    }
}

fn parse(source: &Source, text: &str) -> Result<Table, InputError> {
    toml::from_str(text).map_err(|error| InputError::toml(source, text, &error))
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}
