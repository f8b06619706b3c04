//! What is printed at the end: a table for people, or JSON.

use std::fmt::Write as _;

use anyhow::Result;
use serde::Serialize;

use crate::figures::{Round, Spread};
use crate::machine::Machine;

/// Everything that one run found.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) parameters: Parameters,
    pub(crate) rows: Vec<Row>,
}

/// What was measured with what.
#[derive(Serialize)]
pub(crate) struct Parameters {
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    pub(crate) connections: u32,
    pub(crate) argon2: String,
    pub(crate) engine: &'static str,
    pub(crate) hash_threads: u32,
    pub(crate) people: usize,
    pub(crate) bots: usize,
    pub(crate) sessions: usize,
}

/// One turn of the floor and of what stands on it.
pub(crate) struct Compared {
    pub(crate) floor: Round,
    pub(crate) subject: Round,
}

/// A bench's line.
#[derive(Serialize)]
pub(crate) struct Row {
    name: &'static str,
    subject: Side,
    floor: Option<Side>,
    /// Subject against floor, by the clock: of the pairs of each round.
    ratio: Option<Spread>,
    /// The floor's processor time against the subject's, so that here too 1 is as good as the floor.
    cpu_ratio: Option<Spread>,
    /// What the ratio by the clock should reach.
    goal: Option<f64>,
}

/// What was measured, as medians over the rounds.
#[derive(Serialize)]
struct Side {
    what: &'static str,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    p999_us: f64,
    cpu_us: f64,
    busy: f64,
    rounds: Vec<Round>,
}

impl Side {
    fn new(what: &'static str, rounds: Vec<Round>) -> Self {
        let median = |figure: fn(&Round) -> f64| Spread::of(rounds.iter().map(figure)).median;
        Self {
            what,
            per_second: median(Round::per_second),
            p50_us: median(|round| round.p50_us),
            p99_us: median(|round| round.p99_us),
            p999_us: median(|round| round.p999_us),
            cpu_us: median(Round::cpu_us),
            busy: median(Round::busy),
            rounds,
        }
    }
}

impl Row {
    /// Of something that was measured in turns with its floor.
    pub(crate) fn compared(
        name: &'static str,
        subject: &'static str,
        floor: &'static str,
        pairs: &[Compared],
    ) -> Self {
        let ratio = |pair: &Compared| pair.subject.per_second() / pair.floor.per_second();
        let cpu_ratio = |pair: &Compared| pair.floor.cpu_us() / pair.subject.cpu_us();
        Self {
            name,
            subject: Side::new(subject, pairs.iter().map(|pair| pair.subject).collect()),
            floor: Some(Side::new(floor, pairs.iter().map(|pair| pair.floor).collect())),
            ratio: Some(Spread::of(pairs.iter().map(ratio))),
            cpu_ratio: Some(Spread::of(pairs.iter().map(cpu_ratio))),
            goal: None,
        }
    }

    /// The same, with what the ratio should reach.
    pub(crate) fn with_goal(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
    }

    fn cells(&self) -> Vec<[String; COLUMNS.len()]> {
        let ratio = |spread: &Option<Spread>| {
            spread.map_or_else(String::new, |spread| {
                format!("{:.2} ({:.2}-{:.2})", spread.median, spread.low, spread.high)
            })
        };
        let goal = self.goal.map_or_else(String::new, |goal| {
            let reached = self.ratio.is_some_and(|ratio| ratio.median >= goal);
            format!("{goal} {}", if reached { "reached" } else { "MISSED" })
        });
        let subject = cells_of(self.name, &self.subject, [ratio(&self.ratio), ratio(&self.cpu_ratio), goal]);
        let floor = self.floor.as_ref().map(|floor| cells_of("", floor, Default::default()));
        std::iter::once(subject).chain(floor).collect()
    }
}

/// The first two to the left, the others to the right.
const COLUMNS: [&str; 11] =
    ["bench", "what", "per second", "p50", "p99", "p99.9 ms", "CPU µs", "core", "ratio", "CPU ratio", "goal"];

fn cells_of(name: &str, side: &Side, [ratio, cpu_ratio, goal]: [String; 3]) -> [String; COLUMNS.len()] {
    let millis = |micros: f64| format!("{:.3}", micros / 1_000.0);
    [
        name.to_owned(),
        side.what.to_owned(),
        format!("{:.0}", side.per_second),
        millis(side.p50_us),
        millis(side.p99_us),
        millis(side.p999_us),
        format!("{:.1}", side.cpu_us),
        format!("{:.0} %", 100.0 * side.busy),
        ratio,
        cpu_ratio,
        goal,
    ]
}

impl Report {
    /// Everything, the figures of every round included.
    pub(crate) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![COLUMNS.map(str::to_owned)];
        lines.extend(self.rows.iter().flat_map(Row::cells));
        let widths: Vec<usize> = (0..COLUMNS.len())
            .map(|column| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = format!("{}{}\n", self.machine, self.parameters.lines());
        for cells in &lines {
            for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                // Writing to a string cannot fail.
                let _ = match column {
                    0 | 1 => write!(text, "{cell:<width$}  "),
                    _ => write!(text, "{cell:>width$}  "),
                };
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
        text.push_str(
            "\nMedians over the rounds. Ratio: subject per second against floor, of each round's pair: median (low-high).\n\
             CPU: time of the measured process per request; CPU ratio: the floor's against the subject's. Core: how much\n\
             of its core the process used.",
        );
        text
    }
}

impl Parameters {
    fn lines(&self) -> String {
        let Self { rounds, seconds, connections, argon2, engine, hash_threads, people, bots, sessions } =
            self;
        format!(
            "parameters  {rounds} rounds of {seconds} s, {connections} connections; {people} people, {bots} bots, \
             {sessions} sessions\n            argon2id {argon2}, engine {engine}, {hash_threads} hash thread\n"
        )
    }
}
