//! Where a service is reached.

use std::str::FromStr;

/// Host, or `host:port`; no scheme, no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort(pub String);

impl HostPort {
    /// Whether only the machine itself reaches it: `localhost`, or an address of its own network.
    pub fn is_loopback(&self) -> bool {
        let host = match self.0.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => &self.0,
        };
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || literal.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

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
    fn only_the_machine_itself_reaches_its_loopback_addresses() {
        for (text, is_loopback) in [
            ("localhost", true),
            ("LocalHost:8080", true),
            ("127.0.0.9:80", true),
            ("[::1]:80", true),
            ("[::1]", true),
            ("localhost.example.com", false),
            ("192.0.2.1:80", false),
            ("[2001:db8::1]", false),
        ] {
            assert_eq!(HostPort(text.to_owned()).is_loopback(), is_loopback, "{text}");
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
}
