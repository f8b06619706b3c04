//! Of which days traffic is told.

use vestibule_model::{Day, Millis};

/// Days that follow one another, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficDays {
    /// The first.
    pub from: Day,
    /// The last.
    pub through: Day,
}

/// Days that are not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTrafficDays {
    /// The first is none.
    #[error("this is no day: YYYY-MM-DD")]
    From,
    /// The last is none.
    #[error("this is no day: YYYY-MM-DD")]
    To,
    /// The first is after the last.
    #[error("this is after `to`")]
    Reversed,
    /// There are more than [`TrafficDays::MOST`].
    #[error("at most 500 days are told at once")]
    TooMany,
}

impl NoTrafficDays {
    /// The field that is wrong.
    pub const fn field(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::From | Self::Reversed | Self::TooMany => "from",
        }
    }
}

impl TrafficDays {
    /// How many may be asked for at once.
    pub const MOST: u32 = 500;
    /// How many are told unless told otherwise.
    pub const USUAL: u32 = 30;

    /// From a first day through a last, as they are asked for: unless told the last is today, and the first so that there are as many
    /// as usual.
    ///
    /// # Errors
    /// When they are no days, in the wrong order, or too many.
    pub fn read(from: Option<&str>, to: Option<&str>, now: Millis) -> Result<Self, NoTrafficDays> {
        let through = to.map_or(Ok(Day::of(now)), |text| text.parse().map_err(|_| NoTrafficDays::To))?;
        let usual = Self::last(Self::USUAL, through);
        let from = from.map_or(Ok(usual.from), |text| text.parse().map_err(|_| NoTrafficDays::From))?;
        if from > through {
            return Err(NoTrafficDays::Reversed);
        }
        if from < Self::last(Self::MOST, through).from {
            return Err(NoTrafficDays::TooMany);
        }
        Ok(Self { from, through })
    }

    /// So many, of which this is the last.
    pub fn last(count: u32, through: Day) -> Self {
        Self { from: through.minus(count.saturating_sub(1)), through }
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        u32::try_from(i64::from(self.through.number()) - i64::from(self.from.number()) + 1)
            .unwrap_or_default()
    }

    /// As many before the first.
    #[must_use]
    pub fn before(self) -> Self {
        Self::last(self.count(), self.from.minus(1))
    }

    /// As many from another day on.
    #[must_use]
    pub fn beginning(self, from: Day) -> Self {
        Self { from, through: from.plus(self.count().saturating_sub(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, through: &str) -> TrafficDays {
        TrafficDays { from: from.parse().unwrap(), through: through.parse().unwrap() }
    }

    #[test]
    fn as_many_days_before_end_the_day_before_the_first() {
        let week = days("2026-11-24", "2026-11-30");
        assert_eq!((week.count(), week.before()), (7, days("2026-11-17", "2026-11-23")));
        assert_eq!(days("2026-11-30", "2026-11-30").before(), days("2026-11-29", "2026-11-29"));
    }

    #[test]
    fn as_many_days_begin_where_they_are_told_to() {
        let week = days("2026-11-24", "2026-11-30");
        assert_eq!(week.beginning("2025-12-31".parse().unwrap()), days("2025-12-31", "2026-01-06"));
    }

    #[test]
    fn what_is_not_told_is_refused() {
        let now = "2026-11-30".parse::<Day>().unwrap().begin();
        let read = |from, to| TrafficDays::read(from, to, now);
        assert_eq!(read(None, None), Ok(days("2026-11-01", "2026-11-30")));
        assert_eq!(read(Some("2026-13-01"), None), Err(NoTrafficDays::From));
        assert_eq!(read(None, Some("today")), Err(NoTrafficDays::To));
        assert_eq!(read(Some("2026-12-01"), None), Err(NoTrafficDays::Reversed));
        assert_eq!(read(Some("2020-01-01"), None), Err(NoTrafficDays::TooMany));
    }
}
