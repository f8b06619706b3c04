//! Pages as answers: what is in the head of each of them.

use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use vestibule_pages::{Link, Look, Message, POLICY, Page};
use vestibule_serve::forms::page_headers;

/// What every page says to the browser.
pub(crate) const HEADERS: &[(&str, &str)] = &page_headers(POLICY);

fn with_headers(mut answer: Response) -> Response {
    let headers =
        HEADERS.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    for (name, value) in headers {
        // In the place of what the body said of itself.
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// A page.
pub(crate) fn page(status: StatusCode, page: &impl Page) -> Response {
    with_headers((status, page.html()).into_response())
}

/// The same, of somebody who should wait for so many seconds.
pub(crate) fn wait(headers: &mut HeaderMap, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// Sends the browser away, to an address that this service knows.
pub(crate) fn found(address: &str) -> Response {
    let mut answer = see_other(address);
    *answer.status_mut() = StatusCode::FOUND;
    answer
}

/// Sends the browser to a path of ours.
pub(crate) fn see_other(path: &str) -> Response {
    let mut answer = with_headers(StatusCode::SEE_OTHER.into_response());
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}

/// Sends the browser on after a form. A path from which others send it to another host is reached by a page that goes there
/// at once: a policy that keeps forms within the service counts for where they are sent on to as well.
pub(crate) fn go_on(look: Look<'_>, path: &str) -> Response {
    if path.starts_with("/me/") {
        return see_other(path);
    }
    let message = Message {
        look,
        title: "Signed in",
        text: "You are being taken back to where you came from.",
        link: Some(Link { name: "Go on", address: path }),
        goes_to: Some(path),
    };
    page(StatusCode::OK, &message)
}

/// A page of a few words in the look of nobody.
pub(crate) fn plain_message(title: &str, text: &str) -> String {
    let link = Some(Link { name: "Sign in", address: "/me/login" });
    Message { look: Look::PLAIN, title, text, link, goes_to: None }.html()
}
