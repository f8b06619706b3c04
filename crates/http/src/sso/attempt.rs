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
}
