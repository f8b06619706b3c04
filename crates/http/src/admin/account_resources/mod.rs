//! The resources of an account: profiles, groups, skills, API keys, OAuth clients and application tokens. All of them are listed,
//! made, read, changed and deleted in one way, which is here, over the engine's `AccountResource`.
//!
//! A file per kind says what differs ([`RepresentedResource`]): its representation, what is known of its use, how it is made, and
//! the words of its description. `description` makes the operations' descriptions of those words; `secrets` is about the kinds
//! that have secrets, which are shown once and can be renewed.

mod description;
mod page;
mod secrets;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use vestibule_auth::{
    AccountResource, AccountResourceId, AccountResourcePage, AdministrationError, Caller, NumberedResource,
    PageRequest, PendingCreation, Scope,
};
use vestibule_model::AccountId;

pub(super) use description::Words;
use page::Page;
pub(super) use secrets::{HasSecrets, secret_routes};

use super::AdminState;
use super::condition::{Condition, tagged};
use super::idempotency::{CreatedResponse, CreationState, Idempotent, created};
use super::paging::PageParameters;
use super::patch::Patch;
use super::problem::AdminError;
use super::request::{AuthenticatedCaller, PathParameters, QueryParameters, account_named, json};

/// How a kind of resource is represented, made and described. Whatever is not said here is the same for all of them.
pub(super) trait RepresentedResource: AccountResource {
    /// The words of its description, and of its path.
    const WORDS: Words;

    /// What of it can be changed; a change names the fields that it changes.
    type Details: Serialize + DeserializeOwned + ToSchema + Send + Sync;
    /// What a change answers and a tag names: being used is no change.
    type Item: Serialize + ToSchema + Send + Sync;
    /// What lists and a look at one show: the same with what is known of its use.
    type ListItem: Serialize + ToSchema + Send + Sync;
    /// What is known of the use of all of the kind in an account.
    type Uses: Send + Sync;
    /// What describes the body of a creation.
    type New: ToSchema;
    /// What a creation answers: with the secrets, where there are any.
    type Created: Serialize + ToSchema + Send + Sync;

    /// What of it can be changed, as it is.
    fn details(&self) -> Self::Details;

    /// As a change answers it.
    fn item(&self) -> Self::Item;

    /// As lists show it.
    fn list_item(&self, uses: &Self::Uses) -> Self::ListItem;

    /// The same with other details.
    fn with_details(self, details: Self::Details) -> Result<Self, AdministrationError>;

    /// Finds out what is known of their use.
    fn uses(within: InAccount<'_>) -> impl Future<Output = Result<Self::Uses, AdministrationError>> + Send;

    /// Makes one.
    fn create(
        creation: Creation<'_>,
    ) -> impl Future<Output = Result<CreatedResponse, AdministrationError>> + Send;

    /// A page of those that an account has.
    fn page(
        within: InAccount<'_>,
        range: PageRequest<'_>,
    ) -> impl Future<Output = Result<AccountResourcePage<Self>, AdministrationError>> + Send {
        async move { within.admin.auth.administration().account_resources(within.caller, within.account, range) }
    }

    /// One of them.
    fn find(
        within: InAccount<'_>,
        id: i64,
    ) -> impl Future<Output = Result<Self, AdministrationError>> + Send {
        async move { within.admin.auth.administration().account_resource(within.caller, within.account, id) }
    }
}

/// Of which account, and who asks.
#[derive(Clone, Copy)]
pub(super) struct InAccount<'a> {
    pub(super) admin: &'a AdminState,
    pub(super) caller: &'a Caller,
    pub(super) account: AccountId,
}

/// A creation: in which account, and what the request says of it.
pub(super) struct Creation<'a> {
    pub(super) within: InAccount<'a>,
    pub(super) patch: Patch,
    pub(super) pending: &'a PendingCreation,
}

