//! The `Date` of answers that are written without hyper (RFC 9110 §6.6.1): written once a second for each thread.

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The length of a date in the form of RFC 9110 §5.6.7.
const LENGTH: usize = 29;

struct Written {
    second: Duration,
    text: [u8; LENGTH],
}

thread_local! {
    static WRITTEN: RefCell<Written> = const { RefCell::new(Written { second: Duration::MAX, text: [b' '; LENGTH] }) };
}

/// Gives the present date to `write`.
pub(super) fn date(write: impl FnOnce(&[u8])) {
    let now = now();
    WRITTEN.with_borrow_mut(|written| {
        let second = Duration::from_secs(now.as_secs());
        if written.second != second {
            let text = httpdate::fmt_http_date(UNIX_EPOCH + second);
            if let Ok(text) = text.as_bytes().try_into() {
                *written = Written { second, text };
            }
        }
        write(&written.text);
    });
}

#[expect(clippy::disallowed_methods, reason = "the edge: what the protocol says of the time of an answer")]
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_one_that_can_be_read_and_is_of_now() {
        let mut text = Vec::new();
        date(|date| text.extend_from_slice(date));
        let read = httpdate::parse_http_date(std::str::from_utf8(&text).unwrap()).unwrap();
        let read = read.duration_since(UNIX_EPOCH).unwrap();
        assert!(now().checked_sub(read).is_some_and(|since| since < Duration::from_secs(2)));
    }
}
