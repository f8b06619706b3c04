//! What one thread has counted since it was written last. Allocates only for what it has not seen since.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use vestibule_model::{AccountId, Day, TrafficOutcome, UserId, UserKind, hour_of_day};
use vestibule_store::{TRAFFIC_SLOTS, TrafficPeriod, TrafficRow, TrafficSeries, TrafficSource, TrafficUses};

use super::families::{Families, Learned, Number, OTHER, is_path, with_family};
use super::{Counted, RouteKind};

/// The longest name of a client program that is kept, and the longest version behind it.
const LONGEST_AGENT: usize = 40;
const LONGEST_VERSION: usize = 20;

/// The name of those that say none.
const NO_AGENT: &str = "(none)";

#[derive(Default)]
pub(super) struct Shard {
    days: HashMap<(TrafficSource, Day), DayCounts, RandomState>,
    families: HashMap<Option<AccountId>, Arc<Families>, RandomState>,
    /// Requests since the start, by kind and outcome.
    outcomes: [[u64; TrafficOutcome::ALL.len()]; RouteKind::COUNT],
}

/// What is counted of a source on a day.
struct DayCounts {
    cells: HashMap<Cell, u64, RandomState>,
    /// Has what is no cell: addresses, users and client programs.
    row: TrafficRow,
    uses: TrafficUses,
    last_address: Option<IpAddr>,
    last_user: Option<UserId>,
}

/// What requests are counted by within a source and a day.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Cell {
    user_kind: Option<UserKind>,
    outcome: TrafficOutcome,
    hour: u8,
    family: Number,
}

/// What a shard had.
pub(super) type Drained = Vec<(TrafficRow, TrafficUses)>;

impl Shard {
    pub(super) fn count(&mut self, counted: &Counted<'_>, learned: &Learned) {
        self.outcomes[counted.route.kind() as usize][counted.outcome as usize] += 1;
        let account = counted.source.account;
        // Somebody's inventions are none of an account's families.
        let may_learn = account.is_some() && counted.outcome == TrafficOutcome::Allowed;
        let families = self.families.entry(account).or_insert_with(|| learned.of(account));
        let family =
            with_family(counted.route, account, |name| number(families, learned, account, name, may_learn));
        let (day, hour) = (Day::of(counted.now), hour_of_day(counted.now));
        let counts =
            self.days.entry((counted.source, day)).or_insert_with(|| DayCounts::new(counted.source, day));
        let (user_kind, outcome) = (counted.user.map(|user| user.kind), counted.outcome);
        *counts.cells.entry(Cell { user_kind, outcome, hour, family }).or_default() += 1;
        counts.note(counted);
    }

    /// How many requests of a kind had an outcome since the start.
    pub(super) fn counted(&self, kind: RouteKind, outcome: TrafficOutcome) -> u64 {
        self.outcomes[kind as usize][outcome as usize]
    }

    /// Takes what was counted.
    pub(super) fn drain(&mut self) -> Drained {
        let days = std::mem::take(&mut self.days);
        let named = |((source, _), counts): ((TrafficSource, Day), DayCounts)| {
            let families = self.families.get(&source.account);
            (counts.cells, counts.row, counts.uses, families.map(Arc::clone).unwrap_or_default())
        };
        let drained = days.into_iter().map(named).map(|(cells, mut row, uses, families)| {
            row.series = series(cells, &families);
            (row, uses)
        });
        let drained = drained.collect();
        // What others have learned meanwhile is looked up anew.
        self.families.clear();
        drained
    }
}

/// The number of a family by its name; that of all others, if it is not to be learned. Other threads are waited for only where something
/// is learned: what they have learned meanwhile is known after the next drain.
fn number(
    families: &mut Arc<Families>,
    learned: &Learned,
    account: Option<AccountId>,
    name: &str,
    may_learn: bool,
) -> Number {
    if let Some(number) = families.number(name) {
        return number;
    }
    if !is_path(name) || may_learn && families.has_room() {
        *families = learned.learn(account, name);
        if let Some(number) = families.number(name) {
            return number;
        }
    }
    if let Some(other) = families.number(OTHER) {
        return other;
    }
    *families = learned.learn(account, OTHER);
    families.number(OTHER).unwrap_or(Number::MAX)
}

