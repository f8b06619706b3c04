//! The Domain API: which host serves an API of an account (contract liveperson §2).
//!
//! Both roots, with and without the service, with and without `.json`; no authentication.

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use vestibule_auth::AccountEntry;
use vestibule_model::Service;

use crate::api::ApiState;
use crate::query;

/// How long clients may keep an answer, in seconds: what they do anyway (contract liveperson §2).
const MAX_AGE: &str = "max-age=300";

/// The routes of the Domain API.
pub(crate) fn routes() -> Router<ApiState> {
    let mut router = Router::new();
    for root in ["/api", "/csdr"] {
        for suffix in ["", ".json"] {
            router = router
                .route(&format!("{root}/account/{{account}}/service/baseURI{suffix}"), get(collection))
                .route(
                    &format!("{root}/account/{{account}}/service/{{service}}/baseURI{suffix}"),
                    get(single),
                );
        }
    }
    router
}

#[derive(Serialize)]
struct BaseUri<'a> {
    service: &'a str,
    account: &'a str,
    #[serde(rename = "baseURI")]
    host: &'a str,
}

#[derive(Serialize)]
struct BaseUris<'a> {
    #[serde(rename = "baseURIs")]
    base_uris: Vec<BaseUri<'a>>,
}

#[derive(Clone, Copy)]
enum DomainError {
    Version,
    UnknownAccount,
    UnknownService,
}

async fn collection(
    State(api): State<ApiState>,
    account: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    if !version_is_known(query.as_deref()) {
        return DomainError::Version.into_response();
    }
    // What is no text is no account either.
    let account = account.ok().and_then(|Path(account)| account.parse().ok());
    let entry = account.and_then(|id| api.auth.public_account(id));
    let base_uris = entry.as_ref().map_or_else(Vec::new, |entry| {
        entry.account.services.iter().map(|service| base_uri(&api, entry, service)).collect()
    });
    found(&BaseUris { base_uris })
}

async fn single(
    State(api): State<ApiState>,
    names: Result<Path<(String, String)>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Response {
    if !version_is_known(query.as_deref()) {
        return DomainError::Version.into_response();
    }
    let Ok(Path((account, service))) = names else {
        return DomainError::UnknownService.into_response();
    };
    let Some(entry) = account.parse().ok().and_then(|id| api.auth.public_account(id)) else {
        return DomainError::UnknownAccount.into_response();
    };
    match entry.account.services.iter().find(|known| known.name == service) {
        Some(service) => found(&base_uri(&api, &entry, service)),
        None => DomainError::UnknownService.into_response(),
    }
}

fn base_uri<'a>(api: &'a ApiState, entry: &'a AccountEntry, service: &'a Service) -> BaseUri<'a> {
    BaseUri {
        service: &service.name,
        account: entry.account.id.as_str(),
        host: service.base_uri.as_deref().unwrap_or(&api.public_address),
    }
}

/// `version` is 1.0 or not given.
fn version_is_known(query: Option<&str>) -> bool {
    query::values(query.unwrap_or_default(), "version").all(|version| version == "1.0")
}

fn found(body: &impl Serialize) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, MAX_AGE)], body).into_response()
}

impl IntoResponse for DomainError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Version => (StatusCode::BAD_REQUEST, "Unknown version"),
            Self::UnknownAccount => (StatusCode::UNAUTHORIZED, "Unknown account"),
            Self::UnknownService => (StatusCode::NOT_FOUND, "Unknown service"),
        };
        let body = serde_json::json!({ "error": error }).to_string();
        (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
    }
}
