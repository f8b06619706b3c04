//! Configuration: the shipped defaults, over them a file, over that the environment, over that the command line.
//!
//! Owns what settings there are and where each value came from. The defaults are `config.default.toml` and nothing
//! else: no setting has a default in code. Whatever is refused is refused with its place, its key and the reason.

mod check;
mod environment;
mod files;
mod findings;
mod layers;
mod listen_address;
mod log_levels;
mod ranges;
mod reference;
mod settings;
mod values;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::Value;

pub(crate) use listen_address::ListenAddress;
pub(crate) use reference::reference;
pub(crate) use settings::{
    Config, HashingSettings, LogFormat, LogSettings, MasterKeySettings, PagesListener, ServerSettings,
};

use crate::input_error::InputError;
use findings::Findings;
use layers::{Layers, Source};

/// Every key with its default and its meaning.
pub(crate) const DEFAULT: &str = include_str!("../../config.default.toml");

/// A configuration, and where its values came from.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    pub(crate) purpose: Purpose,
    layers: Layers,
}

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Others.
    Service,
    /// A developer, on this machine: `vestibule dev`.
    Development,
}

/// What the command line says about settings.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    values: Vec<(&'static str, &'static str, Value)>,
}

impl Flags {
    /// `flag` sets `key`, if it was given.
    #[must_use]
    pub(crate) fn path(mut self, flag: &'static str, key: &'static str, value: Option<&PathBuf>) -> Self {
        let text = value.map(|path| Value::String(path.to_string_lossy().into_owned()));
        self.values.extend(text.map(|value| (flag, key, value)));
        self
    }

    /// `flag` sets `key`, if it was given.
    #[must_use]
    pub(crate) fn address(
        mut self,
        flag: &'static str,
        key: &'static str,
        value: Option<ListenAddress>,
    ) -> Self {
        self.values.extend(value.map(|address| (flag, key, Value::String(address.to_string()))));
        self
    }
}

/// The configuration of `serve`, and of `apply` beside it.
pub(crate) fn load(file: Option<&Path>, flags: Flags) -> Result<Loaded, InputError> {
    let (mut layers, mut findings) = (Layers::shipped()?, Findings::default());
    if let Some(file) = file {
        layers.add_file(file, &mut findings)?;
    }
    finish((layers, findings), std::env::vars_os(), flags, Purpose::Service)
}

/// The configuration of `dev`: other addresses and another data directory, and only for this machine.
pub(crate) fn load_for_development(flags: Flags) -> Result<Loaded, InputError> {
    let mut layers = Layers::shipped()?;
    let different = [
        ("server.https", "127.0.0.1:8443"),
        ("server.data_dir", "data"),
        ("gateways.grpc", "127.0.0.1:8082"),
    ];
    for (key, value) in different {
        layers.set(key, Value::String(value.to_owned()), Source::Development);
    }
    finish((layers, Findings::default()), std::env::vars_os(), flags, Purpose::Development)
}

fn finish(
    (mut layers, mut findings): (Layers, Findings),
    variables: impl Iterator<Item = (OsString, OsString)>,
    flags: Flags,
    purpose: Purpose,
) -> Result<Loaded, InputError> {
    let unknown = environment::add(&mut layers, variables, &mut findings);
    for (flag, key, value) in flags.values {
        layers.set(key, value, Source::Flag(flag));
    }
    let config: Config = layers.read(&mut findings)?;
    environment::refuse_unknown(&unknown, config.master_key.environment.as_deref(), &mut findings);
    for conflict in check::conflicts(&config, purpose) {
        findings.add_conflict(&conflict, |key| layers.source(key));
    }
    findings.into_result()?;
    Ok(Loaded { config, purpose, layers })
}

impl Loaded {
    /// An error about a value that can only be judged when it is used, such as a file that it names.
    pub(crate) fn refuse(&self, key: &str, reason: impl std::fmt::Display) -> InputError {
        InputError::at(self.layers.source(key), key, reason)
    }
}

#[cfg(test)]
mod tests;
