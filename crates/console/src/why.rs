//! `/console/why`: why a session ended that somebody pasted.
//!
//! What is pasted may be a credential: it is sent in a form, is shown to nobody again, and is kept nowhere.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_auth::{AdministrationError, LifeState};
use vestibule_model::Millis;
use vestibule_serve::forms::Zone;

use crate::frame::Frame;
use crate::parts::{self, sentence};
use crate::refused::ConsoleError;
use crate::said::Said;
use crate::sessions::{Told, address, told};
use crate::signed_in::{Posted, SignedIn};
use crate::{ConsoleState, answer};

#[derive(Template)]
#[template(path = "why.html")]
struct WhyPage {
    frame: Frame,
    found: Option<Found>,
}

/// The session that was pasted.
struct Found {
    answer: String,
    steps: Vec<Told>,
    /// Its page; None: nothing is known of it.
    page: Option<String>,
}

fn page(signed_in: &SignedIn, said: Option<Said>, found: Option<Found>) -> WhyPage {
    let frame = Frame::of(signed_in.viewer(), "Why did a session end?").saying(said);
    WhyPage { frame, found }
}

/// `GET`.
pub(crate) async fn show(signed_in: SignedIn) -> Response {
    answer::page(StatusCode::OK, &page(&signed_in, None, None))
}

/// `POST`.
pub(crate) async fn submit(
    State(console): State<ConsoleState>,
    Posted { signed_in, fields }: Posted,
) -> Result<Response, ConsoleError> {
    let zone = Zone::of("UTC");
    let time = |at: Millis| parts::time(at, &zone);
    let pasted = fields.get("pasted").trim();
    match console.administration().why_pasted(&signed_in.caller, pasted, &time).await {
        Ok(life) => {
            let found = Found {
                steps: told(&life.steps, &zone),
                page: (life.state != LifeState::Unknown).then(|| address(life.session)),
                answer: sentence(&life.answer),
            };
            Ok(answer::page(StatusCode::OK, &page(&signed_in, None, Some(found))))
        }
        Err(AdministrationError::Invalid { .. }) => {
            let said = Said::bad(
                "This is no session of this installation: paste its reference, its bearer or cookie, or the LiveVox id of one that lives.",
            );
            Ok(answer::page(StatusCode::UNPROCESSABLE_ENTITY, &page(&signed_in, Some(said), None)))
        }
        Err(error) => Err(error.into()),
    }
}
