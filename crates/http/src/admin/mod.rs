//! Administration over HTTP, under `/admin/v1`, on the operators' listener. Described by OpenAPI, made from this code.
//!
//! A file per kind of thing; translates and holds no rules: those are in `vestibule_auth`. No cookies, so that no page of
//! another site can act for an administrator. Every operation has its line in `tests/admin/coverage.rs`, which says who
//! may call it.

mod accounts;
mod administrators;
mod condition;
mod login;
mod paging;
mod patch;
mod problem;
mod request;
mod role;
mod sessions;
mod tokens;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vestibule_auth::Auth;
use vestibule_model::Clock;

pub(crate) use problem::body as problem_body;

/// What every handler for administrators works with.
#[derive(Clone)]
pub struct AdminState {
    /// The engine.
    pub auth: Arc<Auth>,
    /// Tells handlers the time, which they hand on as an argument.
    pub clock: Arc<dyn Clock>,
}

/// The routes of administration.
pub fn router(state: AdminState) -> Router {
    let (router, description) = described().split_for_parts();
    let description: Arc<str> = in_json(&description).into();
    let describe = async move || {
        let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
        (headers, description.to_string())
    };
    router.route("/admin/v1/openapi.json", get(describe)).with_state(state)
}

/// The description of every route of administration but its own, as JSON text.
pub fn openapi() -> String {
    in_json(&described().into_openapi())
}

fn in_json(description: &OpenApi) -> String {
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn described() -> OpenApiRouter<AdminState> {
    OpenApiRouter::with_openapi(frame())
        .routes(routes!(login::log_in))
        .routes(routes!(login::log_out))
        .routes(routes!(accounts::list, accounts::make))
        .routes(routes!(accounts::read, accounts::change, accounts::delete))
        .routes(routes!(users::list, users::make))
        .routes(routes!(users::read, users::change, users::delete))
        .routes(routes!(users::set_password))
        .routes(routes!(users::unlock))
        .routes(routes!(administrators::list))
        .routes(routes!(administrators::read, administrators::set, administrators::remove))
        .routes(routes!(tokens::list, tokens::make))
        .routes(routes!(tokens::read, tokens::revoke))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::read, sessions::end))
        .routes(routes!(sessions::end_of_account))
        .routes(routes!(sessions::end_of_user))
        .routes(routes!(sessions::end_of_application))
}

fn frame() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("What `/admin/v1/login` answers, or an administration token."))
        .build();
    let mut description = OpenApi::default();
    description.info = Info::new("Vestibule administration", "1");
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    description.components = Some(components);
    description
}
