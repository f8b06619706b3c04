//! Times as SAML writes them: xs:dateTime in UTC (SAML core §1.3.3).

use jiff::civil::DateTime;
use vestibule_model::{Millis, told};

use crate::refusal::Malformed;

/// Reads a time: `2026-11-29T20:00:00Z`, with a fraction of a second or without.
pub(crate) fn read(text: &str) -> Result<Millis, Malformed> {
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let refused = || Malformed::Time(told(text, 40));
    let local = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).ok_or_else(refused)?;
    let (second, fraction) = local.split_once('.').unwrap_or((local, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_form =
        |(byte, form): (u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == *form };
    let form = b"dddd-dd-ddTdd:dd:dd";
    let has_form = second.len() == form.len() && second.bytes().zip(form).all(is_of_form);
    if !has_form || !is_digits(fraction) {
        return Err(refused());
    }
    let second: DateTime = second.parse().map_err(|_| refused())?;
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millis: i64 = millis.parse().map_err(|_| refused())?;
    let seconds = second.duration_since(EPOCH).as_secs();
    Ok(Millis::from_unix(seconds.saturating_mul(1_000).saturating_add(millis)))
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
    fn the_last_time_that_others_have_is_read() {
        assert_eq!(read("9999-12-31T23:59:59.9999999Z"), Ok(Millis::from_unix(253_402_300_799_999)));
        assert_eq!(read("1970-01-01T00:00:01.1234567890123Z"), Ok(Millis::from_unix(1_123)));
        assert_eq!(read("1970-01-01T00:00:01+00:00"), Ok(Millis::from_unix(1_000)));
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "1970-01-01T00:00:01",
            "1970-01-01 00:00:01Z",
            "1970-01-01T00:00:01+01:00",
            "1970-01-01T00:00:01z",
            "1970-01-01T00Z",
            "1970-01-01T00:00Z",
            "1970-01-01T000001Z",
            "1970-01-01T00:00:01.Z",
            "1970-13-01T00:00:01Z",
            "",
            "é",
        ] {
            assert_eq!(read(text), Err(Malformed::Time(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_time_is_read_as_it_is_written() {
        let time = Millis::from_unix(1_523);
        assert_eq!(read(&vestibule_model::Utc(time).to_string()), Ok(time));
    }
}
