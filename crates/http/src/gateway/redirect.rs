//! Browsers that nobody is known by are led to the login page, by rules that say so, and back to where they wanted to go.

use axum::http::header::ACCEPT;
use form_urlencoded::Serializer;
use vestibule_model::AccountId;
use vestibule_oauth1::Scheme;
use vestibule_serve::layers::Headers;

use super::kind::Reported;
use crate::api::ApiState;
use crate::pages::{behind_the_gate, is_own_page};

/// The login page, with where to go on after it, for a request by which a browser asks for a page; None: it is another. Whoever
/// asks at an origin that nobody is sent back to is led there without.
pub(super) fn login_page(
    api: &ApiState,
    reported: &Reported<'_>,
    headers: Headers<'_>,
    account: Option<AccountId>,
) -> Option<String> {
    if !matches!(reported.method, "GET" | "HEAD") || !accepts_pages(headers) {
        return None;
    }
    let wanted = asked_for(reported);
    // It would be led to itself.
    if wanted.as_deref().is_some_and(|wanted| is_own_page(api, wanted)) {
        return None;
    }
    let mut page = api.public_origin.to_string();
    match account {
        Some(account) => page.extend(["/me/", account.as_str(), "/login"]),
        None => page.push_str("/me/login"),
    }
    if let Some(wanted) = wanted.as_deref().and_then(|wanted| behind_the_gate(api, wanted)) {
        let start = page.len() + 1;
        page.push('?');
        page = Serializer::for_suffix(page, start).append_pair("continue", wanted).finish();
    }
    Some(page)
}

/// Whether the client names HTML among what it takes, as browsers do for pages and programs do not.
fn accepts_pages(headers: Headers<'_>) -> bool {
    let mut types = headers.all(&ACCEPT).flat_map(|value| value.split(|byte| *byte == b','));
    types.any(|one| {
        let name = one.split(|byte| *byte == b';').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"text/html")
    })
}

/// The URL that the browser shows, as origins are written.
fn asked_for(reported: &Reported<'_>) -> Option<String> {
    let (scheme, default_port) = match reported.scheme()? {
        Scheme::Http => ("http://", ":80"),
        Scheme::Https => ("https://", ":443"),
    };
    let host = reported.host.strip_suffix(default_port).unwrap_or(reported.host).to_ascii_lowercase();
    Some([scheme, &host, reported.target].concat())
}
