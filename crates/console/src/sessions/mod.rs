//! Sessions, those that live and those that ended: of everything, an account, a user, an application or an address; the life of one, also when
//! it is over; and the ends of one or many.

pub(crate) mod end;
pub(crate) mod ended;
pub(crate) mod ends;
mod filter;
pub(crate) mod job;
mod list;
mod page;
mod show;

pub(crate) use list::show as list;
pub(crate) use show::{Told, show, told};

use std::net::IpAddr;

use uuid::Uuid;
use vestibule_auth::{Caller, Listed, Scope};
use vestibule_model::{AccountId, SessionReference};
use vestibule_serve::forms::Zone;

use crate::ConsoleState;
use crate::accounts::account_address;
use crate::parts::{Cell, Table};
use crate::routes::{END_SESSIONS, ENDED_SESSIONS, SESSIONS};
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

/// Where it is ended, after it was said whose it is.
pub(crate) fn end_address(session: SessionReference) -> String {
    format!("{}/end", address(session))
}

/// Where the sessions of something of an account are, those that live and those that ended. `of`: the fields of a query that say of
/// what.
pub(crate) fn links(account: AccountId, of: &[(&str, &str)]) -> Vec<Cell> {
    [("those that live", SESSIONS), ("those that ended", ENDED_SESSIONS)]
        .map(|(words, page)| link(words, page, account, of))
        .into()
}

/// The same, and where all of them are ended, for whoever may.
pub(crate) fn links_to_ends(caller: &Caller, account: AccountId, of: &[(&str, &str)]) -> Vec<Cell> {
    let may_end = caller.require(Scope::WriteAccount(account)).is_ok();
    let ends = may_end.then(|| link("end all that live", END_SESSIONS, account, of));
    links(account, of).into_iter().chain(ends).collect()
}

fn link(words: &str, page: &str, account: AccountId, of: &[(&str, &str)]) -> Cell {
    let named = [("account", account.as_str())].into_iter().chain(of.iter().copied());
    Cell::words(words).to(crate::parts::address(page, named))
}

/// An address, which leads to the sessions that were opened from it.
pub(crate) fn from(of: IpAddr) -> Cell {
    let text = of.to_string();
    Cell::code(of).to(crate::parts::address(SESSIONS, [("address", text.as_str())]))
}

pub(crate) fn reference(console: &ConsoleState, listed: &Listed) -> SessionReference {
    SessionReference(console.auth.tokens().reference(listed.session.id))
}

/// The same, each with where it is ended, for whoever may; not the one by which the caller asks.
pub(crate) fn table_to_end(
    console: &ConsoleState,
    caller: &Caller,
    sessions: &[Listed],
    zone: &Zone,
) -> Table {
    let mut table = table(console, sessions, zone);
    table.head.push("Action");
    for (row, listed) in table.rows.iter_mut().zip(sessions) {
        let may_end = caller.require(Scope::WriteAccount(listed.session.account)).is_ok();
        row.push(if may_end && !caller.is_in(listed.session.id) {
            Cell::words("End").to(end_address(reference(console, listed)))
        } else {
            Cell::words("")
        });
    }
    table.without_empty_columns()
}

/// The same, of which some may be picked.
fn table_to_pick(console: &ConsoleState, caller: &Caller, sessions: &[Listed], zone: &Zone) -> Table {
    let mut table = table_to_end(console, caller, sessions, zone);
    for (row, listed) in table.rows.iter_mut().zip(sessions) {
        let Some(first) = row.first_mut() else { continue };
        let is_own = caller.is_in(listed.session.id);
        first.pick = Some(if is_own { String::new() } else { ends::pick(console, listed) });
    }
    table
}

/// Live sessions, a row each.
pub(crate) fn table(console: &ConsoleState, sessions: &[Listed], zone: &Zone) -> Table {
    let row = |listed: &Listed| {
        let (session, of) = (&listed.session, reference(console, listed));
        let short: String = name(of).chars().take(8).collect();
        vec![
            Cell::code(&short).to(address(of)),
            Cell::text(&listed.user.login_name).to(user_address(session.account, session.user)),
            Cell::code(session.account).to(account_address(session.account)),
            Cell::words(words::opened_by(session)),
            session.address.map_or_else(|| Cell::words("unknown"), from),
            Cell::time(session.created, zone),
            Cell::time(session.last_used, zone),
        ]
    };
    Table {
        name: "Live sessions",
        head: vec!["Session", "User", "Account", "Opened by", "From", "Opened", "Last used"],
        rows: sessions.iter().map(row).collect(),
        empty: "No live session.",
    }
}
