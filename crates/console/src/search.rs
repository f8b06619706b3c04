//! `/console/search`: one text, and what it may mean.
//!
//! What is looked for may be a credential: it is sent in a form, is shown to nobody again, and is kept nowhere.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{FoundApplication, FoundSession, SearchFinds, UserEntry};

use crate::accounts::account_address;
use crate::frame::Frame;
use crate::parts::{Cell, address, counted};
use crate::refused::ConsoleError;
use crate::routes::SESSIONS;
use crate::signed_in::Posted;
use crate::users::user_address;
use crate::{ConsoleState, answer, sessions, words};

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    groups: Vec<Group>,
}

/// What was found of one kind.
struct Group {
    name: &'static str,
    finds: Vec<Find>,
}

/// Something that was found, and what tells it from others.
struct Find {
    cell: Cell,
    hint: String,
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let found = console.administration().search(&signed_in.caller, fields.get("wanted")).await?;
    let page = SearchPage { frame: Frame::of(signed_in.viewer(), "Search"), groups: groups(found) };
    Ok(answer::page(StatusCode::OK, &page))
}

/// By kind; kinds of which nothing was found are left out.
fn groups(found: SearchFinds) -> Vec<Group> {
    let SearchFinds { session, address: from, accounts, users, applications } = found;
    let account = |id| Find { cell: Cell::code(id).to(account_address(id)), hint: String::new() };
    let groups = [
        ("Session", session.into_iter().map(of_session).collect()),
        ("Address", from.into_iter().map(|(from, count)| of_address(&from.to_string(), count)).collect()),
        ("Accounts", accounts.into_iter().map(account).collect()),
        ("Users", users.iter().map(|user| of_user(user)).collect()),
        ("Applications", applications.iter().map(of_application).collect()),
    ];
    let group =
        |(name, finds): (&'static str, Vec<Find>)| (!finds.is_empty()).then_some(Group { name, finds });
    groups.into_iter().filter_map(group).collect()
}

fn of_session(FoundSession { reference, lives }: FoundSession) -> Find {
    let hint = if lives { "lives" } else { "does not live" };
    Find {
        cell: Cell::text(&sessions::name(reference)).to(sessions::address(reference)),
        hint: hint.to_owned(),
    }
}

fn of_address(from: &str, count: usize) -> Find {
    let page = address(SESSIONS, [("address", from)]);
    Find { cell: Cell::text(from).to(page), hint: counted(count, "live session", "live sessions") }
}

fn of_user(user: &UserEntry) -> Find {
    let account = user.account().account.id;
    Find { cell: Cell::text(&user.login_name).to(user_address(account, user.id)), hint: account.to_string() }
}

fn of_application(found: &FoundApplication) -> Find {
    let cell = Cell::text(&found.name);
    match words::application(found.account, found.application) {
        Some((kind, page)) => {
            Find { cell: cell.to(page), hint: format!("{} of {}", kind.one(), found.account) }
        }
        None => Find { cell, hint: found.account.to_string() },
    }
}
