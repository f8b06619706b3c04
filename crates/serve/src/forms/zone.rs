//! Times for people, in a zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use vestibule_model::Millis;

/// A zone with its name.
#[derive(Clone)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// The zone of this name; UTC if nobody knows it.
    pub fn of(name: &str) -> Self {
        match TimeZone::get(name) {
            Ok(zone) => Self { name: name.to_owned(), zone },
            Err(_) => Self { name: "UTC".to_owned(), zone: TimeZone::UTC },
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A time to the minute.
    pub fn minute(&self, at: Millis) -> String {
        self.told(at, "%Y-%m-%d %H:%M")
    }

    /// A time to the second.
    pub fn second(&self, at: Millis) -> String {
        self.told(at, "%Y-%m-%d %H:%M:%S")
    }

    /// A day.
    pub fn day(&self, at: Millis) -> String {
        self.told(at, "%Y-%m-%d")
    }

    /// A time as programs read it, whatever the zone (RFC 3339).
    pub fn machine(&self, at: Millis) -> String {
        Timestamp::from_millisecond(at.as_unix()).unwrap_or(Timestamp::MAX).to_string()
    }

    /// A time as a field of a form has it: of this zone unless it says of which.
    pub fn read(&self, text: &str) -> Option<Millis> {
        let of_zone =
            || text.parse::<DateTime>().ok()?.to_zoned(self.zone.clone()).ok().map(|at| at.timestamp());
        let at = text.parse::<Timestamp>().ok().or_else(of_zone)?;
        Some(Millis::from_unix(at.as_millisecond()))
    }

    fn told(&self, at: Millis, form: &str) -> String {
        let time = Timestamp::from_millisecond(at.as_unix()).unwrap_or(Timestamp::MAX);
        time.to_zoned(self.zone.clone()).strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_zone_and_of_utc_where_nobody_knows_it() {
        let at = Millis::from_unix(1_700_000_000_000);
        assert_eq!(Zone::of("Europe/Athens").minute(at), "2023-11-15 00:13");
        assert_eq!(Zone::of("Europe/Athens").second(at), "2023-11-15 00:13:20");
        let unknown = Zone::of("Nowhere/At_All");
        assert_eq!((unknown.name(), unknown.minute(at).as_str()), ("UTC", "2023-11-14 22:13"));
    }

    #[test]
    fn a_time_is_read_in_the_zone_unless_it_says_its_own() {
        let (athens, at) = (Zone::of("Europe/Athens"), Some(Millis::from_unix(1_700_000_000_000)));
        assert_eq!(athens.read("2023-11-15T00:13:20"), at);
        assert_eq!(athens.read("2023-11-14T22:13:20Z"), at);
        assert_eq!(Zone::of("UTC").read("2023-11-14"), Some(Millis::from_unix(1_699_920_000_000)));
        for text in ["", "14:00", "yesterday", "2023-13-01", "99999-01-01"] {
            assert_eq!(athens.read(text), None, "{text}");
        }
    }

    #[test]
    fn no_time_is_too_far_away() {
        assert!(!Zone::of("UTC").day(Millis::from_unix(i64::MAX)).is_empty());
    }
}
