//! The headers of a request, by whichever parser they were read.

use std::slice;

use http::header::{HOST, ValueIter};
use http::{HeaderMap, HeaderName, HeaderValue, Version};

/// Headers to look names up in. Names compare without case; values are bytes.
#[derive(Clone, Copy, Debug)]
pub enum Headers<'a> {
    /// As hyper gives them.
    Map(&'a HeaderMap),
    /// In the order in which they came, as a parser found them.
    Parsed(&'a [httparse::Header<'a>]),
}

impl<'a> Headers<'a> {
    /// The first value of this name.
    pub fn get(self, name: &HeaderName) -> Option<&'a [u8]> {
        match self {
            Self::Map(map) => map.get(name).map(HeaderValue::as_bytes),
            Self::Parsed(_) => self.all(name).next(),
        }
    }

    /// The first value of this name, if it is visible ASCII.
    pub fn text(self, name: &HeaderName) -> Option<&'a str> {
        let value = self.get(name)?;
        let visible = value.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\t');
        std::str::from_utf8(value).ok().filter(|_| visible)
    }

    /// Every value of this name, in their order.
    pub fn all<'n>(self, name: &'n HeaderName) -> Values<'a, 'n> {
        match self {
            Self::Map(map) => Values::Map(map.get_all(name).into_iter()),
            Self::Parsed(headers) => Values::Parsed(headers.iter(), name.as_str()),
        }
    }

    /// Whether there is one Host, of characters that a host and port may have, or none where none is needed
    /// (RFC 9112 §3.2): HTTP/1.0 needs none, and HTTP/2 has it among its pseudo-headers.
    pub fn name_one_host(self, version: Version) -> bool {
        let mut hosts = self.all(&HOST);
        match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.iter().all(|byte| is_of_a_host(*byte)),
            (None, _) => version != Version::HTTP_11,
            (Some(_), Some(_)) => false,
        }
    }

    /// Bytes of headers as HTTP/1.1 writes them: name, colon, space, value, line end.
    pub fn size(self) -> usize {
        match self {
            Self::Map(map) => map.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum(),
            Self::Parsed(headers) => headers.iter().map(|it| it.name.len() + it.value.len() + 4).sum(),
        }
    }
}

/// The values of one name. As chained and flattened iterators of the library a check took a third of a microsecond for them.
#[derive(Debug)]
pub enum Values<'a, 'n> {
    /// As hyper gives them.
    Map(ValueIter<'a, HeaderValue>),
    /// Those of the headers that a parser found, and the name.
    Parsed(slice::Iter<'a, httparse::Header<'a>>, &'n str),
}

impl<'a> Iterator for Values<'a, '_> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Self::Map(values) => values.next().map(HeaderValue::as_bytes),
            Self::Parsed(headers, name) => {
                headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
            }
        }
    }
}

impl DoubleEndedIterator for Values<'_, '_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Map(values) => values.next_back().map(HeaderValue::as_bytes),
            Self::Parsed(headers, name) => {
                headers.rfind(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
            }
        }
    }
}

/// Whether a host with a port may have this character (RFC 3986 §3.2.2 and §3.2.3).
const fn is_of_a_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']' | b'%')
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT, AUTHORIZATION, COOKIE};

    use super::*;

    const LINES: [(&str, &str); 4] =
        [("cookie", "a=1"), ("authorization", "Bearer x"), ("cookie", "b=2"), ("x-o", "é")];

    /// The same headers both ways.
    fn both_ways(check: impl Fn(Headers<'_>)) {
        let pairs = LINES.map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        });
        check(Headers::Map(&pairs.into_iter().collect()));
        check(Headers::Parsed(
            &LINES.map(|(name, value)| httparse::Header { name, value: value.as_bytes() }),
        ));
    }

    #[test]
    fn names_are_looked_up_whatever_the_parser() {
        both_ways(|headers| {
            assert_eq!(headers.get(&AUTHORIZATION), Some(&b"Bearer x"[..]));
            assert_eq!(headers.get(&ACCEPT), None);
            assert_eq!(headers.all(&COOKIE).collect::<Vec<_>>(), [b"a=1", b"b=2"]);
            assert_eq!(headers.all(&COOKIE).next_back(), Some(&b"b=2"[..]));
        });
    }

    #[test]
    fn case_does_not_matter_where_it_is_kept() {
        let headers = [httparse::Header { name: "AuthoriZation", value: b"x" }];
        assert_eq!(Headers::Parsed(&headers).text(&AUTHORIZATION), Some("x"));
    }

    #[test]
    fn what_is_not_visible_is_no_text() {
        both_ways(|headers| assert_eq!(headers.text(&HeaderName::from_static("x-o")), None));
    }

    #[test]
    fn a_host_is_named_once_and_looks_like_one() {
        let one = |value| {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(value))]);
            Headers::Map(&headers).name_one_host(Version::HTTP_11)
        };
        for host in ["", "a_b.example:8080", "[2001:db8::1]:443"] {
            assert!(one(host), "{host}");
        }
        for wrong in ["a b", "a/b", "a@b", "a\"b", "a?b"] {
            assert!(!one(wrong), "{wrong}");
        }
        let none = |version| Headers::Parsed(&[]).name_one_host(version);
        assert_eq!([Version::HTTP_10, Version::HTTP_11, Version::HTTP_2].map(none), [true, false, true]);
    }

    #[test]
    fn size_is_that_of_the_lines() {
        let lines: usize = LINES.iter().map(|(name, value)| format!("{name}: {value}\r\n").len()).sum();
        both_ways(|headers| assert_eq!(headers.size(), lines));
    }
}
