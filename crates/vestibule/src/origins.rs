//! Under which origins this service is reached, and those of others.

use std::str::FromStr;

use vestibule_model::HostPort;
use vestibule_serve::layers::{AllowedOrigins, InvalidOrigin, is_loopback_name};

use crate::config::{Loaded, Purpose, ServerSettings};
use crate::listeners::{Addresses, from_here};

/// An origin of others: whose pages may call us, or to which somebody may be sent back.
#[derive(Clone, Debug)]
pub(crate) struct Origin(pub(crate) String);

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        AllowedOrigins::new([text]).map(|_| Self(text.to_owned()))
    }
}

impl Origin {
    /// Whether what is sent there travels encrypted, or stays on this machine.
    pub(crate) fn is_private(&self) -> bool {
        self.0.starts_with("https://") || self.0.strip_prefix("http://").is_some_and(is_loopback_name)
    }
}

/// Behind a proxy TLS ends there: https, unless nobody but this machine reaches us, and not by TLS.
pub(crate) fn public_origin(public_address: &str, has_https: bool) -> String {
    let is_loopback = HostPort(public_address.to_owned()).is_loopback();
    let scheme = if has_https || !is_loopback { "https" } else { "http" };
    format!("{scheme}://{public_address}")
}

/// Where somebody who looks at the console reaches what clients ask: without TLS where nobody has said under which name it is
/// reached and this machine answers so.
pub(crate) fn clients_origin(server: &ServerSettings, addresses: Addresses, public_origin: &str) -> String {
    match addresses.http {
        Some(http) if server.public_address.is_none() => format!("http://{}", from_here(http)),
        _ => public_origin.to_owned(),
    }
}

/// Where administrators' browsers reach the console, if somebody has said so, or they are on this machine alone.
pub(crate) fn console_origin(loaded: &Loaded, addresses: Addresses) -> Option<String> {
    let of_this_machine = || format!("{}://{}", addresses.admin_scheme, from_here(addresses.admin));
    match (&loaded.config.admin.public_origin, loaded.purpose) {
        (Some(origin), _) => Some(origin.0.clone()),
        (None, Purpose::Development) => Some(of_this_machine()),
        (None, Purpose::Service) => None,
    }
}
