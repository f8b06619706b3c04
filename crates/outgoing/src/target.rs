//! Where a request goes: an address, read once.

use std::fmt::Display;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;
use vestibule_auth::OutgoingError;

/// The longest address, in bytes.
const LONGEST: usize = 4_096;

/// Scheme, host, port and path of an address.
pub(crate) struct Target {
    /// The address without its query, which may hold a secret: for what is told.
    shown: String,
    pub(crate) is_tls: bool,
    /// Without the brackets of IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The header `Host`.
    pub(crate) authority: String,
    pub(crate) path_and_query: String,
}

impl Target {
    pub(crate) fn read(url: &str) -> Result<Self, OutgoingError> {
        let shown = shown(url);
        let refused = |why| OutgoingError::NotAllowed(shown.clone(), why);
        if url.len() > LONGEST {
            return Err(refused("the address is too long"));
        }
        let uri: Uri = url.parse().map_err(|_| refused("this is no address"))?;
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(refused("only addresses of https are")),
        };
        let authority = uri.authority().filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or_else(|| refused("this is no address"))?;
        if authority.as_str().contains('@') {
            return Err(refused("an address with a user name is not"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self {
            is_tls,
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            path_and_query: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            host,
            shown,
        })
    }

    /// The address that the host is, if it is one and no name.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    pub(crate) fn not_allowed(&self, why: &'static str) -> OutgoingError {
        OutgoingError::NotAllowed(self.shown.clone(), why)
    }

    pub(crate) fn no_answer(&self, why: &dyn Display) -> OutgoingError {
        OutgoingError::NoAnswer(self.shown.clone(), why.to_string())
    }

    pub(crate) fn busy(&self) -> OutgoingError {
        OutgoingError::Busy(self.shown.clone())
    }

    pub(crate) fn unreadable(&self, why: &'static str) -> OutgoingError {
        OutgoingError::Unreadable(self.shown.clone(), why)
    }
}

/// An address without its query and without what may stand before the host, and not long.
fn shown(url: &str) -> String {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = bare.split_once("://").unwrap_or(("", bare));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let shown = if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") };
    shown.chars().filter(|character| !character.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(bool, String, u16, String)> {
        let Target { is_tls, host, port, path_and_query, .. } = Target::read(url).ok()?;
        Some((is_tls, host, port, path_and_query))
    }

    #[test]
    fn an_address_is_read() {
        let read_as = |tls, host: &str, port, path: &str| Some((tls, host.to_owned(), port, path.to_owned()));
        assert_eq!(read("https://idp.example"), read_as(true, "idp.example", 443, "/"));
        assert_eq!(read("https://idp.example:8443/a?b=c"), read_as(true, "idp.example", 8443, "/a?b=c"));
        assert_eq!(read("http://[::1]:80/x"), read_as(false, "::1", 80, "/x"));
    }

    #[test]
    fn what_is_no_address_of_https_is_refused() {
        let long = format!("https://a/{}", "a".repeat(5_000));
        for url in [
            "",
            "/path",
            "idp.example",
            "ftp://idp.example/",
            "file:///etc/passwd",
            "https://",
            "https://u:p@idp.example/",
            "https://idp.example@127.0.0.1/",
            "gopher://a/",
            "https:/a",
            "https://a b/",
            "https://a\r\n/",
            &long,
        ] {
            assert_eq!(read(url), None, "{url:?}");
        }
    }

    #[test]
    fn neither_a_query_nor_a_password_is_told() {
        let error = Target::read("https://u:secret@a/p?token=secret").err().unwrap().to_string();
        assert!(!error.contains("secret") && error.contains("https://a/p"), "{error}");
    }
}
