//! `/admin/v1/accounts/{account}/traffic` and `/admin/v1/traffic`: what was counted of requests, as JSON or as a table.

mod line;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vestibule_auth::{DistinctSketch, TrafficAsked, TrafficDays, TrafficReport};
use vestibule_model::{AccountId, Millis, TrafficApplication, TrafficBy};

use super::AdminState;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};
use line::Line;

/// Which traffic is told.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TrafficParameters {
    /// The first day, UTC; 29 days before the last unless told.
    #[param(format = Date)]
    from: Option<String>,
    /// The last day, UTC; today unless told. At most 500 days in all.
    #[param(format = Date)]
    to: Option<String>,
    /// By application unless told.
    #[param(inline)]
    by: Option<TrafficBy>,
    /// Of one application alone, as the key of its line by application has it.
    #[param(pattern = "^(none|unknown|administrator|(api-key|oauth-client|application-token):[0-9]{1,18})$")]
    application: Option<String>,
}

/// What was counted of requests until now.
#[derive(Serialize, ToSchema)]
#[schema(as = TrafficReport)]
pub(super) struct Report {
    /// The first day.
    from: String,
    /// The last day.
    to: String,
    /// Since when requests have been counted without a gap of more than a day: milliseconds since 1970. Absent: they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    counting_since: Option<i64>,
    /// The first day of which anything is kept, if there are days before it among those that are asked for: nothing is told of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_from: Option<String>,
    /// The standard error of numbers of addresses and of users, in parts of them.
    address_error: f64,
    /// How many requests were let through, or done.
    allowed: u64,
    /// How many were refused.
    refused: u64,
    /// What they have in common, in the order of the keys.
    lines: Vec<Line>,
}

/// The lines under a row of names (RFC 4180); the first says which days are not kept, if any is asked for. Times are milliseconds since 1970.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a text")]
#[schema(as = TrafficTable)]
pub(super) struct Table(String);

/// The requests of an account. `Accept: text/csv` has the lines as a table, without days and programs.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/traffic", tag = "traffic", security(("bearer" = [])),
    params(("account" = String, Path), TrafficParameters),
    responses((status = 200, content((Report = "application/json"), (Table = "text/csv"))),
    (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn of_account(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    QueryParameters(wanted): QueryParameters<TrafficParameters>,
    headers: HeaderMap,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    let (asked, by) = wanted.asked(Some(account), caller.now)?;
    let [report] = admin.auth.administration().traffic(&caller, asked, [by]).await?;
    Ok(answer(&asked, report, caller.now, &headers))
}

/// The requests of no account: administrators' calls, and those of nobody who is known. `Accept: text/csv` has the lines as a table.
#[utoipa::path(get, path = "/admin/v1/traffic", tag = "traffic", security(("bearer" = [])), params(TrafficParameters),
    responses((status = 200, content((Report = "application/json"), (Table = "text/csv"))),
    (status = 400, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn of_nobody(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    QueryParameters(wanted): QueryParameters<TrafficParameters>,
    headers: HeaderMap,
) -> Result<Response, AdminError> {
    let (asked, by) = wanted.asked(None, caller.now)?;
    let [report] = admin.auth.administration().traffic(&caller, asked, [by]).await?;
    Ok(answer(&asked, report, caller.now, &headers))
}

impl TrafficParameters {
    /// Of what, and by what it is summed up.
    fn asked(self, account: Option<AccountId>, now: Millis) -> Result<(TrafficAsked, TrafficBy), AdminError> {
        let days = TrafficDays::read(self.from.as_deref(), self.to.as_deref(), now);
        let days = days.map_err(|error| malformed(error.field(), &error.to_string()))?;
        let application = self.application.as_deref().map(str::parse::<TrafficApplication>).transpose();
        let application = application.map_err(|error| malformed("application", &error.to_string()))?;
        Ok((TrafficAsked { account, application, days }, self.by.unwrap_or(TrafficBy::Application)))
    }
}

fn malformed(field: &str, reason: &str) -> AdminError {
    AdminError::Malformed { field: field.to_owned(), reason: reason.to_owned() }
}

fn answer(asked: &TrafficAsked, report: TrafficReport, now: Millis, headers: &HeaderMap) -> Response {
    if wants_table(headers) {
        let headers = [
            (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
            (CACHE_CONTROL, "no-store"),
            (VARY, "accept"),
        ];
        return (headers, report.table(now)).into_response();
    }
    let since = report.since;
    let lines: Vec<Line> = report.lines.into_iter().map(|line| Line::of(line, since, now)).collect();
    let report = Report {
        from: asked.days.from.to_string(),
        to: asked.days.through.to_string(),
        counting_since: since.map(Millis::as_unix),
        kept_from: report.kept_from.map(|day| day.to_string()),
        address_error: DistinctSketch::STANDARD_ERROR,
        allowed: report.sums.allowed,
        refused: report.sums.refused,
        lines,
    };
    let mut answer = json(StatusCode::OK, &report);
    answer.headers_mut().insert(VARY, http::HeaderValue::from_static("accept"));
    answer
}

/// Whether a table is named before JSON.
fn wants_table(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let types = accepted.flat_map(|value| value.split(','));
    let named = types.filter_map(|one| one.split(';').next()).map(str::trim);
    let mut named = named.filter(|name| ["text/csv", "application/json"].contains(name));
    named.next() == Some("text/csv")
}
