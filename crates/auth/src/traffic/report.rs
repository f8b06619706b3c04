//! What is told of traffic: sums of rows by one of what they are counted by, and what follows for an application.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use vestibule_model::{Day, Millis, Month, TrafficApplication, TrafficBy, TrafficOutcome, UserKind};
use vestibule_store::{DistinctSketch, TRAFFIC_SLOTS, TrafficPeriod, TrafficRow, TrafficSeries, TrafficUses};

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
    /// How many on each day that is asked for, whatever came of them; none where the line is of a time itself.
    pub days: Vec<u64>,
    /// From how many addresses, about, by [`DistinctSketch::STANDARD_ERROR`]; of months that are no longer kept by the hour, from
    /// how many in all of the month. None: that is not told apart by this.
    pub addresses: Option<u64>,
    /// By how many users, about, by the same; None: that is not told apart by this.
    pub users: Option<u64>,
    /// By which client programs, most first; none where they are not told apart by this.
    pub agents: Vec<(Box<str>, u64)>,
    /// What is known of the application, if that is what they have in common.
    pub standing: Option<ApplicationStanding>,
}

/// What is known of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Since when requests have been counted without a gap; None: they are not.
    pub since: Option<Millis>,
    /// What was counted before this day is not kept, some of which is asked for; None: all that is asked for is.
    pub kept_from: Option<Day>,
    /// Of everything that is asked for.
    pub sums: TrafficSums,
    /// In the order of their keys.
    pub lines: Vec<TrafficLine>,
}

impl TrafficVerdict {
    /// What follows from when an application was used, at `now`, requests being counted since a time.
    pub fn of(uses: TrafficUses, since: Millis, now: Millis) -> Self {
        let for_long = |at: Option<Millis>, span| at.is_none_or(|at| now.since(at) >= span);
        let days = |at: Millis| u32::try_from(now.since(at).as_secs() / 86_400).unwrap_or(u32::MAX);
        let Some(attempt) = uses.last.max(uses.last_refused) else { return Self::NeverSeen };
        if !for_long(uses.last, IDLE_AFTER) {
            return Self::InUse;
        }
        if for_long(Some(since), SAFE_AFTER) && for_long(Some(attempt), SAFE_AFTER) {
            return Self::SafeToDelete { days: days(attempt) };
        }
        Self::Idle { days: uses.last.map(days) }
    }
}

impl TrafficSums {
    fn of(outcome: TrafficOutcome, count: u64) -> Self {
        let is_allowed = outcome == TrafficOutcome::Allowed;
        let (allowed, refused) = if is_allowed { (count, 0) } else { (0, count) };
        Self { allowed, refused }
    }

    fn add(&mut self, other: Self) {
        self.allowed = self.allowed.saturating_add(other.allowed);
        self.refused = self.refused.saturating_add(other.refused);
    }

    /// Whatever came of them.
    pub fn all(self) -> u64 {
        self.allowed.saturating_add(self.refused)
    }
}

/// Sums by the slots of a row.
type Slots = [TrafficSums; TRAFFIC_SLOTS];

