//! What was counted of requests: rows that are added up, in batches of which each counts once.

use std::sync::Arc;
use std::time::Duration;

use vestibule_model::{AccountId, Day, Millis, Month, TrafficApplication, TrafficOutcome, UserKind};

use crate::DistinctSketch;

/// Of a day its hours, of a month its days.
pub const TRAFFIC_SLOTS: usize = 31;

/// How many client programs are told apart in a row.
pub const MOST_AGENTS: usize = 32;

/// The name under which client programs are counted beyond those.
pub const OTHER_AGENTS: &str = "(other)";

/// Whose requests they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrafficSource {
    /// None: of no account, or of none that is known.
    pub account: Option<AccountId>,
    /// With which application.
    pub application: TrafficApplication,
}

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficPeriod {
    /// In a month; each slot is a day of it.
    Month(Month),
    /// On a day; each slot is an hour of it.
    Day(Day),
}

/// Requests of a source in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficRow {
    /// Whose.
    pub source: TrafficSource,
    /// When.
    pub period: TrafficPeriod,
    /// How many, in the order of kind, family and outcome.
    pub series: Vec<TrafficSeries>,
    /// From how many addresses.
    pub addresses: DistinctSketch,
    /// By how many users, as far as it is known whose requests they are.
    pub users: DistinctSketch,
    /// By which client programs, by name and version: at most [`MOST_AGENTS`] and [`OTHER_AGENTS`].
    pub agents: Vec<(Box<str>, u64)>,
}

/// Requests that have kind, family and outcome in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficSeries {
    /// Of which kind of user; None: of nobody who is known.
    pub user_kind: Option<UserKind>,
    /// For which family of routes.
    pub family: Arc<str>,
    /// What came of them.
    pub outcome: TrafficOutcome,
    /// How many, by slot.
    pub slots: [u64; TRAFFIC_SLOTS],
}

/// When a source was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrafficUses {
    /// The first request that was allowed.
    pub first: Option<Millis>,
    /// The last request that was allowed.
    pub last: Option<Millis>,
    /// The last request that was refused.
    pub last_refused: Option<Millis>,
}

/// Some of what a process has counted. What is of an account that is not there is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrafficBatch {
    /// Which process, chosen at random when it starts.
    pub writer: [u8; 16],
    /// The batches of a process are numbered from 1, and written in that order, each perhaps more than once: one whose number is not
    /// higher than the highest of its writer that was committed changes nothing.
    pub number: u64,
    /// When it was made. Until then requests were counted ([`TrafficSpan`]), also when there is nothing in it.
    pub at: Millis,
    /// Rows of days, to be added to those that are there.
    pub rows: Vec<TrafficRow>,
    /// When sources were used.
    pub uses: Vec<(TrafficSource, TrafficUses)>,
}

/// A time in which requests were counted without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficSpan {
    /// Its beginning.
    pub since: Millis,
    /// When the last batch was made.
    pub until: Millis,
}

/// What is asked for of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrafficQuery {
    /// Of which account; None: of none.
    pub account: Option<AccountId>,
    /// Of one application alone.
    pub application: Option<TrafficApplication>,
    /// Rows of this day or later, and of its month or later.
    pub from: Day,
    /// Rows of this day or earlier, and of its month or earlier.
    pub through: Day,
    /// Behind this row.
    pub after: Option<(TrafficApplication, TrafficPeriod)>,
    /// At most so many rows.
    pub limit: usize,
}

/// What is known of an account's traffic as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrafficOverview {
    /// Since when requests are counted without a gap, of whichever account; None: no batch was ever made.
    pub counting: Option<TrafficSpan>,
    /// When each application was used, however long ago, in order. Their [`TrafficRow`]s may be forgotten.
    pub uses: Vec<(TrafficApplication, TrafficUses)>,
    /// The families of routes that are in rows, in order.
    pub families: Vec<Arc<str>>,
}

impl TrafficBatch {
    /// For how many days before those that are kept the batches of a writer are remembered: it may ask for one again that was made then.
    pub const REMEMBERED_DAYS: u32 = 2;
}

impl TrafficSpan {
    /// How long no batch is made at most while requests are counted.
    pub const LONGEST_GAP: Duration = Duration::from_hours(24);

