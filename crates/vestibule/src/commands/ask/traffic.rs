//! `vestibule traffic`

use std::ops::ControlFlow;

use serde_json::{Value, json};
use vestibule_model::{Clock as _, Day, TrafficBy};

use crate::client::{ResourcePath, Service, items};
use crate::clock::SystemClock;
use crate::command_line::TrafficArguments;
use crate::moment;
use crate::screen;

/// The most marks of a trend.
const WIDEST: usize = 40;

const MARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// For days without requests.
const NOTHING: char = '·';

const OF_APPLICATIONS: &[&str] =
    &["key", "name", "allowed", "refused", "users", "addresses", "trend", "verdict", "grounds"];
const OF_SPANS: &[&str] = &["key", "allowed", "refused", "users", "addresses"];
const OF_OTHERS: &[&str] = &["key", "allowed", "refused", "trend"];

pub(super) async fn run(service: &Service, arguments: &TrafficArguments) -> anyhow::Result<()> {
    let place = match arguments.account {
        Some(account) => ResourcePath::of("accounts").at(account).at("traffic"),
        None => ResourcePath::of("traffic"),
    };
    let query = query(arguments)?;
    if arguments.csv {
        return Ok(screen::write(&service.client.text(&place, &query, "text/csv").await?)?);
    }
    let report = service.client.get(&place, &query).await?.body;
    if service.output.is_json() {
        service.output.show(&report, &[]);
        return Ok(());
    }
    let columns = match arguments.by {
        TrafficBy::Application => OF_APPLICATIONS,
        TrafficBy::Hour | TrafficBy::Day | TrafficBy::Month => OF_SPANS,
        TrafficBy::Route | TrafficBy::Kind | TrafficBy::Outcome => OF_OTHERS,
    };
    let mut lines = items(report)?;
    lines.iter_mut().for_each(with_trend);
    let mut list = service.output.list(columns, "requests");
    if list.page(&lines)? == ControlFlow::Break(()) {
        return Ok(());
    }
    list.end()
}

fn query(arguments: &TrafficArguments) -> anyhow::Result<Vec<(&'static str, String)>> {
    let now = SystemClock.now();
    let day = |flag, text: &str| moment::read_past(flag, text, now).map(|at| Day::of(at).to_string());
    let mut query = vec![("by", arguments.by.to_string()), ("from", day("--since", &arguments.since)?)];
    if let Some(until) = &arguments.until {
        query.push(("to", day("--until", until)?));
    }
    query.extend(arguments.application.iter().map(|key| ("application", key.clone())));
    Ok(query)
}

/// Adds how requests were spread over the days.
fn with_trend(line: &mut Value) {
    let days = line.get("days").and_then(Value::as_array).into_iter().flatten();
    let days: Vec<u64> = days.filter_map(Value::as_u64).collect();
    if let Some(line) = line.as_object_mut() {
        line.insert("trend".to_owned(), json!(trend(&days)));
    }
}

/// A mark for each day, or for as many days together as it takes: as high as the most that any has.
fn trend(days: &[u64]) -> String {
    let together = days.len().div_ceil(WIDEST).max(1);
    let sums: Vec<u64> = days
        .chunks(together)
        .map(|days| days.iter().fold(0, |sum: u64, day| sum.saturating_add(*day)))
        .collect();
    let most = sums.iter().copied().max().unwrap_or_default().max(1);
    let mark = |sum: u64| match sum {
        0 => NOTHING,
        sum => {
            let height = (u128::from(sum) * MARKS.len() as u128).div_ceil(u128::from(most));
            MARKS[usize::try_from(height).unwrap_or(MARKS.len()).clamp(1, MARKS.len()) - 1]
        }
    };
    sums.into_iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_is_as_high_as_the_most_of_a_day() {
        assert_eq!(trend(&[0, 1, 4, 8]), "·▁▄█");
        assert_eq!(trend(&[0, 0]), "··");
        assert_eq!(trend(&[u64::MAX, 1]), "█▁");
        assert_eq!(trend(&[]), "");
    }

    #[test]
    fn more_days_than_there_are_marks_are_told_together() {
        let days = [1; 100];
        assert_eq!(trend(&days).chars().count(), 34);
        assert!(trend(&days).ends_with("█▃"), "{}", trend(&days));
    }
}