fn slots_of<'a>(all: impl IntoIterator<Item = &'a TrafficSeries>) -> Slots {
    let mut slots = Slots::default();
    for series in all {
        for (sums, count) in slots.iter_mut().zip(series.slots) {
            sums.add(TrafficSums::of(series.outcome, count));
        }
    }
    slots
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
    addresses: DistinctSketch,
    users: DistinctSketch,
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
        let is_within = match self.by {
            TrafficBy::Application => {
                let key = TrafficKey::Application(row.source.application);
                self.add_slots(row.period, &slots_of(&row.series), Some(&key))
            }
            TrafficBy::Hour | TrafficBy::Day | TrafficBy::Month => {
                self.add_slots(row.period, &slots_of(&row.series), None)
            }
            TrafficBy::Route => self.add_each(row, |series| TrafficKey::Route(Arc::clone(&series.family))),
            TrafficBy::Kind => self.add_each(row, |series| TrafficKey::Kind(series.user_kind)),
            TrafficBy::Outcome => self.add_each(row, |series| TrafficKey::Outcome(series.outcome)),
        };
        let of_row = match (self.by, row.period) {
            (TrafficBy::Application, _) => Some(TrafficKey::Application(row.source.application)),
            (TrafficBy::Day, TrafficPeriod::Day(day)) => Some(TrafficKey::Day(day)),
            (TrafficBy::Month, TrafficPeriod::Day(day)) => Some(TrafficKey::Month(day.month())),
            (TrafficBy::Month, TrafficPeriod::Month(month)) => Some(TrafficKey::Month(month)),
            _ => None,
        };
        if let Some(key) = of_row.filter(|_| is_within) {
            let place = self.place(&key);
            let line = &mut self.lines[place];
            line.addresses.add(&row.addresses);
            line.users.add(&row.users);
            for (name, count) in &row.agents {
                let sum = line.agents.entry(name.clone()).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// Adds each series of a row by its key; answers whether anything was asked for.
    fn add_each(&mut self, row: &TrafficRow, key: impl Fn(&TrafficSeries) -> TrafficKey) -> bool {
        let mut is_within = false;
        for series in &row.series {
            is_within |= self.add_slots(row.period, &slots_of([series]), Some(&key(series)));
        }
        is_within
    }

    /// Answers whether anything was asked for. `common`: what all of it has in common; None: each slot has its time.
    fn add_slots(&mut self, period: TrafficPeriod, slots: &Slots, common: Option<&TrafficKey>) -> bool {
        let (mut is_within, mut of_all) = (false, None);
        for (slot, sums) in (0..).zip(slots).filter(|(_, sums)| sums.all() > 0) {
            let (day, hour) = match period {
                TrafficPeriod::Day(day) => (day, slot),
                TrafficPeriod::Month(month) => (month.first_day().plus(slot.into()), 0),
            };
            let offset = i64::from(day.number()) - i64::from(self.from.number());
            let Some(offset) = usize::try_from(offset).ok().filter(|offset| *offset < self.days) else {
                continue;
            };
            is_within = true;
            self.sums.add(*sums);
            let place = match common {
                Some(key) => *of_all.get_or_insert_with(|| self.place(key)),
                None => self.place(&self.key_at(day, hour)),
            };
            let line = &mut self.lines[place];
            line.sums.add(*sums);
            if let Some(sum) = line.days.get_mut(offset) {
                *sum = sum.saturating_add(sums.all());
            }
        }
        is_within
    }

    fn key_at(&self, day: Day, hour: u8) -> TrafficKey {
        match self.by {
            TrafficBy::Hour => TrafficKey::Hour(day, hour),
            TrafficBy::Month => TrafficKey::Month(day.month()),
            _ => TrafficKey::Day(day),
        }
    }

    /// The place of a line among all of them.
    fn place(&mut self, key: &TrafficKey) -> usize {
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        let is_of_a_time = matches!(key, TrafficKey::Hour(..) | TrafficKey::Day(_) | TrafficKey::Month(_));
        self.places.insert(key.clone(), self.lines.len());
        self.lines.push(Line {
            key: key.clone(),
            sums: TrafficSums::default(),
            days: if is_of_a_time { Vec::new() } else { vec![0; self.days] },
            addresses: DistinctSketch::default(),
            users: DistinctSketch::default(),
            agents: HashMap::default(),
        });
        self.lines.len() - 1
    }

    /// The report; what is known of applications is still to be told.
    pub(crate) fn report(mut self, since: Option<Millis>) -> TrafficReport {
        let has_sketches = matches!(self.by, TrafficBy::Application | TrafficBy::Day | TrafficBy::Month);
        self.lines.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let told = |line: Line| {
            let mut agents: Vec<(Box<str>, u64)> = line.agents.into_iter().collect();
            agents.sort_unstable_by(|(one, most), (other, more)| more.cmp(most).then_with(|| one.cmp(other)));
            TrafficLine {
                key: line.key,
                sums: line.sums,
                days: line.days,
                addresses: has_sketches.then(|| line.addresses.count()),
                users: has_sketches.then(|| line.users.count()),
                agents,
                standing: None,
            }
        };
        TrafficReport {
            since,
            kept_from: None,
            sums: self.sums,
            lines: self.lines.into_iter().map(told).collect(),
        }
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
            users: Some(0),
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
        TrafficVerdict::of(uses, at(since), at(200))
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