/// The routes of a kind, with their description.
pub(super) fn routes<R: RepresentedResource>() -> OpenApiRouter<AdminState> {
    let (collection, one) =
        (get(list::<R>).post(make::<R>), get(read::<R>).patch(change::<R>).delete(delete::<R>));
    OpenApiRouter::new()
        .routes((description::schemas::<R>(), description::of_collection::<R>(), collection))
        .routes((Vec::new(), description::of_one::<R>(), one))
}

async fn list<R: RepresentedResource>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    wanted: Result<QueryParameters<PageParameters>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::ReadAccount(account))?;
    let QueryParameters(wanted) = wanted?;
    let within = InAccount { admin: &admin, caller: &caller, account };
    let page = R::page(within, wanted.page()?).await?;
    let uses = R::uses(within).await?;
    let items = page.resources.iter().map(|resource| resource.list_item(&uses)).collect();
    Ok(json(StatusCode::OK, &Page::<R> { items, next: page.next }))
}

async fn make<R: RepresentedResource>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(account): PathParameters<String>,
    body: Result<Idempotent<Patch>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account(&caller, Scope::WriteAccount(account))?;
    let Idempotent(patch, key) = body?;
    let pending = match key.begin(&admin, &caller, Scope::WriteAccount(account)).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let within = InAccount { admin: &admin, caller: &caller, account };
    Ok(created(&R::create(Creation { within, patch, pending: &pending }).await?))
}

async fn read<R: RepresentedResource>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
) -> Result<Response, AdminError> {
    let within = InAccount { admin: &admin, caller: &caller, account: account_named(&account)? };
    let found = R::find(within, id).await?;
    let listed = found.list_item(&R::uses(within).await?);
    Ok(tagged(json(StatusCode::OK, &listed), &found.item()))
}

async fn change<R: RepresentedResource>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
    patch: Result<Patch, AdminError>,
) -> Result<Response, AdminError> {
    let at = AccountResourceId { account: account_named(&account)?, id };
    admin.auth.administration().expect_account_resource::<R>(&caller, at)?;
    let patch = patch?;
    let condition = Condition::of_change(&headers);
    let edit = |present: &R| patch.applied_to(present.clone());
    let unchanged = |present: &R| condition.require(&present.item());
    let item =
        admin.auth.administration().change_account_resource(&caller, at, edit, unchanged).await?.item();
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

async fn delete<R: RepresentedResource>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &R| condition.require(&present.item());
    admin
        .auth
        .administration()
        .delete_account_resource(
            &caller,
            AccountResourceId { account: account_named(&account)?, id },
            unchanged,
        )
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Patch {
    /// The thing with the fields of the request over its own.
    pub(super) fn applied_to<R: RepresentedResource>(&self, present: R) -> Result<R, AdministrationError> {
        let details = self.over(&present.details())?;
        present.with_details(details)
    }
}

/// Makes a thing that is numbered within its account: with the given `id`, or the next.
pub(super) async fn create_numbered<R>(creation: Creation<'_>) -> Result<CreatedResponse, AdministrationError>
where
    R: RepresentedResource<Created = <R as RepresentedResource>::Item> + NumberedResource,
{
    let Creation { within: InAccount { admin, caller, account }, mut patch, pending } = creation;
    let id = patch.take::<i64>("id")?;
    let fill = |blank: R| patch.applied_to(blank);
    let answer = |made: &R| {
        let item = made.item();
        CreatedResponse::new(&path::<R>(account.as_str(), made.id()), &item, &item)
    };
    let stored = |made: &R| answer(made).stored();
    let idempotency = pending.with_response(&stored);
    let made =
        admin.auth.administration().create_numbered_resource(caller, account, id, fill, idempotency).await?;
    Ok(answer(&made))
}

/// Where one of a kind is.
pub(super) fn path<R: RepresentedResource>(account: &str, id: i64) -> String {
    format!("/admin/v1/accounts/{account}/{}/{id}", R::WORDS.collection)
}
