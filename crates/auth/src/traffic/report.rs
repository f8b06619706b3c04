//! What is told of traffic: sums of rows by one of what they are counted by, and what follows for an application.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use vestibule_model::{Day, Millis, Month, TrafficApplication, TrafficBy, TrafficOutcome, UserKind};
use vestibule_store::{AddressSketch, TrafficPeriod, TrafficRow, TrafficSeries, TrafficUses};

/// An application that was not used for so long is idle.
pub const IDLE_AFTER: Duration = Duration::from_hours(24 * 30);

/// An application that nobody has used or tried to use for so long can be deleted, if requests have been counted for as long.
pub const SAFE_AFTER: Duration = Duration::from_hours(24 * 90);

/// What the requests of a line have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficKey {
    /// The application.
    Application(TrafficApplication),
    /// The family of routes.
    Route(Arc<str>),
    /// The kind of user; None: of nobody who is known.
    Kind(Option<UserKind>),
    /// What came of them.
    Outcome(TrafficOutcome),
    /// The day, and how many hours of it were over, UTC.
    Hour(Day, u8),
    /// The day, UTC.
    Day(Day),
    /// The month, UTC.
    Month(Month),
}

/// How many requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficSums {
    /// That were let through, or done.
    pub allowed: u64,
    /// That were refused.
    pub refused: u64,
}

/// Requests that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficLine {
    /// What.
    pub key: TrafficKey,
    /// How many.
    pub sums: TrafficSums,
    /// How many on each day that is asked for, whatever came of them.
    pub days: Vec<u64>,
    /// From how many addresses, about, by [`AddressSketch::STANDARD_ERROR`]; of months that are no longer kept by the hour, from
    /// how many in all of the month. None: that is not told apart by this.
    pub addresses: Option<u64>,
    /// By which client programs, most first; none where they are not told apart by this.
    pub agents: Vec<(Box<str>, u64)>,
    /// What is known of the application, if that is what they have in common.
    pub standing: Option<ApplicationStanding>,
}

/// What is known of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationStanding {
    /// Its name; None: it has been deleted, or is none.
    pub name: Option<String>,
    /// When it was used, however long ago.
    pub uses: TrafficUses,
    /// Whether it is needed; None: there is nothing to delete.
    pub verdict: Option<TrafficVerdict>,
}

/// Whether an application is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficVerdict {
    /// It was used within [`IDLE_AFTER`].
    InUse,
    /// It was not used for [`IDLE_AFTER`].
    Idle {
        /// For so many days; None: it was never used, and somebody tried.
        days: Option<u32>,
    },
    /// Nobody has used or tried to use it for [`SAFE_AFTER`], and requests have been counted for as long.
    SafeToDelete {
        /// For so many days.
        days: u32,
    },
    /// Nobody has used or tried to use it since counting began.
    NeverSeen,
}

/// What is told of traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficReport {
    /// When counting began; None: nothing was ever counted.
    pub since: Option<Millis>,
    /// Of everything that is asked for.
    pub sums: TrafficSums,
    /// In the order of their keys.
    pub lines: Vec<TrafficLine>,
}

impl TrafficVerdict {
    /// What follows from when an application was used, at `now`, requests being counted since a time.
    pub fn of(uses: TrafficUses, since: Option<Millis>, now: Millis) -> Self {
        let for_long = |at: Option<Millis>, span| at.is_none_or(|at| now.since(at) >= span);
        let days = |at: Millis| u32::try_from(now.since(at).as_secs() / 86_400).unwrap_or(u32::MAX);
        let Some(attempt) = uses.last.max(uses.last_refused) else { return Self::NeverSeen };
        if !for_long(uses.last, IDLE_AFTER) {
            return Self::InUse;
        }
        let is_counted_for_long = since.is_some_and(|since| now.since(since) >= SAFE_AFTER);
        if is_counted_for_long && for_long(Some(attempt), SAFE_AFTER) {
            return Self::SafeToDelete { days: days(attempt) };
        }
        Self::Idle { days: uses.last.map(days) }
    }
}

