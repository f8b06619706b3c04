//! Whose request it is: the address that limits and lists are applied to.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderName};
use ipnet::IpNet;

use super::headers::Headers;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The other end of the connection that a request came in on: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The address that the connection came from: the client's, or its last proxy's.
    pub address: SocketAddr,
    /// Whether the connection is encrypted by us.
    pub tls: bool,
}

/// The client's address: an extension of every request. An IPv4-mapped IPv6 address is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// What a trusted proxy said about the client's side: whether that is encrypted. Absent when nobody trusted said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardedTls(pub bool);

/// Whether the client's own connection is encrypted, by us or by a trusted proxy.
pub fn is_encrypted(extensions: &Extensions) -> bool {
    match extensions.get::<ForwardedTls>() {
        Some(ForwardedTls(encrypted)) => *encrypted,
        None => extensions.get::<Peer>().is_some_and(|peer| peer.tls),
    }
}

/// The proxies whose word counts.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks, and nobody else.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this address, in its canonical form, is one of theirs.
    pub(crate) fn include(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The peer, or, behind trusted proxies, the right-most address they report that is not one of theirs. Everything
    /// left of it was written by the client and means nothing; what is no address ends the search.
    pub(super) fn client_address(&self, peer: IpAddr, headers: Headers<'_>) -> ClientAddress {
        let mut client = peer.to_canonical();
        if !self.include(client) {
            return ClientAddress(client);
        }
        let name = FORWARDED_FOR;
        let mut hops = headers.all(&name).rev().flat_map(|line| line.rsplit(is_comma));
        while self.include(client) {
            match hops.next().and_then(parse_hop) {
                Some(hop) => client = hop,
                None => break,
            }
        }
        ClientAddress(client)
    }

    /// What the nearest proxy says about encryption, if it is trusted.
    pub(super) fn forwarded_tls(&self, peer: IpAddr, headers: Headers<'_>) -> Option<ForwardedTls> {
        if !self.include(peer.to_canonical()) {
            return None;
        }
        let nearest = headers.all(&FORWARDED_PROTO).next_back()?;
        let protocol = nearest.rsplit(is_comma).next()?;
        Some(ForwardedTls(protocol.trim_ascii().eq_ignore_ascii_case(b"https")))
    }
}

/// The last address in a value of `X-Forwarded-For`: what the nearest proxy reports. None: that is no address.
pub fn last_hop(value: &[u8]) -> Option<IpAddr> {
    value.rsplit(is_comma).next().and_then(parse_hop)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that `rsplit` asks for")]
fn is_comma(byte: &u8) -> bool {
    *byte == b','
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn parse_hop(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?.trim();
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn client(peer: &str, lines: &[&'static str]) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        let headers = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_static(line))).collect();
        proxies.client_address(peer.parse().unwrap(), Headers::Map(&headers)).0.to_string()
    }

    #[test]
    fn the_peer_is_the_client_when_it_is_no_proxy() {
        assert_eq!(client("192.0.2.9", &["198.51.100.1"]), "192.0.2.9");
    }

    #[test]
    fn the_right_most_untrusted_hop_is_the_client() {
        assert_eq!(client("10.0.0.1", &["203.0.113.66, 198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["203.0.113.66", "198.51.100.1 , 10.0.0.2"]), "198.51.100.1");
    }

    #[test]
    fn when_all_hops_are_proxies_the_left_most_is_the_client() {
        assert_eq!(client("10.0.0.1", &["10.0.0.3,10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn what_is_no_address_ends_the_search_at_the_last_hop_known() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_understood() {
        assert_eq!(client("10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(client("fd00::1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn only_a_trusted_proxy_tells_of_encryption() {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let headers = HeaderMap::from_iter([(FORWARDED_PROTO, HeaderValue::from_static("http, HTTPS"))]);
        let tell = |peer: &str| proxies.forwarded_tls(peer.parse().unwrap(), Headers::Map(&headers));
        assert_eq!(tell("10.0.0.1"), Some(ForwardedTls(true)));
        assert_eq!(tell("192.0.2.9"), None);
    }
}
