//! `/admin/v1/signing-keys`: the keys that the sentinel signs its tokens with. No private key goes over the wire.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_auth::{Idempotency, ListedSigningKey};
use vestibule_model::SigningKeyId;

use super::AdminState;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, PathParameters, json};

#[derive(Serialize, ToSchema)]
struct SigningKey {
    /// What tokens name as `kid`.
    id: i64,
    /// Whether it signs now.
    signs: bool,
    /// Since when it is in the key set: milliseconds since 1970.
    published_from: i64,
    /// From when on it signs, until a later one does.
    used_from: i64,
}

#[derive(Serialize, ToSchema)]
struct SigningKeys {
    keys: Vec<SigningKey>,
}

/// The keys in the key set: the one that signs, the next one, and those whose last tokens are not over.
#[utoipa::path(get, path = "/admin/v1/signing-keys", tag = "signing keys",
    security(("bearer" = [])), responses((status = 200, body = SigningKeys), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let keys = admin.auth.administration().signing_keys(&caller).await?.iter().map(shown).collect();
    Ok(json(StatusCode::OK, &SigningKeys { keys }))
}

/// Makes the next signing key. It is published at once and signs in an hour, when whoever keeps the key set has seen it; no token
/// becomes invalid.
#[utoipa::path(post, path = "/admin/v1/signing-keys/rotate", tag = "signing keys",
    security(("bearer" = [])), responses((status = 200, body = SigningKey), (status = 403, body = Problem)))]
pub(super) async fn rotate(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let made = admin.auth.administration().rotate_signing_key(&caller, Idempotency::none()).await?;
    Ok(json(StatusCode::OK, &shown(&made)))
}

/// Deletes a signing key that somebody else may have: whoever reads the key set from here on refuses its tokens. The last one
/// cannot be deleted.
#[utoipa::path(delete, path = "/admin/v1/signing-keys/{key}", tag = "signing keys",
    security(("bearer" = [])), params(("key" = i64, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem)))]
pub(super) async fn delete(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(key): PathParameters<i64>,
) -> Result<StatusCode, AdminError> {
    admin.auth.administration().delete_signing_key(&caller, SigningKeyId(key)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(ListedSigningKey { key, signs }: &ListedSigningKey) -> SigningKey {
    SigningKey {
        id: key.id.0,
        signs: *signs,
        published_from: key.created.as_unix(),
        used_from: key.used_from.as_unix(),
    }
}
