//! Points in time, as people write them on a command line and as they are shown to them: always in UTC.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo, Timestamp};
use vestibule_model::Millis;

use crate::input_error::InputError;

/// A point in time, the beginning of a day in UTC, or how long ago it was: `90m`, `2h`, `7d`.
pub(crate) fn read_past(flag: &str, text: &str, now: Millis) -> Result<Millis, InputError> {
    at(text).or_else(|| span(text).map(|span| now.minus(span))).ok_or_else(|| {
        InputError::new(
            flag,
            "this is no time: write 2026-11-25, 2026-11-25T10:00:00Z, or how long ago: 90m, 2h, 7d",
        )
    })
}

/// The same, but how long it is from now.
pub(crate) fn read_future(flag: &str, text: &str, now: Millis) -> Result<Millis, InputError> {
    at(text).or_else(|| span(text).map(|span| now.plus(span))).ok_or_else(|| {
        InputError::new(
            flag,
            "this is no time: write 2026-11-25, 2026-11-25T10:00:00Z, or how long from now: 2h, 30d",
        )
    })
}

/// How long something lasts, in whole seconds: `90m`, `2h`, `7d`, or `0`.
pub(crate) fn read_span(flag: &str, text: &str) -> Result<Duration, InputError> {
    let lasting = if text == "0" { Some(Duration::ZERO) } else { whole_span(text) };
    lasting
        .filter(|span| span.subsec_nanos() == 0)
        .ok_or_else(|| InputError::new(flag, "this is no span of time: write 90m, 2h, 7d, or 0"))
}

/// To the second: `2026-11-25T10:00:00Z`.
pub(crate) fn show(at: i64) -> String {
    let time = Timestamp::from_millisecond(at).ok();
    time.map_or_else(|| at.to_string(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn at(text: &str) -> Option<Millis> {
    // A date and a time without a zone would be read as a date, and the time be lost.
    let day = (text.len() == "2026-11-25".len()).then(|| text.parse::<Date>().ok()).flatten();
    let of_day = || day?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let time = text.parse::<Timestamp>().ok().or_else(of_day)?;
    Some(Millis::from_unix(time.as_millisecond()))
}

fn span(text: &str) -> Option<Duration> {
    whole_span(text).filter(|span| !span.is_zero())
}

fn whole_span(text: &str) -> Option<Duration> {
    let span = text.parse::<Span>().ok()?;
    let span = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis::from_unix(1_800_000_000_000);

    #[test]
    fn a_day_begins_at_midnight_in_utc() {
        let read = |text: &str| read_past("--since", text, NOW);
        assert_eq!(read("2026-11-25"), read("2026-11-25T00:00:00Z"));
        assert_eq!(read("1970-01-02").unwrap(), Millis::from_unix(86_400_000));
    }

    #[test]
    fn a_time_has_its_zone() {
        let expected = Millis::from_unix(1_790_000_000_123);
        assert_eq!(read_past("--since", "2026-09-21T16:13:20.123+02:00", NOW).unwrap(), expected);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "2026-11-25T10:00:00", "1790000000"] {
            let refused = read_past("--until", text, NOW);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }

    #[test]
    fn a_span_is_counted_from_now() {
        assert_eq!(read_past("--since", "2h", NOW).unwrap().as_unix(), NOW.as_unix() - 7_200_000);
        assert_eq!(read_future("--expires", "30d", NOW).unwrap().as_unix(), NOW.as_unix() + 2_592_000_000);
    }

    #[test]
    fn a_span_that_goes_the_other_way_is_refused() {
        for text in ["-2h", "0s", "1mo", "2 fortnights"] {
            let refused = read_past("--since", text, NOW);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }

    #[test]
    fn a_span_may_be_none_and_has_whole_seconds() {
        let seconds = |text: &str| read_span("--overlap", text).map(|span| span.as_secs()).ok();
        let spans = ["0", "0s", "90m", "24h", "7d", "500ms", "-2h", "1mo", "3600", "", "2026-11-25"];
        let expected = [Some(0), Some(0), Some(5_400), Some(86_400), Some(604_800)];
        assert_eq!(spans.map(seconds), [&expected[..], &[None; 6]].concat().as_slice());
    }

    #[test]
    fn a_time_is_shown_to_the_second_in_utc() {
        assert_eq!(show(1_790_000_000_123), "2026-09-21T14:13:20Z");
    }
}
