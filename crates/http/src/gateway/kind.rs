//! The kinds of gateways: the paths at which each asks, and where each says what its request is.
//!
//! A client can send every header that a gateway sends, and many gateways pass it on. So what is believed is a matter of the kind,
//! which the gateway's own configuration names in the path, and never of which headers are there: each kind has one place for each
//! thing, and whatever stands elsewhere is the client's.

use std::net::IpAddr;

use axum::http::HeaderName;
use axum::http::header::HOST;
use vestibule_serve::layers::{Headers, RequestHead, last_hop};

use crate::credentials::visible;

/// What every path at which gateways of a kind ask begins with.
pub(crate) const BEGINNING: &str = "/gateway/check/";

/// A kind of gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `auth_request` of nginx.
    Nginx,
    /// `HAProxy`, by a script.
    Haproxy,
    /// `forward_auth` of Caddy.
    Caddy,
    /// `ForwardAuth` of Traefik.
    Traefik,
    /// `ext_authz` of Envoy over HTTP, which appends the target to the path and keeps the method.
    Envoy,
}

/// Where a kind says what its request is; none where the check itself has it. Signatures alone go by method, host and scheme, and
/// all checks ask for them: a configuration that leaves one out is found by its first check.
struct Places {
    method: Option<HeaderName>,
    /// None: the target stands behind the path.
    target: Option<HeaderName>,
    host: Option<HeaderName>,
    scheme: HeaderName,
    /// Has the address where it is there, which is not always.
    external_address: Option<HeaderName>,
    /// The addresses that the request went through, the last of which the gateway has seen itself.
    addresses: HeaderName,
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Our configuration sets all of them.
static OURS: Places = Places {
    method: Some(HeaderName::from_static("x-original-method")),
    target: Some(HeaderName::from_static("x-original-uri")),
    host: Some(FORWARDED_HOST),
    scheme: FORWARDED_PROTO,
    external_address: None,
    addresses: FORWARDED_FOR,
};

/// Caddy and Traefik set all of them by themselves.
static FORWARDED: Places = Places {
    method: Some(HeaderName::from_static("x-forwarded-method")),
    target: Some(HeaderName::from_static("x-forwarded-uri")),
    host: Some(FORWARDED_HOST),
    scheme: FORWARDED_PROTO,
    external_address: None,
    addresses: FORWARDED_FOR,
};

/// Envoy asks by the request's own method and for its host, and sends those of its headers that our configuration lets through.
static ENVOY: Places = Places {
    method: None,
    target: None,
    host: None,
    scheme: FORWARDED_PROTO,
    external_address: Some(HeaderName::from_static("x-envoy-external-address")),
    addresses: FORWARDED_FOR,
};

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "nginx" => Self::Nginx,
            "haproxy" => Self::Haproxy,
            "caddy" => Self::Caddy,
            "traefik" => Self::Traefik,
            "envoy" => Self::Envoy,
            _ => return None,
        })
    }

    fn places(self) -> &'static Places {
        match self {
            Self::Nginx | Self::Haproxy => &OURS,
            Self::Caddy | Self::Traefik => &FORWARDED,
            Self::Envoy => &ENVOY,
        }
    }
}

/// A path at which gateways of a kind ask: `/gateway/check/{kind}/rule/{rule}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KindPath<'a> {
    kind: Kind,
    /// The name of the rule. Its segment has to be there, so that a target behind it never names one.
    pub(super) rule: &'a str,
    /// What stands behind it: of Envoy the target, of others a query that means nothing.
    behind: &'a str,
}

/// What a gateway says of the request that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reported<'a> {
    /// Its method.
    pub(super) method: &'a str,
    /// How the gateway is reached.
    pub(super) scheme: &'a str,
    /// Under which name, with a port where there is one.
    pub(super) host: &'a str,
    /// Its target, as the gateway was sent it, or as it made it.
    pub(super) target: &'a str,
    /// The address that it came from.
    pub(super) address: IpAddr,
    /// Whether the gateway answers the client as it is answered when the request may not pass.
    pub(super) passes_refusals: bool,
}

