//! Times as SAML writes them: xs:dateTime in UTC (SAML core §1.3.3).

use std::fmt;

use jiff::Timestamp;
use vestibule_model::Millis;

use crate::refusal::Malformed;

/// Reads a time: `2026-11-29T20:00:00Z`, with a fraction of a second or without.
pub(crate) fn read(text: &str) -> Result<Millis, Malformed> {
    let refused = || Malformed::Time(text.to_owned());
    let digits_and_signs = text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ".contains(&byte));
    if !digits_and_signs || !text.ends_with('Z') || text.as_bytes().get(10) != Some(&b'T') {
        return Err(refused());
    }
    let time: Timestamp = text.parse().map_err(|_| refused())?;
    Ok(Millis::from_unix(time.as_millisecond()))
}

/// A time as SAML writes it.
pub(crate) struct Written(pub(crate) Millis);

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0.as_unix()) {
            Ok(time) => write!(out, "{time}"),
            Err(_) => write!(out, "{} ms", self.0.as_unix()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_utc_are_read_to_the_millisecond() {
        assert_eq!(read("1970-01-01T00:00:01Z"), Ok(Millis::from_unix(1_000)));
        assert_eq!(read("1970-01-01T00:00:01.5239Z"), Ok(Millis::from_unix(1_523)));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "1970-01-01T00:00:01",
            "1970-01-01 00:00:01Z",
            "1970-01-01T00:00:01+01:00",
            "1970-01-01T00:00:01z",
            "",
            "é",
        ] {
            assert_eq!(read(text), Err(Malformed::Time(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_time_is_written_as_it_is_read() {
        assert_eq!(Written(Millis::from_unix(1_523)).to_string(), "1970-01-01T00:00:01.523Z");
    }
}
