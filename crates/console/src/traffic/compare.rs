//! `/console/traffic/compare` and `/console/accounts/{account}/traffic/compare`: two periods of as many days side by side.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, ComparedLine, TrafficAsked, TrafficDays, TrafficReport};
use vestibule_model::{Day, Millis, TrafficBy};

use super::asked::Asked;
use super::show::not_kept;
use super::{frame, traffic_address, words};
use crate::ConsoleState;
use crate::answer;
use crate::frame::Frame;
use crate::parts::{Cell, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::said::Said;
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "traffic_compare.html")]
struct ComparePage {
    frame: Frame,
    path: String,
    asked: Asked,
    /// Which days stand side by side, in words.
    periods: String,
    tables: Vec<(&'static str, Table)>,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account_if_named()?;
    let caller = &signed_in.caller;
    let asked = Asked::of(&signed_in.request, account);
    let frame = frame(signed_in.viewer(), account, "Traffic of two periods".to_owned());
    let frame = frame.above("Traffic", &traffic_address(account));
    let path = format!("{}/compare", traffic_address(account));
    let periods = asked.read(caller.now).and_then(|after| Ok((asked.other_period(after.days)?, after)));
    let (before, after) = match periods {
        Ok((days, after)) => (TrafficAsked { days, ..after }, after),
        Err(error) => {
            let frame = frame.saying(Some(Said::bad(format!("Nothing was compared. {error}."))));
            let page = ComparePage { frame, path, asked, periods: String::new(), tables: Vec::new() };
            let answer = answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
            return Ok(answer::caused_by(answer, error));
        }
    };
    let asked = asked.showing(after.days).against(before.days);
    let (tables, since, not_kept) = tables(&console, &signed_in, before, after).await?;
    let page = ComparePage {
        tables,
        periods: in_words(before.days, after.days, since, Day::of(caller.now)) + &not_kept,
        asked,
        frame,
        path,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

async fn tables(
    console: &ConsoleState,
    signed_in: &SignedIn,
    before: TrafficAsked,
    after: TrafficAsked,
) -> Result<(Vec<(&'static str, Table)>, Option<Millis>, String), AdministrationError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let by = [TrafficBy::Application, TrafficBy::Route, TrafficBy::Outcome, TrafficBy::Kind];
    let before = administration.traffic(caller, before, by).await?;
    let after = administration.traffic(caller, after, by).await?;
    let (whole, since) = (all(&before[0], &after[0]), after[0].since);
    let names = [
        ("applications", "Applications", "Application"),
        ("routes", "Routes", "Family of routes"),
        ("outcomes", "Outcomes", "Outcome"),
        ("kinds", "Kinds of user", "Kind"),
    ];
    let parts = before.iter().zip(&after).zip(names);
    let parts = parts.map(|((before, after), (id, name, column))| (id, table(name, column, before, after)));
    Ok((std::iter::once(("all", whole)).chain(parts).collect(), since, not_kept(&before[0])))
}

/// `since`: from when on requests have been counted without a gap.
fn in_words(before: TrafficDays, after: TrafficDays, since: Option<Millis>, today: Day) -> String {
    let days = counted(usize::try_from(after.count()).unwrap_or_default(), "day", "days");
    let TrafficDays { from, through } = after;
    let unfinished = if through >= today { " Today is not over." } else { "" };
    let since = since.map(Day::of);
    let uncounted = match since.filter(|since| *since > before.from) {
        Some(since) => format!(" Requests have been counted without a gap since {since} alone."),
        None => String::new(),
    };
    format!(
        "{days}: from {} through {}, and from {from} through {through}. Days are those of UTC.{unfinished}{uncounted}",
        before.from, before.through
    )
}

const HEAD: [&str; 4] = ["Before", "Now", "Difference", "Change"];

/// Everything together.
fn all(before: &TrafficReport, after: &TrafficReport) -> Table {
    let row = |name, before: u64, after: u64| numbers(Cell::words(name), before, after);
    Table {
        name: "All requests",
        head: std::iter::once("Requests").chain(HEAD).collect(),
        rows: vec![
            row("Let through", before.sums.allowed, after.sums.allowed),
            row("Refused", before.sums.refused, after.sums.refused),
        ],
        empty: "",
    }
}

/// Each line of either period, those first that differ most.
fn table(name: &'static str, column: &'static str, before: &TrafficReport, after: &TrafficReport) -> Table {
    let mut lines = vestibule_auth::compare(before, after);
    lines.retain(|line| line.before.all() > 0 || line.after.all() > 0);
    lines.sort_by_key(|line| std::cmp::Reverse(line.difference().unsigned_abs()));
    let row = |line: &ComparedLine| {
        let name = words::of_line(&line.key, line.name.as_deref());
        numbers(name, line.before.all(), line.after.all())
    };
    Table {
        name,
        head: std::iter::once(column).chain(HEAD).collect(),
        rows: lines.iter().map(row).collect(),
        empty: "Nothing was counted in either period.",
    }
}

fn numbers(name: Cell, before: u64, after: u64) -> Vec<Cell> {
    let difference = i128::from(after) - i128::from(before);
    let change = Cell::number_in_words(change(before, difference));
    vec![name, Cell::number(before), Cell::number(after), Cell::difference(difference), change]
}

/// By how much of what there was before.
fn change(before: u64, difference: i128) -> String {
    match (before, difference) {
        (_, 0) => "none".to_owned(),
        (0, _) => "new".to_owned(),
        (before, _) if difference == -i128::from(before) => "gone".to_owned(),
        (before, difference) => {
            let percent = difference * 100 / i128::from(before);
            match percent {
                0 => "less than 1 %".to_owned(),
                percent => format!("{} %", crate::parts::signed(percent)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_in_which_not_everything_was_counted_is_told_of() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let days = TrafficDays { from: day("2026-11-24"), through: day("2026-11-30") };
        let words = |since: &str| in_words(days.before(), days, Some(day(since).begin()), day("2026-12-24"));
        assert!(!words("2026-11-17").contains("counted"), "{}", words("2026-11-17"));
        assert!(words("2026-11-18").contains("since 2026-11-18 alone"), "{}", words("2026-11-18"));
    }

    #[test]
    fn a_change_is_of_what_there_was_before() {
        let told = [(0, 0), (0, 3), (4, -4), (4, 4), (300, -150), (1_000, 3)]
            .map(|(before, difference)| change(before, difference));
        assert_eq!(told, ["none", "new", "gone", "+100 %", "−50 %", "less than 1 %"]);
    }
}
