//! `/console/own/sessions`: the caller's own sessions, of the console and of the API; one, some or all others are ended.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::Caller;
use vestibule_serve::forms::Zone;

use super::tabs;
use crate::forms::Done;
use crate::frame::Frame;
use crate::parts::{Cell, Table, counted};
use crate::refused::ConsoleError;
use crate::routes::OWN_SESSIONS;
use crate::sessions;
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "own_sessions.html")]
struct OwnSessionsPage {
    frame: Frame,
    count: String,
    table: Table,
    /// Whether there are others than this one.
    has_others: bool,
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let own = console.administration().own_sessions(&signed_in.caller)?;
    let page = OwnSessionsPage {
        frame: Frame::of(signed_in.viewer(), "Your sessions")
            .with_tabs(tabs(OWN_SESSIONS))
            .saying(Done::said(&signed_in.request)),
        count: counted(own.len(), "live session", "live sessions"),
        has_others: own.len() > 1,
        table: table(&console, &signed_in.caller, &own),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn table(console: &ConsoleState, caller: &Caller, own: &[vestibule_auth::Listed]) -> Table {
    let zone = Zone::of("UTC");
    let row = |listed: &vestibule_auth::Listed| {
        let session = &listed.session;
        let is_this = caller.is_in(session.id);
        let short: String = sessions::name(sessions::reference(console, listed)).chars().take(8).collect();
        let name = if is_this { Cell::words(format!("{short}, this one")) } else { Cell::code(&short) };
        let pick = Some(if is_this { String::new() } else { sessions::ends::pick(console, listed) });
        vec![
            Cell { pick, ..name },
            Cell::words(words::opened_by(session)),
            session.address.map_or_else(|| Cell::words("unknown"), Cell::code),
            Cell::time(session.created, &zone),
            Cell::time(session.last_used, &zone),
        ]
    };
    Table {
        name: "Your sessions",
        head: vec!["Session", "Opened by", "From", "Opened", "Last used"],
        rows: own.iter().map(row).collect(),
        empty: "There is none.",
    }
}

/// `POST`. Those that have ended meanwhile have ended.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let (administration, caller) = (console.administration(), &signed_in.caller);
    match fields.get("do") {
        "picked" => {
            let picked: Vec<_> = sessions::ends::picked(&fields).collect();
            if picked.is_empty() {
                return Ok(answer::see_other(OWN_SESSIONS));
            }
            for session in picked {
                administration.end_own_session(caller, session).await?;
            }
        }
        "others" => {
            administration.end_own_others(caller).await?;
        }
        _ => return Err(ConsoleError::Foreign),
    }
    Ok(answer::see_other(&Done::SessionsEnded.at(OWN_SESSIONS)))
}
