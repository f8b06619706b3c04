//! What no single value shows: values that do not go together, or that one command does not allow.

use std::net::SocketAddr;

use super::{Config, Loaded};
use crate::input_error::InputError;

/// The key that is wrong, and why.
type Finding = (&'static str, String);

impl Loaded {
    pub(super) fn checked_for_serving(self) -> Result<Self, InputError> {
        self.checked(|config| transport(config).and_then(|()| certificate(config)))
    }

    pub(super) fn checked_for_development(self) -> Result<Self, InputError> {
        self.checked(loopback_only)
    }

    fn checked(self, further: impl FnOnce(&Config) -> Result<(), Finding>) -> Result<Self, InputError> {
        general(&self.config)
            .and_then(|()| further(&self.config))
            .map_err(|(key, reason)| self.refuse(key, reason))?;
        Ok(self)
    }
}

/// Room for what a connection takes while its body is waited for, generously.
const WHILE_WAITING: usize = 65_536;

fn general(config: &Config) -> Result<(), Finding> {
    config.hashing.params().checked().map_err(|error| ("hashing.memory_kib", error.to_string()))?;
    if config.master_key.file.is_some() && config.master_key.environment.is_some() {
        return finding("master_key.environment", "master_key.file is set as well: choose one");
    }
    if config.login.failures_per_minute > 0 && config.login.failure_burst == 0 {
        return finding("login.failure_burst", "with 0 every login would be refused");
    }
    if config.limits.unread_body_bytes < config.limits.body_bytes.saturating_add(WHILE_WAITING) {
        return finding("limits.unread_body_bytes", "has to be at least 65536 more than limits.body_bytes");
    }
    let needed = [
        ("server.max_connections", config.server.max_connections),
        ("limits.body_bytes", config.limits.body_bytes),
        ("limits.header_bytes", config.limits.header_bytes),
        ("limits.http2_streams", usize::try_from(config.limits.http2_streams).unwrap_or(usize::MAX)),
        ("hashing.queue_length", config.hashing.queue_length),
    ];
    match needed.iter().find(|(_, value)| *value == 0) {
        Some((key, _)) => finding(key, "must be at least 1"),
        None => Ok(()),
    }
}

fn transport(config: &Config) -> Result<(), Finding> {
    if config.server.http.is_none() && config.server.https.is_none() {
        return finding("server.http", "http and https are both off: nobody could log in");
    }
    Ok(())
}

fn certificate(config: &Config) -> Result<(), Finding> {
    let server = &config.server;
    let files = [("server.tls_certificate", &server.tls_certificate), ("server.tls_key", &server.tls_key)];
    for (key, file) in files {
        match (&server.https, file) {
            (Some(_), None) => return finding("server.https", &format!("needs {key}")),
            (None, Some(_)) => return finding(key, "has no effect, because server.https is off"),
            _ => {}
        }
    }
    Ok(())
}

fn loopback_only(config: &Config) -> Result<(), Finding> {
    let addresses = [
        ("server.http", config.server.http),
        ("server.https", config.server.https),
        ("server.admin", Some(config.server.admin.0)),
    ];
    let public = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
    match addresses.iter().find_map(|(key, address)| address.filter(public).map(|address| (*key, address))) {
        None => Ok(()),
        Some((key, address)) => finding(
            key,
            &format!(
                "{address} is not a loopback address: `vestibule dev` has passwords that everybody knows, and \
                 answers this machine only; use `vestibule serve` for others"
            ),
        ),
    }
}

fn finding(key: &'static str, reason: &str) -> Result<(), Finding> {
    Err((key, reason.to_owned()))
}
