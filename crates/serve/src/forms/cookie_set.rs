//! Cookies of one kind, each with a key of its own: for what stands beside others of its kind in a browser, such as attempts to
//! log in from several tabs.

use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// How many of a kind a browser keeps beside each other; with one more, the oldest is forgotten. All of them have to fit into the
/// headers of every request that follows, whatever page set them.
const MOST: usize = 4;

/// By which request of another site's page a cookie is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComesBy {
    /// `POST` of a form.
    ForeignForm,
    /// A link or a redirect.
    Redirect,
}

/// A kind of cookies: its names are a beginning and a key.
#[derive(Clone, Copy, Debug)]
pub struct CookieSet {
    /// How its names begin over TLS.
    pub secure: &'static str,
    /// How they begin without.
    pub plain: &'static str,
    /// Which texts are keys.
    pub is_key: fn(&str) -> bool,
    /// How long a browser keeps one.
    pub lasts: Duration,
}

impl CookieSet {
    const fn beginning(self, secure: bool) -> &'static str {
        if secure { self.secure } else { self.plain }
    }

    /// Those that a request brings: key and value of each.
    fn all(self, headers: &HeaderMap, secure: bool) -> impl Iterator<Item = (&str, &str)> {
        let pairs = headers
            .get_all(COOKIE)
            .into_iter()
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
        texts.filter_map(move |(name, value)| {
            let key = name.strip_prefix(self.beginning(secure))?;
            (self.is_key)(key).then_some((key, value))
        })
    }

    /// The value under this key; None: there is none, or there are two.
    pub fn kept<'a>(self, headers: &'a HeaderMap, key: &str, secure: bool) -> Option<&'a str> {
        let mut found = self.all(headers, secure).filter(|(name, _)| *name == key).map(|(_, value)| value);
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// Has the browser that sent `request` keep a value under a key.
    pub fn keep(
        self,
        answer: &mut HeaderMap,
        request: &HeaderMap,
        (key, value): (&str, &str),
        (secure, comes_by): (bool, ComesBy),
    ) {
        let before: Vec<&str> = self.all(request, secure).map(|(key, _)| key).collect();
        // Browsers send the oldest first (RFC 6265 §5.4).
        let too_many = (before.len() + 1).saturating_sub(MOST);
        for key in before.into_iter().take(too_many) {
            self.forget(answer, key, secure);
        }
        // Without TLS no browser takes the first; a browser that is told nothing sends it with such forms for two minutes.
        let site = match (comes_by, secure) {
            (ComesBy::ForeignForm, true) => "; SameSite=None; Secure",
            (ComesBy::ForeignForm, false) => "",
            (ComesBy::Redirect, true) => "; SameSite=Lax; Secure",
            (ComesBy::Redirect, false) => "; SameSite=Lax",
        };
        let (name, lasts) = (self.beginning(secure), self.lasts.as_secs());
        append(answer, format!("{name}{key}={value}; Path=/; HttpOnly; Max-Age={lasts}{site}"));
    }

    /// Has the browser forget what it keeps under a key.
    pub fn forget(self, answer: &mut HeaderMap, key: &str, secure: bool) {
        let flag = if secure { "; Secure" } else { "" };
        append(answer, format!("{}{key}=; Path=/; HttpOnly; Max-Age=0{flag}", self.beginning(secure)));
    }
}

fn append(answer: &mut HeaderMap, cookie: String) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: CookieSet = CookieSet {
        secure: "__Host-sso-",
        plain: "sso-",
        is_key: |text| text.len() == 16,
        lasts: Duration::from_mins(10),
    };

    fn cookies(line: &'static str) -> HeaderMap {
        std::iter::once((COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn one_is_found_by_its_key_among_others() {
        let headers =
            cookies("a=b; __Host-sso-00112233445566aa=one; __Host-sso-00112233445566ab=two; sso-x=y");
        assert_eq!(SET.kept(&headers, "00112233445566ab", true), Some("two"));
        assert_eq!(SET.kept(&headers, "00112233445566ab", false), None);
        assert_eq!(SET.kept(&headers, "00112233445566ac", true), None);
    }

    #[test]
    fn of_two_of_one_key_neither_counts() {
        let headers = cookies("sso-00112233445566aa=one; sso-00112233445566aa=two");
        assert_eq!(SET.kept(&headers, "00112233445566aa", false), None);
    }

    /// What a browser that brings these cookies is told to keep and to forget.
    fn set(request: &HeaderMap, how: (bool, ComesBy)) -> Vec<String> {
        let mut answer = HeaderMap::new();
        SET.keep(&mut answer, request, ("00112233445566aa", "kept"), how);
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
    fn s9_of_more_than_stand_beside_each_other_the_oldest_is_forgotten() {
        let four = cookies(
            "__Host-sso-0000000000000001=a; __Host-sso-0000000000000002=b; __Host-sso-0000000000000003=c; __Host-sso-0000000000000004=d",
        );
        let set = set(&four, (true, ComesBy::Redirect));
        assert_eq!(set.len(), 2, "{set:?}");
        assert_eq!(set[0], "__Host-sso-0000000000000001=; Path=/; HttpOnly; Max-Age=0; Secure");
    }
}
