//! `/console/sessions/end`: ends many sessions, those that somebody picked or all that are so, after saying how many they are and
//! whose.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;
use vestibule_auth::{AdministrationError, Caller, EndsAsked, EndsPreview, Listed};
use vestibule_model::{SessionReference, UserId};
use vestibule_serve::forms::{Fields, Zone};

use super::{filter, job, table};
use crate::accounts::account_address;
use crate::filters::Asked;
use crate::frame::Frame;
use crate::parts::{Cell, Fact, Table, counted, number_of};
use crate::refused::ConsoleError;
use crate::routes::SESSIONS;
use crate::signed_in::{Posted, SignedIn};
use crate::users::user_address;
use crate::{ConsoleState, answer};

/// Before the reference of a session in the name of the field by which it is picked.
pub(super) const PICK: &str = "pick.";

/// How many accounts are named.
const NAMED: usize = 20;

#[derive(Template)]
#[template(path = "end_sessions.html")]
struct EndPage {
    frame: Frame,
    /// How many end, and the same in words.
    count: usize,
    ends: String,
    facts: Vec<Fact>,
    /// Those that were picked.
    table: Option<Table>,
    /// What the form repeats of what was asked.
    fields: Vec<(String, String)>,
    /// Whether the session in which this is asked would be one of them, and stays.
    leaves_own: bool,
    /// Where the list is.
    back: String,
}

/// `GET`: those that are so.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
) -> Result<Response, ConsoleError> {
    let asked = Asked::of(&signed_in.request, &filter::NAMES);
    let asked = asked.with_user_id(&console.administration(), &signed_in.caller)?;
    let filter = filter::read(&asked, &Zone::of("UTC"))?;
    let preview = console.administration().preview_ends(&signed_in.caller, &filter).await?;
    let ends = counted(preview.sessions, "session", "sessions");
    let mut fields: Vec<_> = asked.pairs().iter().map(|(name, value)| field(name, value)).collect();
    if asked.is_empty() {
        fields.push(field("everything", "true"));
    }
    let page = EndPage {
        frame: frame(&signed_in, preview.sessions),
        count: preview.sessions,
        ends,
        facts: facts(&console, &signed_in.caller, &asked, &preview),
        table: None,
        fields,
        leaves_own: preview.leaves_own,
        back: crate::parts::address(SESSIONS, asked.pairs()),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

/// `POST`: asks about those that were picked, or ends what was asked about.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let administration = console.administration();
    signed_in.caller.require_some_writing()?;
    let picked: Vec<_> = picked(&fields).collect();
    if fields.get("step") != "do" {
        return ask_about(&console, &signed_in, picked).await;
    }
    let asked = Asked::sent(&fields, &filter::NAMES).with_user_id(&administration, &signed_in.caller)?;
    let ends = if !picked.is_empty() {
        EndsAsked::Selected(picked)
    } else if asked.is_empty() && fields.get("everything") != "true" {
        return Err(nothing_picked().into());
    } else {
        EndsAsked::Matching(filter::read(&asked, &Zone::of("UTC"))?)
    };
    let begun = administration.begin_ends(&signed_in.caller, ends).await?;
    Ok(answer::see_other(&job::address(begun.id)))
}

fn nothing_picked() -> AdministrationError {
    AdministrationError::invalid("sessions", "none was picked: go back, and tick those that are to end")
}

async fn ask_about(
    console: &ConsoleState,
    signed_in: &SignedIn,
    picked: Vec<SessionReference>,
) -> Result<Response, ConsoleError> {
    if picked.is_empty() {
        return Err(nothing_picked().into());
    }
    let mut living: Vec<Listed> = Vec::new();
    for session in picked {
        match console.administration().session_of_reference(&signed_in.caller, session).await {
            Ok(listed) => living.push(listed),
            // It has ended meanwhile.
            Err(AdministrationError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let fields = living.iter().map(|listed| field(&pick(console, listed), "1")).collect();
    let page = EndPage {
        frame: frame(signed_in, living.len()),
        count: living.len(),
        ends: counted(living.len(), "session", "sessions"),
        facts: Vec::new(),
        table: Some(table(console, &living, &Zone::of("UTC"))),
        fields,
        leaves_own: false,
        back: SESSIONS.to_owned(),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn frame(signed_in: &SignedIn, sessions: usize) -> Frame {
    let title = match sessions {
        0 => "No session is so".to_owned(),
        _ => format!("End {}?", counted(sessions, "session", "sessions")),
    };
    Frame::of(signed_in.viewer(), title).below([("Live sessions", SESSIONS)])
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The name of the field by which a session is picked.
pub(crate) fn pick(console: &ConsoleState, listed: &Listed) -> String {
    format!("{PICK}{}", super::name(super::reference(console, listed)))
}

/// Those that were picked in a form.
pub(crate) fn picked(fields: &Fields) -> impl Iterator<Item = SessionReference> {
    fields.names_behind(PICK).filter_map(reference)
}

fn reference(text: &str) -> Option<SessionReference> {
    Uuid::try_parse(text).ok().map(|reference| SessionReference(reference.into_bytes()))
}

/// Which sessions are meant, and whose they are.
fn facts(console: &ConsoleState, caller: &Caller, asked: &Asked, preview: &EndsPreview) -> Vec<Fact> {
    let typed = |name, title| {
        let value = asked.get(name);
        (!value.is_empty()).then(|| Fact::one(title, Cell::code(value)))
    };
    let mut facts: Vec<_> = [
        typed("application", "Opened with"),
        typed("address", "Opened from"),
        typed("opened_since", "Opened since (UTC)"),
        typed("opened_before", "Opened before (UTC)"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let Some(user) = asked.get("user").parse().ok().map(UserId) {
        let account = preview.accounts.keys().next();
        let named = account.and_then(|account| {
            let known = console.administration().user_of_id(caller, *account, user).ok()?;
            Some(Cell::text(&known.login_name).to(user_address(*account, user)))
        });
        facts.insert(0, Fact::one("Of the user", named.unwrap_or_else(|| Cell::code(user))));
    }
    if asked.is_empty() {
        facts.push(Fact::one("Which", Cell::words("all that there are")));
    }
    let of_account = |(account, count): (&vestibule_model::AccountId, &usize)| {
        Cell::text(&format!("{account} ({})", number_of(*count))).to(account_address(*account))
    };
    let mut accounts: Vec<_> = preview.accounts.iter().take(NAMED).map(of_account).collect();
    if let Some(more @ 1..) = preview.accounts.len().checked_sub(NAMED) {
        accounts.push(Cell::words(counted(more, "other", "others")));
    }
    facts.push(Fact::one("Users", Cell::words(number_of(preview.users))));
    facts.push(Fact::many("Accounts", accounts, "none"));
    facts
}
