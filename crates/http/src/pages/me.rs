//! `/me/{account}/`: what users see and do about their own sessions.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;
use vestibule_auth::{Listed, PageSession};
use vestibule_model::{AuthenticationMethod, Dialect, Millis, SecondFactorPolicy};
use vestibule_pages::{Me, Notice, Own, OwnSession};
use vestibule_serve::forms::Zone;

use super::answer;
use super::cookies::PageCookie;
use super::form::{CountedAs, Form, fields_of};
use super::look::AccountLook;
use super::request::{PageRefused, PageRequest};
use crate::api::ApiState;
use crate::credential_body::CredentialBody;
use crate::query;

/// What was done before the page is shown again: the word in its query, and what is said of it.
const DONE: [(&str, Notice); 3] = [
    ("session-ended", Notice::SessionEnded),
    ("password-changed", Notice::PasswordChanged),
    ("second-factor-off", Notice::SecondFactorOff),
];

/// A password that expires later than this from now, some ten years, is not said to expire: policies write "never" so.
const TOLD_OF_EXPIRY: Duration = Duration::from_hours(10 * 365 * 24);

/// `GET`.
pub(super) async fn show(State(api): State<ApiState>, request: PageRequest) -> Result<Response, PageRefused> {
    // A list of all sessions must not be answered from half of the table.
    api.auth.loaded().await;
    let Some(page) = request.holder(&api).await? else { return Ok(to_login(&request)) };
    Ok(own_page(&api, &request, &page))
}

/// `POST .../logout`: ends the page's own session.
pub(super) async fn log_out(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let form = Form::of_a_page(&request, &body)?;
    // If nobody is signed in any more, that is what was asked for.
    if let Some(page) = form.holder(&api, &request, CountedAs::Page).await? {
        let ended = api.auth.end_page_session(&page, request.address).await;
        ended.map_err(PageRefused::failed)?;
    }
    let mut answer = answer::see_other(&format!("/me/{}/login?done=signed-out", request.account));
    PageCookie::Session.clear(answer.headers_mut(), request.secure);
    Ok(answer)
}

/// `POST .../sessions/end`: ends one session of the user's.
pub(super) async fn end_session(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let (page, form) = Form::of_holder(&api, &request, &body).await?;
    let caller = page.authorized();
    let reference = form.get("reference").parse::<Uuid>().ok();
    let listed =
        reference.and_then(|named| api.auth.own_session(&caller, named.into_bytes(), api.clock.now()));
    // One that has ended meanwhile is what was asked for.
    if let Some(listed) = listed {
        let ended = api.auth.end_listed(&caller, listed, request.address).await;
        ended.map_err(PageRefused::failed)?;
    }
    Ok(answer::see_other(&format!("/me/{}/?done=session-ended", request.account)))
}

/// `POST .../sessions/end-others`: ends all sessions of the user's but the page's.
pub(super) async fn end_others(
    State(api): State<ApiState>,
    request: PageRequest,
    body: CredentialBody,
) -> Result<Response, PageRefused> {
    let (page, _form) = Form::of_holder(&api, &request, &body).await?;
    let ended = api.auth.end_own_others(&page.authorized(), request.address).await;
    let ended = ended.map_err(PageRefused::failed)?;
    Ok(answer::see_other(&format!("/me/{}/?ended={ended}", request.account)))
}

/// The address with its slash.
pub(super) fn home(request: &PageRequest) -> Response {
    answer::see_other(&format!("/me/{}/", request.account))
}

/// Sends whoever is not signed in to where they can.
pub(super) fn to_login(request: &PageRequest) -> Response {
    answer::see_other(&format!("/me/{}/login", request.account))
}

fn own_page(api: &ApiState, request: &PageRequest, page: &PageSession) -> Response {
    let now = api.clock.now();
    let look = AccountLook::of(api, request.account);
    let account = &page.entry.account;
    let zone = Zone::of(&account.time_zone);
    let listed = api.auth.own_sessions(&page.authorized(), now);
    let expires = page.entry.password_expires_at(&page.user).filter(|at| at.since(now) <= TOLD_OF_EXPIRY);
    let by_single_sign_on =
        matches!(page.session.method, AuthenticationMethod::Saml | AuthenticationMethod::Oidc);
    let me = Me {
        look: look.look(),
        account: request.account.as_str(),
        own: Own { user_name: &page.user.login_name, form: fields_of(api, page) },
        full_name: if page.user.full_name.is_empty() { &page.user.login_name } else { &page.user.full_name },
        notice: notice(&request.query),
        has_password: page.proved().has_password(),
        by_single_sign_on,
        password_expires: expires.map(|at| zone.day(at)),
        second_factor: page
            .user
            .second_factor
            .as_ref()
            .map(|factor| (zone.day(factor.since), factor.recovery.len())),
        asks_second_factor: account.second_factor == SecondFactorPolicy::Required,
        sessions: listed.iter().map(|listed| item(api, page, listed, &zone)).collect(),
        time_zone: zone.name(),
    };
    answer::page(StatusCode::OK, &me)
}

fn notice(query: &str) -> Option<Notice> {
    if let Some(ended) = query::value(query, "ended") {
        return ended.parse().ok().map(Notice::SessionsEnded);
    }
    let word = query::value(query, "done")?;
    DONE.into_iter().find(|(known, _)| *known == word).map(|(_, notice)| notice)
}

fn item(api: &ApiState, page: &PageSession, Listed { session, .. }: &Listed, zone: &Zone) -> OwnSession {
    let time = |at: Millis| zone.minute(at);
    OwnSession {
        reference: Uuid::from_bytes(api.auth.tokens().reference(session.id)).to_string(),
        is_this: session.id == page.session.id,
        opened_by: match session.dialect {
            Dialect::LivePerson => "LivePerson login",
            Dialect::LiveVox => "LiveVox login",
            Dialect::Pages => "These pages",
        },
        address: session.address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        opened: time(session.created),
        last_used: time(session.last_used),
    }
}
