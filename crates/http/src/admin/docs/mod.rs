//! `/admin/v1/docs`: a page that shows the description of the administration, for people.
//!
//! Three files of our own, nothing from elsewhere. The policy of the page allows no script but ours, no markup made of
//! text, and nobody to frame it. It needs no login: the description is no secret.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("viewer.css");
const SCRIPT: &str = include_str!("viewer.js");

/// What the page may do: read the description beside it, and use the two files of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The page, its style and its script.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/admin/v1/docs", get(async || file("text/html; charset=utf-8", PAGE)))
        .route("/admin/v1/docs/viewer.css", get(async || file("text/css; charset=utf-8", STYLE)))
        .route("/admin/v1/docs/viewer.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
}

/// Asked for anew each time, so that page and description are of one version.
fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}
