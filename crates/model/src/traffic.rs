//! What is counted of requests: for whom, when, and what came of them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::{Application, ApplicationId, Millis};

const MILLIS_OF_HOUR: i64 = 3_600_000;
const MILLIS_OF_DAY: i64 = 24 * MILLIS_OF_HOUR;

/// A day of the calendar, UTC: days since 1970-01-01. Those that no calendar has are brought to the next that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// A month of the calendar, UTC: twelve times the year, and how many months of it are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

/// No day of the form YYYY-MM-DD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD")]
pub struct NoDay;

impl Day {
    /// The first day of the calendar.
    pub const FIRST: Self = Self(-4_371_586);
    /// The last one.
    pub const LAST: Self = Self(2_932_895);

    /// The day of a point in time.
    pub fn of(at: Millis) -> Self {
        Self::bounded(at.as_unix().div_euclid(MILLIS_OF_DAY))
    }

    /// From days since 1970-01-01.
    pub fn from_number(number: i32) -> Self {
        Self::bounded(number.into())
    }

    fn bounded(number: i64) -> Self {
        Self(i32::try_from(number.clamp(Self::FIRST.0.into(), Self::LAST.0.into())).unwrap_or_default())
    }

    /// Days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day so many days before.
    #[must_use]
    pub fn minus(self, days: u32) -> Self {
        Self::bounded(i64::from(self.0) - i64::from(days))
    }

    /// The day so many days after.
    #[must_use]
    pub fn plus(self, days: u32) -> Self {
        Self::bounded(i64::from(self.0) + i64::from(days))
    }

    /// Its first moment.
    pub fn begin(self) -> Millis {
        Millis::from_unix(i64::from(self.0) * MILLIS_OF_DAY)
    }

    /// The month it is of.
    pub fn month(self) -> Month {
        let date = self.date();
        Month(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// How many days of its month are over.
    pub fn of_month(self) -> u8 {
        u8::try_from(self.date().day() - 1).unwrap_or_default()
    }

    fn date(self) -> Date {
        let seconds = i64::from(self.0) * (MILLIS_OF_DAY / 1_000);
        Timestamp::from_second(seconds).map_or(Date::MIN, |at| Offset::UTC.to_datetime(at).date())
    }
}

/// How many hours of its day are over at a point in time, UTC.
pub fn hour_of_day(at: Millis) -> u8 {
    u8::try_from(at.as_unix().rem_euclid(MILLIS_OF_DAY) / MILLIS_OF_HOUR).unwrap_or_default()
}

impl fmt::Display for Day {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(out)
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let date: Date = text.parse().map_err(|_| NoDay)?;
        let midnight = Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        let day = midnight.map(|at| Self::of(Millis::from_unix(at.as_millisecond()))).map_err(|_| NoDay)?;
        // Other spellings of a date are not meant.
        if day.to_string() == text { Ok(day) } else { Err(NoDay) }
    }
}

impl Month {
    /// From twelve times the year and the months of it that are over.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Twelve times the year, and the months of it that are over.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The month so many months before.
    #[must_use]
    pub fn minus(self, months: u32) -> Self {
        Self(self.0.saturating_sub(i32::try_from(months).unwrap_or(i32::MAX)))
    }

    /// Its first day.
    pub fn first_day(self) -> Day {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12) + 1);
        let date =
            i16::try_from(year).ok().and_then(|year| Date::new(year, i8::try_from(month).ok()?, 1).ok());
        let at = date
            .and_then(|date| Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight())).ok());
        let earliest = if year < 0 { Millis::from_unix(i64::MIN) } else { Millis::from_unix(i64::MAX) };
        Day::of(at.map_or(earliest, |at| Millis::from_unix(at.as_millisecond())))
    }
}

impl fmt::Display for Month {
    /// `2026-11`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// Under what a request is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficApplication {
    /// The application that was used, or none.
    Of(Application),
    /// An administrator's call.
    Administrator,
    /// Nobody knows: nothing was shown, or nothing that is valid.
    Unknown,
}

/// No name of an application as traffic has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "none, unknown, administrator, or one of api-key, oauth-client and application-token with a colon and an id"
)]
pub struct NoTrafficApplication;

impl fmt::Display for TrafficApplication {
    /// `none`, `api-key:7`, `oauth-client:7`, `application-token:7`, `administrator` or `unknown`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(application) => {
                out.write_str(application.kind())?;
                application.id().map_or(Ok(()), |id| write!(out, ":{id}"))
            }
            Self::Administrator => out.write_str("administrator"),
            Self::Unknown => out.write_str("unknown"),
        }
    }
}

impl FromStr for TrafficApplication {
    type Err = NoTrafficApplication;

    fn from_str(text: &str) -> Result<Self, NoTrafficApplication> {
        let id = |id: &str| id.parse().map(ApplicationId).map_err(|_| NoTrafficApplication);
        let application = match text.split_once(':') {
            None if text == "none" => Application::None,
            None if text == "administrator" => return Ok(Self::Administrator),
            None if text == "unknown" => return Ok(Self::Unknown),
            Some(("api-key", text)) => Application::ApiKey(id(text)?),
            Some(("oauth-client", text)) => Application::OauthClient(id(text)?),
            Some(("application-token", text)) => Application::Token(id(text)?),
            _ => return Err(NoTrafficApplication),
        };
        Ok(Self::Of(application))
    }
}

