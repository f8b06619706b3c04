//! The cookies of attempts: one for each, so that several tabs stand beside each other.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use vestibule_auth::{ATTEMPT_LASTS, FederatedAttempt};

/// How many attempts of a browser stand beside each other; with one more, the oldest is over. All of them have to fit into the
/// headers of every request that follows, whatever page began them.
const MOST: usize = 4;

/// Whether the answer of an attempt comes by a form of another site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComesBy {
    /// `POST` from the identity provider's page.
    ForeignForm,
    /// A link or a redirect.
    Redirect,
}

fn prefix(secure: bool) -> &'static str {
    if secure { "__Host-sso-" } else { "sso-" }
}

/// The attempts that a request brings: each one's name, and what is kept of it.
fn all(headers: &HeaderMap, secure: bool) -> impl Iterator<Item = (&str, &str)> {
    let pairs =
        headers.get_all(COOKIE).into_iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
    texts.filter_map(move |(name, value)| {
        let key = name.strip_prefix(prefix(secure))?;
        FederatedAttempt::is_key(key).then_some((key, value))
    })
}

/// What is kept of the attempt of this name; None: nothing, or two things.
pub(super) fn kept<'a>(headers: &'a HeaderMap, key: &str, secure: bool) -> Option<&'a str> {
    let mut found = all(headers, secure).filter(|(name, _)| *name == key).map(|(_, value)| value);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

/// Has the browser keep an attempt until it is over.
pub(super) fn keep(
    answer: &mut HeaderMap,
    request: &HeaderMap,
    attempt: &FederatedAttempt,
    kept: &str,
    (secure, comes_by): (bool, ComesBy),
) {
    let before: Vec<&str> = all(request, secure).map(|(key, _)| key).collect();
    // Browsers send the oldest first (RFC 6265 §5.4).
    let too_many = (before.len() + 1).saturating_sub(MOST);
    for key in before.into_iter().take(too_many) {
        forget(answer, key, secure);
    }
    // Without TLS no browser takes the first; a browser that is told nothing sends it with such forms for two minutes.
    let site = match (comes_by, secure) {
        (ComesBy::ForeignForm, true) => "; SameSite=None; Secure",
        (ComesBy::ForeignForm, false) => "",
        (ComesBy::Redirect, true) => "; SameSite=Lax; Secure",
        (ComesBy::Redirect, false) => "; SameSite=Lax",
    };
    let name = prefix(secure);
    let (key, lasts) = (attempt.key(), ATTEMPT_LASTS.as_secs());
    append(answer, format!("{name}{key}={kept}; Path=/; HttpOnly; Max-Age={lasts}{site}"));
}

/// Has the browser forget an attempt.
pub(super) fn forget(answer: &mut HeaderMap, key: &str, secure: bool) {
    let flag = if secure { "; Secure" } else { "" };
    append(answer, format!("{}{key}=; Path=/; HttpOnly; Max-Age=0{flag}", prefix(secure)));
}

fn append(answer: &mut HeaderMap, cookie: String) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(line: &'static str) -> HeaderMap {
        std::iter::once((COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn an_attempt_is_found_by_its_name_among_others() {
        let headers =
            cookies("a=b; __Host-sso-00112233445566aa=one; __Host-sso-00112233445566ab=two; sso-x=y");
        assert_eq!(kept(&headers, "00112233445566ab", true), Some("two"));
        assert_eq!(kept(&headers, "00112233445566ab", false), None);
        assert_eq!(kept(&headers, "00112233445566ac", true), None);
    }

    #[test]
    fn of_two_of_one_name_neither_counts() {
        let headers = cookies("sso-00112233445566aa=one; sso-00112233445566aa=two");
        assert_eq!(kept(&headers, "00112233445566aa", false), None);
    }

    /// What a browser that brings these cookies is told to keep and to forget.
    fn set(request: &HeaderMap, how: (bool, ComesBy)) -> Vec<String> {
        let attempt = serde_json::from_value(serde_json::json!({
            "account": "12345678", "connection": "idp", "id": "00112233445566aa", "nonce": "", "verifier": "", "expires": 0,
        }));
        let mut answer = HeaderMap::new();
        keep(&mut answer, request, &attempt.unwrap(), "kept", how);
        answer.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn s9_over_tls_it_is_set_for_this_host_with_every_flag() {
        let set = |comes_by| set(&HeaderMap::new(), (true, comes_by));
        let cookie = |site: &str| {
            [format!(
                "__Host-sso-00112233445566aa=kept; Path=/; HttpOnly; Max-Age=600; SameSite={site}; Secure"
            )]
        };
        // Browsers send it with a form of the identity provider's page only so.
        assert_eq!(set(ComesBy::ForeignForm), cookie("None"));
        assert_eq!(set(ComesBy::Redirect), cookie("Lax"));
    }

    #[test]
    fn s9_without_tls_it_is_set_as_far_as_browsers_take_it() {
        let set = |comes_by| set(&HeaderMap::new(), (false, comes_by));
        let cookie = "sso-00112233445566aa=kept; Path=/; HttpOnly; Max-Age=600";
        assert_eq!(set(ComesBy::ForeignForm), [cookie]);
        assert_eq!(set(ComesBy::Redirect), [format!("{cookie}; SameSite=Lax")]);
    }

    #[test]
    fn s9_of_more_attempts_than_stand_beside_each_other_the_oldest_is_forgotten() {
        let four = cookies(
            "__Host-sso-0000000000000001=a; __Host-sso-0000000000000002=b; __Host-sso-0000000000000003=c; __Host-sso-0000000000000004=d",
        );
        let set = set(&four, (true, ComesBy::Redirect));
        assert_eq!(set.len(), 2, "{set:?}");
        assert_eq!(set[0], "__Host-sso-0000000000000001=; Path=/; HttpOnly; Max-Age=0; Secure");
    }
}
