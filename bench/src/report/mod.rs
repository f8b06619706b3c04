//! What is printed at the end: tables for people, or JSON.

mod figure;
mod side;
mod table;

use anyhow::Result;
use serde::Serialize;

pub(crate) use figure::Figure;
pub(crate) use side::{Part, Side};

use crate::machine::Machine;

/// Everything that one run found.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) parameters: Parameters,
    pub(crate) findings: Vec<Finding>,
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
    pub(crate) refreshed: usize,
    pub(crate) sessions: Vec<usize>,
}

/// What one bench found.
#[derive(Serialize)]
pub(crate) struct Finding {
    name: &'static str,
    /// What took turns: floors and what stands on them.
    sides: Vec<Side>,
    /// Floors that could not be measured here.
    missing: Vec<Missing>,
    /// What follows from it, or was measured besides, and what it should be.
    figures: Vec<Figure>,
    /// What else has to be known to read the figures.
    remarks: Vec<String>,
}

/// A floor that was not measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Missing {
    /// Which.
    pub(crate) what: &'static str,
    /// Why.
    pub(crate) why: String,
}

impl Finding {
    /// With nothing in it yet.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, sides: Vec::new(), missing: Vec::new(), figures: Vec::new(), remarks: Vec::new() }
    }

    /// The same with what took turns. Who waited for a hash thread and was turned away is told of: the hash threads give way to
    /// everything else, and what they do on a machine that gives them nothing says nothing of the service.
    pub(crate) fn with_sides(mut self, sides: Vec<Side>) -> Self {
        let turned_away = sides.iter().filter(|side| side.turned_away() > 0);
        self.remarks.extend(turned_away.map(|side| {
            let count = side.turned_away();
            format!("{}: {count} turned away, because the machine gave the hash threads nothing", side.what())
        }));
        Self { sides, ..self }
    }

    /// The same with floors that could not be measured.
    pub(crate) fn with_missing(self, missing: Vec<Missing>) -> Self {
        Self { missing, ..self }
    }

    /// The same with a further figure.
    pub(crate) fn with(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// The same with how a subject does against a floor, by the clock and by processor time; `bound` is what the first
    /// should be at least, where something is asked of it.
    pub(crate) fn against(self, subject: &Side, floor: &Side, bound: Option<f64>) -> Self {
        let label = format!("{} / {}", subject.what(), floor.what());
        let rate = Figure::ratio(format!("per second: {label}"), subject.rate_against(floor));
        let rate = if let Some(bound) = bound { rate.at_least(bound) } else { rate };
        self.with(rate).with(Figure::ratio(format!("CPU: {label}"), subject.cpu_against(floor)))
    }
}

impl Report {
    /// Everything, the figures of every round included.
    pub(crate) fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// For people.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{}{}", self.machine, self.parameters.lines());
        text.push_str(&table::of_sides(&self.findings));
        text.push_str(&table::of_figures(&self.findings));
        text.push_str(&table::of_missing(&self.findings));
        text.push_str(&table::of_remarks(&self.findings));
        text.push_str(
            "\nMedians over the rounds (low-high). CPU: time of the measured process per request. Core: how much of its\n\
             core the process used. A / B: A's figure divided by B's, of each round's pair.\n",
        );
        text.push_str(&self.verdict());
        text
    }

    /// How many goals were reached.
    fn verdict(&self) -> String {
        let reached =
            self.findings.iter().flat_map(|finding| &finding.figures).filter_map(Figure::is_reached);
        let (reached, missed): (Vec<bool>, Vec<bool>) = reached.partition(|reached| *reached);
        format!("Goals: {} reached, {} MISSED.", reached.len(), missed.len())
    }
}

impl Parameters {
    fn lines(&self) -> String {
        let Self {
            rounds, seconds, connections, argon2, engine, hash_threads, people, bots, refreshed, ..
        } = self;
        let sessions: Vec<String> = self.sessions.iter().map(|size| grouped(*size)).collect();
        format!(
            "parameters  {rounds} rounds of {seconds} s, {connections} connections; {} sessions\n            \
             {people} people log in, {bots} bots, {refreshed} sessions are refreshed\n            \
             argon2id {argon2}, engine {engine}, {hash_threads} hash thread\n",
            sessions.join(" / ")
        )
    }
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::figures::Round;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn logins_that_a_busy_machine_turned_away_are_told_of() {
        let round = Round { turned_away: 3, ..Round::new(Vec::new(), SECOND, SECOND) };
        let side = |round| Side::new("password logins".to_owned(), Part::Subject, vec![round]);
        let finding =
            Finding::new("login").with_sides(vec![side(round), side(Round { turned_away: 0, ..round })]);
        let told = "password logins: 3 turned away, because the machine gave the hash threads nothing";
        assert_eq!(finding.remarks, [told]);
        assert_eq!(table::of_remarks(&[finding]), format!("\nREMARK: login: {told}\n"));
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([1, 999, 1_000, 10_000_000].map(grouped), ["1", "999", "1,000", "10,000,000"]);
    }
}
