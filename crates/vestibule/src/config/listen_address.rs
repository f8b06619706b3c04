//! Where a listener listens, as it is written.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address and a port. `localhost` is 127.0.0.1; other names are not looked up, because one name may be many addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress(pub(crate) SocketAddr);

/// What is no such thing, as it was written.
#[derive(Debug, thiserror::Error)]
#[error(
    "\"{0}\" is no address with a port: write one such as \"127.0.0.1:8080\", \"0.0.0.0:8080\" for all addresses, or \"[::1]:8080\""
)]
pub(crate) struct NoAddress(String);

impl FromStr for ListenAddress {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let refused = || NoAddress(text.to_owned());
        match text.split_once(':') {
            Some((host, port)) if host.eq_ignore_ascii_case("localhost") => {
                let port: u16 = port.parse().map_err(|_| refused())?;
                Ok(Self((Ipv4Addr::LOCALHOST, port).into()))
            }
            _ => text.parse().map(Self).map_err(|_| refused()),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<ListenAddress>().map(|address| address.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn localhost_is_this_machine() {
        assert_eq!(read("localhost:8080").unwrap(), "127.0.0.1:8080");
        assert_eq!(read("LocalHost:0").unwrap(), "127.0.0.1:0");
    }

    #[test]
    fn addresses_of_both_versions_are_read() {
        assert_eq!(read("0.0.0.0:80").unwrap(), "0.0.0.0:80");
        assert_eq!(read("[::1]:80").unwrap(), "[::1]:80");
    }

    #[test]
    fn what_is_none_is_refused_with_what_to_write() {
        for text in [
            "nonsense",
            "8080",
            ":8080",
            "127.0.0.1",
            "localhost",
            "localhost:http",
            "example.com:80",
            "::1:80:",
        ] {
            assert!(read(text).unwrap_err().contains("such as \"127.0.0.1:8080\""), "{text}");
        }
    }
}
