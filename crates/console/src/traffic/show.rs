//! `/console/traffic` and `/console/accounts/{account}/traffic`

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{
    AccountSearch, AdministrationError, Caller, DistinctSketch, PageRequest, TrafficAsked, TrafficKey,
    TrafficLine, TrafficReport,
};
use vestibule_model::{AccountId, TrafficBy};
use vestibule_serve::forms::Zone;

use super::asked::{Asked, CHOICES, about, is_choice};
use super::over_time::{Step, chart};
use super::{application_traffic, frame, traffic_address, words};
use crate::accounts::{Tab, tabs};
use crate::chart::Chart;
use crate::parts::{Cell, PAGE, Table, Tile, number, time};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::said::Said;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "traffic.html")]
struct TrafficPage {
    frame: crate::frame::Frame,
    tabs: Vec<Tab>,
    path: String,
    asked: Asked,
    choices: Vec<Choice>,
    steps: Vec<(&'static str, bool)>,
    /// None: what was asked is refused.
    told: Option<Told>,
}

/// A period that is one click away.
struct Choice {
    days: u32,
    address: String,
    is_here: bool,
}

/// What the page tells.
struct Told {
    counting: String,
    tiles: Vec<Tile>,
    chart: Option<Chart>,
    /// How its time is cut.
    step: Step,
    sections: Vec<Section>,
    compare: String,
    downloads: Vec<(&'static str, String)>,
    /// Where all applications are, if one alone is shown.
    all: Option<String>,
}

/// A table under its heading, and what has to be known of it.
struct Section {
    id: &'static str,
    table: Table,
    hint: String,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account_if_named()?;
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let asked = Asked::of(&signed_in.request, account);
    let tabs = match account {
        None => Vec::new(),
        Some(account) => {
            tabs(account, &administration.account_counts(caller, account)?, signed_in.request.path())
        }
    };
    let title = account.map_or_else(|| "Traffic".to_owned(), |it| format!("Traffic of {it}"));
    let frame = frame(signed_in.viewer(), account, title);
    let path = traffic_address(account);
    let wanted = match asked.read(caller.now) {
        Ok(wanted) => wanted,
        Err(error) => {
            let frame = frame.saying(Some(Said::bad(format!("Nothing was looked for. {error}."))));
            let (choices, steps) = (Vec::new(), Step::ALL.map(|step| (step.word(), false)).into());
            let page = TrafficPage { frame, tabs, path, asked, choices, steps, told: None };
            let answer = answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page);
            return Ok(answer::caused_by(answer, error));
        }
    };
    let step = asked.step(wanted.days);
    let choice = |days| Choice {
        days,
        address: asked.with_choice(days),
        is_here: is_choice(days, wanted.days, caller.now),
    };
    let asked_of = |step: Step, own: Step| (step.word(), step == own);
    let told = told(&console, caller, &asked, wanted, step).await?;
    let page = TrafficPage {
        choices: CHOICES.into_iter().map(choice).collect(),
        steps: Step::ALL.into_iter().map(|it| asked_of(it, told.step)).collect(),
        told: Some(told),
        asked: asked.showing(wanted.days),
        frame,
        tabs,
        path,
    };
    Ok(answer::page(StatusCode::OK, &page))
}

async fn told(
    console: &ConsoleState,
    caller: &Caller,
    asked: &Asked,
    wanted: TrafficAsked,
    step: Step,
) -> Result<Told, AdministrationError> {
    let by = [
        TrafficBy::Application,
        step.by(),
        TrafficBy::Day,
        TrafficBy::Route,
        TrafficBy::Kind,
        TrafficBy::Outcome,
    ];
    let [applications, times, days, routes, kinds, outcomes] =
        console.administration().traffic(caller, wanted, by).await?;
    // Old days are not kept by the hour.
    let (times, step) = if times.sums == applications.sums { (times, step) } else { (days, Step::Day) };
    let mut sections = Vec::new();
    if wanted.account.is_none() && wanted.application.is_none() {
        sections.push(accounts(console, caller)?);
    }
    sections.push(of_applications(&applications, wanted.account, caller));
    let most_first = |report, name, column| by_most(report, name, [column, "Let through", "Refused"]);
    sections.extend([
        Section {
            id: "routes",
            table: most_first(&routes, "Routes", "Family of routes"),
            hint: "Of requests to gateways by the beginning of their path; ours are in parentheses.".to_owned(),
        },
        Section { id: "outcomes", table: most_first(&outcomes, "Outcomes", "Outcome"), hint: String::new() },
        Section { id: "kinds", table: most_first(&kinds, "Kinds of user", "Kind"), hint: String::new() },
        Section {
            id: "programs",
            table: programs(&applications),
            hint: "By the first product of the User-Agent, with its version. Logins, refreshes, logouts and tokens have none."
                .to_owned(),
        },
    ]);
    Ok(Told {
        counting: counting(&applications),
        tiles: tiles(&applications),
        chart: chart(&times, step, wanted.days, caller.now),
        step,
        sections,
        compare: about(
            &format!("{}/compare", traffic_address(wanted.account)),
            wanted.days,
            [("application", &asked.application), ("", "")],
        ),
        downloads: downloads(asked, wanted, step),
        all: wanted.application.map(|_| about(&traffic_address(wanted.account), wanted.days, [("", ""); 2])),
    })
}

fn downloads(asked: &Asked, wanted: TrafficAsked, step: Step) -> Vec<(&'static str, String)> {
    let path = format!("{}.csv", traffic_address(wanted.account));
    let one = |(name, by): (&'static str, TrafficBy)| {
        let more = [("by", by.to_string()), ("application", asked.application.clone())];
        (name, about(&path, wanted.days, [(more[0].0, &more[0].1), (more[1].0, &more[1].1)]))
    };
    [
        ("applications", TrafficBy::Application),
        ("routes", TrafficBy::Route),
        ("outcomes", TrafficBy::Outcome),
        ("kinds of user", TrafficBy::Kind),
        ("times", step.by()),
    ]
    .map(one)
    .into()
}

fn counting(report: &TrafficReport) -> String {
    let counted = match report.since {
        Some(since) => {
            format!("Requests have been counted without a gap since {}.", time(since, &Zone::of("UTC")))
        }
        None => "Requests are not counted: traffic.keep_days is 0.".to_owned(),
    };
    counted + &not_kept(report)
}

/// That not all that is asked for is kept, if it is not.
pub(super) fn not_kept(report: &TrafficReport) -> String {
    let kept_from = report.kept_from;
    kept_from.map(|day| format!(" What was counted before {day} is not kept.")).unwrap_or_default()
}

fn tiles(report: &TrafficReport) -> Vec<Tile> {
    let all = report.sums.all();
    let share = match u128::from(report.sums.refused) * 1_000 / u128::from(all.max(1)) {
        0 if report.sums.refused > 0 => "less than 0.1 % of them".to_owned(),
        thousandths => format!("{}.{} % of them", thousandths / 10, thousandths % 10),
    };
    let tile = |name, value, hint| Tile { name, value: number(value), hint, link: None, live: None };
    vec![
        tile("Requests", all, String::new()),
        tile("Let through", report.sums.allowed, String::new()),
        tile("Refused", report.sums.refused, share),
    ]
}

fn of_applications(report: &TrafficReport, account: Option<AccountId>, caller: &Caller) -> Section {
    let zone = Zone::of("UTC");
    let row = |line: &TrafficLine| {
        let TrafficKey::Application(application) = line.key else { return Vec::new() };
        let standing = line.standing.as_ref();
        let name = words::of_line(&line.key, standing.and_then(|standing| standing.name.as_deref()));
        let uses = standing.map(|standing| standing.uses).unwrap_or_default();
        let grounds = line.grounds(report.since, caller.now).unwrap_or_default();
        vec![
            account.map_or(name.clone(), |account| name.to(application_traffic(account, application))),
            Cell::words(words::kind(account, application)),
            Cell::number(line.sums.allowed),
            Cell::number(line.sums.refused),
            Cell::number(line.users.unwrap_or_default()),
            Cell::number(line.addresses.unwrap_or_default()),
            Cell::time_or(uses.last, &zone, "never"),
            line.verdict().map_or_else(|| Cell::words(""), words::verdict),
            Cell::words(grounds),
        ]
    };
    let mut lines: Vec<&TrafficLine> = report.lines.iter().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.sums.all()));
    let table = Table {
        name: "Applications",
        head: vec![
            "Application",
            "Type",
            "Let through",
            "Refused",
            "Users",
            "Addresses",
            "Last used",
            "Needed?",
            "Why",
        ],
        rows: lines.into_iter().map(row).collect(),
        empty: NOTHING,
    };
    let hint = format!(
        "Numbers of users and of addresses are exact up to 320 a day, and then estimates that are off by {:.1} % on average. \
         Last uses are told however long ago.",
        DistinctSketch::STANDARD_ERROR * 100.0
    );
    Section { id: "applications", table, hint }
}

