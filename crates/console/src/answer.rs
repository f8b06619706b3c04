//! Pages as answers: what is in the head of each of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_pages::Page;
use vestibule_serve::forms::page_headers;
use vestibule_serve::layers::Cause;

/// The Content-Security-Policy of every page: nothing runs but the script of this service, and it asks nobody else (ADR 70).
pub const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page says to the browser.
pub(crate) const HEADERS: &[(&str, &str)] = &page_headers(POLICY);

/// The answer with what every page says to the browser.
pub(crate) fn with_headers(mut answer: Response) -> Response {
    for (name, value) in HEADERS {
        // In the place of what the body said of itself.
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

/// A page.
pub(crate) fn page(status: StatusCode, page: &impl Page) -> Response {
    html(status, page.html())
}

/// The same as text.
pub(crate) fn html(status: StatusCode, html: String) -> Response {
    with_headers((status, html).into_response())
}

/// Numbers and their words by name, for the script.
pub(crate) fn json(values: &BTreeMap<String, String>) -> Response {
    // Texts by name are always written.
    let mut answer = with_headers(serde_json::to_string(values).unwrap_or_default().into_response());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// A file that the browser keeps under this name.
pub(crate) fn download(content_type: &'static str, name: &str, text: String) -> Response {
    let mut answer = with_headers((StatusCode::OK, text).into_response());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(named) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        answer.headers_mut().insert(CONTENT_DISPOSITION, named);
    }
    answer
}

/// The answer with what is logged of it.
pub(crate) fn caused_by(mut answer: Response, error: impl Error + Send + Sync + 'static) -> Response {
    answer.extensions_mut().insert(Cause(Arc::new(error)));
    answer
}

/// Sends the browser to a path of the console.
pub(crate) fn see_other(path: &str) -> Response {
    let mut answer = with_headers(StatusCode::SEE_OTHER.into_response());
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}

/// Sends the browser away, to an address that this service knows.
pub(crate) fn found(address: &str) -> Response {
    let mut answer = see_other(address);
    *answer.status_mut() = StatusCode::FOUND;
    answer
}

/// A document of this media type.
pub(crate) fn document(content_type: &'static str, text: String) -> Response {
    let mut answer = with_headers(text.into_response());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// Says after how many seconds the same is worth asking again.
pub(crate) fn wait(headers: &mut HeaderMap, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}
