//! `GET /me/login`: which account somebody wants to sign in to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use vestibule_model::AccountId;
use vestibule_pages::{ChooseAccount, Look, Notice};

use super::answer;
use super::request::Browser;
use crate::api::ApiState;
use crate::query;

/// Asks, or leads on to the account's page.
pub(super) async fn show(State(_api): State<ApiState>, browser: Browser) -> Response {
    let account = query::value(&browser.query, "account");
    let notice = match account.as_deref().map(|text| text.trim().parse::<AccountId>()) {
        Some(Ok(account)) => return answer::see_other(&format!("/me/{account}/login")),
        Some(Err(_)) => Some(Notice::NoAccountId),
        None => None,
    };
    answer::page(StatusCode::OK, &ChooseAccount { look: Look::PLAIN, notice })
}
