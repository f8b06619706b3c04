//! `GET /me/login`: which account somebody wants to sign in to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_model::AccountId;
use vestibule_pages::{ChooseAccount, Look, Notice};

use super::answer;
use super::continue_to::behind_the_gate;
use super::request::{Browser, step};
use crate::api::ApiState;
use crate::query;

/// Asks, or leads on to the account's page.
pub(super) async fn show(State(api): State<ApiState>, browser: Browser) -> Response {
    let account = query::value(&browser.query, "account");
    let wanted = query::value(&browser.query, "continue");
    let wanted = wanted.as_deref().and_then(|wanted| behind_the_gate(&api, wanted));
    let notice = match account.as_deref().map(|text| text.trim().parse::<AccountId>()) {
        Some(Ok(account)) => return answer::see_other(&step(account, "login", wanted)),
        Some(Err(_)) => Some(Notice::NoAccountId),
        None => None,
    };
    answer::page(StatusCode::OK, &ChooseAccount { look: Look::PLAIN, notice, wanted })
}
