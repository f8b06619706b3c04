//! Two reports side by side.

use std::cmp::Ordering;

use super::report::{TrafficKey, TrafficLine, TrafficReport, TrafficSums};

/// Requests that have something in common, of two periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedLine {
    /// What they have in common.
    pub key: TrafficKey,
    /// The application's name.
    pub name: Option<String>,
    /// How many there were in the one period.
    pub before: TrafficSums,
    /// How many in the other.
    pub after: TrafficSums,
}

impl ComparedLine {
    /// How many more requests there were, whatever came of them; less than 0: fewer.
    pub fn difference(&self) -> i128 {
        i128::from(self.after.all()) - i128::from(self.before.all())
    }
}

/// The lines of both reports, which are summed up by the same, in the order of their keys: each once. A period that lacks a line had no
/// such request.
pub fn compare(before: &TrafficReport, after: &TrafficReport) -> Vec<ComparedLine> {
    let (mut before, mut after) = (before.lines.iter().peekable(), after.lines.iter().peekable());
    let mut lines = Vec::new();
    loop {
        let first = match (before.peek(), after.peek()) {
            (None, None) => return lines,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.key.cmp(&other.key),
        };
        let one = if first.is_le() { before.next() } else { None };
        let other = if first.is_ge() { after.next() } else { None };
        lines.extend(compared(one, other));
    }
}

fn compared(before: Option<&TrafficLine>, after: Option<&TrafficLine>) -> Option<ComparedLine> {
    let named = |line: Option<&TrafficLine>| line?.standing.as_ref()?.name.clone();
    let sums = |line: Option<&TrafficLine>| line.map(|line| line.sums).unwrap_or_default();
    Some(ComparedLine {
        key: after.or(before)?.key.clone(),
        name: named(after).or_else(|| named(before)),
        before: sums(before),
        after: sums(after),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn report(lines: &[(&str, u64)]) -> TrafficReport {
        let line = |(route, allowed): &(&str, u64)| TrafficLine {
            key: TrafficKey::Route(Arc::from(*route)),
            sums: TrafficSums { allowed: *allowed, refused: 0 },
            days: Vec::new(),
            addresses: None,
            users: None,
            agents: Vec::new(),
            standing: None,
        };
        TrafficReport {
            since: None,
            kept_from: None,
            sums: TrafficSums::default(),
            lines: lines.iter().map(line).collect(),
        }
    }

    #[test]
    fn what_is_in_one_period_alone_was_not_in_the_other() {
        let lines = compare(&report(&[("/a", 1), ("/c", 2)]), &report(&[("/b", 4), ("/c", 7), ("/d", 1)]));
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.key.to_string(), line.before.allowed, line.after.allowed, line.difference()))
            .collect();
        let expected = [("/a", 1, 0, -1), ("/b", 0, 4, 4), ("/c", 2, 7, 5), ("/d", 0, 1, 1)];
        assert_eq!(told, expected.map(|(key, before, after, by)| (key.to_owned(), before, after, by)));
    }

    #[test]
    fn nothing_and_nothing_is_nothing() {
        assert_eq!(compare(&report(&[]), &report(&[])), []);
    }
}
