//! `/admin/v1/ended-sessions`: sessions that ended, as the audit tells of them.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use vestibule_auth::{Ended, EndedFilter, PageRequest};
use vestibule_model::{Actor, ApplicationId, EndReason, Millis, UserId};

use super::AdminState;
use super::forms::{AccountIdText, ActorText, AddressText};
use super::paging::{limit, total};
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, QueryParameters, account_of_filter, actor_of_filter, json};
use crate::words;

/// Every filter that is set has to be met.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EndedQuery {
    /// Of this account.
    #[param(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// Of the user of this id.
    user: Option<i64>,
    /// Opened with the API key, OAuth client or application token of this id.
    application: Option<i64>,
    /// Opened from this address.
    #[param(inline, value_type = Option<AddressText>)]
    opened_from: Option<IpAddr>,
    /// Ended for this reason.
    reason: Option<EndReason>,
    /// Ended by this one: `user:ID`, `administration-token:ID`, `connection:ID`, `command-line`, `system` or `unknown`.
    #[param(inline, value_type = Option<ActorText>)]
    actor: Option<String>,
    /// Ended at this time or later: milliseconds since 1970.
    since: Option<i64>,
    /// Ended before this time.
    until: Option<i64>,
    /// The most sessions in the page: 1 to 1000, 100 unless told.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// What the page before gave as `next`.
    cursor: Option<String>,
    /// `true`: to be told also how many there are on all pages, which takes longer.
    total: Option<bool>,
}

/// A session that ended. What it was like is told since version 0.3; of ends from before, the fields from `created` on are left out.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedSession)]
struct Item {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<i64>,
    /// The login name that the user had then.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Times are milliseconds since 1970.
    ended_at: i64,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<EndReason>,
    /// Who ended it: `user:ID`, `administration-token:ID`, `connection:ID`, `command-line`, `system` or `unknown`.
    actor: String,
    /// The name that whoever ended it had then.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_name: Option<String>,
    /// From where it was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_from: Option<String>,
    /// When it was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
    /// The id of the API key, OAuth client or application token that it was opened with.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<i64>,
    /// `password`, `api-key`, `oauth-client`, `saml` or `oidc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    opening: Option<&'static str>,
    /// `liveperson`, `livevox` or `pages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<&'static str>,
}

/// A page. It may have fewer sessions than were asked for, or none, although more follow: go on while there is `next`.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedSessionPage)]
struct Page {
    sessions: Vec<Item>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many there are on all pages, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    /// Whether that is the exact number; if not, there are at least so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_is_exact: Option<bool>,
}

/// The sessions that ended and that the caller may see, the newest end first. They are kept for as long as entries of the audit are.
#[utoipa::path(get, path = "/admin/v1/ended-sessions", tag = "sessions", security(("bearer" = [])), params(EndedQuery),
    responses((status = 200, body = Page), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list_ended(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    QueryParameters(wanted): QueryParameters<EndedQuery>,
) -> Result<Response, AdminError> {
    let (page, filter) =
        (PageRequest { limit: limit(wanted.limit)?, cursor: wanted.cursor.as_deref() }, filter(&wanted)?);
    let administration = admin.auth.administration();
    let page = administration.list_ended_sessions(&caller, filter, page).await?;
    let is_counted = wanted.total == Some(true);
    let count =
        if is_counted { Some(administration.count_ended_sessions(&caller, filter).await?) } else { None };
    let (total, total_is_exact) = total(count);
    let sessions = page.entries.into_iter().map(Item::from).collect();
    Ok(json(StatusCode::OK, &Page { sessions, next: page.next, total, total_is_exact }))
}

fn filter(wanted: &EndedQuery) -> Result<EndedFilter, AdminError> {
    Ok(EndedFilter {
        account: wanted.account.as_deref().map(account_of_filter).transpose()?,
        user: wanted.user.map(UserId),
        application: wanted.application.map(ApplicationId),
        opened_from: wanted.opened_from,
        reason: wanted.reason,
        actor: wanted.actor.as_deref().map(actor_of_filter).transpose()?,
        since: wanted.since.map(Millis::from_unix),
        until: wanted.until.map(Millis::from_unix),
    })
}

impl From<Ended> for Item {
    fn from(ended: Ended) -> Self {
        let session = ended.session.as_ref();
        Self {
            reference: ended.reference.map(|reference| Uuid::from_bytes(reference.0)),
            account: ended.account.map(|account| account.to_string()),
            user: ended.user.map(|user| user.0),
            name: ended.user_name,
            ended_at: ended.at.as_unix(),
            reason: ended.reason,
            actor: ended.by.key().to_string(),
            actor_name: name(&ended.by).map(str::to_owned),
            ended_from: ended.from.map(|address| address.to_string()),
            created: session.map(|session| session.opened.as_unix()),
            opened_from: session.and_then(|session| session.opened_from).map(|address| address.to_string()),
            last_used: session.map(|session| session.last_used.as_unix()),
            application: session.and_then(|session| words::application(session.opened_with)),
            opening: session.map(|session| words::method(session.method)),
            dialect: session.map(|session| words::dialect(session.dialect)),
        }
    }
}

fn name(actor: &Actor) -> Option<&str> {
    match actor {
        Actor::User { name, .. }
        | Actor::AdministrationToken { name, .. }
        | Actor::Connection { name, .. }
        | Actor::CommandLine { name } => Some(name),
        Actor::Unknown | Actor::System => None,
    }
}
