//! One of those that took turns, as medians over the rounds.

use serde::Serialize;

use crate::figures::{Round, Spread};

/// Whether something stands on floors or is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Part {
    /// Stands on floors.
    Subject,
    /// What one part alone would allow.
    Floor,
}

/// What was measured of one of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Side {
    what: String,
    pub(super) part: Part,
    pub(super) per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
    pub(super) cpu_us: f64,
    pub(super) busy: f64,
    /// How many requests were turned away in all rounds.
    turned_away: u64,
    rounds: Vec<Round>,
}

impl Side {
    pub(crate) fn new(what: String, part: Part, rounds: Vec<Round>) -> Self {
        let median = |figure: fn(&Round) -> f64| Spread::of(rounds.iter().map(figure)).median;
        Self {
            what,
            part,
            per_second: median(Round::per_second),
            p50_us: median(|round| round.p50_us),
            p99_us: median(|round| round.p99_us),
            p999_us: median(|round| round.p999_us),
            cpu_us: median(Round::cpu_us),
            busy: median(Round::busy),
            turned_away: rounds.iter().map(|round| round.turned_away).sum(),
            rounds,
        }
    }

    /// What it is called.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// How many requests were turned away in all rounds.
    pub(super) const fn turned_away(&self) -> u64 {
        self.turned_away
    }

    /// How many per second, against another that took turns with it.
    pub(crate) fn rate_against(&self, other: &Self) -> Spread {
        self.against(other, Round::per_second)
    }

    /// Processor time per request, against another's.
    pub(crate) fn cpu_against(&self, other: &Self) -> Spread {
        self.against(other, Round::cpu_us)
    }

    /// What half of them take at most, in milliseconds.
    pub(crate) fn p50_ms(&self) -> Spread {
        Spread::of(self.rounds.iter().map(|round| round.p50_us / 1_000.0))
    }

    /// What 99 % take at most, in milliseconds.
    pub(crate) fn p99_ms(&self) -> Spread {
        Spread::of(self.rounds.iter().map(|round| round.p99_us / 1_000.0))
    }

    /// What half of them take at most, against another's.
    pub(crate) fn p50_against(&self, other: &Self) -> Spread {
        self.against(other, |round| round.p50_us)
    }

    /// What 99 % take at most, against another's.
    pub(crate) fn p99_against(&self, other: &Self) -> Spread {
        self.against(other, |round| round.p99_us)
    }

    fn against(&self, other: &Self, figure: fn(&Round) -> f64) -> Spread {
        Spread::of(self.rounds.iter().zip(&other.rounds).map(|(own, other)| figure(own) / figure(other)))
    }
}