const NOTHING: &str = "Nothing was counted in these days.";

/// Lines with two numbers, those with most requests first.
fn by_most(report: &TrafficReport, name: &'static str, head: [&'static str; 3]) -> Table {
    let mut lines: Vec<&TrafficLine> = report.lines.iter().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.sums.all()));
    let row = |line: &&TrafficLine| {
        vec![
            words::of_line(&line.key, None),
            Cell::number(line.sums.allowed),
            Cell::number(line.sums.refused),
        ]
    };
    Table { name, head: head.into(), rows: lines.iter().map(row).collect(), empty: NOTHING }
}

/// Client programs of all lines together, most first.
fn programs(report: &TrafficReport) -> Table {
    let mut sums: BTreeMap<Box<str>, u64> = BTreeMap::new();
    for (name, count) in report.lines.iter().flat_map(TrafficLine::told_agents) {
        let sum = sums.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let row = |(name, count): (Box<str>, u64)| vec![Cell::text(&name), Cell::number(count)];
    Table {
        name: "Client programs",
        head: vec!["Program", "Requests"],
        rows: sums.into_iter().map(row).collect(),
        empty: "No request in these days told its program.",
    }
}

/// The accounts, whose traffic is on their own pages.
fn accounts(console: &ConsoleState, caller: &Caller) -> Result<Section, AdministrationError> {
    let wanted = PageRequest { limit: PAGE, cursor: None };
    let found = console.administration().search_accounts(caller, &AccountSearch::default(), wanted)?;
    let hint = if found.total > found.accounts.len() {
        format!("The first {PAGE} of {}; the traffic of another is on its page.", found.total)
    } else {
        "Requests of an account are on its own page.".to_owned()
    };
    let row = |account: &vestibule_model::Account| {
        vec![
            Cell::code(account.id).to(traffic_address(Some(account.id))),
            Cell::text(account.look.name.as_deref().unwrap_or_default()),
        ]
    };
    let table = Table {
        name: "Traffic of accounts",
        head: vec!["Account", "Name"],
        rows: found.accounts.iter().map(row).collect(),
        empty: "There is no account yet.",
    };
    Ok(Section { id: "accounts", table, hint })
}
