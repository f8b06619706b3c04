//! The numbers of the overview, as its page has them and as its script asks for them.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::response::Response;
use vestibule_auth::{AccountSearch, AdministrationError, Auth, Caller, PageRequest, Scope, SessionFilter};
use vestibule_model::{AuditAction, TrafficOutcome};

use crate::accounts::account_address;
use crate::parts::{Tile, address, counted, number, number_of};
use crate::refused::ConsoleError;
use crate::routes::{ACCOUNTS, AUDIT, SESSIONS};
use crate::signed_in::Looking;
use crate::{ConsoleState, answer};

/// `GET`: each number, and what it is made of, by the name that the page has for its place.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    Looking(signed_in): Looking,
) -> Result<Response, ConsoleError> {
    let caller = &signed_in.caller;
    let mut tiles = now(&console, caller).await?;
    if caller.require(Scope::ReadInstallation).is_ok() {
        tiles.extend(of_node(&console.auth));
    }
    let mut numbers = BTreeMap::new();
    for Tile { live, value, hint, .. } in tiles {
        let Some(live) = live else { continue };
        numbers.insert(format!("{live}-hint"), hint);
        numbers.insert(live.to_owned(), value);
    }
    Ok(answer::json(&numbers))
}

/// What there is of what the caller may see, and where.
pub(super) async fn now(console: &ConsoleState, caller: &Caller) -> Result<Vec<Tile>, AdministrationError> {
    let administration = console.administration();
    let sessions = administration.count_live_sessions(caller, &SessionFilter::default()).await?;
    let tile = |live, name, value, hint: String, link: String| Tile {
        name,
        value: number_of(value),
        hint,
        link: Some(link),
        live: Some(live),
    };
    let followed = "as this node follows them".to_owned();
    let sessions = tile("sessions", "Live sessions", sessions, followed, SESSIONS.to_owned());
    let Some(account) = caller.role.account() else {
        let wanted = PageRequest { limit: 1, cursor: None };
        let accounts = administration.search_accounts(caller, &AccountSearch::default(), wanted)?.total;
        let accounts = tile("accounts", "Accounts", accounts, String::new(), ACCOUNTS.to_owned());
        return Ok(vec![sessions, accounts]);
    };
    let counts = administration.account_counts(caller, account)?;
    let users = format!("{}/users", account_address(account));
    let hint = format!("of the account {account}");
    Ok(vec![sessions, tile("users", "Users", counts.users, hint, users)])
}

/// What this node has done since its start.
pub(super) fn of_node(auth: &Auth) -> Vec<Tile> {
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
    let tile = |live, name, value: u64, hint, link| Tile {
        name,
        value: number(value),
        hint,
        link,
        live: Some(live),
    };
    let refused_requests = format!("{} of them refused", number(all.saturating_sub(allowed)));
    let entries = |action: AuditAction| Some(address(AUDIT, [("action", &*action.to_string())]));
    let hashed = format!(
        "{}, {} waiting, {} turned away",
        counted(hashing.threads, "thread", "threads"),
        number_of(waiting),
        number(turned_away)
    );
    vec![
        tile("requests", "Requests", all, refused_requests, None),
        tile("refused-logins", "Logins refused", refused, String::new(), entries(AuditAction::LogInRefused)),
        tile("lock-outs", "Lock-outs", auth.lockout_count(), String::new(), entries(AuditAction::UserLocked)),
        tile("hashed", "Passwords hashed", done, hashed, None),
    ]
}