fn series(cells: HashMap<Cell, u64, RandomState>, families: &Families) -> Vec<TrafficSeries> {
    let mut cells: Vec<(Cell, u64)> = cells.into_iter().collect();
    cells.sort_unstable_by_key(|(cell, _)| (cell.user_kind, cell.family, cell.outcome));
    let alike = |(one, _): &(Cell, u64), (other, _): &(Cell, u64)| {
        (one.user_kind, one.family, one.outcome) == (other.user_kind, other.family, other.outcome)
    };
    let of = |cells: &[(Cell, u64)]| {
        let (first, _) = *cells.first()?;
        let mut slots = [0; TRAFFIC_SLOTS];
        for (cell, count) in cells {
            slots[usize::from(cell.hour)] = *count;
        }
        let (user_kind, outcome) = (first.user_kind, first.outcome);
        Some(TrafficSeries { user_kind, family: families.name(first.family), outcome, slots })
    };
    let mut series: Vec<TrafficSeries> = cells.chunk_by(alike).filter_map(of).collect();
    series.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
    series
}

impl DayCounts {
    fn new(source: TrafficSource, day: Day) -> Self {
        Self {
            cells: HashMap::default(),
            row: TrafficRow::empty(source, TrafficPeriod::Day(day)),
            uses: TrafficUses::default(),
            last_address: None,
            last_user: None,
        }
    }

    fn note(&mut self, counted: &Counted<'_>) {
        let now = Some(counted.now);
        if counted.outcome == TrafficOutcome::Allowed {
            self.uses.first = self.uses.first.or(now).min(now);
            self.uses.last = self.uses.last.max(now);
        } else {
            self.uses.last_refused = self.uses.last_refused.max(now);
        }
        if let Some(address) = counted.address.filter(|_| counted.address != self.last_address) {
            self.last_address = counted.address;
            self.row.addresses.note_address(address);
        }
        let user = counted.user.map(|user| user.id);
        if let Some(id) = user.filter(|_| user != self.last_user) {
            self.last_user = user;
            self.row.users.note_user(id);
        }
        if let Some(agent) = counted.agent {
            self.row.add_agent(agent_name(agent), 1);
        }
    }
}

/// The name of a client program with its version: the first product of its `User-Agent` (RFC 9110 section 10.1.5).
fn agent_name(agent: &[u8]) -> &str {
    let agent = agent.trim_ascii_start();
    let name = agent.split(|byte| *byte == b'/').next().unwrap_or_default();
    let version = agent.get(name.len() + 1..).unwrap_or_default();
    let version = version.iter().take(LONGEST_VERSION).take_while(|byte| is_of_a_version(**byte)).count();
    let length = match version {
        _ if name.len() > LONGEST_AGENT => LONGEST_AGENT,
        0 => name.len(),
        version => name.len() + 1 + version,
    };
    let is_visible = !name.is_empty() && name.iter().all(|byte| (b' '..=b'~').contains(byte));
    std::str::from_utf8(&agent[..length]).ok().filter(|_| is_visible).map_or(NO_AGENT, str::trim_end)
}

const fn is_of_a_version(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_program_is_named_by_its_first_product() {
        let long = format!("{}/1", "x".repeat(99));
        let long_version = format!("a/{}", "1".repeat(99));
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("lp-agent/1.2.0-beta+7 node/20", "lp-agent/1.2.0-beta+7"),
            ("my app", "my app"),
            (" my app/1", "my app/1"),
            ("my app  ", "my app"),
            ("app/", "app"),
            ("app/ 1", "app"),
            ("app/<b>", "app"),
            ("app/\u{1b}[31m", "app"),
            ("/7", NO_AGENT),
            ("", NO_AGENT),
            ("\u{1b}[31mred/1", NO_AGENT),
            (long.as_str(), &long[..LONGEST_AGENT]),
            (long_version.as_str(), &long_version[..2 + LONGEST_VERSION]),
        ] {
            assert_eq!(agent_name(agent.as_bytes()), name, "{agent}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_client_program_makes_it_panic(agent in proptest::collection::vec(proptest::num::u8::ANY, 0..120)) {
            let name = agent_name(&agent);
            proptest::prop_assert!((1..=LONGEST_AGENT + 1 + LONGEST_VERSION).contains(&name.len()));
        }
    }
}
