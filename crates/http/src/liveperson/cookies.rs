//! The session cookie: both spellings in, both spellings out (contract liveperson §1).

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;

/// The spellings that clients read and send.
const NAMES: [&str; 2] = ["session_id", "Session_id"];

/// At most this many session cookies of a request are looked at.
const MOST: usize = 16;

/// The values of the session cookies, from however many Cookie headers, among whatever else.
pub(crate) fn session_cookies(headers: &HeaderMap) -> Vec<&str> {
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .filter(|(name, _)| NAMES.contains(name))
        .map(|(_, value)| value.trim_matches('"'))
        .take(MOST)
        .collect()
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
        let headers = cookies(&["a=b; session_id=one;; =;x", "Session_id=two; session_idx=no"]);
        assert_eq!(session_cookies(&headers), ["one", "two"]);
    }

    #[test]
    fn other_spellings_are_not_read() {
        assert!(session_cookies(&cookies(&["SESSION_ID=a; session-id=b"])).is_empty());
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
