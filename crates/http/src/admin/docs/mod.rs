//! `/admin/v1/docs`: a page that shows the description of the administration to people, with what they can try.
//!
//! It is Swagger UI, as its package has it; ours are the page around it and what it is started with. Nothing is loaded from
//! elsewhere. The policy allows no script but those two, none that is made of text, and nobody to frame the page. It needs no
//! login: the description is no secret, and whoever tries an operation sends a bearer of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use utoipa_swagger_ui::Config;
use vestibule_serve::layers::Refusal;

const PAGE: &str = include_str!("page.html");
const START: &str = include_str!("start.js");

/// What the page may do: read the description beside it, ask this service, and use its own files. Small pictures stand in the
/// style itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of the package that the page uses.
const FILES: [&str; 3] = ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

/// The page, what starts it, and the files of the package.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/admin/v1/docs", get(async || file("text/html; charset=utf-8", PAGE.into())))
        .route("/admin/v1/docs/start.js", get(async || file("text/javascript; charset=utf-8", START.into())))
        .route("/admin/v1/docs/{file}", get(async |Path(name): Path<String>| packaged(&name)))
}

fn packaged(name: &str) -> Response {
    let found = FILES.contains(&name).then(|| utoipa_swagger_ui::serve(name, Arc::new(Config::default())));
    match found {
        Some(Ok(Some(found))) => file(kind(name), found.bytes.into_owned()),
        _ => super::REFUSAL.answer(Refusal::NotFound),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "js")) => "text/javascript; charset=utf-8",
        Some((_, "css")) => "text/css; charset=utf-8",
        _ => "image/png",
    }
}

/// Asked for anew each time, so that page and description are of one version.
fn file(kind: &'static str, bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, bytes).into_response()
}
