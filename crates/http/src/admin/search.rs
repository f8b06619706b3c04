//! `POST /admin/v1/search`: what a text may mean.
//!
//! A POST because of what is pasted: it may be a credential, and addresses are kept in too many places.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_auth::{FoundApplication, FoundConnection, UserEntry};
use vestibule_model::{Application, Population, UserKind};
use zeroize::Zeroizing;

use super::AdminState;
use super::problem::{AdminError, Problem};
use super::request::{AuthenticatedCaller, JsonBody, json};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SearchQuestion)]
pub(super) struct Question {
    /// A login name or how it begins, an id, a session's reference, an address, or what somebody pasted: a bearer, a cookie, a LiveVox id. It
    /// is not kept anywhere.
    text: String,
}

/// What the text may mean, as far as the caller may see it: twenty of a kind at most, those that are called exactly so first.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchAnswer)]
struct Answer {
    session: Option<SessionItem>,
    address: Option<AddressItem>,
    accounts: Vec<String>,
    users: Vec<UserItem>,
    connections: Vec<ConnectionItem>,
    applications: Vec<ApplicationItem>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FoundSession)]
struct SessionItem {
    reference: Uuid,
    /// Whether it is among the live sessions that the caller may see. Of one that is not, `/admin/v1/why` tells what became of it.
    lives: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FoundAddress)]
struct AddressItem {
    address: String,
    /// How many live sessions were opened from there.
    sessions: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FoundUser)]
struct UserItem {
    account: String,
    id: i64,
    login_name: String,
    full_name: String,
    population: Population,
    kind: UserKind,
    enabled: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FoundConnection)]
struct ConnectionItem {
    account: String,
    id: i64,
    /// Its name in addresses.
    name: String,
    /// What people are shown as its name.
    display_name: String,
    /// Whether users log in by it.
    enabled: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = FoundApplication)]
struct ApplicationItem {
    account: String,
    /// `api-key`, `oauth-client` or `application-token`.
    kind: &'static str,
    id: i64,
    name: String,
}

/// What a text may mean.
#[utoipa::path(post, path = "/admin/v1/search", tag = "search", security(("bearer" = [])), request_body = Question,
    responses((status = 200, body = Answer), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn everything(
    State(admin): State<AdminState>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    JsonBody(wanted): JsonBody<Question>,
) -> Result<Response, AdminError> {
    let text = Zeroizing::new(wanted.text);
    let found = admin.auth.administration().search(&caller, &text).await?;
    let answer = Answer {
        session: found.session.map(|session| SessionItem {
            reference: Uuid::from_bytes(session.reference.0),
            lives: session.lives,
        }),
        address: found
            .address
            .map(|(address, sessions)| AddressItem { address: address.to_string(), sessions }),
        accounts: found.accounts.iter().map(ToString::to_string).collect(),
        users: found.users.iter().map(|user| user_item(user)).collect(),
        connections: found.connections.into_iter().map(connection_item).collect(),
        applications: found.applications.into_iter().filter_map(application_item).collect(),
    };
    Ok(json(StatusCode::OK, &answer))
}

fn user_item(user: &UserEntry) -> UserItem {
    UserItem {
        account: user.account.to_string(),
        id: user.id.0,
        login_name: user.login_name.clone(),
        full_name: user.full_name.clone(),
        population: user.population,
        kind: user.kind,
        enabled: user.enabled,
    }
}

fn connection_item(found: FoundConnection) -> ConnectionItem {
    let FoundConnection { account, id, name, display_name, enabled } = found;
    ConnectionItem { account: account.to_string(), id: id.0, name, display_name, enabled }
}

fn application_item(found: FoundApplication) -> Option<ApplicationItem> {
    let FoundApplication { account, application, name } = found;
    let (kind, id) = match application {
        Application::None => return None,
        Application::ApiKey(id) => ("api-key", id),
        Application::OauthClient(id) => ("oauth-client", id),
        Application::Token(id) => ("application-token", id),
    };
    Some(ApplicationItem { account: account.to_string(), kind, id: id.0, name })
}
