//! Cookies of pages, each with two names.
//!
//! Over TLS a name begins with `__Host-`: a browser takes such a cookie only with `Secure`, for every path and for no other host
//! (RFC 6265bis §4.1.3.2). Over plain HTTP, where no browser would take those, the names are plain.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use crate::layers::Headers;

/// The longest value that is looked at.
const LONGEST: usize = 1_024;

/// A cookie of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookieName {
    /// Its name over TLS.
    pub secure: &'static str,
    /// Its name without.
    pub plain: &'static str,
}

impl CookieName {
    /// Its name, over TLS or not.
    const fn name(self, secure: bool) -> &'static str {
        if secure { self.secure } else { self.plain }
    }

    /// Its value in a request; None: there is none, or several, of which nobody knows which is ours.
    pub fn value(self, headers: Headers<'_>, secure: bool) -> Option<&str> {
        let pairs = headers.all(&COOKIE).flat_map(|header| header.split(|byte| *byte == b';'));
        let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
        let mut values = texts.filter(|(name, _)| *name == self.name(secure)).map(|(_, value)| value);
        let value = values.next().filter(|value| value.len() <= LONGEST)?;
        values.next().is_none().then_some(value)
    }

    /// Sets it for as long as the browser is open. Sent along when somebody comes from another site by a link, and with no
    /// form or frame of another site.
    pub fn set(self, headers: &mut HeaderMap, value: &str, secure: bool) {
        self.write(headers, value, "", secure);
    }

    /// Has the browser forget it.
    pub fn clear(self, headers: &mut HeaderMap, secure: bool) {
        self.write(headers, "", "; Max-Age=0", secure);
    }

    fn write(self, headers: &mut HeaderMap, value: &str, more: &str, secure: bool) {
        let flag = if secure { "; Secure" } else { "" };
        let cookie = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{flag}{more}", self.name(secure));
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: CookieName = CookieName { secure: "__Host-vestibule", plain: "vestibule" };

    fn value(headers: &HeaderMap, secure: bool) -> Option<&str> {
        ONE.value(Headers::Map(headers), secure)
    }

    fn cookies(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn s9_it_is_found_among_others_and_over_tls_by_its_prefixed_name_alone() {
        let headers = cookies(&["a=b; ;=; vestibule=one", "__Host-vestibule=two;x"]);
        assert_eq!((value(&headers, false), value(&headers, true)), (Some("one"), Some("two")));
    }

    #[test]
    fn s9_of_two_values_neither_counts() {
        assert_eq!(value(&cookies(&["vestibule=one; vestibule=two"]), false), None);
    }

    #[test]
    fn s9_it_is_set_for_this_host_with_every_flag() {
        let mut headers = HeaderMap::new();
        ONE.set(&mut headers, "v", true);
        ONE.clear(&mut headers, false);
        let set: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
        assert_eq!(
            set,
            [
                "__Host-vestibule=v; Path=/; HttpOnly; SameSite=Lax; Secure",
                "vestibule=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
            ]
        );
    }
}
