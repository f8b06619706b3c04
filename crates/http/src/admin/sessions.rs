//! `/admin/v1/sessions`: looked for, looked at, ended. Sessions are named by their reference, which opens nothing.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vestibule_auth::{Listed, PageRequest, Scope, SessionFilter};
use vestibule_model::{ApplicationId, Millis, Population, SessionOrder, SessionReference, UserId};

use super::AdminState;
use super::forms::{AccountIdText, AddressText};
use super::paging::limit;
use super::problem::{AdminError, Problem};
use super::request::{
    AuthenticatedCaller, PathParameters, QueryParameters, account_named, account_of_filter, json,
};
use crate::words;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SessionQuery {
    /// Of this account.
    #[param(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// Of the user of this id.
    user: Option<i64>,
    /// Opened with the API key, OAuth client or application token of this id.
    application: Option<i64>,
    /// Opened from this address.
    #[param(inline, value_type = Option<AddressText>)]
    address: Option<IpAddr>,
    /// Opened at this time or later: milliseconds since 1970.
    opened_since: Option<i64>,
    /// Opened before this time.
    opened_before: Option<i64>,
    /// `newest` first unless told.
    #[param(inline)]
    order: Option<SessionOrder>,
    /// The most sessions in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct Item {
    reference: Uuid,
    account: String,
    user: i64,
    name: String,
    agent: bool,
    /// `liveperson` or `livevox`.
    dialect: &'static str,
    /// `password`, `api-key`, `oauth-client`, `saml` or `oidc`.
    opening: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Times are milliseconds since 1970.
    created: i64,
    last_used: i64,
    expires: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    absolute_end: Option<i64>,
}

/// A page, in order. Sessions that ended while it was put together are left out: go on while there is `next`. Of those that are used
/// while pages are read in the order of their use, `recently-used` leaves some out, and `long-unused` has some again.
#[derive(Serialize, ToSchema)]
#[schema(as = Sessions)]
struct Page {
    sessions: Vec<Item>,
    /// How many there are in all, on this page and on others.
    total: usize,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EndedSessions)]
struct Ended {
    /// How many sessions there were.
    ended: usize,
}

/// The live sessions that the caller may see.
#[utoipa::path(get, path = "/admin/v1/sessions", tag = "sessions", security(("bearer" = [])), params(SessionQuery),
    responses((status = 200, body = Page), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    QueryParameters(wanted): QueryParameters<SessionQuery>,
) -> Result<Response, AdminError> {
    let limit = limit(wanted.limit)?;
    let filter = SessionFilter {
        account: wanted.account.as_deref().map(account_of_filter).transpose()?,
        user: wanted.user.map(UserId),
        application: wanted.application.map(ApplicationId),
        address: wanted.address,
        opened_since: wanted.opened_since.map(Millis::from_unix),
        opened_before: wanted.opened_before.map(Millis::from_unix),
    };
    let order = wanted.order.unwrap_or_default();
    let page = PageRequest { limit, cursor: wanted.cursor.as_deref() };
    let page = admin.auth.administration().list_live_sessions(&caller, &filter, order, page).await?;
    let sessions = page.sessions.iter().map(|listed| item(&admin, listed)).collect();
    Ok(json(StatusCode::OK, &Page { sessions, total: page.total, next: page.next }))
}

/// One live session.
#[utoipa::path(get, path = "/admin/v1/sessions/{reference}", tag = "sessions", security(("bearer" = [])),
    params(("reference" = Uuid, Path)), responses((status = 200, body = Item), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(reference): PathParameters<Uuid>,
) -> Result<Response, AdminError> {
    let listed = admin
        .auth
        .administration()
        .session_of_reference(&caller, SessionReference(reference.into_bytes()))
        .await?;
    Ok(json(StatusCode::OK, &item(&admin, &listed)))
}

