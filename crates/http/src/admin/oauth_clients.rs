//! `/admin/v1/accounts/{account}/oauth-clients`: what bots log in with that speak OAuth 2.0.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{AdministrationError, ClientWithSecret, GivenClient, Scope, StoredResponse};
use vestibule_model::{Application, Millis, OauthClient, Privilege};
use zeroize::Zeroizing;

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::{AddressOrNetwork, ApplicationValue, Name};
use super::idempotency::{CreationState, Idempotent, KEY_DESCRIPTION, created, stored_response};
use super::networks;
use super::paging::PageParameters;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::renewal::{self, Renewal, RenewalBody};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

/// What of an OAuth client can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OauthClientDetails)]
pub(super) struct Details {
    #[schema(value_type = Name)]
    name: String,
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
#[schema(as = OauthClientItem)]
struct Item {
    id: i64,
    /// What bots are tied to. Not a secret, and never changed.
    client_id: String,
    /// Until when the secret before the present one works as well: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_values_until: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OauthClient)]
struct Used {
    #[serde(flatten)]
    item: Item,
    /// When a session was last opened with it: milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OauthClients)]
struct Page {
    oauth_clients: Vec<Used>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An OAuth client with its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = OauthClientWithSecrets)]
struct OauthClientWithSecret {
    #[serde(flatten)]
    item: Item,
    /// The client secret. It is shown here and never again.
    secret: String,
}

/// An OAuth client that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct NewOauthClient {
    #[schema(value_type = Name)]
    name: String,
    /// Generated unless it is given; no other client or key of the account has it.
    #[schema(value_type = Option<ApplicationValue>)]
    client_id: Option<String>,
    /// Generated unless it is given.
    #[schema(value_type = Option<ApplicationValue>)]
    secret: Option<String>,
    #[serde(flatten)]
    details: Details,
}

/// The OAuth clients of an account, in the order of their ids.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/oauth-clients", tag = "OAuth clients",
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
    let page = admin.auth.account_resources::<OauthClient>(&caller, account, wanted.page()?)?;
    let last = admin.auth.last_uses(&caller, account).await?;
    let oauth_clients = page.parts.iter().map(|part| used(part, &last)).collect();
    Ok(json(StatusCode::OK, &Page { oauth_clients, next: page.next }))
}

/// Makes an OAuth client. An account has at most 100.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/oauth-clients", tag = "OAuth clients",
    security(("bearer" = [])), params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = NewOauthClient,
    responses((status = 201, body = OauthClientWithSecret), (status = 403, body = Problem), (status = 404, body = Problem),
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
    let given = GivenClient {
        client_id: patch.take("client_id")?,
        secret: patch.take::<String>("secret")?.map(Zeroizing::new),
    };
    let fill = |blank: OauthClient| patch.over(&details(&blank))?.onto(blank);
    let answer = |made: &ClientWithSecret| answered(account.as_str(), made);
    let made =
        admin.auth.make_oauth_client(&caller, (account, given), fill, pending.with_response(&answer)).await?;
    Ok(created(&answer(&made)))
}

/// One OAuth client.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/oauth-clients/{id}", tag = "OAuth clients",
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

/// Changes an OAuth client. The sessions that it would not open any more end.
#[utoipa::path(patch, path = "/admin/v1/accounts/{account}/oauth-clients/{id}", tag = "OAuth clients",
    security(("bearer" = [])),
    params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)),
    request_body(content = Details, content_type = "application/merge-patch+json"),
    responses((status = 200, body = Item), (status = 404, body = Problem), (status = 412, body = Problem),
    (status = 422, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn change(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
    patch: Result<Patch, AdminError>,
) -> Result<Response, AdminError> {
    let place = (account_named(&account)?, id);
    admin.auth.expect_account_resource::<OauthClient>(&caller, place)?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &OauthClient| patch.over(&details(present))?.onto(present.clone());
    let unchanged = |present: &OauthClient| condition.require(&item(present));
    let item = item(&admin.auth.change_account_resource(&caller, place, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes an OAuth client, and ends the sessions that were opened with it. Bots go on naming it.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/oauth-clients/{id}", tag = "OAuth clients",
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
    let unchanged = |present: &OauthClient| condition.require(&item(present));
    admin.auth.delete_account_resource(&caller, (account_named(&account)?, id), unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an OAuth client another secret. The one so far works beside it until the overlap is over; the sessions that rest on
/// that one end then, and none before. During an overlap it can be done only without another.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/oauth-clients/{id}/secrets", tag = "OAuth clients",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path),
    ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = Option<Renewal>,
    responses((status = 201, body = OauthClientWithSecret), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn renew(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    wanted: Result<Idempotent<RenewalBody>, AdminError>,
) -> Result<Response, AdminError> {
    let answer = |renewed: &ClientWithSecret| answered(&account, renewed);
    renewal::renew::<OauthClient, 1>((&admin, &caller), (&account, id), wanted, answer).await
}

/// What is answered once, with the secret.
fn answered(account: &str, made: &ClientWithSecret) -> StoredResponse {
    let made = shown(made);
    stored_response(
        &format!("/admin/v1/accounts/{account}/oauth-clients/{}", made.item.id),
        &made,
        &made.item,
    )
}

fn shown(made: &ClientWithSecret) -> OauthClientWithSecret {
    let [secret] = &made.secrets;
    OauthClientWithSecret { item: item(&made.application), secret: secret.to_string() }
}

fn used(client: &OauthClient, last: &HashMap<Application, Millis>) -> Used {
    let last_used = last.get(&Application::OauthClient(client.id)).copied();
    Used { item: item(client), last_used: last_used.map(Millis::as_unix) }
}

fn item(client: &OauthClient) -> Item {
    Item {
        id: client.id.0,
        client_id: client.client_id.clone(),
        previous_values_until: renewal::until(client.superseded.as_ref()),
        details: details(client),
    }
}

fn details(client: &OauthClient) -> Details {
    Details {
        name: client.name.clone(),
        enabled: client.enabled,
        privileges: client.privileges.clone(),
        addresses: networks::written(&client.addresses),
    }
}

impl Details {
    fn onto(self, client: OauthClient) -> Result<OauthClient, AdministrationError> {
        Ok(OauthClient {
            name: self.name,
            enabled: self.enabled,
            privileges: self.privileges,
            addresses: networks::read(&self.addresses)?,
            ..client
        })
    }
}
