//! Requests over time, as a chart shows them.

use std::collections::HashMap;

use vestibule_auth::{TrafficDays, TrafficKey, TrafficReport, TrafficSums};
use vestibule_model::{Day, Millis, Month, TrafficBy, hour_of_day};

use crate::chart::{Chart, Series};

/// How the time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Hour,
    Day,
    Month,
}

/// More days than these are too many bars of an hour each.
const MOST_BY_HOUR: u32 = 7;

/// More days than these are cut into months unless told otherwise.
const MOST_BY_DAY: u32 = 100;

impl Step {
    pub(super) const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The one that is asked for, if these days can be cut so, or else the one that suits them.
    pub(super) fn named(word: &str, days: TrafficDays) -> Self {
        let count = days.count();
        let asked = Self::ALL.into_iter().find(|step| step.word() == word);
        match asked.filter(|step| *step != Self::Hour || count <= MOST_BY_HOUR) {
            Some(step) => step,
            None if count <= 2 => Self::Hour,
            None if count <= MOST_BY_DAY => Self::Day,
            None => Self::Month,
        }
    }

    pub(super) const fn by(self) -> TrafficBy {
        match self {
            Self::Hour => TrafficBy::Hour,
            Self::Day => TrafficBy::Day,
            Self::Month => TrafficBy::Month,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Hour => "Hour, UTC",
            Self::Day => "Day, UTC",
            Self::Month => "Month, UTC",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::Hour => "in each hour",
            Self::Day => "on each day",
            Self::Month => "in each month",
        }
    }

    /// Every step of these days that has begun.
    fn of(self, days: TrafficDays, now: Millis) -> Vec<TrafficKey> {
        let today = Day::of(now);
        let through = days.through.min(today);
        let count = u32::try_from(i64::from(through.number()) - i64::from(days.from.number()) + 1);
        let each_day = (0..count.unwrap_or_default()).map(|after| days.from.plus(after));
        match self {
            Self::Hour => {
                let hours = each_day.flat_map(|day| (0..24).map(move |hour| (day, hour)));
                let has_begun = |(day, hour): &(Day, u8)| *day < today || *hour <= hour_of_day(now);
                hours.filter(has_begun).map(|(day, hour)| TrafficKey::Hour(day, hour)).collect()
            }
            Self::Day => each_day.map(TrafficKey::Day).collect(),
            Self::Month => {
                let months = days.from.month().number()..=through.month().number();
                months.map(|number| TrafficKey::Month(Month::from_number(number))).collect()
            }
        }
    }
}

/// What was let through and what was refused in each step; None: nothing of it has begun.
pub(super) fn chart(report: &TrafficReport, step: Step, days: TrafficDays, now: Millis) -> Option<Chart> {
    let sums: HashMap<&TrafficKey, TrafficSums> =
        report.lines.iter().map(|line| (&line.key, line.sums)).collect();
    let steps = step.of(days, now);
    let values = |of: fn(TrafficSums) -> u64| {
        steps.iter().map(|key| of(sums.get(key).copied().unwrap_or_default())).collect()
    };
    let series = [
        Series { name: "Let through", values: values(|sums| sums.allowed) },
        Series { name: "Refused", values: values(|sums| sums.refused) },
    ];
    let labels = steps.iter().map(label).collect();
    Chart::bars("Requests", step.unit(), (step.column(), labels), &series)
}

fn label(key: &TrafficKey) -> String {
    match key {
        TrafficKey::Hour(day, hour) => format!("{day} {hour:02}:00"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, through: &str) -> TrafficDays {
        TrafficDays { from: from.parse().unwrap(), through: through.parse().unwrap() }
    }

    fn noon(day: &str) -> Millis {
        day.parse::<Day>().unwrap().begin().plus(std::time::Duration::from_hours(12))
    }

    #[test]
    fn what_has_not_begun_is_not_drawn() {
        let now = noon("2026-11-30");
        let last = |step: Step, days| step.of(days, now).last().map(label);
        let two = days("2026-11-29", "2026-12-02");
        assert_eq!(last(Step::Day, two).as_deref(), Some("2026-11-30"));
        assert_eq!(last(Step::Hour, two).as_deref(), Some("2026-11-30 12:00"));
        assert_eq!(last(Step::Month, two).as_deref(), Some("2026-11"));
        assert_eq!(Step::Day.of(days("2026-12-01", "2026-12-02"), now), []);
    }

    #[test]
    fn steps_suit_the_days_unless_another_is_asked_for() {
        let named = |word, from| Step::named(word, days(from, "2026-11-30"));
        assert_eq!(named("", "2026-11-30"), Step::Hour);
        assert_eq!(named("", "2026-11-01"), Step::Day);
        assert_eq!(named("", "2026-01-01"), Step::Month);
        assert_eq!(named("day", "2026-01-01"), Step::Day);
        assert_eq!(named("hour", "2026-01-01"), Step::Month);
    }
}
