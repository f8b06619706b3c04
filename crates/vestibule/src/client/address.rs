//! Where a service is: a URL that a secret may be sent to.

use std::net::IpAddr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Whether secrets may travel unencrypted to another machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Plaintext {
    /// Only to this machine.
    #[default]
    Refused,
    /// To wherever the URL says.
    Allowed,
}

impl Plaintext {
    /// As the flag says.
    pub(crate) const fn of_flag(given: bool) -> Self {
        if given { Self::Allowed } else { Self::Refused }
    }
}

/// The URL of an administration listener, without `/admin/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(Url);

impl Address {
    /// Reads a URL; the error says what is wrong, without the URL, which may hold a password.
    pub(crate) fn read(text: &str, plaintext: Plaintext) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("this is no URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("this is no URL of http:// or https://".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL holds no name and no password here".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("a URL has no ? and no # here".to_owned());
        }
        if url.scheme() == "http" && plaintext == Plaintext::Refused && !is_this_machine(&url) {
            return Err("http:// would send secrets unencrypted to another machine: use https://, \
                        or say --plaintext where the network between is yours"
                .to_owned());
        }
        Ok(Self(url))
    }

    /// The URL of something below it.
    pub(crate) fn join<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The URL itself.
    pub(super) const fn url(&self) -> &Url {
        &self.0
    }

    /// As it is written into a file: without a slash at the end.
    pub(crate) fn text(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// A name for it, where nobody has given one: host and port.
    pub(crate) fn name(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Address, String> {
        Address::read(text, Plaintext::Refused)
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        for text in
            ["http://127.0.0.1:8081", "http://localhost:8081", "http://[::1]:8081/", "http://127.9.9.9"]
        {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_has_to_be_allowed() {
        for text in ["http://10.0.0.1:8081", "http://vestibule", "http://localhost.example.com"] {
            assert!(read(text).unwrap_err().contains("--plaintext"), "{text}");
            assert!(Address::read(text, Plaintext::Allowed).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_service_is_refused() {
        for text in ["", "127.0.0.1:8081", "ftp://localhost", "http://", "https://a/?b", "https://a/#b"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_shown() {
        let refusal = read("https://admin:hunter2@example.com").unwrap_err();
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }

    #[test]
    fn a_path_before_the_service_is_kept() {
        let address = read("https://example.com/vestibule/").unwrap();
        assert_eq!(address.join(["admin", "v1"]).as_str(), "https://example.com/vestibule/admin/v1");
        assert_eq!(address.text(), "https://example.com/vestibule");
    }

    #[test]
    fn a_segment_stays_one_segment() {
        let address = read("https://example.com").unwrap();
        assert_eq!(address.join(["a/b?c"]).as_str(), "https://example.com/a%2Fb%3Fc");
    }

    #[test]
    fn it_is_named_by_host_and_port() {
        assert_eq!(read("http://127.0.0.1:8081").unwrap().name(), "127.0.0.1:8081");
        assert_eq!(read("https://example.com").unwrap().name(), "example.com");
    }
}
