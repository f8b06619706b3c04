//! `/console/accounts/{account}/connections/{connection}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{Affected, Consequences};
use vestibule_model::{Connection, ConnectionId};
use vestibule_serve::forms::Zone;

use super::{certificates, connections_address, facts};
use crate::accounts::account_address;
use crate::frame::Frame;
use crate::parts::{Fact, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::ACCOUNTS;
use crate::signed_in::SignedIn;
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    frame: Frame,
    facts: Vec<Fact>,
    /// How many live sessions it has opened.
    sessions: String,
    /// Whom it knows, and where they are listed.
    users: String,
    users_page: String,
    table: Table,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let (account, id) = (place.account()?, ConnectionId(place.number("connection")?));
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let connection = administration.account_resource::<Connection>(caller, account, id.0)?;
    let affected = Affected::Connection(account, id);
    let Consequences { sessions, users, .. } = administration.consequences(caller, affected).await?;
    let own = account_address(account);
    let page = ConnectionPage {
        frame: Frame::of(signed_in.viewer(), connection.display_name.clone()).below([
            ("Accounts", ACCOUNTS),
            (account.as_str(), &own),
            ("Connections", &connections_address(account)),
        ]),
        facts: facts::of(&connection),
        sessions: counted(sessions, "live session", "live sessions"),
        users: counted(users, "user", "users"),
        users_page: format!("{own}/users?connection={id}"),
        table: certificates::table(&connection, caller.now, &Zone::of("UTC")),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
