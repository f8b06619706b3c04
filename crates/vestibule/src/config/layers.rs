//! Tables laid over each other, and which layer each value is from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::findings::Findings;
use super::{DEFAULT, ranges};
use crate::input_error::{InputError, of_value};

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
    /// The shipped ones alone.
    defaults: Table,
    /// By dotted key; what is not here is from the shipped defaults.
    sources: BTreeMap<String, Source>,
}

impl Layers {
    /// The shipped defaults.
    pub(super) fn shipped() -> Result<Self, InputError> {
        let values = parse(&Source::Shipped, DEFAULT)?;
        Ok(Self { defaults: values.clone(), values, sources: BTreeMap::new() })
    }

    /// Sections, keys and values as they are now.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.values.iter().flat_map(|(section, keys)| {
            let keys = keys.as_table().into_iter().flatten();
            keys.map(move |(key, value)| (section.as_str(), key.as_str(), value))
        })
    }

    /// Lays a file over what there is. Every key of it must be in the shipped defaults; those that are not are added to
    /// the findings.
    pub(super) fn add_file(&mut self, path: &Path, findings: &mut Findings) -> Result<(), InputError> {
        let source = Source::File(path.to_owned());
        let text = fs::read_to_string(path).map_err(|error| InputError::new(&source, error))?;
        for (section, keys) in parse(&source, &text)? {
            match self.known_keys(&source, &section, keys) {
                Err(error) => findings.add(error),
                Ok(keys) => self.add_keys(&source, &section, keys, findings),
            }
        }
        Ok(())
    }

    fn known_keys(&self, source: &Source, section: &str, keys: Value) -> Result<Table, InputError> {
        if !self.defaults.contains_key(section) {
            let sections = list(self.defaults.keys());
            return Err(InputError::at(source, section, format_args!("unknown key; there are {sections}")));
        }
        let Value::Table(keys) = keys else {
            return Err(InputError::at(source, section, "this is a section: write it as a table"));
        };
        Ok(keys)
    }

    fn add_keys(&mut self, source: &Source, section: &str, keys: Table, findings: &mut Findings) {
        for (key, value) in keys {
            let place = format!("{section}.{key}");
            let known = self.defaults.get(section).and_then(Value::as_table);
            match known.filter(|known| !known.contains_key(&key)) {
                None => self.set(&place, value, source.clone()),
                Some(known) => {
                    let reason = format!("unknown key; [{section}] has {}", list(known.keys()));
                    findings.add(InputError::at(source, place, reason));
                }
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

    /// The values in the form of `T`. One that cannot stand where it does is added to the findings, and the default is
    /// read in its place.
    pub(super) fn read<T: DeserializeOwned>(&self, findings: &mut Findings) -> Result<T, InputError> {
        let mut draft =
            Draft { values: self.values.clone(), defaults: &self.defaults, gone: BTreeMap::new() };
        for (section, key, value) in self.entries() {
            let name = format!("{section}.{key}");
            let default = draft.default(&name).cloned();
            if let Some(Err(reason)) = default.map(|default| ranges::check(&name, value, &default)) {
                findings.add_value(self.source(&name), &name, &name, reason);
                draft.put_aside(&name);
            }
        }
        loop {
            let error = match serde_path_to_error::deserialize(Value::Table(draft.values.clone())) {
                Ok(read) => return Ok(read),
                Err(error) => error,
            };
            let (path, reason) = (error.path().to_string(), of_value(error.inner().message()));
            let key = path.split('[').next().unwrap_or_default();
            let Some(place) = draft.put_aside(&path) else {
                return Err(InputError::at(self.source(&path), &path, reason));
            };
            findings.add_value(self.source(key), key, &place, reason);
        }
    }
}

/// Values while it is found out which of them are wrong.
struct Draft<'a> {
    values: Table,
    defaults: &'a Table,
    /// Of lists, which elements are gone, by their numbers as they were written.
    gone: BTreeMap<String, Vec<usize>>,
}

impl Draft<'_> {
    fn default(&self, key: &str) -> Option<&Value> {
        let (section, name) = key.split_once('.')?;
        self.defaults.get(section)?.get(name)
    }

    /// Removes an element of a list, or puts the default in the place of another value. Answers where it stood; nothing
    /// if that changes nothing.
    fn put_aside(&mut self, path: &str) -> Option<String> {
        let (key, index) = match path.split_once('[') {
            Some((key, rest)) => (key, Some(rest.trim_end_matches(']').parse::<usize>().ok()?)),
            None => (path, None),
        };
        let default = self.default(key).cloned()?;
        let (section, name) = key.split_once('.')?;
        let value = self.values.get_mut(section)?.get_mut(name)?;
        let (Some(index), Value::Array(elements)) = (index, &mut *value) else {
            let before = std::mem::replace(value, default.clone());
            return (before != default).then(|| key.to_owned());
        };
        if index >= elements.len() {
            return None;
        }
        elements.remove(index);
        let gone = self.gone.entry(key.to_owned()).or_default();
        let written = gone.iter().fold(index, |index, gone| if *gone <= index { index + 1 } else { index });
        gone.push(written);
        gone.sort_unstable();
        Some(format!("{key}[{written}]"))
    }
}

fn parse(source: &Source, text: &str) -> Result<Table, InputError> {
    toml::from_str(text).map_err(|error| InputError::toml(source, text, &error))
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}
