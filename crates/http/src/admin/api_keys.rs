//! `/admin/v1/accounts/{account}/api-keys`: what bots log in with.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, GivenKey, KeyWithSecrets, Scope, StoredResponse};
use vestibule_model::{ApiKey, Application, Millis, Privilege};
use zeroize::Zeroizing;

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{AddressOrNetwork, ApplicationValue, Line, Name};
use super::idempotency::{CreationState, Idempotent, KEY_DESCRIPTION, created, stored_response};
use super::networks;
use super::paging::PageParameters;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::renewal::{self, Renewal, RenewalBody};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

/// What of an API key can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    #[schema(value_type = Line)]
    developer: String,
    #[schema(value_type = Line)]
    description: String,
    /// Whether it may be used.
    enabled: bool,
    /// What it may be used for; `user-login` lets bots log in with it.
    privileges: Vec<Privilege>,
    /// Networks such as `10.0.0.0/8`, or single addresses, from which it may be used; empty: any.
    #[schema(value_type = Vec<AddressOrNetwork>, max_items = 1000)]
    addresses: Vec<String>,
}

/// What a tag names: being used is no change.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeyItem)]
struct Item {
    id: i64,
    /// The consumer key: what bots are tied to. Not a secret, and never changed.
    app_key: String,
    /// The token. Not a secret.
    access_token: String,
    /// Until when the values before these work as well: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_values_until: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
struct Used {
    #[serde(flatten)]
    item: Item,
    /// When a session was last opened with it: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeys)]
struct Page {
    api_keys: Vec<Used>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An API key with its secrets.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKeyWithSecrets)]
struct ApiKeyWithSecrets {
    #[serde(flatten)]
    item: Item,
    /// The consumer secret. It is shown here and never again.
    secret: String,
    /// The token secret. It is shown here and never again.
    access_token_secret: String,
}

/// An API key that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct NewApiKey {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Generated unless it is given, as everything up to `access_token_secret`; no other key or client of the account has it.
    #[schema(value_type = Option<ApplicationValue>)]
    app_key: Option<String>,
    #[schema(value_type = Option<ApplicationValue>)]
    access_token: Option<String>,
    /// Given together with `access_token_secret`, or not at all.
    #[schema(value_type = Option<ApplicationValue>)]
    secret: Option<String>,
    #[schema(value_type = Option<ApplicationValue>)]
    access_token_secret: Option<String>,
    #[serde(flatten)]
    details: Details,
}

/// The API keys of an account, in the order of their ids.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/api-keys", tag = "API keys",
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
    let page = admin.auth.account_resources::<ApiKey>(&caller, account, wanted.page()?)?;
    let last = admin.auth.last_uses(&caller, account).await?;
    let api_keys = page.parts.iter().map(|part| used(part, &last)).collect();
    Ok(json(StatusCode::OK, &Page { api_keys, next: page.next }))
}

/// Makes an API key. An account has at most 100.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/api-keys", tag = "API keys",
    security(("bearer" = [])), params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = NewApiKey,
    responses((status = 201, body = ApiKeyWithSecrets), (status = 403, body = Problem), (status = 404, body = Problem),
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
    let given = GivenKey {
        app_key: patch.take("app_key")?,
        secret: patch.take::<String>("secret")?.map(Zeroizing::new),
        access_token: patch.take("access_token")?,
        access_token_secret: patch.take::<String>("access_token_secret")?.map(Zeroizing::new),
    };
    let fill = |blank: ApiKey| patch.over(&details(&blank))?.onto(blank);
    let answer = |made: &KeyWithSecrets| answered(account.as_str(), made);
    let made =
        admin.auth.make_api_key(&caller, (account, given), fill, pending.with_response(&answer)).await?;
    Ok(created(&answer(&made)))
}

/// One API key.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/api-keys/{id}", tag = "API keys",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Used), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    let found = admin.auth.account_resource(&caller, account, id)?;
    let used = used(&found, &admin.auth.last_uses(&caller, account).await?);
    Ok(tagged(json(StatusCode::OK, &used), &used.item))
}

/// Changes an API key. The sessions that it would not open any more end.
#[utoipa::path(patch, path = "/admin/v1/accounts/{account}/api-keys/{id}", tag = "API keys",
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
    admin.auth.expect_account_resource::<ApiKey>(&caller, place)?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &ApiKey| patch.over(&details(present))?.onto(present.clone());
    let unchanged = |present: &ApiKey| condition.require(&item(present));
    let item = item(&admin.auth.change_account_resource(&caller, place, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes an API key, and ends the sessions that were opened with it. Bots go on naming it.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/api-keys/{id}", tag = "API keys",
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
    let unchanged = |present: &ApiKey| condition.require(&item(present));
    admin.auth.delete_account_resource(&caller, (account_named(&account)?, id), unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an API key another `access_token` and other secrets. The values so far work beside them until the overlap is over;
/// the sessions that rest on those end then, and none before. During an overlap it can be done only without another.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/api-keys/{id}/secrets", tag = "API keys",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path),
    ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = Option<Renewal>,
    responses((status = 201, body = ApiKeyWithSecrets), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn renew(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    wanted: Result<Idempotent<RenewalBody>, AdminError>,
) -> Result<Response, AdminError> {
    let answer = |renewed: &KeyWithSecrets| answered(&account, renewed);
    renewal::renew::<ApiKey, 2>((&admin, &caller), (&account, id), wanted, answer).await
}

/// What is answered once, with the secrets.
fn answered(account: &str, made: &KeyWithSecrets) -> StoredResponse {
    let made = shown(made);
    stored_response(&format!("/admin/v1/accounts/{account}/api-keys/{}", made.item.id), &made, &made.item)
}

fn shown(made: &KeyWithSecrets) -> ApiKeyWithSecrets {
    let [secret, token_secret] = &made.secrets;
    ApiKeyWithSecrets {
        item: item(&made.application),
        secret: secret.to_string(),
        access_token_secret: token_secret.to_string(),
    }
}

fn used(key: &ApiKey, last: &HashMap<Application, Millis>) -> Used {
    let last_used = last.get(&Application::ApiKey(key.id)).copied();
    Used { item: item(key), last_used: last_used.map(Millis::as_unix) }
}

fn item(key: &ApiKey) -> Item {
    Item {
        id: key.id.0,
        app_key: key.app_key.clone(),
        access_token: key.access_token.clone(),
        previous_values_until: renewal::until(key.superseded.as_ref()),
        details: details(key),
    }
}

fn details(key: &ApiKey) -> Details {
    Details {
        name: key.name.clone(),
        developer: key.developer.clone(),
        description: key.description.clone(),
        enabled: key.enabled,
        privileges: key.privileges.clone(),
        addresses: networks::written(&key.addresses),
    }
}

impl Details {
    fn onto(self, key: ApiKey) -> Result<ApiKey, AdministrationError> {
        Ok(ApiKey {
            name: self.name,
            developer: self.developer,
            description: self.description,
            enabled: self.enabled,
            privileges: self.privileges,
            addresses: networks::read(&self.addresses)?,
            ..key
        })
    }
}
