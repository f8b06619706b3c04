//! How single values are read.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use serde::de::{Deserialize, Deserializer, Error};

/// A value that is written as text.
#[derive(Clone, Debug)]
pub(crate) struct Parsed<T>(pub(crate) T);

impl<'de, T> Deserialize<'de> for Parsed<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        String::deserialize(value)?.parse().map(Self).map_err(Error::custom)
    }
}

/// A text; the empty one stands for "none".
pub(super) fn optional<'de, D, T>(value: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    let text = String::deserialize(value)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(Error::custom) }
}

/// A time in milliseconds, at least one.
pub(super) fn milliseconds<'de, D: Deserializer<'de>>(value: D) -> Result<Duration, D::Error> {
    match u64::deserialize(value)? {
        0 => Err(Error::custom("a time must be at least 1 ms")),
        milliseconds => Ok(Duration::from_millis(milliseconds)),
    }
}

/// A network, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let network =
            network.map_err(|_| format!("{text:?} is no address and no network such as 10.0.0.0/8"))?;
        Ok(Self(network.trunc()))
    }
}

/// Host, or `host:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort(pub(crate) String);

impl FromStr for HostPort {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let host_is_right = match literal {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(name),
        };
        if host_is_right && port.is_none_or(|port| port.parse::<u16>().is_ok()) {
            Ok(Self(text.to_owned()))
        } else {
            Err("this must be a host or host:port, without a scheme and without a path")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_and_without_a_port_are_read() {
        for text in
            ["example.com", "example.com:8443", "localhost:1", "192.0.2.1:80", "[2001:db8::1]", "[::1]:80"]
        {
            assert_eq!(text.parse(), Ok(HostPort(text.to_owned())));
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_host_is_refused() {
        for text in
            ["", "https://example.com", "example.com/path", "example.com:port", "a b", "[example]", ":80"]
        {
            assert!(text.parse::<HostPort>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_single_address_is_a_network() {
        assert_eq!("192.0.2.1".parse::<Network>().unwrap().0.to_string(), "192.0.2.1/32");
    }
}
