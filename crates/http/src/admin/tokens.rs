//! `/admin/v1/administration-tokens`: secrets by which programs administer.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{MadeToken, NewToken, Scope};
use vestibule_model::{AdministrationToken, AdministrationTokenId, Millis};

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{AccountIdText, Name};
use super::idempotency::{CreatedResponse, CreationState, Idempotent, KEY_DESCRIPTION, created};
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, json};
use super::role::{Role, role, shown};

#[derive(Serialize, ToSchema)]
#[schema(as = AdministrationToken)]
struct Token {
    id: i64,
    name: String,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    created_by: String,
    /// Times are milliseconds since 1970.
    created: i64,
    expires: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AdministrationTokenInList)]
struct TokenWithUse {
    #[serde(flatten)]
    token: Token,
    /// To the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AdministrationTokens)]
struct Tokens {
    tokens: Vec<TokenWithUse>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NewAdministrationToken)]
struct Made {
    #[serde(flatten)]
    token: Token,
    /// The secret, for `Authorization: Bearer`. It is shown here and never again.
    secret: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdministrationTokenRequest)]
pub(super) struct TokenRequest {
    /// What it is for; no two tokens have the same.
    #[schema(value_type = Name)]
    name: String,
    role: Role,
    /// The account that the role is limited to.
    #[serde(default)]
    #[schema(value_type = Option<AccountIdText>)]
    account: Option<String>,
    /// When it stops working, a year away at most: milliseconds since 1970.
    expires: i64,
}

/// Every administration token, expired and revoked ones included: a thousand at most.
#[utoipa::path(get, path = "/admin/v1/administration-tokens", tag = "administration tokens",
    security(("bearer" = [])), responses((status = 200, body = Tokens), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let tokens = admin.auth.administration().administration_tokens(&caller).await?.iter().map(used).collect();
    Ok(json(StatusCode::OK, &Tokens { tokens }))
}

/// Makes an administration token.
#[utoipa::path(post, path = "/admin/v1/administration-tokens", tag = "administration tokens",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)),
    request_body = TokenRequest, responses((status = 201, body = Made), (status = 403, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn make(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    body: Result<Idempotent<JsonBody<TokenRequest>>, AdminError>,
) -> Result<Response, AdminError> {
    admin.auth.administration().expect_account(&caller, Scope::WriteInstallation)?;
    let Idempotent(JsonBody(wanted), key) = body?;
    let pending = match key.begin(&admin, &caller, Scope::WriteInstallation).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let role = role(wanted.role, wanted.account.as_deref())?;
    let new = NewToken { name: wanted.name, role, expires: Millis::from_unix(wanted.expires) };
    let stored = |made: &MadeToken| answer(made).stored();
    let made = admin
        .auth
        .administration()
        .make_administration_token(&caller, new, pending.with_response(&stored))
        .await?;
    Ok(created(&answer(&made)))
}

/// One administration token.
#[utoipa::path(get, path = "/admin/v1/administration-tokens/{id}", tag = "administration tokens",
    security(("bearer" = [])), params(("id" = i64, Path)),
    responses((status = 200, body = TokenWithUse), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(id): PathParameters<i64>,
) -> Result<Response, AdminError> {
    let found =
        admin.auth.administration().administration_token_of_id(&caller, AdministrationTokenId(id)).await?;
    Ok(tagged(json(StatusCode::OK, &used(&found)), &token(&found)))
}

/// Makes a token stop working. It stays in the list.
#[utoipa::path(delete, path = "/admin/v1/administration-tokens/{id}", tag = "administration tokens",
    security(("bearer" = [])), params(("id" = i64, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn revoke(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(id): PathParameters<i64>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &AdministrationToken| condition.require(&token(present));
    admin
        .auth
        .administration()
        .revoke_administration_token(&caller, AdministrationTokenId(id), unchanged)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(made: &MadeToken) -> CreatedResponse {
    let shown = Made { token: token(&made.token), secret: made.secret.to_string() };
    CreatedResponse::new(&format!("/admin/v1/administration-tokens/{}", made.token.id), &shown, &shown.token)
}

/// What a tag names: being used is no change.
fn token(token: &AdministrationToken) -> Token {
    let (role, account) = shown(token.role);
    Token {
        id: token.id.0,
        name: token.name.clone(),
        role,
        account,
        created_by: token.created_by.clone(),
        created: token.created.as_unix(),
        expires: token.expires.as_unix(),
        revoked: token.revoked.map(Millis::as_unix),
    }
}

fn used(found: &AdministrationToken) -> TokenWithUse {
    TokenWithUse { token: token(found), last_used: found.last_used.map(Millis::as_unix) }
}
