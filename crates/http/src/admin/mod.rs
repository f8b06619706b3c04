//! Administration over HTTP, under `/admin/v1`, on the operators' listener. Described by OpenAPI, made from this code.
//!
//! A file per kind of resource; what is the same for all resources of an account is in `account_resources`. Translates and holds
//! no rules: those are in `vestibule_auth`. No cookies, so that no page of another site can act for an administrator. Every
//! operation has its line in `tests/admin/coverage.rs`, which says who may call it.

mod account_resources;
mod accounts;
mod administrators;
mod api_keys;
mod application_tokens;
mod audit;
mod condition;
mod connections;
mod consequences;
mod description;
mod docs;
mod ended_sessions;
mod events;
mod forms;
mod gateway_rules;
mod groups;
mod idempotency;
mod login;
mod look;
mod master_keys;
mod networks;
mod oauth_clients;
mod paging;
mod patch;
mod policies;
mod problem;
mod profiles;
mod refusals;
mod renewal;
mod request;
mod role;
mod run_to_completion;
mod search;
mod second_factor;
mod session_ends;
mod sessions;
mod signing_keys;
mod skills;
mod time;
mod tokens;
mod traffic;
mod users;
mod why;
mod wording;

use std::sync::Arc;

use axum::routing::get;
use axum::{Router, middleware};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vestibule_auth::{Auth, Origins};
use vestibule_model::{ApiKey, ApplicationToken, Clock, Connection, Group, OauthClient, Profile, Skill};

use account_resources::secret_routes;

pub(crate) use problem::{REFUSAL, body as problem_body, typed as typed_problem};

/// What every handler for administrators works with.
#[derive(Clone)]
pub struct AdminState {
    /// The engine.
    pub auth: Arc<Auth>,
    /// Tells handlers the time, which they hand on as an argument.
    pub clock: Arc<dyn Clock>,
    /// Under which origins browsers reach this server: absolute URLs begin so.
    pub origins: Origins,
}

/// The routes of administration.
pub fn router(state: AdminState) -> Router {
    let (router, mut description) = described().split_for_parts();
    description::complete(&mut description);
    let description: Arc<str> = description::in_json(&description).into();
    let describe = async move || {
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        (headers, description.to_string())
    };
    let note_refusals = middleware::from_fn_with_state(state.clone(), refusals::note);
    router
        .route_layer(note_refusals)
        .route_layer(middleware::from_fn(run_to_completion::run))
        .route("/admin/v1/openapi.json", get(describe))
        .merge(docs::routes())
        .with_state(state)
}

/// The description of every route of administration but its own, as JSON text.
pub fn openapi() -> String {
    let mut description = described().into_openapi();
    description::complete(&mut description);
    description::in_json(&description)
}

fn described() -> OpenApiRouter<AdminState> {
    OpenApiRouter::with_openapi(description::frame())
        .routes(routes!(login::log_in))
        .routes(routes!(login::log_out))
        .routes(routes!(login::change_password))
        .routes(routes!(second_factor::read, second_factor::begin))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::renew_recovery_codes))
        .routes(routes!(second_factor::remove))
        .routes(routes!(policies::list_policies))
        .routes(routes!(accounts::list, accounts::make))
        .routes(routes!(accounts::read, accounts::change, accounts::delete))
        .routes(routes!(look::set_logo, look::remove_logo))
        .routes(routes!(users::list, users::make))
        .routes(routes!(users::read, users::change, users::delete))
        .routes(routes!(users::set_password))
        .routes(routes!(users::unlock))
        .routes(routes!(users::reset_second_factor))
        .merge(account_resources::routes::<Profile>())
        .merge(account_resources::routes::<Group>())
        .merge(account_resources::routes::<Skill>())
        .merge(account_resources::routes::<ApiKey>())
        .merge(secret_routes::<ApiKey, 2>())
        .merge(account_resources::routes::<OauthClient>())
        .merge(secret_routes::<OauthClient, 1>())
        .merge(account_resources::routes::<ApplicationToken>())
        .merge(secret_routes::<ApplicationToken, 1>())
        .merge(account_resources::routes::<Connection>())
        .routes(routes!(connections::operations::renew_key))
        .routes(routes!(connections::operations::forget_previous_key))
        .routes(routes!(connections::operations::set_client_secret))
        .routes(routes!(connections::operations::refresh))
        .routes(routes!(connections::operations::test))
        .routes(routes!(connections::connection_tests::begin_test))
        .routes(routes!(connections::connection_tests::read_test))
        .routes(routes!(administrators::list))
        .routes(routes!(administrators::read, administrators::set, administrators::remove))
        .routes(routes!(tokens::list, tokens::make))
        .routes(routes!(tokens::read, tokens::revoke))
        .routes(routes!(master_keys::list))
        .routes(routes!(master_keys::reload))
        .routes(routes!(master_keys::read))
        .routes(routes!(master_keys::activate))
        .routes(routes!(master_keys::retire))
        .routes(routes!(signing_keys::list))
        .routes(routes!(signing_keys::rotate))
        .routes(routes!(signing_keys::delete))
        .routes(routes!(gateway_rules::list))
        .routes(routes!(gateway_rules::read, gateway_rules::set, gateway_rules::delete))
        .merge(session_routes())
        .routes(routes!(consequences::read_consequences))
        .routes(routes!(search::everything))
        .routes(routes!(events::listen))
        .routes(routes!(traffic::of_account))
        .routes(routes!(traffic::of_nobody))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(why::why))
}

fn session_routes() -> OpenApiRouter<AdminState> {
    OpenApiRouter::new()
        .routes(routes!(sessions::list, sessions::end_all))
        .routes(routes!(sessions::read, sessions::end))
        .routes(routes!(sessions::end_of_account))
        .routes(routes!(sessions::end_of_user))
        .routes(routes!(sessions::end_of_application))
        .routes(routes!(sessions::end_from_address))
        .routes(routes!(sessions::end_from_address_in_account))
        .routes(routes!(session_ends::begin))
        .routes(routes!(session_ends::read))
        .routes(routes!(ended_sessions::list_ended))
}
