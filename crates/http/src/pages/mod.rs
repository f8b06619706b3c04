//! `/me/`: the service's own pages, for people with a browser: the way in, and what users see and do about themselves.
//!
//! Reads requests, asks the engine and says what is on a page; what that looks like is `vestibule-pages`. What holds for all of
//! it: no script, no CORS, nothing framed, nothing kept by a cache; a form is taken only from a page of this service
//! ([`form`]), and nobody is sent to an address that is not one of ours ([`continue_to`]).

pub(crate) mod answer;
mod assets;
mod choose_account;
mod code;
mod consent;
pub(crate) mod continue_to;
pub(crate) mod cookies;
mod form;
pub(crate) mod login;
mod look;
mod me;
mod notices;
mod password;
pub(crate) mod request;
mod second_factor;
mod set_up;

pub(crate) use consent::{ConsentForm, consent_page, go_on_elsewhere};
pub(crate) use continue_to::{behind_the_gate, continue_to, is_own_page};
pub(crate) use login::{end_before, signed_in};
pub(crate) use look::{AccountLook, logo_address};
pub(crate) use notices::Told;
pub(crate) use request::{PageRefused, PageRequest};

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use http::StatusCode;
use vestibule_serve::layers::{Readers, RefusalShape};

use crate::api::ApiState;

/// How what is refused before its handler is written here.
pub(crate) const REFUSAL: RefusalShape = RefusalShape {
    content_type: "text/html; charset=utf-8",
    body: |status: StatusCode, message| {
        let title = status.canonical_reason().unwrap_or("Refused");
        answer::plain_message(title, message)
    },
    readers: Readers::OwnPages,
    headers: answer::HEADERS,
};

/// The routes.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/me", get(async || Redirect::permanent("/me/login")))
        .route("/me/", get(async || Redirect::permanent("/me/login")))
        .route("/me/login", get(choose_account::show))
        .route("/me/-/{file}", get(assets::file))
        .route("/me/{account}/logo/{digest}", get(look::logo))
        .route("/me/{account}/look/{file}", get(look::style))
        .route("/me/{account}/login", get(login::show).post(login::submit))
        .route("/me/{account}/login/code", get(code::show).post(code::submit))
        .route("/me/{account}/login/second-factor", get(set_up::show).post(set_up::submit))
        .route("/me/{account}/login/password", post(password::change_on_the_way_in))
        .route("/me/{account}", get(async |request: PageRequest| me::home(&request)))
        .route("/me/{account}/", get(me::show))
        .route("/me/{account}/logout", post(me::log_out))
        .route("/me/{account}/password", get(password::show_own).post(password::change_own))
        .route("/me/{account}/second-factor", get(second_factor::show))
        .route("/me/{account}/second-factor/set", post(second_factor::set))
        .route("/me/{account}/second-factor/change", post(second_factor::change))
        .route("/me/{account}/sessions/end", post(me::end_session))
        .route("/me/{account}/sessions/end-others", post(me::end_others))
}