/// Ends one session.
#[utoipa::path(delete, path = "/admin/v1/sessions/{reference}", tag = "sessions", security(("bearer" = [])),
    params(("reference" = Uuid, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn end(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(reference): PathParameters<Uuid>,
) -> Result<StatusCode, AdminError> {
    admin.auth.administration().end_session(&caller, SessionReference(reference.into_bytes())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// No parameters at all: whoever writes one here, as for a list, means fewer sessions than would end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoFilter {}

/// Ends every session of the installation, those of administrators too, but for the one by which the caller asks.
#[utoipa::path(delete, path = "/admin/v1/sessions", tag = "sessions", security(("bearer" = [])),
    responses((status = 200, body = Ended), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn end_all(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    filter: Result<QueryParameters<NoFilter>, AdminError>,
) -> Result<Response, AdminError> {
    caller.require(Scope::WriteInstallation)?;
    filter?;
    let ended = admin.auth.administration().end_all_sessions(&caller).await?;
    Ok(json(StatusCode::OK, &Ended { ended }))
}

/// Ends every session that was opened from an address, in whichever account.
#[utoipa::path(delete, path = "/admin/v1/addresses/{address}/sessions", tag = "sessions", security(("bearer" = [])),
    params(("address" = inline(AddressText), Path)),
    responses((status = 200, body = Ended), (status = 400, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn end_from_address(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(address): PathParameters<IpAddr>,
    filter: Result<QueryParameters<NoFilter>, AdminError>,
) -> Result<Response, AdminError> {
    caller.require(Scope::WriteInstallation)?;
    filter?;
    let ended = admin.auth.administration().end_sessions_from_address(&caller, None, address).await?;
    Ok(json(StatusCode::OK, &Ended { ended }))
}

/// Ends every session of an account that was opened from an address.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/addresses/{address}/sessions", tag = "sessions",
    security(("bearer" = [])), params(("account" = String, Path), ("address" = inline(AddressText), Path)),
    responses((status = 200, body = Ended), (status = 400, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn end_from_address_in_account(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, address)): PathParameters<(String, IpAddr)>,
    filter: Result<QueryParameters<NoFilter>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    filter?;
    let ended =
        admin.auth.administration().end_sessions_from_address(&caller, Some(account), address).await?;
    Ok(json(StatusCode::OK, &Ended { ended }))
}

/// Ends every session of an account.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/sessions", tag = "sessions", security(("bearer" = [])),
    params(("account" = String, Path)),
    responses((status = 200, body = Ended), (status = 400, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn end_of_account(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    filter: Result<QueryParameters<NoFilter>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    filter?;
    let ended = admin.auth.administration().end_sessions_of_account(&caller, account).await?;
    Ok(json(StatusCode::OK, &Ended { ended }))
}

/// Ends every session of a user.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/users/{user}/sessions", tag = "sessions",
    security(("bearer" = [])), params(("account" = String, Path), ("user" = i64, Path)),
    responses((status = 200, body = Ended), (status = 400, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn end_of_user(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, user)): PathParameters<(String, i64)>,
    filter: Result<QueryParameters<NoFilter>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    filter?;
    let ended = admin.auth.administration().end_sessions_of_user(&caller, account, UserId(user)).await?;
    Ok(json(StatusCode::OK, &Ended { ended }))
}

/// Ends every session that was opened with an API key, an OAuth client or an application token.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/applications/{application}/sessions", tag = "sessions",
    security(("bearer" = [])), params(("account" = String, Path), ("application" = i64, Path)),
    responses((status = 200, body = Ended), (status = 400, body = Problem), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn end_of_application(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, application)): PathParameters<(String, i64)>,
    filter: Result<QueryParameters<NoFilter>, AdminError>,
) -> Result<Response, AdminError> {
    let (account, application) = (account_named(&account)?, ApplicationId(application));
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    filter?;
    let ended =
        admin.auth.administration().end_sessions_of_application(&caller, account, application).await?;
    Ok(json(StatusCode::OK, &Ended { ended }))
}

fn item(admin: &AdminState, listed: &Listed) -> Item {
    let Listed { session, user, expires_at } = listed;
    Item {
        reference: Uuid::from_bytes(admin.auth.tokens().reference(session.id)),
        account: session.account.to_string(),
        user: session.user.0,
        name: user.login_name.clone(),
        agent: user.population == Population::Agent,
        dialect: words::dialect(session.dialect),
        opening: words::method(session.method),
        application: words::application(session.application),
        address: session.address.map(|address| address.to_string()),
        created: session.created.as_unix(),
        last_used: session.last_used.as_unix(),
        expires: expires_at.as_unix(),
        absolute_end: session.absolute_end.map(Millis::as_unix),
    }
}
