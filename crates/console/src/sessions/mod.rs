//! Live sessions: those of everything, an account, a user, an application or an address; the life of one, also when it is over; and its end.

pub(crate) mod end;
mod list;
mod show;

pub(crate) use list::{ORDERS, show as list};
pub(crate) use show::{Told, show, told};

use uuid::Uuid;
use vestibule_auth::Listed;
use vestibule_model::SessionReference;
use vestibule_serve::forms::Zone;

use crate::ConsoleState;
use crate::parts::{Cell, Table};
use crate::routes::SESSIONS;
use crate::users::user_address;
use crate::words;

/// A session as people name it. It opens nothing.
pub(crate) fn name(session: SessionReference) -> String {
    Uuid::from_bytes(session.0).to_string()
}

/// Where the page of a session is.
pub(crate) fn address(session: SessionReference) -> String {
    format!("{SESSIONS}/{}", name(session))
}

fn reference(console: &ConsoleState, listed: &Listed) -> SessionReference {
    SessionReference(console.auth.tokens().reference(listed.session.id))
}

/// Live sessions, a row each.
pub(crate) fn table(console: &ConsoleState, sessions: &[Listed], zone: &Zone) -> Table {
    let row = |listed: &Listed| {
        let (session, of) = (&listed.session, reference(console, listed));
        let short: String = name(of).chars().take(8).collect();
        vec![
            Cell::code(&short).to(address(of)),
            Cell::text(&listed.user.login_name).to(user_address(session.account, session.user)),
            Cell::code(session.account),
            Cell::words(words::opened_by(session)),
            session.address.map_or_else(|| Cell::words("unknown"), Cell::code),
            Cell::time(session.created, zone),
            Cell::time(session.last_used, zone),
        ]
    };
    Table {
        name: "Live sessions",
        head: vec!["Session", "User", "Account", "Opened by", "From", "Opened", "Last used"],
        rows: sessions.iter().map(row).collect(),
        empty: "No session lives that is so.",
    }
}