/// A gateway does not say once and clearly what its request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misreported {
    #[error("the gateway does not send {0}, which its configuration has to set")]
    Missing(&'static str),
    #[error("the gateway appends no target to the path")]
    NoTarget,
    #[error("{0} stands there twice: the gateway adds its own to what a client sends")]
    Twice(&'static str),
    #[error("{0} is no visible ASCII")]
    Unreadable(&'static str),
    #[error("{0} ends in no address")]
    NoAddress(&'static str),
    #[error("the header that is said to have the client's address is none of those that Envoy sees to")]
    UnknownAddressHeader,
}

impl<'a> KindPath<'a> {
    /// That of this target, or of its path.
    pub(super) fn of(target: &'a str) -> Option<Self> {
        let (kind, rest) = target.strip_prefix(BEGINNING)?.split_once('/')?;
        let (kind, rest) = (Kind::of(kind)?, rest.strip_prefix("rule/")?);
        let (rule, behind) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let is_whole = kind == Kind::Envoy || !behind.starts_with('/');
        (is_whole && !rule.is_empty()).then_some(Self { kind, rule, behind })
    }

    /// What the gateway says, by the places of its kind and no others.
    pub(super) fn reported(&self, head: RequestHead<'a>) -> Result<Reported<'a>, Misreported> {
        let (headers, places) = (head.headers, self.kind.places());
        let method = match &places.method {
            Some(name) => the_one(headers, name)?,
            None => head.method.as_str(),
        };
        let host = match &places.host {
            Some(name) => the_one(headers, name)?,
            // HTTP/1.0 alone may have none.
            None => head.authority.or_else(|| headers.text(&HOST)).unwrap_or_default(),
        };
        let scheme = the_one(headers, &places.scheme)?;
        let target = match &places.target {
            Some(name) => the_one(headers, name)?,
            None if self.behind.is_empty() => return Err(Misreported::NoTarget),
            None => self.behind,
        };
        let address = places.address(headers)?;
        // nginx takes 401 and 403 for a no, without their bodies, and everything else that is not 2xx for a failure.
        let passes_refusals = self.kind != Kind::Nginx;
        Ok(Reported { method, scheme, host, target, address, passes_refusals })
    }
}

impl Places {
    fn address(&'static self, headers: Headers<'_>) -> Result<IpAddr, Misreported> {
        let external = self.external_address.as_ref().filter(|name| headers.get(name).is_some());
        address_in(headers, external.unwrap_or(&self.addresses))
    }
}

fn address_in(headers: Headers<'_>, name: &'static HeaderName) -> Result<IpAddr, Misreported> {
    last_hop(the_one(headers, name)?.as_bytes()).ok_or(Misreported::NoAddress(name.as_str()))
}

/// The header that has the client's address, of those that Envoy can be told to see to.
pub(super) struct ExternalAddress(&'static HeaderName);

impl ExternalAddress {
    /// That of this name, in lower case.
    pub(super) fn of(name: &str) -> Result<Self, Misreported> {
        let known = ENVOY.external_address.iter().chain([&ENVOY.addresses]);
        let found = known.into_iter().find(|known| known.as_str() == name);
        found.map(Self).ok_or(Misreported::UnknownAddressHeader)
    }

    pub(super) fn read(&self, headers: Headers<'_>) -> Result<IpAddr, Misreported> {
        address_in(headers, self.0)
    }
}

/// The one value of a header. A gateway sets it, and does not add it to a client's: two are no value, also when they are equal.
fn the_one<'a>(headers: Headers<'a>, name: &'static HeaderName) -> Result<&'a str, Misreported> {
    let mut values = headers.all(name);
    match (values.next(), values.next()) {
        (None | Some(b""), None) => Err(Misreported::Missing(name.as_str())),
        (Some(value), None) => visible(value).ok_or(Misreported::Unreadable(name.as_str())),
        _ => Err(Misreported::Twice(name.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use proptest::prelude::*;

    use super::*;

    fn parts(target: &str) -> Option<(Kind, &str, &str)> {
        KindPath::of(target).map(|path| (path.kind, path.rule, path.behind))
    }

    #[test]
    fn a_path_has_a_kind_and_a_rule() {
        for (name, kind) in [
            ("nginx", Kind::Nginx),
            ("haproxy", Kind::Haproxy),
            ("caddy", Kind::Caddy),
            ("traefik", Kind::Traefik),
            ("envoy", Kind::Envoy),
        ] {
            assert_eq!(parts(&format!("/gateway/check/{name}/rule/a-b")), Some((kind, "a-b", "")));
            let asked = format!("/gateway/check/{name}/rule/a?b/c");
            assert_eq!(parts(&asked), Some((kind, "a", "?b/c")), "{name}");
        }
    }

    #[test]
    fn g6_the_target_behind_envoys_rule_is_as_it_was_sent_and_names_no_rule() {
        for behind in
            ["/", "/x?y=z", "//x", "/../../b", "/%2e%2e/%2Fb", "/rule/b", "/gateway/check/envoy/rule/b"]
        {
            let asked = format!("/gateway/check/envoy/rule/a{behind}");
            assert_eq!(parts(&asked), Some((Kind::Envoy, "a", behind)));
        }
    }

    #[test]
    fn other_paths_are_no_gateways() {
        for path in [
            "/gateway/check",
            "/gateway/check/",
            "/gateway/check/nginx",
            "/gateway/check/nginx/rule",
            "/gateway/check/nginx/rule/",
            "/gateway/check/nginx/rule/?a",
            "/gateway/check/nginx/rule/a/",
            "/gateway/check/nginx/rule/a/b",
            "/gateway/check/nginx/rules/a",
            "/gateway/check/envoy/rule",
            "/gateway/check/envoy/rule//a",
            "/gateway/check/envoy/x",
            "/gateway/check/NGINX/rule/a",
            "/gateway/check/other/rule/a",
            "//gateway/check/nginx/rule/a",
        ] {
            assert_eq!(parts(path), None, "{path}");
        }
    }

    /// Everything that gateways send, each with another value.
    const ALL: [(&str, &[u8]); 9] = [
        ("X-Original-Method", b"GET"),
        ("X-Original-URI", b"/original"),
        ("X-Forwarded-Method", b"GET"),
        ("X-Forwarded-Uri", b"/forwarded"),
        ("X-Forwarded-Host", b"a.example"),
        ("X-Forwarded-Proto", b"https"),
        ("X-Forwarded-For", b"203.0.113.1, 192.0.2.1"),
        ("X-Envoy-External-Address", b"192.0.2.2"),
        ("X-Original-URL", b"/url"),
    ];

    fn reported(target: &str, lines: &[(&str, &[u8])]) -> Result<(String, String), Misreported> {
        let headers: Vec<_> = lines.iter().map(|(name, value)| httparse::Header { name, value }).collect();
        let headers = Headers::Parsed(&headers);
        let (method, authority) = (&Method::GET, None);
        let head = RequestHead { method, target, authority, headers, peer: None, address: None };
        let told = KindPath::of(target).expect("a gateway's path").reported(head)?;
        Ok((told.target.to_owned(), told.address.to_string()))
    }

    const PATHS: [(&str, &str, &str); 5] = [
        ("/gateway/check/nginx/rule/a?/query", "/original", "192.0.2.1"),
        ("/gateway/check/haproxy/rule/a", "/original", "192.0.2.1"),
        ("/gateway/check/caddy/rule/a?/query", "/forwarded", "192.0.2.1"),
        ("/gateway/check/traefik/rule/a", "/forwarded", "192.0.2.1"),
        ("/gateway/check/envoy/rule/a/appended?/query", "/appended?/query", "192.0.2.2"),
    ];

    #[test]
    fn g6_each_kind_is_read_at_its_own_places_and_nowhere_else() {
        for (path, target, address) in PATHS {
            assert_eq!(reported(path, &ALL), Ok((target.to_owned(), address.to_owned())), "{path}");
        }
    }

    /// Which of all headers a kind needs.
    fn needed(path: &str) -> Vec<&'static str> {
        let is_needed = |without: &&(&str, &[u8])| {
            let rest: Vec<_> = ALL.into_iter().filter(|line| line.0 != without.0).collect();
            reported(path, &rest).is_err()
        };
        ALL.iter().filter(is_needed).map(|line| line.0).collect()
    }

    #[test]
    fn a_kind_has_to_send_what_it_is_read_by() {
        let common = ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"];
        for (path, _, _) in PATHS {
            let expected: Vec<_> = if path.contains("envoy") {
                vec!["X-Forwarded-Proto"]
            } else if path.contains("nginx") || path.contains("haproxy") {
                ["X-Original-Method", "X-Original-URI"].into_iter().chain(common).collect()
            } else {
                ["X-Forwarded-Method", "X-Forwarded-Uri"].into_iter().chain(common).collect()
            };
            assert_eq!(needed(path), expected, "{path}");
        }
    }

    #[test]
    fn g4_what_a_kind_sends_stands_there_once_and_is_visible() {
        for (path, _, _) in PATHS {
            for (name, value) in ALL {
                let twice: Vec<_> = ALL.into_iter().chain([(name, value)]).collect();
                let is_read = needed(path).contains(&name)
                    || path.contains("envoy") && name == "X-Envoy-External-Address";
                assert_eq!(reported(path, &twice).is_err(), is_read, "{path}: {name} twice");
                for wrong in [&b""[..], b"\xff", b"/\x01"] {
                    let lines = ALL.map(|line| if line.0 == name { (name, wrong) } else { line });
                    assert_eq!(reported(path, &lines).is_err(), is_read, "{path}: {name} is {wrong:?}");
                }
            }
        }
    }

    #[test]
    fn an_underscore_is_no_hyphen() {
        let lines = ALL.map(
            |(name, value)| if name == "X-Original-URI" { ("X_Original_URI", value) } else { (name, value) },
        );
        let told = reported("/gateway/check/nginx/rule/a", &lines);
        assert_eq!(told, Err(Misreported::Missing("x-original-uri")));
    }

    #[test]
    fn the_address_is_the_last_that_was_forwarded() {
        let told = |value: &'static [u8]| {
            let lines = ALL.map(|line| if line.0 == "X-Forwarded-For" { (line.0, value) } else { line });
            reported("/gateway/check/nginx/rule/a", &lines).map(|(_, address)| address)
        };
        assert_eq!(told(b"192.0.2.9"), Ok("192.0.2.9".to_owned()));
        assert_eq!(told(b"192.0.2.9,[2001:db8::1]:443"), Ok("2001:db8::1".to_owned()));
        assert_eq!(told(b"::ffff:192.0.2.9"), Ok("192.0.2.9".to_owned()));
        for wrong in [&b"192.0.2.9, unknown"[..], b"192.0.2.9,", b","] {
            assert_eq!(told(wrong), Err(Misreported::NoAddress("x-forwarded-for")), "{wrong:?}");
        }
    }

    #[test]
    fn envoys_address_is_the_external_one_or_the_last_that_was_forwarded() {
        let without: Vec<_> = ALL.into_iter().filter(|line| line.0 != "X-Envoy-External-Address").collect();
        let told = reported("/gateway/check/envoy/rule/a/", &without);
        assert_eq!(told, Ok(("/".to_owned(), "192.0.2.1".to_owned())));
    }

    proptest! {
        #[test]
        fn whatever_stands_behind_the_rule_of_envoy_is_the_target(rule in "[a-z0-9-]{1,64}", behind in "[/?][ -~]{0,40}") {
            let asked = format!("/gateway/check/envoy/rule/{rule}{behind}");
            prop_assert_eq!(parts(&asked), Some((Kind::Envoy, &*rule, &*behind)));
        }
    }
}