impl TrafficSums {
    fn add(&mut self, outcome: TrafficOutcome, count: u64) {
        let sum = if outcome == TrafficOutcome::Allowed { &mut self.allowed } else { &mut self.refused };
        *sum = sum.saturating_add(count);
    }
}

/// Sums that are being made.
pub(crate) struct Summing {
    by: TrafficBy,
    from: Day,
    days: usize,
    sums: TrafficSums,
    lines: Vec<Line>,
    places: HashMap<TrafficKey, usize, RandomState>,
}

struct Line {
    key: TrafficKey,
    sums: TrafficSums,
    days: Vec<u64>,
    addresses: AddressSketch,
    agents: HashMap<Box<str>, u64, RandomState>,
}

impl Summing {
    /// Of the days from one through another.
    pub(crate) fn new(by: TrafficBy, from: Day, through: Day) -> Self {
        let days = usize::try_from(i64::from(through.number()) - i64::from(from.number()) + 1).unwrap_or(0);
        let (sums, lines, places) = (TrafficSums::default(), Vec::new(), HashMap::default());
        Self { by, from, days, sums, lines, places }
    }

    /// Adds what a row has of the days that are asked for.
    pub(crate) fn add(&mut self, row: &TrafficRow) {
        if self.by == TrafficBy::Hour && matches!(row.period, TrafficPeriod::Month(_)) {
            return;
        }
        let mut is_within = false;
        for series in &row.series {
            is_within |= self.add_series(row, series);
        }
        let of_row = match (self.by, row.period) {
            (TrafficBy::Application, _) => Some(TrafficKey::Application(row.source.application)),
            (TrafficBy::Day, TrafficPeriod::Day(day)) => Some(TrafficKey::Day(day)),
            (TrafficBy::Month, TrafficPeriod::Day(day)) => Some(TrafficKey::Month(day.month())),
            (TrafficBy::Month, TrafficPeriod::Month(month)) => Some(TrafficKey::Month(month)),
            _ => None,
        };
        if let Some(key) = of_row.filter(|_| is_within) {
            let line = self.line(key);
            line.addresses.add(&row.addresses);
            for (name, count) in &row.agents {
                let sum = line.agents.entry(name.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// Answers whether any of it was asked for.
    fn add_series(&mut self, row: &TrafficRow, series: &TrafficSeries) -> bool {
        let mut is_within = false;
        let common = self.key_of(row, series);
        for (slot, count) in (0..).zip(series.slots).filter(|(_, count)| *count > 0) {
            let (day, hour) = match row.period {
                TrafficPeriod::Day(day) => (day, slot),
                TrafficPeriod::Month(month) => (month.first_day().plus(slot.into()), 0),
            };
            let offset = i64::from(day.number()) - i64::from(self.from.number());
            let Some(offset) = usize::try_from(offset).ok().filter(|offset| *offset < self.days) else {
                continue;
            };
            is_within = true;
            self.sums.add(series.outcome, count);
            let key = common.clone().unwrap_or_else(|| match self.by {
                TrafficBy::Hour => TrafficKey::Hour(day, hour),
                TrafficBy::Month => TrafficKey::Month(day.month()),
                _ => TrafficKey::Day(day),
            });
            let line = self.line(key);
            line.sums.add(series.outcome, count);
            line.days[offset] = line.days[offset].saturating_add(count);
        }
        is_within
    }

    /// What all of a series has in common; None: that depends on the slot.
    fn key_of(&self, row: &TrafficRow, series: &TrafficSeries) -> Option<TrafficKey> {
        match self.by {
            TrafficBy::Application => Some(TrafficKey::Application(row.source.application)),
            TrafficBy::Route => Some(TrafficKey::Route(Arc::clone(&series.family))),
            TrafficBy::Kind => Some(TrafficKey::Kind(series.user_kind)),
            TrafficBy::Outcome => Some(TrafficKey::Outcome(series.outcome)),
            TrafficBy::Hour | TrafficBy::Day | TrafficBy::Month => None,
        }
    }

    fn line(&mut self, key: TrafficKey) -> &mut Line {
        let place = self.places.get(&key).copied().unwrap_or_else(|| {
            self.places.insert(key.clone(), self.lines.len());
            self.lines.push(Line {
                key,
                sums: TrafficSums::default(),
                days: vec![0; self.days],
                addresses: AddressSketch::default(),
                agents: HashMap::default(),
            });
            self.lines.len() - 1
        });
        &mut self.lines[place]
    }

    /// The report; what is known of applications is still to be told.
    pub(crate) fn report(mut self, since: Option<Millis>) -> TrafficReport {
        let has_addresses = matches!(self.by, TrafficBy::Application | TrafficBy::Day | TrafficBy::Month);
        self.lines.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let told = |line: Line| {
            let mut agents: Vec<(Box<str>, u64)> = line.agents.into_iter().collect();
            agents.sort_unstable_by(|(one, most), (other, more)| more.cmp(most).then_with(|| one.cmp(other)));
            TrafficLine {
                key: line.key,
                sums: line.sums,
                days: line.days,
                addresses: has_addresses.then(|| line.addresses.count()),
                agents,
                standing: None,
            }
        };
        TrafficReport { since, sums: self.sums, lines: self.lines.into_iter().map(told).collect() }
    }
}

impl TrafficLine {
    /// That of an application of which nothing was counted.
    pub(crate) fn empty(application: TrafficApplication, days: usize) -> Self {
        Self {
            key: TrafficKey::Application(application),
            sums: TrafficSums::default(),
            days: vec![0; days],
            addresses: Some(0),
            agents: Vec::new(),
            standing: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn at(day: i64) -> Millis {
        Millis::from_unix(day * DAY)
    }

    /// The verdict on day 200, requests being counted since a day.
    fn verdict(last: Option<i64>, last_refused: Option<i64>, since: i64) -> TrafficVerdict {
        let (last, last_refused) = (last.map(at), last_refused.map(at));
        let uses = TrafficUses { first: last, last, last_refused };
        TrafficVerdict::of(uses, Some(at(since)), at(200))
    }

    #[test]
    fn what_was_used_within_a_month_is_in_use() {
        assert_eq!(verdict(Some(171), None, 0), TrafficVerdict::InUse);
        assert_eq!(verdict(Some(170), None, 0), TrafficVerdict::Idle { days: Some(30) });
    }

    #[test]
    fn what_nobody_has_used_or_tried_for_three_months_is_safe_to_delete() {
        assert_eq!(verdict(Some(110), None, 0), TrafficVerdict::SafeToDelete { days: 90 });
        assert_eq!(verdict(Some(111), None, 0), TrafficVerdict::Idle { days: Some(89) });
        assert_eq!(verdict(Some(50), Some(111), 0), TrafficVerdict::Idle { days: Some(150) });
        assert_eq!(verdict(Some(50), Some(60), 0), TrafficVerdict::SafeToDelete { days: 140 });
    }

    /// An old use is known from elsewhere, and what came after it was not counted.
    #[test]
    fn nothing_is_safe_to_delete_before_counting_has_lasted_three_months() {
        assert_eq!(verdict(Some(50), None, 111), TrafficVerdict::Idle { days: Some(150) });
        assert_eq!(verdict(Some(50), None, 110), TrafficVerdict::SafeToDelete { days: 150 });
    }

    #[test]
    fn what_was_only_tried_is_idle_and_what_nobody_tried_was_never_seen() {
        assert_eq!(verdict(None, Some(199), 0), TrafficVerdict::Idle { days: None });
        assert_eq!(verdict(None, None, 0), TrafficVerdict::NeverSeen);
    }
}
