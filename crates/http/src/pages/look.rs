//! In whose look a page is, and what it loads for that: a stylesheet with the account's colours, and its logo. Each has an address
//! that names what it holds, so that browsers keep it for good and see another as soon as there is another.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use vestibule_auth::AccountEntry;
use vestibule_model::{Accent, AccountId, Logo};
use vestibule_pages::{Look, accent_style, version};
use vestibule_serve::layers::Refusal;

use super::REFUSAL;
use crate::api::ApiState;

/// How long a browser keeps what has this address: nothing else ever has it.
const KEPT: &str = "public, max-age=31536000, immutable";

/// What an account's pages look like.
pub(crate) struct AccountLook {
    account: AccountId,
    /// The name of whoever has none.
    name: String,
    entry: Option<Arc<AccountEntry>>,
}

impl AccountLook {
    /// That of an account, whether or not there is one.
    pub(crate) fn of(api: &ApiState, account: AccountId) -> Self {
        let entry = api.auth.public_account(account);
        Self { account, name: format!("Account {account}"), entry }
    }

    /// The same as pages take it.
    pub(crate) fn look(&self) -> Look<'_> {
        let plain = Look { name: &self.name, ..Look::PLAIN };
        let Some(look) = self.entry.as_ref().map(|entry| &entry.account.look) else { return plain };
        Look {
            name: look.name.as_deref().unwrap_or(&self.name),
            style: look.accent.map(|accent| format!("/me/{}/look/{}", self.account, style_name(accent))),
            logo: look.logo.as_ref().map(|logo| logo_address(self.account, logo)),
            contact: look.contact.as_deref(),
        }
    }
}

/// Where a logo is served.
pub(crate) fn logo_address(account: AccountId, logo: &Logo) -> String {
    format!("/me/{account}/logo/{}", logo.digest())
}

fn style_name(accent: Accent) -> String {
    format!("{:08x}.css", version(&accent_style(accent.0)))
}

/// `GET /me/{account}/logo/{digest}`: the bytes as they were given, said to be what their first bytes are.
pub(super) async fn logo(State(api): State<ApiState>, Path(place): Path<(String, String)>) -> Response {
    let (account, digest) = place;
    let found = account.parse().ok().and_then(|account| api.auth.public_account(account));
    let logo = found.as_ref().and_then(|entry| entry.account.look.logo.as_ref());
    let logo = logo.filter(|logo| logo.digest() == digest);
    match logo.and_then(|logo| Some((logo.kind()?, Bytes::copy_from_slice(logo.bytes())))) {
        Some((kind, bytes)) => file(kind.media_type(), bytes),
        None => REFUSAL.answer(Refusal::NotFound),
    }
}

/// `GET /me/{account}/look/{version}.css`.
pub(super) async fn style(State(api): State<ApiState>, Path(place): Path<(String, String)>) -> Response {
    let (account, name) = place;
    let found = account.parse().ok().and_then(|account| api.auth.public_account(account));
    let accent = found.and_then(|entry| entry.account.look.accent);
    match accent.filter(|accent| style_name(*accent) == name) {
        Some(accent) => file("text/css; charset=utf-8", accent_style(accent.0).into()),
        None => REFUSAL.answer(Refusal::NotFound),
    }
}

/// What somebody opens by itself is allowed nothing at all.
fn file(media_type: &'static str, bytes: Bytes) -> Response {
    let mut answer = bytes.into_response();
    for (name, value) in [
        (CONTENT_TYPE.as_str(), media_type),
        (CACHE_CONTROL.as_str(), KEPT),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
