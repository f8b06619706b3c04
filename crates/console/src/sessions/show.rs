//! `/console/sessions/{reference}`: a session that lives, or the life of one that has ended, as the audit tells it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, Caller, Life, LifeState, Listed, Scope, Step};
use vestibule_model::{AccountId, EndedSession, Millis};
use vestibule_serve::forms::Zone;

use super::{address, name};
use crate::accounts::account_address;
use crate::frame::Frame;
use crate::parts::{self, Cell, Fact, Shape, sentence};
use crate::place::Place;
use crate::refused::ConsoleError;
use crate::routes::SESSIONS;
use crate::signed_in::SignedIn;
use crate::users::user_address;
use crate::{ConsoleState, answer, words};

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage {
    frame: Frame,
    answer: String,
    facts: Vec<Fact>,
    steps: Vec<Told>,
    /// Where it is ended; None: it has ended, or the caller may not.
    end: Option<String>,
}

/// Something that happened to a session.
pub(crate) struct Told {
    pub(crate) at: Cell,
    pub(crate) text: String,
}

pub(crate) fn told(steps: &[Step], zone: &Zone) -> Vec<Told> {
    steps.iter().map(|step| Told { at: Cell::time(step.at, zone), text: sentence(&step.text) }).collect()
}

/// `GET`.
pub(crate) async fn show(
    State(console): State<ConsoleState>,
    signed_in: SignedIn,
    place: Place,
) -> Result<Response, ConsoleError> {
    let session = place.session()?;
    let (administration, caller) = (console.administration(), &signed_in.caller);
    let zone = Zone::of("UTC");
    let time = |at: Millis| parts::time(at, &zone);
    let life = administration.why_pasted(caller, &name(session), &time).await?;
    if life.state == LifeState::Unknown {
        return Err(AdministrationError::NotFound("session").into());
    }
    let present = match administration.session_of_reference(caller, session).await {
        Ok(listed) => Some(listed),
        Err(AdministrationError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let mut facts = facts(&console, caller, &life, present.as_ref());
    if let (LifeState::Ended { .. }, Some(account), Some(ended)) = (life.state, life.account, &life.ended) {
        facts.extend(facts_of_ended(account, ended, &zone));
    }
    let page = SessionPage {
        frame: Frame::of(signed_in.viewer(), format!("Session {}", name(session)))
            .below([("Live sessions", SESSIONS)]),
        answer: sentence(&life.answer),
        facts,
        steps: told(&life.steps, &zone),
        end: present.filter(|it| may_end(caller, it)).map(|_| format!("{}/end", address(session))),
    };
    Ok(answer::page(StatusCode::OK, &page))
}

fn may_end(caller: &Caller, listed: &Listed) -> bool {
    caller.require(Scope::WriteAccount(listed.session.account)).is_ok()
}

fn facts_of_ended(account: AccountId, session: &EndedSession, zone: &Zone) -> [Fact; 5] {
    let opened_by = words::opening(account, session.method, session.dialect);
    [
        Fact::one("Opened by", Cell::words(opened_by)),
        Fact::one("Opened with", words::opened_with(account, session.opened_with)),
        Fact::one("From", session.opened_from.map_or_else(|| Cell::words("unknown"), Cell::code)),
        Fact::one("Opened", Cell::time(session.opened, zone)),
        Fact::one("Last used", Cell::time(session.last_used, zone)),
    ]
}

fn facts(console: &ConsoleState, caller: &Caller, life: &Life, present: Option<&Listed>) -> Vec<Fact> {
    let zone = &Zone::of("UTC");
    let state = match life.state {
        LifeState::Live { .. } => Cell::tag(Shape::Good, "lives"),
        LifeState::Ended { .. } | LifeState::Gone => Cell::tag(Shape::Quiet, "ended"),
        LifeState::Unknown => Cell::tag(Shape::Quiet, "unknown"),
    };
    let mut facts = vec![Fact::one("State", state)];
    if let Some(account) = life.account {
        facts.push(Fact::one("Account", Cell::code(account).to(account_address(account))));
        if let Some(user) = life.user {
            let known = console.administration().user_of_id(caller, account, user);
            let name = known.map_or_else(|_| Cell::code(user), |known| Cell::text(&known.login_name));
            facts.push(Fact::one("User", name.to(user_address(account, user))));
        }
    }
    let Some(Listed { session, expires_at, .. }) = present else { return facts };
    facts.extend([
        Fact::one("Opened by", Cell::words(words::opened_by(session))),
        Fact::one("Opened with", words::opened_with(session.account, session.application)),
        Fact::one("From", session.address.map_or_else(|| Cell::words("unknown"), Cell::code)),
        Fact::one("Opened", Cell::time(session.created, zone)),
        Fact::one("Last used", Cell::time(session.last_used, zone)),
        Fact::one("Ends if it is not used", Cell::time(*expires_at, zone)),
        Fact::one("Ends at the latest", Cell::time_or(session.absolute_end, zone, "never, if it is used")),
    ]);
    facts
}
