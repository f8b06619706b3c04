//! A figure that follows from what was measured, and what it should be.

use serde::Serialize;

use crate::figures::Spread;

/// A figure over the rounds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    label: String,
    unit: &'static str,
    value: Spread,
    goal: Option<Goal>,
    reached: Option<bool>,
}

/// What a figure's median should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn is_reached(self, value: f64) -> bool {
        // Not a number reaches nothing.
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl Figure {
    /// In a unit.
    pub(crate) fn new(label: impl Into<String>, unit: &'static str, value: Spread) -> Self {
        Self { label: label.into(), unit, value, goal: None, reached: None }
    }

    /// Without a unit.
    pub(crate) fn ratio(label: impl Into<String>, value: Spread) -> Self {
        Self::new(label, "", value)
    }

    /// The same, that should be so much at least.
    pub(crate) fn at_least(self, bound: f64) -> Self {
        self.judged(Goal::AtLeast(bound))
    }

    /// The same, that should be so much at most.
    pub(crate) fn at_most(self, bound: f64) -> Self {
        self.judged(Goal::AtMost(bound))
    }

    fn judged(self, goal: Goal) -> Self {
        Self { reached: Some(goal.is_reached(self.value.median)), goal: Some(goal), ..self }
    }

    /// Whether it is as it should be; None: nothing is asked of it.
    pub(super) fn is_reached(&self) -> Option<bool> {
        self.reached
    }

    /// Label, value, what it should be, whether it is.
    pub(super) fn cells(&self) -> [String; 4] {
        let Spread { median, low, high } = self.value;
        let decimals = match median {
            _ if median >= 1_000.0 => 0,
            _ if median >= 20.0 => 1,
            _ => 2,
        };
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        let value = format!("{median:.decimals$} ({low:.decimals$}-{high:.decimals$}){unit}");
        let goal = match self.goal {
            None => String::new(),
            Some(Goal::AtLeast(bound)) => format!("at least {bound}"),
            Some(Goal::AtMost(bound)) => format!("at most {bound}"),
        };
        let verdict = self.reached.map_or("", |reached| if reached { "reached" } else { "MISSED" });
        [self.label.clone(), value, goal, verdict.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(median: f64) -> Figure {
        Figure::ratio("x", Spread { median, low: 0.0, high: 9.0 })
    }

    #[test]
    fn a_goal_is_reached_at_its_bound() {
        assert_eq!(figure(0.85).at_least(0.85).is_reached(), Some(true));
        assert_eq!(figure(0.84).at_least(0.85).is_reached(), Some(false));
        assert_eq!(figure(1.25).at_most(1.25).is_reached(), Some(true));
        assert_eq!(figure(1.26).at_most(1.25).is_reached(), Some(false));
    }

    #[test]
    fn what_is_not_a_number_reaches_no_goal() {
        assert_eq!(figure(f64::NAN).at_least(0.0).is_reached(), Some(false));
        assert_eq!(figure(f64::NAN).at_most(9.0).is_reached(), Some(false));
    }
}
