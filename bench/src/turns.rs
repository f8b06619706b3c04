//! Several things measured in turns, round by round, so that what else happens on the machine meets all of them.

use anyhow::{Context as _, Result};

use crate::figures::Round;
use crate::plan::Plan;
use crate::report::{Part, Side};
use crate::screen;

/// One of those that take turns.
pub(crate) struct Turn<'a> {
    what: String,
    part: Part,
    measure: Box<dyn Fn() -> Result<Round> + 'a>,
}

impl<'a> Turn<'a> {
    /// Something that stands on floors.
    pub(crate) fn subject(what: impl Into<String>, measure: impl Fn() -> Result<Round> + 'a) -> Self {
        Self { what: what.into(), part: Part::Subject, measure: Box::new(measure) }
    }

    /// What one part alone would allow.
    pub(crate) fn floor(what: impl Into<String>, measure: impl Fn() -> Result<Round> + 'a) -> Self {
        Self { what: what.into(), part: Part::Floor, measure: Box::new(measure) }
    }
}

/// Measures all of them in each round, and gives what they found in the order of the turns.
pub(crate) fn take_turns(plan: &Plan, name: &'static str, turns: &[Turn<'_>]) -> Result<Vec<Side>> {
    let mut rounds: Vec<Vec<Round>> = turns.iter().map(|_| Vec::new()).collect();
    for number in 1..=plan.rounds {
        for (turn, rounds) in turns.iter().zip(&mut rounds) {
            let round = (turn.measure)().with_context(|| turn.what.clone())?;
            screen::note(format_args!(
                "{name}, round {number} of {}: {:>9.0}/s, {:>7.1} µs CPU: {}",
                plan.rounds,
                round.per_second(),
                round.cpu_us(),
                turn.what
            ));
            rounds.push(round);
        }
    }
    let sides = turns.iter().zip(rounds);
    Ok(sides.map(|(turn, rounds)| Side::new(turn.what.clone(), turn.part, rounds)).collect())
}
