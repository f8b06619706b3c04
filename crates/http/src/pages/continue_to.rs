//! Where somebody goes on after a login: a path of this service that belongs to the account, a URL of a service behind a gate, or
//! nowhere.

use vestibule_model::AccountId;

use crate::api::ApiState;

/// The longest path that is taken; what is longer would not fit into the headers of the request that follows.
const LONGEST: usize = 4_096;

/// How paths begin on which this service answers browsers itself.
const OURS: [&str; 9] =
    ["/me", "/sso", "/sentinel", "/hc", "/login", "/self", "/session", "/gateway", "/admin"];

/// What `wanted` is, if somebody may be sent there after a login to this account. Anything else is dropped, whoever wrote it: no
/// other host, no other account, and nothing that one reader takes for another path than the next.
pub(crate) fn continue_to<'a>(api: &ApiState, account: AccountId, wanted: &'a str) -> Option<&'a str> {
    own(account, wanted).or_else(|| behind_the_gate(api, wanted))
}

/// What `wanted` is, if it is the URL of a service that stands behind a gate: of the origin under which browsers reach this
/// service, or of one that is configured.
pub(crate) fn behind_the_gate<'a>(api: &ApiState, wanted: &'a str) -> Option<&'a str> {
    elsewhere(&api.public_origin, &api.return_origins, wanted)
}

/// Whether a URL is one of this service's own at the origin under which browsers reach it.
pub(crate) fn is_own_page(api: &ApiState, url: &str) -> bool {
    path_at(&api.public_origin, url).is_some_and(is_ours)
}

/// The path of a URL of this origin.
fn path_at<'a>(origin: &str, url: &'a str) -> Option<&'a str> {
    url.strip_prefix(origin).filter(|target| target.starts_with('/'))?.split('?').next()
}

fn is_ours(path: &str) -> bool {
    let below =
        |ours: &&str| path.strip_prefix(*ours).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    OURS.iter().any(below)
}

/// Whether this is a URL, and no path of this service.
pub(crate) fn is_elsewhere(wanted: &str) -> bool {
    !wanted.starts_with('/')
}

/// Neither too long, nor with a character that is read in two ways.
fn is_plain(wanted: &str) -> bool {
    wanted.len() <= LONGEST
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'))
}

fn elsewhere<'a>(public: &str, origins: &[String], wanted: &'a str) -> Option<&'a str> {
    let is_clear = |path: &&str| {
        let encoded = path.to_ascii_lowercase();
        !["%2e", "%2f", "%5c", "//"].iter().any(|odd| encoded.contains(odd))
            && !path.split('/').any(|segment| matches!(segment, "." | ".."))
    };
    let here = path_at(public, wanted).filter(is_clear).filter(|path| !is_ours(path));
    let there = || origins.iter().find_map(|origin| path_at(origin, wanted).filter(is_clear));
    let is_known = is_plain(wanted) && (here.is_some() || there().is_some());
    is_known.then_some(wanted)
}

