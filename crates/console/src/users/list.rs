//! `/console/accounts/{account}/users`

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, PageRequest, Scope, UserEntry, UserOrder, UserPage, UserSearch};
use vestibule_model::{Connection, ConnectionId, UserKind, told};
use vestibule_serve::forms::Zone;

use super::{state, user_address, users_address};
use crate::accounts::{Tab, account_address, tabs};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, PAGE, Pager, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::request::Request;
use crate::routes::ACCOUNTS;
use crate::said::Said;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer, words};

/// The most characters of the name of a connection.
const LONGEST: usize = 60;

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage<'a> {
    frame: Frame,
    tabs: Vec<Tab>,
    path: &'a str,
    asked: Asked,
    /// The connections by which users may come in, with their ids; empty: there is none.
    connections: Vec<(String, String)>,
    count: String,
    table: Table,
    pager: Pager,
    /// Where one is made; empty: the caller may not.
    new: String,
}

/// What the filters of the page hold.
struct Asked {
    text: String,
    kind: String,
    state: String,
    connection: String,
    order: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let asked = |name| request.asked(name).unwrap_or_default().trim().to_owned();
        Self {
            text: asked("text"),
            kind: asked("kind"),
            state: asked("state"),
            connection: asked("connection"),
            order: asked("order"),
        }
    }

    fn search(&self) -> UserSearch {
        let (enabled, locked) = match self.state.as_str() {
            "enabled" => (Some(true), None),
            "disabled" => (Some(false), None),
            "locked" => (None, Some(true)),
            _ => (None, None),
        };
        UserSearch {
            text: Some(self.text.clone()).filter(|text| !text.is_empty()),
            kind: match self.kind.as_str() {
                "human" => Some(UserKind::Human),
                "bot" => Some(UserKind::Bot),
                _ => None,
            },
            enabled,
            locked,
            connection: self.connection.parse().ok().map(ConnectionId),
            order: match self.order.as_str() {
                "last-login" => UserOrder::LastLogin,
                _ => UserOrder::LoginName,
            },
            ..UserSearch::default()
        }
    }

    fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("text", &self.text),
            ("kind", &self.kind),
            ("state", &self.state),
            ("connection", &self.connection),
            ("order", &self.order),
        ]
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let account = place.account()?;
    let (administration, caller, request) = (console.administration(), &signed_in.caller, &signed_in.request);
    let asked = Asked::of(request);
    let cursor = request.asked("cursor");
    let wanted = PageRequest { limit: PAGE, cursor: cursor.as_deref() };
    let found = administration.search_users(caller, account, &asked.search(), wanted).await;
    let (page, refused) = match found {
        // The filters stay, and the page says what is wrong with them.
        Err(error @ AdministrationError::Invalid { .. }) => (UserPage::default(), Some(error)),
        found => (found?, None),
    };
    let said = refused.as_ref().map(|error| Said::bad(format!("Nothing was looked for: {error}.")));
    let counts = administration.account_counts(caller, account)?;
    let zone = Zone::of("UTC");
    let row = |user: &Arc<UserEntry>| {
        vec![
            Cell::text(&user.login_name).to(user_address(account, user.id)),
            Cell::text(&user.full_name),
            Cell::words(format!("{}, {}", words::kind(user.kind), words::population(user.population))),
            state(user, administration.is_locked(caller, user)),
            Cell::time_or(page.last_logins.get(&user.id).copied(), &zone, "never"),
        ]
    };
    let all = PageRequest { limit: Connection::MAX_PER_ACCOUNT, cursor: None };
    let connections = administration.account_resources::<Connection>(caller, account, all)?.resources;
    let connections = connections.iter().map(|it| (it.id.to_string(), told(&it.display_name, LONGEST)));
    let may = caller.require(Scope::WriteAccount(account)).is_ok();
    let path = request.path();
    let pager = Pager::of(path, &asked.fields(), cursor.as_deref(), page.next.as_deref());
    let shown = UsersPage {
        new: if may { format!("{}/new", users_address(account)) } else { String::new() },
        frame: Frame::of(signed_in.viewer(), format!("Users of {account}"))
            .saying(said.or_else(|| Done::said(request)))
            .below([("Accounts", ACCOUNTS), (account.as_str(), &account_address(account))]),
        tabs: tabs(account, &counts, path),
        path,
        count: if refused.is_none() { counted(page.total, "user", "users") } else { String::new() },
        table: Table {
            name: "Users",
            head: vec!["Login name", "Name", "Kind", "State", "Last login"],
            rows: page.users.iter().map(row).collect(),
            empty: if refused.is_some() {
                "Take another order, or look for fewer."
            } else if counts.users == 0 {
                "There is nobody in this account yet."
            } else {
                "Nobody is so. Take a filter away, or write less of the name."
            },
        },
        connections: connections.collect(),
        asked,
        pager,
    };
    Ok(match refused {
        Some(error) => answer::caused_by(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &shown), error),
        None => answer::page(StatusCode::OK, &shown),
    })
}
