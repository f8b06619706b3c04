//! `GET /admin/v1/accounts/{account}/consequences`: what else goes when the account, or something of it, is deleted or disabled.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vestibule_auth::{AccountUser, Affected, Consequences, Scope};
use vestibule_model::{ApplicationId, ConnectionId, UserId};

use super::AdminState;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

/// One of them at most; none: the account itself.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Of {
    /// Of the user of this id.
    user: Option<i64>,
    /// Of the API key, OAuth client or application token of this id.
    application: Option<i64>,
    /// Of the connection of this id.
    connection: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Consequences)]
struct Item {
    /// Live sessions, which end.
    sessions: usize,
    /// Users: of an account all, of an application the bots that are tied to it, of a connection those whom it knows.
    users: usize,
    /// Of an account: API keys, OAuth clients and application tokens.
    applications: usize,
    /// Of an account.
    connections: usize,
}

/// What rests on an account, or on a user, an application or a connection of it, as it is now.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/consequences", tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path), Of), responses((status = 200, body = Item), (status = 400, body = Problem),
    (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn read_consequences(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    wanted: Result<QueryParameters<Of>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::ReadAccount(account))?;
    let QueryParameters(wanted) = wanted?;
    let affected = match (wanted.user, wanted.application, wanted.connection) {
        (None, None, None) => Affected::Account(account),
        (Some(user), None, None) => Affected::User(AccountUser { account, user: UserId(user) }),
        (None, Some(id), None) => Affected::Application(account, ApplicationId(id)),
        (None, None, Some(id)) => Affected::Connection(account, ConnectionId(id)),
        _ => {
            let reason = "one of user, application and connection at most".to_owned();
            return Err(AdminError::Malformed { field: "user".into(), reason });
        }
    };
    let Consequences { sessions, users, applications, connections } =
        admin.auth.administration().consequences(&caller, affected).await?;
    Ok(json(StatusCode::OK, &Item { sessions, users, applications, connections }))
}
