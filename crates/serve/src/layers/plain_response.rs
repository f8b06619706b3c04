//! Responses that are there at once, in the form of no library: hyper takes them as one of its own, the fast path
//! (`server/fast_path.rs`) writes them as they are.

use std::borrow::Cow;
use std::ops::Range;
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

/// What their lines take together, but for long values; more would still be right.
const LINES: usize = 512;

/// What stands between name and value.
const SEPARATOR: &str = ": ";

/// Headers, written as lines of HTTP/1.1 one behind the other.
#[derive(Debug)]
pub struct Fields {
    lines: String,
    /// The name of each, and where its value stands.
    places: Vec<(HeaderName, Range<usize>)>,
}

impl Default for Fields {
    fn default() -> Self {
        Self { lines: String::with_capacity(LINES), places: Vec::with_capacity(FIELDS) }
    }
}

impl Fields {
    /// Adds a field; `write` appends its value, which must be visible ASCII. Anything else in it makes it empty.
    pub fn add(&mut self, name: HeaderName, write: impl FnOnce(&mut String)) {
        self.lines.push_str(name.as_str());
        self.lines.push_str(SEPARATOR);
        let begin = self.lines.len();
        write(&mut self.lines);
        let value = self.lines.get(begin..).unwrap_or_default();
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            self.lines.truncate(begin);
        }
        self.places.push((name, begin..self.lines.len()));
        self.lines.push_str("\r\n");
    }

    /// Adds a field with a value that is there.
    pub fn set(&mut self, name: HeaderName, value: &str) {
        self.add(name, |text| text.push_str(value));
    }

    /// The fields as lines of HTTP/1.1.
    pub(crate) fn lines(&self) -> &str {
        &self.lines
    }

    /// The fields as hyper wants them.
    fn into_map(self) -> HeaderMap {
        let mut map = HeaderMap::with_capacity(FIELDS);
        let lines = Bytes::from(self.lines);
        for (name, place) in self.places {
            // What is visible ASCII is always a header's value.
            if let Ok(value) = HeaderValue::from_maybe_shared(lines.slice(place)) {
                map.append(name, value);
            }
        }
        map
    }
}

impl IntoIterator for Fields {
    type Item = (Bytes, Bytes);
    type IntoIter = IntoFields;

    /// Names, in lower case, and values, in their order; all of them share one allocation.
    fn into_iter(self) -> IntoFields {
        IntoFields { lines: self.lines.into(), places: self.places.into_iter() }
    }
}

/// Fields on their way to wherever they are needed.
#[derive(Debug)]
pub struct IntoFields {
    lines: Bytes,
    places: vec::IntoIter<(HeaderName, Range<usize>)>,
}

impl Iterator for IntoFields {
    type Item = (Bytes, Bytes);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, place) = self.places.next()?;
        let before = place.start - SEPARATOR.len();
        let name = self.lines.slice(before - name.as_str().len()..before);
        Some((name, self.lines.slice(place)))
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
        assert_eq!(fields.lines(), "allow: GET\r\naccept: \r\n");
        let map = fields.into_map();
        assert_eq!((map[ALLOW].as_bytes(), map[ACCEPT].as_bytes()), (&b"GET"[..], &b""[..]));
    }

    #[test]
    fn fields_are_given_as_names_and_values() {
        let mut fields = Fields::default();
        fields.set(ALLOW, "GET");
        fields.set(ACCEPT, "\n");
        fields.set(ALLOW, "a: b");
        let pairs: Vec<_> = fields.into_iter().collect();
        assert_eq!(
            pairs,
            [("allow", "GET"), ("accept", ""), ("allow", "a: b")]
                .map(|(name, value)| (name.into(), value.into()))
        );
    }

    proptest! {
        #[test]
        fn no_value_breaks_out_of_its_line(value in ".*", after in "[a-z]{0,9}") {
            let mut fields = Fields::default();
            fields.set(ALLOW, &value);
            fields.set(ACCEPT, &after);
            prop_assert_eq!(fields.lines().matches("\r\n").count(), 2);
            let last = format!("\r\naccept: {after}\r\n");
            prop_assert!(fields.lines().ends_with(&last));
        }
    }
}
