//! `/admin/v1/session-ends`: ends of many sessions, told of while they are done. A job is of the node that began it.

use std::net::IpAddr;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_auth::{AdministrationError, EndJob, EndJobId, EndJobState, EndsAsked, SessionFilter};
use vestibule_model::{ApplicationId, Millis, SessionReference, UserId};

use super::AdminState;
use super::forms::{AccountIdText, AddressText};
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, account_named, json};

/// Which sessions are to end: one of `sessions`, `matching` and `everything`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSessionEnds)]
pub(super) struct NewEnds {
    /// Those of these references. What is none, or has ended, is passed over.
    #[schema(max_items = 1000)]
    sessions: Option<Vec<Uuid>>,
    matching: Option<Matching>,
    /// `true`: all that the caller may end.
    everything: Option<bool>,
}

/// Those that live and meet every field, of which there is one at least, but for the one by which the caller asks. Where this is no account, user,
/// application or address alone, or the caller's own is among those of an account, an application or an address, 10,000 at most.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MatchingSessions)]
pub(super) struct Matching {
    /// Of this account.
    #[schema(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// Of the user of this id.
    user: Option<i64>,
    /// Opened with the API key, OAuth client or application token of this id.
    application: Option<i64>,
    /// Opened from this address.
    #[schema(inline, value_type = Option<AddressText>)]
    address: Option<IpAddr>,
    /// Opened at this time or later: milliseconds since 1970.
    opened_since: Option<i64>,
    /// Opened before this time.
    opened_before: Option<i64>,
}

/// How far it has come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SessionEndsState)]
enum Phase {
    Running,
    Done,
    /// Neither the database nor the journal takes the ends of some. All are refused; what is not stored is tried again.
    Failed,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SessionEnds)]
struct Item {
    id: Uuid,
    state: Phase,
    /// How many sessions there are to end, as far as they were found.
    found: usize,
    /// How many of them have ended, durably.
    ended: usize,
}

/// Begins to end sessions, and answers before they have ended: the job says how far it has come.
///
/// Jobs are of the node that began them, and are told of to the same caller until ten minutes after their end; those that ended first
/// make room where there are many. Of a caller's four run at a time: another one is 503. What a job that is lost has
/// ended stays ended: ask for the rest again.
#[utoipa::path(post, path = "/admin/v1/session-ends", tag = "session ends", security(("bearer" = [])), request_body = NewEnds,
    responses((status = 202, body = Item), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(super) async fn begin(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    body: Result<JsonBody<NewEnds>, AdminError>,
) -> Result<Response, AdminError> {
    caller.require_some_writing()?;
    let JsonBody(wanted) = body?;
    let asked = match (wanted.sessions, wanted.matching, wanted.everything) {
        (Some(sessions), None, None) => {
            let references = sessions.into_iter().map(|session| SessionReference(session.into_bytes()));
            EndsAsked::Selected(references.collect())
        }
        (None, Some(matching), None) => EndsAsked::Matching(filter(&matching)?),
        (None, None, Some(true)) => EndsAsked::Matching(SessionFilter::default()),
        _ => return Err(invalid("sessions", "name one of sessions, matching and everything: true")),
    };
    let job = admin.auth.administration().begin_ends(&caller, asked).await?;
    Ok(json(StatusCode::ACCEPTED, &item(job)))
}

/// How far a job has come.
#[utoipa::path(get, path = "/admin/v1/session-ends/{job}", tag = "session ends", security(("bearer" = [])),
    params(("job" = Uuid, Path)), responses((status = 200, body = Item), (status = 403, body = Problem),
    (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(job): PathParameters<Uuid>,
) -> Result<Response, AdminError> {
    let job = admin.auth.administration().end_job(&caller, EndJobId(job.into_bytes()))?;
    Ok(json(StatusCode::OK, &item(job)))
}

/// An empty filter would be everything: whoever means that says so.
fn filter(matching: &Matching) -> Result<SessionFilter, AdminError> {
    let filter = SessionFilter {
        account: matching.account.as_deref().map(account_named).transpose()?,
        user: matching.user.map(UserId),
        application: matching.application.map(ApplicationId),
        address: matching.address,
        opened_since: matching.opened_since.map(Millis::from_unix),
        opened_before: matching.opened_before.map(Millis::from_unix),
    };
    if filter == SessionFilter::default() {
        return Err(invalid("matching", "name what they have in common, or say everything: true"));
    }
    Ok(filter)
}

fn invalid(field: &'static str, reason: &str) -> AdminError {
    AdministrationError::invalid(field, reason).into()
}

fn item(EndJob { id, state, found, ended }: EndJob) -> Item {
    let state = match state {
        EndJobState::Running => Phase::Running,
        EndJobState::Done => Phase::Done,
        EndJobState::Failed => Phase::Failed,
    };
    Item { id: Uuid::from_bytes(id.0), state, found, ended }
}
