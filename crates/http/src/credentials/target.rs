//! The target of the request that a gateway asks about, as the gateway reports it.

use axum::http::HeaderName;
use vestibule_serve::layers::Headers;

use super::visible;

/// Where gateways put it: nginx, Traefik and Caddy. They pass on what a client sends under the other name.
const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("x-original-uri"), HeaderName::from_static("x-forwarded-uri")];

/// Paths that name an account, up to its id.
const BEFORE_ACCOUNTS: [&str; 2] = ["/ws_api/account/", "/api/account/"];

/// What follows the account in a path that bears a bearer.
const BEFORE_BEARERS: &str = "messaging/brand/";

/// A target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// The gateway reports none.
    Absent,
    /// Its path.
    Path(&'a str),
    /// There are several, or one that cannot be read: one of them may be the client's.
    Contradictory,
}

impl<'a> Target<'a> {
    /// The one target that these headers name. A header that occurs twice is no target: a gateway sets it, and does not
    /// add it to a client's.
    pub(super) fn of(headers: Headers<'a>) -> Self {
        let mut found = None;
        for name in &NAMES {
            let mut values = headers.all(name);
            match (values.next(), values.next()) {
                (None, _) => {}
                (Some(value), None) if found.is_none_or(|other| other == value) => found = Some(value),
                _ => return Self::Contradictory,
            }
        }
        match found.map(visible) {
            None => Self::Absent,
            Some(Some(target)) => Self::Path(target.split(['?', '#']).next().unwrap_or_default()),
            Some(None) => Self::Contradictory,
        }
    }

    /// The account that it names, as it is written.
    pub(super) fn account(self) -> Option<&'a str> {
        self.in_account().map(|(account, _)| account)
    }

    /// The bearer of `/ws_api/account/{account}/messaging/brand/{bearer}`.
    pub(super) fn bearer(self) -> Option<&'a str> {
        let (_, rest) = self.in_account()?;
        rest?.strip_prefix(BEFORE_BEARERS)
    }

    /// The account, and what follows it in a path of the messaging service.
    fn in_account(self) -> Option<(&'a str, Option<&'a str>)> {
        let Self::Path(path) = self else { return None };
        let [messaging, _] = BEFORE_ACCOUNTS;
        let rest = BEFORE_ACCOUNTS.iter().find_map(|before| path.strip_prefix(before))?;
        let (account, rest) = rest.split_once('/').unwrap_or((rest, ""));
        Some((account, path.starts_with(messaging).then_some(rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> (Option<&str>, Option<&str>) {
        (Target::Path(path).account(), Target::Path(path).bearer())
    }

    #[test]
    fn account_and_bearer_of_a_messaging_path_are_found() {
        assert_eq!(found("/ws_api/account/12345678/messaging/brand/abc"), (Some("12345678"), Some("abc")));
        assert_eq!(found("/ws_api/account/1/other/brand/abc"), (Some("1"), None));
    }

    #[test]
    fn the_account_of_other_paths_is_found_and_no_bearer() {
        assert_eq!(found("/api/account/1/messaging/brand/abc"), (Some("1"), None));
        assert_eq!(found("/api/account/1"), (Some("1"), None));
    }

    #[test]
    fn other_paths_name_nothing() {
        for path in ["/", "", "/x/ws_api/account/1/messaging/brand/abc", "/account/1"] {
            assert_eq!(found(path), (None, None), "{path}");
        }
    }

    #[test]
    fn a_target_is_named_once() {
        let of = |lines: &[(&'static str, &'static [u8])]| {
            let headers: Vec<_> =
                lines.iter().map(|(name, value)| httparse::Header { name, value }).collect();
            match Target::of(Headers::Parsed(&headers)) {
                Target::Absent => "absent".to_owned(),
                Target::Path(path) => path.to_owned(),
                Target::Contradictory => "contradictory".to_owned(),
            }
        };
        assert_eq!(of(&[]), "absent");
        assert_eq!(of(&[("X-Forwarded-Uri", b"/a?b")]), "/a");
        assert_eq!(of(&[("X-Forwarded-Uri", b"/a"), ("X-Original-URI", b"/a")]), "/a");
        assert_eq!(of(&[("X-Forwarded-Uri", b"/a"), ("X-Original-URI", b"/b")]), "contradictory");
        assert_eq!(of(&[("X-Forwarded-Uri", b"/a"), ("x-forwarded-uri", b"/a")]), "contradictory");
        assert_eq!(of(&[("X-Original-URI", b"/\xff")]), "contradictory");
    }
}
