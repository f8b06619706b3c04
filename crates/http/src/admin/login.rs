//! `POST /admin/v1/login`, `/admin/v1/logout` and `/admin/v1/password`.

use axum::extract::FromRequest;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministratorCredentials, AdministratorsPlace, OpenedSession};
use vestibule_model::Dialect;
use zeroize::Zeroizing;

use super::AdminState;
use super::forms::Password;
use super::problem::{AdminError, Problem};
use super::request::{JsonBody, OwnCaller, address, json};
use super::role::{Role, shown as shown_role};

/// Whether bodies that are sent to this path are read before anybody is known, and therefore have to be small.
pub(super) fn is_credential_path(path: &str) -> bool {
    matches!(path, "/admin/v1/login" | "/admin/v1/password")
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogIn {
    username: String,
    #[schema(value_type = Password)]
    password: String,
    /// Of whoever has a second factor: a code of the device, or a recovery code.
    #[serde(default)]
    code: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    username: String,
    /// The present password.
    #[schema(value_type = Password)]
    password: String,
    #[schema(value_type = Password)]
    new_password: String,
    /// Of whoever has a second factor: a code of the device, or a recovery code.
    #[serde(default)]
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LoggedIn {
    /// For `Authorization: Bearer`.
    token: String,
    /// When it ends if it is not used again: milliseconds since 1970.
    expires: i64,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// Whether the session is for setting up a second factor, and for nothing else before.
    must_set_up_second_factor: bool,
}

/// Logs in a user of the administrators' account. Who has a second factor and shows no code is refused, after the right password,
/// with the type `urn:vestibule:second-factor-required`.
#[utoipa::path(post, path = "/admin/v1/login", tag = "login", request_body = LogIn, responses(
    (status = 200, body = LoggedIn), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn log_in(
    State(admin): State<AdminState>,
    request: Request,
) -> Result<Response, AdminError> {
    let (parts, body) = request.into_parts();
    let (address, now) = (address(&parts), admin.clock.now());
    let JsonBody(read) = JsonBody::<LogIn>::from_request(Request::from_parts(parts, body), &admin).await?;
    let shown = credentials(read.username, read.password, read.code);
    let logged_in = admin.auth.administration().log_in_administrator(shown, address, now).await?;
    let (role, account) = shown_role(logged_in.role);
    let OpenedSession { shown_by: token, expires } = logged_in.opened;
    let must_set_up_second_factor = logged_in.lacks_second_factor;
    let answer = LoggedIn { token, expires: expires.as_unix(), role, account, must_set_up_second_factor };
    Ok(json(StatusCode::OK, &answer))
}

fn credentials(user_name: String, password: String, code: Option<String>) -> AdministratorCredentials {
    AdministratorCredentials { user_name, password: Zeroizing::new(password.into_bytes()), code }
}

/// Changes a password, also one that has expired or must be changed, and ends the sessions of its user.
#[utoipa::path(post, path = "/admin/v1/password", tag = "login", request_body = ChangePassword, responses(
    (status = 204), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub(super) async fn change_password(
    State(admin): State<AdminState>,
    request: Request,
) -> Result<StatusCode, AdminError> {
    let (parts, body) = request.into_parts();
    let (address, now) = (address(&parts), admin.clock.now());
    let JsonBody(read) =
        JsonBody::<ChangePassword>::from_request(Request::from_parts(parts, body), &admin).await?;
    let shown = credentials(read.username, read.password, read.code);
    let new = Zeroizing::new(read.new_password);
    let at = AdministratorsPlace { dialect: Dialect::LivePerson, address };
    admin.auth.administration().change_administrator_password(shown, new, at, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the caller's session.
#[utoipa::path(post, path = "/admin/v1/logout", tag = "login", security(("bearer" = [])), responses(
    (status = 204), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn log_out(
    State(admin): State<AdminState>,
    OwnCaller(caller): OwnCaller,
) -> Result<StatusCode, AdminError> {
    admin.auth.administration().log_out_administrator(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}
