//! `/admin/v1/administrators`: who administers, in which role.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{Idempotency, NamedAdministrator};
use vestibule_model::{Administrator, UserId};

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::AccountIdText;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, json};
use super::role::{Role, role, shown};

#[derive(Serialize, ToSchema)]
#[schema(as = Administrator)]
struct Item {
    /// The user's id.
    user: i64,
    name: String,
    /// Whether the user may log in.
    enabled: bool,
    has_second_factor: bool,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Administrators {
    administrators: Vec<Item>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetRole {
    role: Role,
    /// The account that the role is limited to.
    #[serde(default)]
    #[schema(value_type = Option<AccountIdText>)]
    account: Option<String>,
}

/// Every administrator: there are few.
#[utoipa::path(get, path = "/admin/v1/administrators", tag = "administrators", security(("bearer" = [])), responses(
    (status = 200, body = Administrators), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let administrators =
        admin.auth.administration().administrators(&caller).await?.iter().map(item).collect();
    Ok(json(StatusCode::OK, &Administrators { administrators }))
}

/// One administrator.
#[utoipa::path(get, path = "/admin/v1/administrators/{user}", tag = "administrators", security(("bearer" = [])),
    params(("user" = i64, Path)), responses((status = 200, body = Item), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(user): PathParameters<i64>,
) -> Result<Response, AdminError> {
    let item = item(&admin.auth.administration().administrator_of_id(&caller, UserId(user)).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Gives a user of the administrators' account a role.
#[utoipa::path(put, path = "/admin/v1/administrators/{user}", tag = "administrators", security(("bearer" = [])),
    params(("user" = i64, Path), ("If-Match" = Option<String>, Header), ("If-None-Match" = Option<String>, Header)),
    request_body = SetRole, responses((status = 200, body = Item), (status = 409, body = Problem), (status = 412, body = Problem),
    (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn set(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(user): PathParameters<i64>,
    headers: HeaderMap,
    body: Result<JsonBody<SetRole>, AdminError>,
) -> Result<Response, AdminError> {
    admin.auth.administration().expect_person(&caller, UserId(user))?;
    let JsonBody(wanted) = body?;
    let condition = Condition::of_put(&headers);
    let role = role(wanted.role, wanted.account.as_deref())?;
    let administrator = Administrator { user: UserId(user), role };
    let unchanged = |present: Option<&NamedAdministrator>| condition.require_of(present.map(item).as_ref());
    let (administration, once) = (admin.auth.administration(), Idempotency::none());
    let item = item(&administration.set_administrator(&caller, administrator, unchanged, once).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Takes a user's role.
#[utoipa::path(delete, path = "/admin/v1/administrators/{user}", tag = "administrators", security(("bearer" = [])),
    params(("user" = i64, Path), ("If-Match" = String, Header)), responses((status = 204),
    (status = 409, body = Problem), (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn remove(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(user): PathParameters<i64>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &NamedAdministrator| condition.require(&item(present));
    admin.auth.administration().remove_administrator(&caller, UserId(user), unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(named: &NamedAdministrator) -> Item {
    let (role, account) = shown(named.administrator.role);
    Item {
        user: named.administrator.user.0,
        name: named.name.clone(),
        enabled: named.enabled,
        has_second_factor: named.has_second_factor,
        role,
        account,
    }
}
