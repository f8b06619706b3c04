//! `/admin/v1/policies`: what a new account can be made after, by name.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_model::{LockoutPolicy, NamedPolicy, PasswordPolicy, SessionPolicy};

use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, json};

#[derive(Serialize, ToSchema)]
#[schema(as = Policy)]
struct Item {
    /// What `policy` of a new account says.
    name: NamedPolicy,
    /// What it is for.
    purpose: &'static str,
    password_policy: PasswordPolicy,
    lockout_policy: LockoutPolicy,
    agent_lockout_policy: LockoutPolicy,
    session_policy: SessionPolicy,
    livevox_session_policy: SessionPolicy,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Policies)]
struct Page {
    policies: Vec<Item>,
}

/// The policies that a new account can be made after. They are copied into the account, and its own from then on.
#[utoipa::path(get, path = "/admin/v1/policies", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, body = Page), (status = 401, body = Problem)))]
pub(super) async fn list_policies(
    AuthenticatedCaller(_): AuthenticatedCaller,
) -> Result<Response, AdminError> {
    let policies = NamedPolicy::ALL.map(item).into();
    Ok(json(StatusCode::OK, &Page { policies }))
}

fn item(policy: NamedPolicy) -> Item {
    Item {
        name: policy,
        purpose: policy.purpose(),
        password_policy: policy.password_policy(),
        lockout_policy: policy.lockout_policy(),
        agent_lockout_policy: policy.agent_lockout_policy(),
        session_policy: policy.session_policy(),
        livevox_session_policy: policy.livevox_session_policy(),
    }
}
