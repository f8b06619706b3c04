//! `/console/`: what needs attention, what there is now, and what this node has seen.

use std::sync::atomic::Ordering;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{
    AccountSearch, AdministrationError, Auth, Caller, Figures, PageRequest, Purpose, SessionFilter,
};
use vestibule_model::{AuditAction, TrafficOutcome, told};

use crate::accounts::account_address;
use crate::frame::Frame;
use crate::over_time::{OverTime, Span};
use crate::parts::{Tile, counted, counted_many, number, number_of, sentence};
use crate::refused::ConsoleError;
use crate::routes::{ACCOUNTS, SESSIONS};
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

/// The longest reason that is repeated of a database or a file system.
const LONGEST: usize = 400;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    /// What there is of what the caller may see.
    now: Vec<Tile>,
    /// None: the caller's role is for one account.
    node: Option<Node>,
}

/// What is told of this node.
struct Node {
    attention: Vec<String>,
    tiles: Vec<Tile>,
    over_time: OverTime,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let caller = &signed_in.caller;
    let of_node = |figures: Figures| Node {
        attention: attention(&console.auth),
        tiles: tiles(&console.auth),
        over_time: OverTime::of(&figures, Span::named(signed_in.request.asked("span").as_deref())),
    };
    let page = OverviewPage {
        frame: Frame::of(signed_in.viewer(), "Overview"),
        now: now(&console, caller).await?,
        node: console.administration().figures(caller).ok().map(of_node),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

/// What there is of what the caller may see, and where.
async fn now(console: &ConsoleState, caller: &Caller) -> Result<Vec<Tile>, AdministrationError> {
    let administration = console.administration();
    let sessions = administration.count_live_sessions(caller, &SessionFilter::default()).await?;
    let tile = |name, value, hint: String, link: String| Tile {
        name,
        value: number_of(value),
        hint,
        link: Some(link),
    };
    let sessions =
        tile("Live sessions", sessions, "as this node follows them".to_owned(), SESSIONS.to_owned());
    let Some(account) = caller.role.account() else {
        let wanted = PageRequest { limit: 1, cursor: None };
        let accounts = administration.search_accounts(caller, &AccountSearch::default(), wanted)?.total;
        return Ok(vec![sessions, tile("Accounts", accounts, String::new(), ACCOUNTS.to_owned())]);
    };
    let counts = administration.account_counts(caller, account)?;
    let users = format!("{}/users", account_address(account));
    let hint = format!("of the account {account}");
    Ok(vec![sessions, tile("Users", counts.users, hint, users)])
}

/// What needs attention, the worst first.
fn attention(auth: &Auth) -> Vec<String> {
    let failed = auth.failed_commits();
    let lines = [
        auth.trouble(Purpose::Everything).map(|trouble| format!("{trouble}.")),
        auth.unjournaled().map(|why| format!("The journal of ends could not be made: {why}.")),
        auth.unwitnessed().map(|why| format!("The witness of the audit could not be written: {why}.")),
        (failed > 0).then(|| {
            let commits = counted_many(failed, "commit", "commits");
            format!("The database has failed {commits} since the start.")
        }),
    ];
    lines.into_iter().flatten().map(|line| sentence(&told(&line, LONGEST))).collect()
}

/// What this node has done since its start.
fn tiles(auth: &Auth) -> Vec<Tile> {
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
        tile("Requests", all, format!("{} of them refused", number(all.saturating_sub(allowed)))),
        tile("Logins refused", refused, counted_many(auth.lockout_count(), "lock-out", "lock-outs")),
        tile(
            "Passwords hashed",
            done,
            format!(
                "{}, {} waiting, {} turned away",
                counted(hashing.threads, "thread", "threads"),
                number_of(waiting),
                number(turned_away)
            ),
        ),
    ]
}
