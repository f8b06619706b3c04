//! `/console/search`: one text, and what it may mean.
//!
//! What is looked for may be a credential: it is sent in a form, is shown to nobody again, and is kept nowhere. One thing that is found is
//! gone to at once. Several that are called so have a page with an address, to which a browser goes back without sending a form
//! again: a text that is the beginning of names opens nothing.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{FoundApplication, FoundConnection, FoundSession, MOST_FINDS, SearchFinds, UserEntry};
use vestibule_model::visible;

use crate::accounts::account_address;
use crate::connections::connection_address;
use crate::frame::Frame;
use crate::parts::{Cell, address, counted};
use crate::refused::ConsoleError;
use crate::routes::{SEARCH, SESSIONS};
use crate::signed_in::{Posted, SignedIn};
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
    /// Whether there may be more than are told.
    is_cut: bool,
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
    let wanted = fields.get("wanted").trim();
    let found = console.administration().search(&signed_in.caller, wanted).await?.or_the_only_exact();
    let are_names_alone = found.has_names() && found.session.is_none();
    let groups = groups(found);
    if let [Group { finds, .. }] = &*groups
        && let [Find { cell: Cell { link: Some(link), .. }, .. }] = &**finds
    {
        return Ok(answer::see_other(link));
    }
    if are_names_alone {
        return Ok(answer::see_other(&address(SEARCH, [("wanted", wanted)])));
    }
    Ok(page(&signed_in, groups))
}

/// `GET`: what is called so.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let wanted = signed_in.request.asked("wanted").unwrap_or_default();
    let found = console.administration().search(&signed_in.caller, &wanted).await?;
    Ok(page(&signed_in, groups(found)))
}

fn page(signed_in: &SignedIn, groups: Vec<Group>) -> Response {
    let page = SearchPage { frame: Frame::of(signed_in.viewer(), "Search"), groups };
    answer::page(StatusCode::OK, &page)
}

/// By kind; kinds of which nothing was found are left out.
fn groups(found: SearchFinds) -> Vec<Group> {
    let SearchFinds { session, address: from, accounts, users, connections, applications, .. } = found;
    let account = |id| Find { cell: Cell::code(id).to(account_address(id)), hint: String::new() };
    let groups = [
        ("Session", session.into_iter().map(of_session).collect()),
        ("Address", from.into_iter().map(|(from, count)| of_address(&from.to_string(), count)).collect()),
        ("Accounts", accounts.into_iter().map(account).collect()),
        ("Users", users.iter().map(|user| of_user(user)).collect()),
        ("Connections", connections.iter().map(of_connection).collect()),
        ("Applications", applications.iter().map(of_application).collect()),
    ];
    let group = |(name, finds): (&'static str, Vec<Find>)| {
        (!finds.is_empty()).then_some(Group { name, is_cut: finds.len() >= MOST_FINDS, finds })
    };
    groups.into_iter().filter_map(group).collect()
}

fn of_session(FoundSession { reference, lives }: FoundSession) -> Find {
    let hint = if lives { "lives" } else { "does not live, if it ever did" };
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

fn of_connection(found: &FoundConnection) -> Find {
    let FoundConnection { account, id, name, display_name, .. } = found;
    Find {
        cell: Cell::text(display_name).to(connection_address(*account, *id)),
        hint: format!("{} of {account}", visible(name)),
    }
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
