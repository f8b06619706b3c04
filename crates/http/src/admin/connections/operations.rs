//! What is done with a connection besides changing it: other keys and secrets, reading it again, trying it.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use vestibule_auth::{AccountResourceId, Idempotency, NewKey, ShownMessage};
use vestibule_model::Connection;
use zeroize::Zeroizing;

use super::Item;
use super::report::Report;
use crate::admin::AdminState;
use crate::admin::account_resources::RepresentedResource as _;
use crate::admin::condition::{Condition, tagged};
use crate::admin::problem::{AdminError, Problem};
use crate::admin::request::{AuthenticatedCaller, JsonBody, PathParameters, account_named, json};

/// A key of ours; without one, it is made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionKey)]
pub(in crate::admin) struct KeyBody {
    /// The certificate, in PEM.
    certificate: Option<String>,
    /// Its private key, in PEM (PKCS #8). It is never shown again.
    private_key: Option<String>,
}

/// A client secret, or null: then the client is public.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClientSecret)]
pub(in crate::admin) struct SecretBody {
    /// It is never shown again.
    client_secret: Option<String>,
}

/// What an identity provider sent: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConnectionTest)]
pub(in crate::admin) struct TestBody {
    /// Of SAML: the field `SAMLResponse` of the form, or an assertion, in base64.
    saml_response: Option<String>,
    /// Of OpenID Connect: the ID token.
    id_token: Option<String>,
}

type At = PathParameters<(String, i64)>;

fn place(PathParameters((account, id)): At) -> Result<AccountResourceId, AdminError> {
    Ok(AccountResourceId { account: account_named(&account)?, id })
}

/// Gives a SAML connection another key of ours, made here or brought. What is encrypted for the one before is still read; the one
/// before that is forgotten. Give the identity provider the metadata anew.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/connections/{id}/keys", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)), request_body = KeyBody,
    responses((status = 200, body = Item), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(in crate::admin) async fn renew_key(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    at: At,
    headers: HeaderMap,
    body: Result<JsonBody<KeyBody>, AdminError>,
) -> Result<Response, AdminError> {
    let at = place(at)?;
    admin.auth.administration().expect_account_resource::<Connection>(&caller, at)?;
    let JsonBody(KeyBody { certificate, private_key }) = body?;
    let needed = |field: &str| AdminError::Malformed { field: field.into(), reason: "this is needed".into() };
    let key = match (certificate, private_key.map(Zeroizing::new)) {
        (None, None) => NewKey::Made,
        (Some(certificate), Some(private_key)) => NewKey::Given { certificate, private_key },
        (None, Some(_)) => return Err(needed("certificate")),
        (Some(_), None) => return Err(needed("private_key")),
    };
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &Connection| condition.require(&present.item());
    let (administration, unkeyed) = (admin.auth.administration(), Idempotency::none());
    let item = administration.renew_connection_key(&caller, at, key, unkeyed, unchanged).await?.item();
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Forgets our key before the present one: what is encrypted for it is refused from then on, and our metadata has its certificate no more. Where there is
/// none nothing is done.
#[utoipa::path(delete, path = "/admin/v1/accounts/{account}/connections/{id}/previous-key", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(in crate::admin) async fn forget_previous_key(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    at: At,
    headers: HeaderMap,
) -> Result<StatusCode, AdminError> {
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &Connection| condition.require(&present.item());
    admin.auth.administration().forget_previous_key(&caller, place(at)?, unchanged).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a connection of OpenID Connect another client secret, or none.
#[utoipa::path(put, path = "/admin/v1/accounts/{account}/connections/{id}/client-secret", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path), ("If-Match" = String, Header)), request_body = SecretBody,
    responses((status = 200, body = Item), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(in crate::admin) async fn set_client_secret(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    at: At,
    headers: HeaderMap,
    body: Result<JsonBody<SecretBody>, AdminError>,
) -> Result<Response, AdminError> {
    let at = place(at)?;
    admin.auth.administration().expect_account_resource::<Connection>(&caller, at)?;
    let JsonBody(SecretBody { client_secret }) = body?;
    let secret = client_secret.map(Zeroizing::new);
    let condition = Condition::of_change(&headers);
    let unchanged = |present: &Connection| condition.require(&present.item());
    let (administration, unkeyed) = (admin.auth.administration(), Idempotency::none());
    let item = administration.set_client_secret(&caller, at, secret, unkeyed, unchanged).await?.item();
    Ok(tagged(json(StatusCode::OK, &item), &item))
}

/// Reads the metadata of a SAML identity provider, or the keys of an OpenID provider, now instead of within ten minutes. Certificates
/// that the metadata does not have go, which they do not otherwise before they are over.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/connections/{id}/refresh", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path)),
    responses((status = 200, body = Item), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
pub(in crate::admin) async fn refresh(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    at: At,
) -> Result<Response, AdminError> {
    let item = admin.auth.administration().refresh_connection(&caller, place(at)?, |_| Ok(())).await?.item();
    Ok(json(StatusCode::OK, &item))
}

/// Examines what an identity provider sent as a login would, and tells everything about it. Nobody is logged in, and nothing is
/// used up. Administrators' connections cannot be tested before `admin.public_origin` is set.
#[utoipa::path(post, path = "/admin/v1/accounts/{account}/connections/{id}/test", tag = "connections",
    security(("bearer" = [])), params(("account" = String, Path), ("id" = i64, Path)), request_body = TestBody,
    responses((status = 200, body = Report), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(in crate::admin) async fn test(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    at: At,
    body: Result<JsonBody<TestBody>, AdminError>,
) -> Result<Response, AdminError> {
    let at = place(at)?;
    admin.auth.administration().expect_account_resource::<Connection>(&caller, at)?;
    let JsonBody(TestBody { saml_response, id_token }) = body?;
    let shown = match (saml_response, id_token) {
        (Some(response), None) => ShownMessage::SamlResponse(response),
        (None, Some(token)) => ShownMessage::IdToken(Zeroizing::new(token)),
        _ => {
            let reason = "one of saml_response and id_token is needed".into();
            return Err(AdminError::Malformed { field: String::new(), reason });
        }
    };
    let report = admin.auth.administration().test_connection(&caller, at, shown, &admin.origins).await?;
    Ok(json(StatusCode::OK, &Report::from(report)))
}
