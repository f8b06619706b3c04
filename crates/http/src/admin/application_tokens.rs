//! `/admin/v1/accounts/{account}/application-tokens`: what programs show when they log somebody in.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{Scope, StoredResponse, TokenWithText};
use vestibule_model::{ApplicationToken, Millis};
use zeroize::Zeroizing;

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{ApplicationTokenText, Name};
use super::idempotency::{CreationState, Idempotent, KEY_DESCRIPTION, created, stored_response};
use super::paging::PageParameters;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::renewal::{self, Renewal, RenewalBody};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

/// What of an application token can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApplicationTokenDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Whether it may be used.
    enabled: bool,
}

/// What a tag names: being used is no change.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationTokenItem)]
struct Item {
    id: i64,
    /// Until when the token before the present one works as well: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_values_until: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationToken)]
struct Counted {
    #[serde(flatten)]
    item: Item,
    /// When a session opened with it was last used, as of some seconds ago: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
    /// How many requests its sessions have made, as of some seconds ago.
    requests: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationTokens)]
struct Page {
    application_tokens: Vec<Counted>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An application token with its text.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationTokenWithText)]
struct TokenAndText {
    #[serde(flatten)]
    item: Item,
    /// What programs show. It is shown here and never again.
    token: String,
}

/// An application token that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct NewApplicationToken {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// 1 to 64 characters of `0-9`, `A-Z`, `a-z` and `-`, unique in the installation; generated unless it is given.
    #[schema(value_type = Option<ApplicationTokenText>)]
    token: Option<String>,
    #[serde(flatten)]
    details: Details,
}

/// The application tokens of an account, in the order of their ids.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/application-tokens", tag = "application tokens",
    security(("bearer" = [])), params(("account" = String, Path), PageParameters), responses((status = 200, body = Page),
    (status = 400, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    wanted: Result<QueryParameters<PageParameters>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.expect_account(&caller, Scope::ReadAccount(account))?;
    let QueryParameters(wanted) = wanted?;
    let page = admin.auth.application_tokens(&caller, account, wanted.page()?).await?;
    let application_tokens = page.parts.iter().map(counted).collect();
    Ok(json(StatusCode::OK, &Page { application_tokens, next: page.next }))
}

/// Makes an application token. An account has at most five.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/application-tokens", tag = "application tokens",
    security(("bearer" = [])), params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = NewApplicationToken,
    responses((status = 201, body = TokenAndText), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn make(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    body: Result<Idempotent<Patch>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.expect_account(&caller, Scope::WriteAccount(account))?;
    let Idempotent(mut patch, key) = body?;
    let pending = match key.begin(&admin, &caller, Scope::WriteAccount(account)).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let given = patch.take::<String>("token")?.map(Zeroizing::new);
    let fill = |blank: ApplicationToken| Ok(patch.over(&details(&blank))?.onto(&blank));
    let answer = |made: &TokenWithText| answered(account.as_str(), made);
    let made = admin
        .auth
        .make_application_token(&caller, (account, given), fill, pending.with_response(&answer))
        .await?;
    Ok(created(&answer(&made)))
}

/// One application token.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/application-tokens/{id}", tag = "application tokens",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Counted), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
) -> Result<Response, AdminError> {
    let token = admin.auth.application_token_of_id(&caller, account_named(&account)?, id).await?;
    Ok(tagged(json(StatusCode::OK, &counted(&token)), &item(&token)))
}

/// Changes an application token. The sessions that were opened with it end when it is disabled.
#[utoipa::path(patch, path = "/admin/v1/accounts/{account}/application-tokens/{id}", tag = "application tokens",
    security(("bearer" = [])),
    params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)),
    request_body(content = Details, content_type = "application/merge-patch+json"),
    responses((status = 200, body = Item), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
    patch: Result<Patch, AdminError>,
) -> Result<Response, AdminError> {
    let place = (account_named(&account)?, id);
    admin.auth.expect_account_resource::<ApplicationToken>(&caller, place)?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &ApplicationToken| Ok(patch.over(&details(present))?.onto(present));
    let unchanged = |present: &ApplicationToken| condition.require(&item(present));
    let item = item(&admin.auth.change_account_resource(&caller, place, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes an application token, and ends the sessions that were opened with it.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/application-tokens/{id}", tag = "application tokens",
    security(("bearer" = [])),
    params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 404, body = Problem), (status = 412, body = Problem),
    (status = 428, body = Problem)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &ApplicationToken| condition.require(&item(present));
    admin.auth.delete_account_resource(&caller, (account_named(&account)?, id), unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an application token another text. The one so far works beside it until the overlap is over; the sessions that rest
/// on that one end then, and none before. Both together are one of the five that an account has. During an overlap it can be
/// done only without another.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/application-tokens/{id}/secrets", tag = "application tokens",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path),
    ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = Option<Renewal>,
    responses((status = 201, body = TokenAndText), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn renew(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    wanted: Result<Idempotent<RenewalBody>, AdminError>,
) -> Result<Response, AdminError> {
    let answer = |renewed: &TokenWithText| answered(&account, renewed);
    renewal::renew::<ApplicationToken, 1>((&admin, &caller), (&account, id), wanted, answer).await
}

/// What is answered once, with the text.
fn answered(account: &str, made: &TokenWithText) -> StoredResponse {
    let [text] = &made.secrets;
    let made = TokenAndText { item: item(&made.application), token: text.to_string() };
    stored_response(
        &format!("/admin/v1/accounts/{account}/application-tokens/{}", made.item.id),
        &made,
        &made.item,
    )
}

fn counted(token: &ApplicationToken) -> Counted {
    Counted { item: item(token), last_used: token.last_used.map(Millis::as_unix), requests: token.requests }
}

fn item(token: &ApplicationToken) -> Item {
    Item {
        id: token.id.0,
        previous_values_until: renewal::until(token.superseded.as_ref()),
        details: details(token),
    }
}

fn details(token: &ApplicationToken) -> Details {
    Details { name: token.name.clone(), enabled: token.enabled }
}

impl Details {
    fn onto(self, token: &ApplicationToken) -> ApplicationToken {
        ApplicationToken { name: self.name, enabled: self.enabled, ..token.clone() }
    }
}
