//! The names under which a listener may be reached. A page of another site can give its own name this machine's address
//! (DNS rebinding) and is then, for the browser, of the same origin as whatever answers there; the name that it asks for
//! distinguishes it.

use std::net::IpAddr;

use http::header::HOST;

/// Which names count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllowedHosts {
    /// Any: who may connect is the network's to decide.
    #[default]
    Any,
    /// `localhost` and the loopback addresses.
    Loopback,
}

impl AllowedHosts {
    /// Whether the request is for such a name: all places in which it has one are looked at, and it must have one.
    pub(super) fn include<B>(self, request: &http::Request<B>) -> bool {
        if self == Self::Any {
            return true;
        }
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        let headers = request.headers().get_all(HOST).iter().map(|host| host.to_str().unwrap_or_default());
        let mut hosts = authority.into_iter().chain(headers).peekable();
        hosts.peek().is_some() && hosts.all(is_loopback_name)
    }
}

/// Whether it is a name of this machine alone: `localhost`, `127.0.0.1` and its network, `[::1]`; each with or without a port.
pub fn is_loopback_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse().map(IpAddr::V6),
        None => name.parse().map(IpAddr::V4),
    };
    address.map_or_else(|_| name.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_these_names() {
        for host in ["localhost", "LOCALHOST:8081", "127.0.0.1", "127.0.0.2:80", "[::1]", "[::1]:8081"] {
            assert!(is_loopback_name(host), "{host}");
        }
    }

    #[test]
    fn others_are_not_loopbacks() {
        let hosts = [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com:8081",
            "192.0.2.1",
            "::1",
            "[::2]",
            "a@127.0.0.1",
            "localhost:x",
            "127.1",
        ];
        for host in hosts {
            assert!(!is_loopback_name(host), "{host}");
        }
    }

    fn request(uri: &str, hosts: &[&str]) -> http::Request<()> {
        let request = http::Request::builder().uri(uri);
        hosts.iter().fold(request, |request, host| request.header(HOST, *host)).body(()).unwrap()
    }

    #[test]
    fn every_name_of_a_request_must_be_a_loopbacks() {
        let allowed = AllowedHosts::Loopback;
        assert!(allowed.include(&request("/", &["localhost"])));
        assert!(allowed.include(&request("http://localhost/", &[])));
        assert!(!allowed.include(&request("/", &[])));
        assert!(!allowed.include(&request("/", &["localhost", "example.com"])));
        assert!(!allowed.include(&request("http://example.com/", &["localhost"])));
        assert!(AllowedHosts::Any.include(&request("/", &[])));
    }
}