/// By what the requests of a report are summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TrafficBy {
    /// By application.
    Application,
    /// By family of routes.
    Route,
    /// By kind of user.
    Kind,
    /// By outcome.
    Outcome,
    /// By hour, of the days that are still kept by the hour.
    Hour,
    /// By day.
    Day,
    /// By month.
    Month,
}

impl TrafficBy {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Application, Self::Route, Self::Kind, Self::Outcome, Self::Hour, Self::Day, Self::Month];
}

impl fmt::Display for TrafficBy {
    /// The name that the administration API has for it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TrafficOutcome {
    /// It was let through, or done.
    Allowed,
    /// Nothing that is accepted was shown.
    NoCredential,
    /// What was shown opens nothing: it is not genuine, has ended, or may not be used any more.
    InvalidCredential,
    /// What was shown contradicts itself, or the gateway does not say what it asks about.
    Contradictory,
    /// A rule of the gate is for other accounts.
    OtherAccount,
    /// A rule of the gate is for other applications.
    OtherApplication,
    /// A rule of the gate is for other kinds of user.
    OtherUserKind,
    /// A rule of the gate is for the other population.
    OtherPopulation,
    /// A rule of the gate is for a higher rank.
    RankTooLow,
    /// A rule of the gate is for users with other privileges.
    MissingPrivilege,
    /// The application may not be used from this address.
    OtherAddress,
    /// A rule of the gate is for other paths.
    OtherPath,
    /// A login with a wrong name, password, key, code or token.
    WrongCredentials,
    /// A login of somebody who is locked.
    Locked,
    /// A login that is right, of somebody who may not log in so now.
    NotAllowed,
    /// A login that lacks its second factor.
    SecondFactorNeeded,
    /// A login after too many that failed, or while too many wait.
    TooManyRequests,
    /// Something needed did not answer: an identity provider, the store.
    Unavailable,
}

impl TrafficOutcome {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Allowed,
        Self::NoCredential,
        Self::InvalidCredential,
        Self::Contradictory,
        Self::OtherAccount,
        Self::OtherApplication,
        Self::OtherUserKind,
        Self::OtherPopulation,
        Self::RankTooLow,
        Self::MissingPrivilege,
        Self::OtherAddress,
        Self::OtherPath,
        Self::WrongCredentials,
        Self::Locked,
        Self::NotAllowed,
        Self::SecondFactorNeeded,
        Self::TooManyRequests,
        Self::Unavailable,
    ];
}

impl fmt::Display for TrafficOutcome {
    /// The name that the administration API has for it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(out)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight() {
        let day = day("2026-11-30");
        let end = day.plus(1).begin();
        assert_eq!(Day::of(day.begin()), day);
        assert_eq!(Day::of(Millis::from_unix(end.as_unix() - 1)), day);
        assert_eq!((hour_of_day(day.begin()), hour_of_day(Millis::from_unix(end.as_unix() - 1))), (0, 23));
        assert_eq!(Day::of(Millis::from_unix(-1)), self::day("1969-12-31"));
    }

    #[test]
    fn a_day_is_of_its_month() {
        let leap = day("2028-02-29");
        assert_eq!((leap.month().to_string().as_str(), leap.of_month()), ("2028-02", 28));
        assert_eq!(leap.month().first_day(), day("2028-02-01"));
        assert_eq!(leap.month().minus(14).first_day(), day("2026-12-01"));
    }

    #[test]
    fn outcomes_are_numbered_in_their_order() {
        assert!(
            TrafficOutcome::ALL.into_iter().enumerate().all(|(index, outcome)| outcome as usize == index)
        );
    }

    #[test]
    fn other_spellings_of_a_day_are_none() {
        for text in ["2026-2-01", "20260201", "2026-02-30", "2026-02-01T00:00:00", "", "today"] {
            assert_eq!(text.parse::<Day>(), Err(NoDay), "{text}");
        }
    }

    #[test]
    fn times_beyond_every_calendar_have_a_day() {
        for at in [i64::MIN, i64::MAX] {
            let day = Day::of(Millis::from_unix(at));
            assert_eq!(day.month().first_day().month(), day.month());
        }
        assert!(Month::from_number(i32::MIN).first_day() < Month::from_number(i32::MAX).first_day());
    }

    #[test]
    fn an_application_is_read_as_it_is_written() {
        let id = ApplicationId(7);
        let applications = [
            Application::None,
            Application::ApiKey(id),
            Application::OauthClient(id),
            Application::Token(id),
        ];
        let all = applications.map(TrafficApplication::Of).into_iter();
        for application in all.chain([TrafficApplication::Administrator, TrafficApplication::Unknown]) {
            assert_eq!(application.to_string().parse(), Ok(application));
        }
        for text in ["", "api-key", "api-key:", "api-key:x", "other:7", "none:7"] {
            assert_eq!(text.parse::<TrafficApplication>(), Err(NoTrafficApplication), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_is_written(number in 0..80_000_i32) {
            let day = Day::from_number(number);
            prop_assert_eq!(day.to_string().parse(), Ok(day));
            prop_assert_eq!(day.month().first_day().plus(day.of_month().into()), day);
        }
    }
}
