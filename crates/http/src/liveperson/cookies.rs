//! The session cookie: both spellings in, both spellings out (contract liveperson §1).

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use vestibule_serve::layers::Headers;

/// The spellings that clients read and send.
const NAMES: [&str; 2] = ["session_id", "Session_id"];

/// How long the value is, in bytes; others are not ours.
const LENGTH: usize = 64;

/// At most this many session cookies of a request are looked at.
const MOST: usize = 16;

/// The values of the session cookies, from however many Cookie headers, among whatever else.
pub(crate) fn session_cookies(headers: Headers<'_>) -> Vec<&str> {
    // Pair by pair: a header may hold others that are no text.
    let pairs = headers.all(&COOKIE).flat_map(|header| header.split(|byte| *byte == b';'));
    let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
    let values = texts.filter(|(name, _)| NAMES.contains(name)).map(|(_, value)| value.trim_matches('"'));
    values.filter(|value| value.len() == LENGTH).take(MOST).collect()
}

/// Sets the session cookie in both spellings. Without Domain, so that clients of any host name keep it; without
/// `Secure` over plain http, so that they send it back.
pub(crate) fn set_session_cookies(headers: &mut HeaderMap, value: &str, secure: bool) {
    let flags =
        if secure { "; Path=/; HttpOnly; Secure; SameSite=Lax" } else { "; Path=/; HttpOnly; SameSite=Lax" };
    for name in NAMES {
        let cookie = Bytes::from([name, "=", value, flags].concat());
        if let Ok(cookie) = HeaderValue::from_maybe_shared(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(headers: &[&'static str]) -> HeaderMap {
        headers.iter().map(|header| (COOKIE, HeaderValue::from_static(header))).collect()
    }

    #[test]
    fn either_spelling_is_read_among_junk() {
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let headers = [
            format!("a=b; session_id={one};; =;x; name=J\u{fc}rgen; session_id=short"),
            format!("Session_id=\"{two}\"; session_idx=no"),
        ];
        let headers = headers
            .iter()
            .map(|header| (COOKIE, HeaderValue::from_bytes(header.as_bytes()).unwrap()))
            .collect();
        assert_eq!(session_cookies(Headers::Map(&headers)), [one, two]);
    }

    #[test]
    fn other_spellings_are_not_read() {
        assert!(session_cookies(Headers::Map(&cookies(&["SESSION_ID=a; session-id=b"]))).is_empty());
    }

    #[test]
    fn both_spellings_are_set_with_their_flags() {
        let mut headers = HeaderMap::new();
        set_session_cookies(&mut headers, "v", true);
        let set: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
        assert_eq!(
            set,
            [
                "session_id=v; Path=/; HttpOnly; Secure; SameSite=Lax",
                "Session_id=v; Path=/; HttpOnly; Secure; SameSite=Lax"
            ]
        );
    }

    #[test]
    fn plain_http_sets_no_secure() {
        let mut headers = HeaderMap::new();
        set_session_cookies(&mut headers, "v", false);
        assert_eq!(headers[SET_COOKIE], "session_id=v; Path=/; HttpOnly; SameSite=Lax");
    }
}
