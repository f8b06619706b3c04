//! `/console/`: what this node does, and what needs attention.

use std::sync::atomic::Ordering;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{Auth, Purpose};
use vestibule_model::{AuditAction, TrafficOutcome, told};

use crate::frame::Frame;
use crate::over_time::{OverTime, Span};
use crate::parts::{Tile, counted, number};
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// The longest reason that is repeated of a database or a file system.
const LONGEST: usize = 400;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    /// None: the caller's role is for one account.
    node: Option<Node>,
    /// The account that the caller's role is for.
    account: Option<String>,
}

/// What is told of this node.
struct Node {
    attention: Vec<String>,
    tiles: Vec<Tile>,
    over_time: OverTime,
}

/// `GET`.
pub(crate) async fn show(State(console): State<ConsoleState>, signed_in: SignedIn) -> Response {
    let page = OverviewPage {
        frame: Frame::of(signed_in.viewer(), "Overview"),
        node: console.administration().figures(&signed_in.caller).ok().map(|figures| Node {
            attention: attention(&console.auth),
            tiles: tiles(&console.auth),
            over_time: OverTime::of(&figures, Span::named(signed_in.request.asked("span").as_deref())),
        }),
        account: signed_in.caller.role.account().map(|account| account.to_string()),
    };
    answer::page(StatusCode::OK, &page)
}

/// What needs attention, the worst first.
fn attention(auth: &Auth) -> Vec<String> {
    let failed = auth.failed_commits();
    let lines = [
        auth.trouble(Purpose::Everything).map(|trouble| format!("{trouble}.")),
        auth.unjournaled().map(|why| format!("The journal of ends could not be made: {why}.")),
        auth.unwitnessed().map(|why| format!("The witness of the audit could not be written: {why}.")),
        (failed > 0).then(|| {
            let commits = counted(usize::try_from(failed).unwrap_or(usize::MAX), "commit", "commits");
            format!("The database has failed {commits} since the start.")
        }),
    ];
    lines.into_iter().flatten().map(|line| sentence(&told(&line, LONGEST))).collect()
}

/// With a capital letter at its beginning.
fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn tiles(auth: &Auth) -> Vec<Tile> {
    let sessions = u64::try_from(auth.session_count()).unwrap_or(u64::MAX);
    let refused: u64 = auth
        .refusal_counts()
        .into_iter()
        .filter(|(action, ..)| *action == AuditAction::LogInRefused)
        .map(|(.., count)| count)
        .sum();
    let outcomes = auth.traffic_outcomes();
    let all: u64 = outcomes.iter().map(|(_, count)| count).sum();
    let allowed: u64 = outcomes
        .iter()
        .filter(|(outcome, _)| *outcome == TrafficOutcome::Allowed)
        .map(|(_, count)| count)
        .sum();
    let hashing = auth.hash_pool_gauges();
    let (done, waiting) = (hashing.done.load(Ordering::Relaxed), hashing.waiting.load(Ordering::Relaxed));
    let turned_away = hashing.turned_away.load(Ordering::Relaxed);
    let tile = |name, value: u64, hint| Tile { name, value: number(value), hint, link: None };
    vec![
        tile("Live sessions", sessions, "in the table of this node".to_owned()),
        tile("Requests", all, format!("{} of them refused", number(all.saturating_sub(allowed)))),
        tile("Logins refused", refused, format!("{} users locked by them", number(auth.lockout_count()))),
        tile(
            "Passwords hashed",
            done,
            format!(
                "{}, {} waiting, {} turned away",
                counted(hashing.threads, "thread", "threads"),
                number(u64::try_from(waiting).unwrap_or(u64::MAX)),
                number(turned_away)
            ),
        ),
    ]
}
