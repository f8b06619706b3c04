//! Points in time for people: always UTC, as the audit and the log have them, so that they can be laid side by side.

use vestibule_model::{Millis, Utc};

/// RFC 3339, to the millisecond where there are any.
pub(super) fn precisely(at: Millis) -> String {
    Utc(at).to_string()
}

/// RFC 3339, to the second.
pub(super) fn in_words(at: Millis) -> String {
    precisely(Millis::from_unix(at.as_unix().div_euclid(1_000).saturating_mul(1_000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc() {
        let at = Millis::from_unix(1_790_000_000_123);
        assert_eq!(
            (precisely(at).as_str(), in_words(at).as_str()),
            ("2026-09-21T14:13:20.123Z", "2026-09-21T14:13:20Z")
        );
    }
}
