//! Responses that are there at once, in the form of no library: hyper takes them as one of its own, the fast path
//! (`server/fast_path.rs`) writes them as they are.

use std::borrow::Cow;
use std::vec;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Cause;

/// How many fields a response has at most; more would still be right, and cost an allocation.
const FIELDS: usize = 14;

/// A response.
#[derive(Debug)]
pub struct PlainResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub fields: Fields,
    /// Its body.
    pub body: Cow<'static, [u8]>,
    /// Why it is what it is, for the log.
    pub cause: Option<Cause>,
}

/// Headers whose values are written one behind the other.
#[derive(Debug)]
pub struct Fields {
    text: String,
    ends: Vec<(HeaderName, usize)>,
}

impl Default for Fields {
    fn default() -> Self {
        Self { text: String::with_capacity(256), ends: Vec::with_capacity(FIELDS) }
    }
}

impl Fields {
    /// Adds a field; `write` appends its value, which must be visible ASCII. Anything else in it makes it empty.
    pub fn add(&mut self, name: HeaderName, write: impl FnOnce(&mut String)) {
        let begin = self.text.len();
        write(&mut self.text);
        let value = self.text.get(begin..).unwrap_or_default();
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            self.text.truncate(begin);
        }
        self.ends.push((name, self.text.len()));
    }

    /// Adds a field with a value that is there.
    pub fn set(&mut self, name: HeaderName, value: &str) {
        self.add(name, |text| text.push_str(value));
    }

    fn iter(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        self.ends
            .iter()
            .zip(begins)
            .map(|((name, end), begin)| (name, self.text.get(begin..*end).unwrap_or_default()))
    }

    /// Appends the fields as lines of HTTP/1.1.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in self.iter() {
            for part in [name.as_str(), ": ", value, "\r\n"] {
                out.extend_from_slice(part.as_bytes());
            }
        }
    }

    /// The fields as hyper wants them.
    fn into_map(self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(FIELDS);
        for (name, value) in self {
            // What is visible ASCII is always a header's value.
            if let Ok(value) = HeaderValue::from_maybe_shared(value) {
                map.append(name, value);
            }
        }
        map
    }
}

impl IntoIterator for Fields {
    type Item = (HeaderName, Bytes);
    type IntoIter = IntoFields;

    /// The fields in their order; the values share one allocation.
    fn into_iter(self) -> IntoFields {
        IntoFields { text: self.text.into(), begin: 0, ends: self.ends.into_iter() }
    }
}

/// Fields on their way to wherever they are needed.
#[derive(Debug)]
pub struct IntoFields {
    text: Bytes,
    begin: usize,
    ends: vec::IntoIter<(HeaderName, usize)>,
}

impl Iterator for IntoFields {
    type Item = (HeaderName, Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, end) = self.ends.next()?;
        let value = self.text.slice(self.begin..end);
        self.begin = end;
        Some((name, value))
    }
}

impl From<PlainResponse> for Response {
    fn from(plain: PlainResponse) -> Self {
        let body = match plain.body {
            Cow::Borrowed(body) => Body::from(Bytes::from_static(body)),
            Cow::Owned(body) => Body::from(body),
        };
        let mut response = Self::new(body);
        *response.status_mut() = plain.status;
        *response.headers_mut() = plain.fields.into_map();
        plain.cause.map(|cause| response.extensions_mut().insert(cause));
        response
    }
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT, ALLOW};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_the_same_lines_and_the_same_map() {
        let mut fields = Fields::default();
        fields.set(ALLOW, "GET");
        fields.set(ACCEPT, "");
        let mut lines = Vec::new();
        fields.write(&mut lines);
        assert_eq!(lines, b"allow: GET\r\naccept: \r\n");
        let map = fields.into_map();
        assert_eq!((map[ALLOW].as_bytes(), map[ACCEPT].as_bytes()), (&b"GET"[..], &b""[..]));
    }

    proptest! {
        #[test]
        fn no_value_breaks_out_of_its_line(value in ".*", after in "[a-z]{0,9}") {
            let mut fields = Fields::default();
            fields.set(ALLOW, &value);
            fields.set(ACCEPT, &after);
            let mut lines = Vec::new();
            fields.write(&mut lines);
            let text = String::from_utf8(lines).unwrap();
            prop_assert_eq!(text.matches("\r\n").count(), 2);
            let last = format!("\r\naccept: {after}\r\n");
            prop_assert!(text.ends_with(&last));
        }
    }
}