/// A path with its query, of one of the account's own pages, or of the sentinel's authorization of a client.
fn own(account: AccountId, wanted: &str) -> Option<&str> {
    if !is_plain(wanted) {
        return None;
    }
    let path = wanted.split('?').next().unwrap_or_default();
    // Encoded slashes and dots are none here, and may be some to the next reader.
    if path.contains(['%', ';']) || path.split('/').skip(1).any(|segment| matches!(segment, "." | "..")) {
        return None;
    }
    let below = |prefix: &str| path.strip_prefix(prefix)?.strip_prefix(account.as_str());
    let is_own = below("/me/").is_some_and(|rest| rest.starts_with('/') && !rest.contains("//"));
    let is_authorization = below("/sentinel/api/account/") == Some("/authorize");
    (is_own || is_authorization).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account() -> AccountId {
        "12345678".parse().unwrap()
    }

    #[test]
    fn own_paths_are_taken() {
        for path in [
            "/me/12345678/",
            "/me/12345678/password",
            "/me/12345678/?a=b//c",
            "/sentinel/api/account/12345678/authorize",
            "/sentinel/api/account/12345678/authorize?v=1.0&redirect_uri=https%3A%2F%2Fa.example%2Fcb&state=a/../b",
        ] {
            assert_eq!(own(account(), path), Some(path));
        }
    }

    #[test]
    fn a7_whatever_leads_elsewhere_is_dropped() {
        for path in [
            "",
            "/",
            "https://evil.example/me/12345678/",
            "//evil.example/me/12345678/",
            "/\\evil.example/me/12345678/",
            "me/12345678/",
            " /me/12345678/",
            "/me/12345678",
            "/me/123456789/",
            "/me/1234567/",
            "/me/12345678/../87654321/",
            "/me/12345678/./",
            "/me/12345678//evil.example",
            "/me/12345678/%2e%2e/87654321/",
            "/me/12345678/..;/",
            "/me/12345678/#x",
            "/me/12345678/\r\nlocation: //evil.example",
            "/me/12345678/\u{0}",
            "/me/12345678/ü",
            "/me//12345678/",
            "/me/login",
            "/ME/12345678/",
            "/admin/v1/accounts",
            "/sentinel/api/account/12345678/authorized",
            "/sentinel/api/account/12345678/authorize/x",
            "/sentinel/api/account/87654321/authorize?v=1.0",
            "/sentinel/api/account/12345678/token",
            "javascript:alert(1)",
            "/sso/saml/12345678/okta/login",
        ] {
            assert_eq!(own(account(), path), None, "{path:?}");
            assert_eq!(elsewhere("https://login.example", &origins(), path), None, "{path:?}");
        }
        assert_eq!(own(account(), &format!("/me/12345678/?{}", "a".repeat(4_096))), None);
    }

    fn origins() -> [String; 2] {
        ["https://app.example".to_owned(), "http://localhost:3000".to_owned()]
    }

    #[test]
    fn urls_of_this_origin_and_of_those_that_are_configured_are_taken() {
        for url in [
            "https://login.example/",
            "https://login.example/app/x?a=/../b&c=//d",
            "https://login.example/menu",
            "https://app.example/me/12345678/",
            "https://app.example/%C3%A9%20",
            "http://localhost:3000/?x",
        ] {
            assert_eq!(elsewhere("https://login.example", &origins(), url), Some(url));
        }
    }

    #[test]
    fn a7_urls_of_other_origins_and_ways_to_them_are_dropped() {
        for url in [
            "https://login.example",
            "https://login.example.evil.example/",
            "https://login.example@evil.example/",
            "https://login.example:8443/",
            "http://login.example/",
            "HTTPS://login.example/",
            "https://LOGIN.example/",
            "https:/login.example/",
            " https://login.example/",
            "https://login.example/\\evil.example",
            "https://login.example//evil.example",
            "https://login.example/x/../me/12345678/logout",
            "https://login.example/%2e%2e/me/",
            "https://login.example/x%2F..%2Fme",
            "https://login.example/a#b",
            "https://login.example/a\r\nb",
            "https://login.example/me",
            "https://login.example/me/87654321/",
            "https://login.example/me?x",
            "https://login.example/sso/saml/12345678/okta/login",
            "https://login.example/sentinel/api/account/87654321/authorize",
            "https://app.example:443/",
            "https://evil.example/",
            "https://app.example.evil.example/",
            "http://localhost:30001/",
        ] {
            assert_eq!(elsewhere("https://login.example", &origins(), url), None, "{url:?}");
        }
    }

    proptest! {
        /// As a browser reads it (WHATWG URL, here by the rules that matter): what is taken stays on this origin and account.
        #[test]
        fn a7_what_is_taken_begins_with_the_accounts_own_path(
            text in prop_oneof![
                ".{0,60}",
                r"/(me|sentinel/api/account)/(12345678|1234567|..|%2e%2e)?[/\\?#.%a-z:@;]{0,20}",
            ],
        ) {
            if let Some(taken) = own(account(), &text) {
                prop_assert_eq!(taken, text.as_str());
                let base = reqwest::Url::parse("https://login.example").unwrap();
                let url = base.join(taken).unwrap();
                prop_assert_eq!(url.origin(), base.origin());
                let path = url.path();
                prop_assert!(
                    path.starts_with("/me/12345678/") || path == "/sentinel/api/account/12345678/authorize"
                );
            }
        }

        /// As a browser reads it: what is taken stays on one of these origins, and off this service's own pages.
        #[test]
        fn a7_a_url_that_is_taken_is_one_of_a_known_origin(
            text in prop_oneof![
                "https?://(login|app)\\.example.{0,40}",
                r"https://(login|app)\.example[/\\?#.%a-z:@;]{0,20}",
                r"https://login\.example/(me|sso|x|\.\.|%2e%2e)?[/\\?#.%a-z:@;]{0,20}",
            ],
        ) {
            if let Some(taken) = elsewhere("https://login.example", &origins(), &text) {
                let url = reqwest::Url::parse(taken).unwrap();
                let origin = url.origin().ascii_serialization();
                prop_assert!(origin == "https://login.example" || origins().contains(&origin), "{}", origin);
                let is_own = ["/me/", "/sso/", "/sentinel/"].iter().any(|own| url.path().starts_with(own));
                prop_assert!(origin != "https://login.example" || !is_own);
            }
        }
    }
}
