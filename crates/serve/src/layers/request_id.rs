//! Request ids, by which a client's report is found in the log.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};
use vestibule_model::Rng;

use super::headers::Headers;

/// The header that carries the id, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 64;
const PREFIX: usize = 6;
const COUNTER: usize = 6;
/// Two digits per byte.
const MADE: usize = 2 * (PREFIX + COUNTER);

/// The id of a request: in the log, and a header of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestId(Text);

/// Made ids are kept in place: most requests come without one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    Made([u8; MADE]),
    Given(HeaderValue),
}

impl RequestId {
    /// As text: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    pub(super) fn as_str(&self) -> &str {
        match &self.0 {
            Text::Made(digits) => str::from_utf8(digits).unwrap_or_default(),
            Text::Given(value) => value.to_str().unwrap_or_default(),
        }
    }

    /// As a header's value, which HTTP/2 does not compare with those before it, nor keep for those after it (RFC 7541 §7.1.3): no two are
    /// the same.
    pub(super) fn header(&self) -> HeaderValue {
        let mut value = match &self.0 {
            // Digits are always a valid value.
            Text::Made(digits) => HeaderValue::from_bytes(digits).unwrap_or(HeaderValue::from_static("0")),
            Text::Given(value) => value.clone(),
        };
        value.set_sensitive(true);
        value
    }
}

/// Makes request ids: a random prefix for this process, then a counter.
#[derive(Clone)]
pub struct RequestIds {
    prefix: [u8; PREFIX],
    next: Arc<AtomicU64>,
    is_secret: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl fmt::Debug for RequestIds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, next, .. } = self;
        out.debug_struct("RequestIds").field("prefix", prefix).field("next", next).finish_non_exhaustive()
    }
}

impl RequestIds {
    /// With a prefix from `rng`.
    pub fn new(rng: &dyn Rng) -> Self {
        let mut prefix = [0; PREFIX];
        rng.fill(&mut prefix);
        Self { prefix, next: Arc::default(), is_secret: Arc::new(|_| false) }
    }

    /// The same, which take no id from a caller that this holds for: ids are logged, and stand in answers.
    #[must_use]
    pub fn without_secrets(self, is_secret: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { is_secret: Arc::new(is_secret), ..self }
    }

    /// The caller's id when it is one that may be logged as it is, else a new one.
    pub(super) fn of(&self, headers: Headers<'_>) -> RequestId {
        let given = headers.get(&HEADER).filter(|given| is_acceptable(given));
        let is_secret = |given: &&[u8]| str::from_utf8(given).is_ok_and(|given| (self.is_secret)(given));
        let given = given.filter(|given| !is_secret(given));
        match given.and_then(|given| HeaderValue::from_bytes(given).ok()) {
            Some(given) => RequestId(Text::Given(given)),
            None => self.make(),
        }
    }

    fn make(&self) -> RequestId {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let number = self.next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let (_, low) = number.split_at(number.len() - COUNTER);
        let mut text = [0; MADE];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.prefix.iter().chain(low)) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        RequestId(Text::Made(text))
    }
}

fn is_acceptable(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    struct Ones;

    impl Rng for Ones {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0x1f);
        }
    }

    fn given(id: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER, HeaderValue::from_str(id).unwrap())])
    }

    #[test]
    fn made_ids_have_the_processs_prefix_and_differ() {
        let ids = RequestIds::new(&Ones);
        let next = || ids.of(Headers::Map(&HeaderMap::new()));
        let (first, second) = (next(), next());
        assert_eq!(first.as_str(), "1f1f1f1f1f1f000000000000");
        assert_eq!(second.as_str(), "1f1f1f1f1f1f000000000001");
    }

    #[test]
    fn a_given_id_is_kept_when_it_is_plain_and_short() {
        let ids = RequestIds::new(&Ones);
        assert_eq!(ids.of(Headers::Map(&given("Trace_1.a-b"))).as_str(), "Trace_1.a-b");
        let ids = ids.without_secrets(|id| id == "secret");
        assert_eq!(ids.of(Headers::Map(&given("Trace_1.a-b"))).as_str(), "Trace_1.a-b");
        for bad in ["secret", "", "a b", "a\"b", "a=b", &"x".repeat(65)] {
            assert!(ids.of(Headers::Map(&given(bad))).as_str().starts_with("1f1f"), "{bad}");
        }
    }
}
