//! `/admin/v1/events`: what gateways that keep answers are told, of the accounts that the caller may see.

use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;

use utoipa::ToSchema;

use super::AdminState;
use super::problem::{AdminError, Problem};
use super::request::AuthenticatedCaller;
use crate::gateway::events;

/// As they are written down: `event` names one, `data` is an object in JSON, and behind `id` another stream goes on.
#[derive(ToSchema)]
#[schema(as = EventStream)]
#[expect(dead_code, reason = "it describes what is written")]
struct Events(String);

/// Server-sent events, without an end: ended sessions, and changed users, applications, accounts and rules, as
/// docs/gateways/caching.md has them. Over HTTP/1.1 alone.
#[utoipa::path(get, path = "/admin/v1/events", tag = "sessions", security(("bearer" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "Behind which event the stream goes on")),
    responses((status = 200, body = Events, content_type = "text/event-stream"),
    (status = 403, body = Problem), (status = 503, body = Problem), (status = 505, body = Problem)))]
pub(super) async fn listen(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    request: Request,
) -> Result<Response, AdminError> {
    let (Parts { version, method, headers, .. }, _body) = request.into_parts();
    if let Some(refusal) = events::refused_before(version, &method) {
        return Ok(refusal);
    }
    let behind = events::last_event_id(&headers);
    let opened = admin.auth.administration().events(&caller, behind).await?;
    Ok(events::stream(&admin.auth, opened))
}