    /// What a batch that was made at a time makes of a span. It begins anew with that batch when requests were not counted for a while: the
    /// service did not run, it did not count, or its data are an older copy; and when the clock was set back behind its beginning.
    #[must_use]
    pub fn after(span: Option<Self>, at: Millis) -> Self {
        let goes_on = |span: &Self| at >= span.since && at.since(span.until) <= Self::LONGEST_GAP;
        Self { since: span.filter(goes_on).map_or(at, |span| span.since), until: at }
    }
}

impl TrafficSeries {
    /// What it is counted by; series of a row are in this order.
    pub fn key(&self) -> (Option<UserKind>, &str, TrafficOutcome) {
        (self.user_kind, &self.family, self.outcome)
    }
}

impl TrafficUses {
    /// Moves the first use back, and the last ones forward.
    pub fn add(&mut self, other: Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.last_refused = self.last_refused.max(other.last_refused);
    }

    /// Brings back to a time what is later.
    pub fn bring_back_to(&mut self, now: Millis) {
        for at in [&mut self.first, &mut self.last, &mut self.last_refused].into_iter().flatten() {
            *at = (*at).min(now);
        }
    }
}

impl TrafficRow {
    /// One in which nothing is counted yet.
    pub fn empty(source: TrafficSource, period: TrafficPeriod) -> Self {
        let (addresses, users) = (DistinctSketch::default(), DistinctSketch::default());
        Self { source, period, series: Vec::new(), addresses, users, agents: Vec::new() }
    }

    /// Adds what another row of the same source and period has. Numbers stay at their highest.
    pub fn add(&mut self, other: &Self) {
        for series in &other.series {
            match self.series.binary_search_by(|own| own.key().cmp(&series.key())) {
                Ok(place) => {
                    let slots = self.series[place].slots.iter_mut().zip(series.slots);
                    slots.for_each(|(own, more)| *own = own.saturating_add(more));
                }
                Err(place) => self.series.insert(place, series.clone()),
            }
        }
        self.addresses.add(&other.addresses);
        self.users.add(&other.users);
        for (name, count) in &other.agents {
            self.add_agent(name, *count);
        }
    }

    /// Adds to the requests of a client program. One that is new when there are [`MOST_AGENTS`] is one of the others.
    pub fn add_agent(&mut self, name: &str, count: u64) {
        let place = |agents: &[(Box<str>, u64)], name: &str| {
            agents.binary_search_by(|(own, _)| own.as_ref().cmp(name))
        };
        let is_full =
            || self.agents.iter().filter(|(own, _)| own.as_ref() != OTHER_AGENTS).count() >= MOST_AGENTS;
        let name = match place(&self.agents, name) {
            Err(_) if is_full() => OTHER_AGENTS,
            _ => name,
        };
        match place(&self.agents, name) {
            Ok(place) => self.agents[place].1 = self.agents[place].1.saturating_add(count),
            Err(place) => self.agents.insert(place, (name.into(), count)),
        }
    }

    /// A day's row as a part of its month's; another one as it is.
    #[must_use]
    pub fn rolled_up(mut self) -> Self {
        let TrafficPeriod::Day(day) = self.period else { return self };
        self.period = TrafficPeriod::Month(day.month());
        for series in &mut self.series {
            let sum = series.slots.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
            series.slots = [0; TRAFFIC_SLOTS];
            if let Some(slot) = series.slots.get_mut(usize::from(day.of_month())) {
                *slot = sum;
            }
        }
        self
    }
}

impl TrafficPeriod {
    /// The last day of it that can have anything in it.
    pub fn last_day(self) -> Day {
        match self {
            Self::Day(day) => day,
            Self::Month(month) => Month::from_number(month.number().saturating_add(1)).first_day().minus(1),
        }
    }
}

impl TrafficQuery {
    /// Whether a row is asked for, but for the limit.
    pub fn includes(&self, row: &TrafficRow) -> bool {
        let is_within = match row.period {
            TrafficPeriod::Day(day) => (self.from..=self.through).contains(&day),
            TrafficPeriod::Month(month) => (self.from.month()..=self.through.month()).contains(&month),
        };
        is_within
            && row.source.account == self.account
            && self.application.is_none_or(|application| row.source.application == application)
            && self.after.is_none_or(|after| (row.source.application, row.period) > after)
    }
}
