//! Kinds that have secrets: they are shown when they are made, once, and can be renewed (`POST …/secrets`); those before them are
//! ended before their time by `DELETE …/previous-values`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{delete, post};
use http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{ContentBuilder, PathItem, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use vestibule_auth::{AccountResourceId, Renewable, Scope, WithSecrets};

use super::{RepresentedResource, description, path};
use crate::admin::AdminState;
use crate::admin::condition::Condition;
use crate::admin::idempotency::{CreatedResponse, CreationState, Idempotent, created};
use crate::admin::problem::AdminError;
use crate::admin::renewal::{Renewal, RenewalBody};
use crate::admin::request::{AuthenticatedCaller, PathParameters, account_named};

/// A kind of which N values are secrets.
pub(in crate::admin) trait HasSecrets<const N: usize>:
    RepresentedResource + Renewable<N>
{
    /// What the description says of renewing them.
    const RENEW: &'static str;

    /// The thing with its secrets, which are shown here and never again.
    fn with_secrets(made: &WithSecrets<Self, N>) -> Self::Created;

    /// What is answered when one was made, or has other secrets.
    fn created_response(account: &str, made: &WithSecrets<Self, N>) -> CreatedResponse {
        let at = path::<Self>(account, made.application.id());
        CreatedResponse::new(&at, &Self::with_secrets(made), &made.application.item())
    }
}

/// What the description says of ending those before the present ones.
const END_OVERLAP: &str = "Erases the values before the present ones while they still work, and ends the sessions that were opened with them. Those of the\n\
    present ones go on. Where there are none, that is so already.";

/// The routes that renew secrets, and end those before.
pub(in crate::admin) fn secret_routes<R: HasSecrets<N>, const N: usize>() -> OpenApiRouter<AdminState> {
    let mut schemas = description::Schemas::new();
    description::add::<Renewal>(&mut schemas);
    let words = R::WORDS;
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Renewal::name()))).build();
    let renew = description::of_one_thing(&words, "renew", R::RENEW)
        .parameter(description::idempotency_key())
        .request_body(Some(RequestBodyBuilder::new().content("application/json", content).build()));
    let renew = description::answered::<R::Created>(renew, "201");
    let renew = description::refused(renew, &[403, 404, 409, 422]);
    let at = format!("/admin/v1/accounts/{{account}}/{}/{{id}}/secrets", words.collection);
    let paths = description::paths(at, PathItem::new(HttpMethod::Post, renew));
    let end = description::of_one_thing(&words, "end_overlap", END_OVERLAP)
        .parameter(description::if_match())
        .response("204", ResponseBuilder::new());
    let end = description::refused(end, &[403, 404, 412, 428]);
    let at = format!("/admin/v1/accounts/{{account}}/{}/{{id}}/previous-values", words.collection);
    let ends = description::paths(at, PathItem::new(HttpMethod::Delete, end));
    OpenApiRouter::new().routes((schemas, paths, post(renew_secrets::<R, N>))).routes((
        Vec::new(),
        ends,
        delete(end_overlap::<R, N>),
    ))
}

async fn end_overlap<R: HasSecrets<N>, const N: usize>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &R| condition.require(&present.item());
    let at = AccountResourceId { account: account_named(&account)?, id };
    admin.auth.administration().end_overlap::<R, N>(&caller, at, unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn renew_secrets<R: HasSecrets<N>, const N: usize>(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters((account, id)): PathParameters<(String, i64)>,
    wanted: Result<Idempotent<RenewalBody>, AdminError>,
) -> Result<Response, AdminError> {
    let account = account_named(&account)?;
    admin.auth.administration().expect_account_resource::<R>(&caller, AccountResourceId { account, id })?;
    let Idempotent(wanted, key) = wanted?;
    let overlap = wanted.overlap()?;
    let pending = match key.begin(&admin, &caller, Scope::WriteAccount(account)).await? {
        CreationState::New(pending) => pending,
        CreationState::Replay(answer) => return Ok(answer),
    };
    let answer = |renewed: &WithSecrets<R, N>| R::created_response(account.as_str(), renewed);
    let stored = |renewed: &WithSecrets<R, N>| answer(renewed).stored();
    let idempotency = pending.with_response(&stored);
    let renewed = admin
        .auth
        .administration()
        .renew::<R, N>(&caller, AccountResourceId { account, id }, overlap, idempotency)
        .await?;
    Ok(created(&answer(&renewed)))
}
