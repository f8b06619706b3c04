//! `/console/accounts/{account}/connections/{connection}`

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AccountResourceId, Affected, CameIn, Consequences, LookedAt, Scope};
use vestibule_model::{Connection, ConnectionId, Protocol};
use vestibule_serve::forms::Zone;

use super::for_provider::ForProvider;
use super::{above, address_of, certificates, facts, test_page, who_is_known};
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Fact, Table, counted};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::signed_in::SignedIn;
use crate::users::user_address;
use crate::{ConsoleState, answer, sessions};

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    frame: Frame,
    /// What may be done with it.
    deeds: Vec<(&'static str, String)>,
    /// Where it is deleted, by whoever may.
    delete: Option<String>,
    facts: Vec<Fact>,
    /// How many live sessions it has opened.
    sessions: String,
    /// Whom it knows, and where they are listed.
    users: String,
    users_page: String,
    /// Who came in by it last, and how far they were looked for.
    last: Table,
    looked_at: String,
    table: Table,
    /// How its certificates come, if it has any.
    how_they_come: Option<&'static str>,
    given: ForProvider,
}

const READ: &str = "Those of the identity provider are read from its metadata every ten minutes, and when something is signed by one that is not here. One that the metadata \
                    has no more stays until it has ended, or until the metadata is read again here.";

const BY_HAND: &str = "Those of the identity provider were put here by somebody: there is no address of metadata from which new ones would come.";

const fn how_they_come(connection: &Connection) -> Option<&'static str> {
    match connection.saml() {
        None => None,
        Some(saml) => Some(if saml.metadata_url.is_some() { READ } else { BY_HAND }),
    }
}

/// What is done with one besides deleting it.
fn deeds(connection: &Connection, at: AccountResourceId) -> Vec<(&'static str, String)> {
    let deed = |name: &'static str, word: &str| (name, format!("{}/{word}", address_of(at)));
    let test = ("Test", test_page(at));
    let of_protocol = match &connection.protocol {
        Protocol::Saml(saml) => [
            saml.metadata_url.as_ref().map(|_| deed("Read the metadata", "refresh")),
            Some(deed("New key", "keys")),
            saml.previous_key.as_ref().map(|_| deed("Forget the key before", "end-overlap")),
        ],
        Protocol::Oidc(oidc) => [
            oidc.jwks_uri.as_ref().map(|_| deed("Read the keys", "refresh")),
            Some(deed("Client secret", "secret")),
            None,
        ],
    };
    [deed("Edit", "edit"), test].into_iter().chain(of_protocol.into_iter().flatten()).collect()
}

/// Who came in by it, a row each.
fn last(at: AccountResourceId, logins: &[CameIn]) -> Table {
    let zone = Zone::of("UTC");
    let row = |login: &CameIn| {
        let name = Cell::text(&login.name);
        let session = login.session.map(|session| Cell::words("Its life").to(sessions::address(session)));
        vec![
            if login.is_there { name.to(user_address(at.account, login.user)) } else { name },
            Cell::time(login.at, &zone),
            login.address.map_or_else(|| Cell::words("unknown"), sessions::from),
            session.unwrap_or_else(|| Cell::words("")),
        ]
    };
    Table {
        name: "Who came in by it last",
        head: vec!["User", "Last", "From", "Session"],
        rows: logins.iter().map(row).collect(),
        empty: "Nobody came in by it, as far as logins were looked at.",
    }
}

/// Which logins of an account or a user were looked at.
pub(crate) fn looked_at(looked_at: LookedAt, whose: &str) -> String {
    let logins = |count| format!("{} of the {whose}", counted(count, "login", "logins"));
    match looked_at {
        LookedAt::All(count) => format!("Looked at: {}, all that the audit has", logins(count)),
        LookedAt::Newest(count) => format!("Looked at: the newest {}, and none before them", logins(count)),
        LookedAt::CutShort(count) => {
            format!("Looked at: {}; the search of the audit was cut short before others", logins(count))
        }
    }
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let at = place.connection()?;
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let connection = administration.account_resource::<Connection>(caller, at.account, at.id)?;
    let affected = Affected::Connection(at.account, ConnectionId(at.id));
    let Consequences { sessions, users, .. } = administration.consequences(caller, affected).await?;
    let may = caller.require(Scope::WriteAccount(at.account)).is_ok();
    let logins = administration.last_logins_by(caller, at.account, ConnectionId(at.id)).await?;
    let frame = Frame::of(signed_in.viewer(), connection.display_name.clone());
    let page = ConnectionPage {
        frame: above(frame, at, None).saying(Done::said(&signed_in.request)),
        deeds: if may { deeds(&connection, at) } else { Vec::new() },
        delete: may.then(|| format!("{}/delete", address_of(at))),
        facts: facts::of(&connection),
        sessions: counted(sessions, "live session", "live sessions"),
        users: counted(users, "user", "users"),
        users_page: who_is_known(at),
        last: last(at, &logins.found),
        looked_at: format!("At most {} users. {}.", CameIn::MOST, looked_at(logins.looked_at, "account")),
        table: certificates::table(&connection, caller.now, &Zone::of("UTC")),
        how_they_come: how_they_come(&connection),
        given: ForProvider::of(&console, at.account, &connection),
    };
    Ok(answer::page(StatusCode::OK, &page))
}
