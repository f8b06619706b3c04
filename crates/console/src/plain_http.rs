//! Who is answered without TLS: a browser on this machine, and nobody else.
//!
//! The peer is of this machine, and so is the name that is asked for, which a page elsewhere cannot choose (DNS rebinding). A
//! proxy on this machine looks like such a browser and serves others: what a proxy has written something about is refused.

use axum::http::{Extensions, HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use vestibule_serve::layers::{Peer, is_encrypted, is_loopback_name};

use crate::REFUSAL;

const ADVICE: &str = "The console wants TLS: set server.admin_tls_certificate and server.admin_tls_key, or put a proxy in front \
    (server.admin_behind_tls) and name it in server.trusted_proxies, so that its X-Forwarded-Proto is believed. Without TLS it \
    answers a browser on the same machine only, at localhost.";

/// What proxies write.
const OF_PROXIES: [&str; 5] = ["forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip"];

/// How other headers begin that they write.
const BEGINNINGS: [&str; 3] = ["x-forwarded-", "x-envoy-", "cf-"];

/// Whether the console is shown over the connection of this request.
pub(crate) fn is_private(extensions: &Extensions, headers: &HeaderMap, uri: &Uri) -> bool {
    if is_encrypted(extensions) {
        return true;
    }
    let is_near = extensions.get::<Peer>().is_some_and(|peer| peer.address.ip().to_canonical().is_loopback());
    let hosts = headers.get_all(header::HOST).iter().map(|host| host.to_str().unwrap_or_default());
    let mut names = hosts.chain(uri.authority().map(http::uri::Authority::as_str)).peekable();
    let is_by_proxy = headers.keys().any(|name| is_of_proxies(name.as_str()));
    is_near && !is_by_proxy && names.peek().is_some() && names.all(is_loopback_name)
}

fn is_of_proxies(name: &str) -> bool {
    OF_PROXIES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// The page for whoever is not shown it.
pub(crate) fn refusal() -> Response {
    REFUSAL.answer_with(StatusCode::FORBIDDEN, ADVICE)
}
