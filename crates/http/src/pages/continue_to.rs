//! Where somebody goes on after a login: a path of this service that belongs to the account, or nowhere.

use vestibule_model::AccountId;

/// The longest path that is taken; what is longer would not fit into the headers of the request that follows.
const LONGEST: usize = 4_096;

/// The path with its query that `wanted` is, if somebody may be sent there after a login to this account: one of the
/// account's own pages, or the sentinel's authorization of a client. Anything else is dropped, whoever wrote it: no other
/// host, no other account, and nothing that one reader takes for another path than the next.
pub(crate) fn continue_to(account: AccountId, wanted: &str) -> Option<&str> {
    let is_plain = wanted.len() <= LONGEST
        && wanted.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
    if !is_plain {
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
            assert_eq!(continue_to(account(), path), Some(path));
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
            assert_eq!(continue_to(account(), path), None, "{path:?}");
        }
        assert_eq!(continue_to(account(), &format!("/me/12345678/?{}", "a".repeat(4_096))), None);
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
            if let Some(taken) = continue_to(account(), &text) {
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
    }
}
