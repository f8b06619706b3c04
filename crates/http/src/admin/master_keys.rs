//! `/admin/v1/master-keys`: which generation of the master key is in force, and what depends on each. No key goes over the wire.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_auth::{DigestHolder, DigestKind, ListedMasterKey, Scope, SessionsUnderIt};
use vestibule_model::{Generation, KeyState, Millis};

use super::AdminState;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, PathParameters, json};

#[derive(Serialize, ToSchema)]
struct MasterKey {
    #[schema(minimum = 1, maximum = 255)]
    generation: u8,
    state: KeyState,
    /// Whether the key is where the service reads its keys. If one that is active or readable is not, the next start is
    /// refused; one that is retired may be missing.
    at_hand: bool,
    /// When it came into force; absent: with the database, or not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    activated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retired_at: Option<i64>,
    remains: RemainsUnderKey,
}

/// What depends on it. It is not retired while a number is not 0.
#[derive(Serialize, ToSchema)]
struct RemainsUnderKey {
    /// Sessions.
    sessions: u64,
    /// Whoever has secrets that are sealed under it, API keys among them: they are sealed anew in the background.
    sealed_secrets: u64,
    /// Answers to creations, which are forgotten within a day.
    answers: u64,
    /// Secrets that are kept as digests: made anew when the secret is used.
    digests: u64,
    /// Whose digests those are: a hundred at most.
    holders: Vec<HolderOfDigest>,
    /// Whether it is needed to verify the audit, also when it is retired.
    verifies_audit: bool,
}

#[derive(Serialize, ToSchema)]
struct HolderOfDigest {
    kind: HolderKind,
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum HolderKind {
    ApplicationToken,
    OauthClient,
    AdministrationToken,
}

#[derive(Serialize, ToSchema)]
struct MasterKeys {
    keys: Vec<MasterKey>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetireMasterKey {
    /// Whether the sessions under it end first, the caller's own among them, and the answers that are kept for repeated
    /// requests are forgotten. Otherwise it is not retired while there are any.
    #[serde(default)]
    end_sessions: bool,
}

/// The generations of the master key that the service has or had.
#[utoipa::path(get, path = "/admin/v1/master-keys", tag = "master keys",
    security(("bearer" = [])), responses((status = 200, body = MasterKeys), (status = 403, body = Problem)))]
pub(super) async fn list(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let keys = admin.auth.administration().master_keys(&caller).await?.iter().map(shown).collect();
    Ok(json(StatusCode::OK, &MasterKeys { keys }))
}

/// One generation.
#[utoipa::path(get, path = "/admin/v1/master-keys/{generation}", tag = "master keys",
    security(("bearer" = [])), params(("generation" = u8, Path, minimum = 1)),
    responses((status = 200, body = MasterKey), (status = 404, body = Problem)))]
pub(super) async fn read(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(generation): PathParameters<Generation>,
) -> Result<Response, AdminError> {
    Ok(json(StatusCode::OK, &shown(&admin.auth.administration().master_key(&caller, generation).await?)))
}

/// Reads the master keys again from where the service has them.
#[utoipa::path(post, path = "/admin/v1/master-keys/reload", tag = "master keys",
    security(("bearer" = [])),
    responses((status = 200, body = MasterKeys), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn reload(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let keys = admin.auth.administration().reload_master_keys(&caller).await?.iter().map(shown).collect();
    Ok(json(StatusCode::OK, &MasterKeys { keys }))
}

/// Puts a generation into force. What was made under the one before is accepted as before.
#[utoipa::path(post, path = "/admin/v1/master-keys/{generation}/activate", tag = "master keys",
    security(("bearer" = [])), params(("generation" = u8, Path, minimum = 1)),
    responses((status = 200, body = MasterKey), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn activate(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(generation): PathParameters<Generation>,
) -> Result<Response, AdminError> {
    Ok(json(
        StatusCode::OK,
        &shown(&admin.auth.administration().activate_master_key(&caller, generation).await?),
    ))
}

/// Retires a generation: nothing that was made under it is accepted any more. Refused while anything depends on it.
#[utoipa::path(post, path = "/admin/v1/master-keys/{generation}/retire", tag = "master keys",
    security(("bearer" = [])), params(("generation" = u8, Path, minimum = 1)), request_body = RetireMasterKey,
    responses((status = 200, body = MasterKey), (status = 403, body = Problem), (status = 404, body = Problem),
    (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn retire(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathParameters(generation): PathParameters<Generation>,
    body: Result<JsonBody<RetireMasterKey>, AdminError>,
) -> Result<Response, AdminError> {
    caller.require(Scope::WriteInstallation)?;
    let JsonBody(wanted) = body?;
    let sessions = if wanted.end_sessions { SessionsUnderIt::End } else { SessionsUnderIt::Wait };
    Ok(json(
        StatusCode::OK,
        &shown(&admin.auth.administration().retire_master_key(&caller, generation, sessions).await?),
    ))
}

fn shown(listed: &ListedMasterKey) -> MasterKey {
    let (record, remains) = (&listed.record, &listed.remains);
    MasterKey {
        generation: record.generation.number(),
        state: record.state,
        at_hand: listed.at_hand,
        activated_at: record.activated_at.map(Millis::as_unix),
        retired_at: record.retired_at.map(Millis::as_unix),
        remains: RemainsUnderKey {
            sessions: remains.sessions,
            sealed_secrets: remains.sealed_secrets,
            answers: remains.answers,
            digests: remains.digests,
            holders: remains.holders.iter().map(holder).collect(),
            verifies_audit: remains.verifies_audit,
        },
    }
}

fn holder(holder: &DigestHolder) -> HolderOfDigest {
    HolderOfDigest {
        kind: match holder.kind {
            DigestKind::ApplicationToken => HolderKind::ApplicationToken,
            DigestKind::OauthClient => HolderKind::OauthClient,
            DigestKind::AdministrationToken => HolderKind::AdministrationToken,
        },
        id: holder.id,
        name: holder.name.clone(),
        account: holder.account.map(|account| account.to_string()),
    }
}
