//! `/admin/v1/accounts/{account}/groups`: groups of users, one above another.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::Scope;
use vestibule_model::Group;

use super::AdminState;
use super::condition::{Condition, tagged};
use super::forms::Name;
use super::idempotency::{CreationState, Idempotent, KEY_DESCRIPTION, created, stored_response};
use super::paging::PageParameters;
use super::patch::Patch;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

/// What of a group can be changed. A change names the fields that it changes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupDetails)]
pub(super) struct Details {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// The id of the group above.
    parent: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
struct Item {
    id: i64,
    #[serde(flatten)]
    details: Details,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Groups)]
struct Page {
    groups: Vec<Item>,
    /// The cursor of the page behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A group that is to be made: the name is needed, everything else has a default.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct NewGroup {
    /// Unique within the account.
    #[schema(value_type = Name)]
    name: String,
    /// Unique within the account (-1 is the main group); the next one unless told.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    id: Option<i64>,
    #[serde(flatten)]
    details: Details,
}

/// The groups of an account, in the order of their ids.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/groups", tag = "groups", security(("bearer" = [])),
    params(("account" = String, Path), PageParameters), responses((status = 200, body = Page),
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
    let page = admin.auth.account_resources::<Group>(&caller, account, wanted.page()?)?;
    let groups = page.parts.iter().map(item).collect();
    Ok(json(StatusCode::OK, &Page { groups, next: page.next }))
}

/// Makes a group. An account has at most 10,000.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/groups", tag = "groups", security(("bearer" = [])),
    params(("account" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = KEY_DESCRIPTION)), request_body = NewGroup, responses((status = 201, body = Item),
    (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 422, body = Problem)))]
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
    let id = patch.take::<i64>("id")?;
    let fill = |blank: Group| Ok(patch.over(&details(&blank))?.onto(&blank));
    let answer = |made: &Group| {
        let item = item(made);
        stored_response(&format!("/admin/v1/accounts/{account}/groups/{}", made.id), &item, &item)
    };
    let made = admin
        .auth
        .create_numbered_resource(&caller, (account, id), fill, pending.with_response(&answer))
        .await?;
    Ok(created(&answer(&made)))
}

/// One group.
#[utoipa::path(get, path = "/admin/v1/accounts/{account}/groups/{id}", tag = "groups", security(("bearer" = [])),
    params(("account" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Item), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
) -> Result<Response, AdminError> {
    let item = item(&admin.auth.account_resource(&caller, account_named(&account)?, id)?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Changes a group.
#[utoipa::path(patch, path = "/admin/v1/accounts/{account}/groups/{id}", tag = "groups",
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
    admin.auth.expect_account_resource::<Group>(&caller, place)?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &Group| Ok(patch.over(&details(present))?.onto(present));
    let unchanged = |present: &Group| condition.require(&item(present));
    let item = item(&admin.auth.change_account_resource(&caller, place, edit, unchanged).await?);
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Deletes a group that no user and no other group names.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/groups/{id}", tag = "groups",
    security(("bearer" = [])),
    params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem),
    (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &Group| condition.require(&item(present));
    admin.auth.delete_account_resource(&caller, (account_named(&account)?, id), unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(group: &Group) -> Item {
    Item { id: group.id, details: details(group) }
}

fn details(group: &Group) -> Details {
    Details { name: group.name.clone(), parent: group.parent }
}

impl Details {
    fn onto(self, group: &Group) -> Group {
        Group { id: group.id, name: self.name, parent: self.parent }
    }
}
