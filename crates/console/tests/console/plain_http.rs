//! Without TLS a browser on the same machine is answered, and nobody else

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;
use vestibule_serve::layers::{ForwardedTls, Peer};

use crate::support::{Instance, LOGIN};

/// A request for the login page from this address.
fn request(peer: &str, host: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let builder = Request::get(LOGIN).header("host", host);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    let mut request = builder.body(Body::empty()).unwrap();
    let address: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(Peer { address, tls: false });
    request
}

/// The status, and the cookies that are set.
async fn answer(instance: &Instance, request: Request<Body>) -> (StatusCode, Vec<String>) {
    let answer = instance.router().oneshot(request).await.unwrap();
    let cookies = answer.headers().get_all("set-cookie").iter();
    (answer.status(), cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn a_browser_of_this_machine_is_answered() {
    let instance = Instance::start().await;
    for (peer, host) in
        [("127.0.0.1:1", "localhost:8081"), ("[::1]:1", "[::1]:8081"), ("[::ffff:127.0.0.1]:1", "127.0.0.1")]
    {
        let (status, cookies) = answer(&instance, request(peer, host, &[])).await;
        assert_eq!(status, StatusCode::OK, "{peer} {host}");
        assert!(cookies[0].starts_with("vestibule-console-form="), "{cookies:?}");
        assert!(
            cookies[0].contains("HttpOnly; SameSite=Lax") && !cookies[0].contains("Secure"),
            "{cookies:?}"
        );
    }
}

#[tokio::test]
async fn s9_plain_http_from_elsewhere_gets_no_form() {
    let instance = Instance::start().await;
    for (peer, host) in [
        ("192.0.2.7:1", "localhost:8081"),
        ("192.0.2.7:1", "vestibule.example"),
        ("127.0.0.1:1", "vestibule.example"),
        ("127.0.0.1:1", "localhost.example"),
        ("127.0.0.1:1", ""),
    ] {
        let refused = answer(&instance, request(peer, host, &[])).await;
        assert_eq!(refused, (StatusCode::FORBIDDEN, Vec::new()), "{peer} {host}");
    }
}

#[tokio::test]
async fn s9_a_proxy_on_this_machine_that_nobody_trusts_is_no_browser_of_it() {
    let instance = Instance::start().await;
    for header in [
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-port",
        "forwarded",
        "via",
        "x-real-ip",
        "cf-connecting-ip",
        "true-client-ip",
    ] {
        let request = request("127.0.0.1:1", "localhost:8081", &[(header, "https")]);
        assert_eq!(answer(&instance, request).await.0, StatusCode::FORBIDDEN, "{header}");
    }
}

#[tokio::test]
async fn s9_over_tls_anybody_is_answered_and_the_names_are_prefixed() {
    let instance = Instance::start().await;
    let mut by_proxy = request("192.0.2.7:1", "vestibule.example", &[("x-forwarded-proto", "https")]);
    by_proxy.extensions_mut().insert(ForwardedTls(true));
    let mut own = request("192.0.2.7:1", "vestibule.example", &[]);
    own.extensions_mut().insert(Peer { address: "192.0.2.7:1".parse().unwrap(), tls: true });
    for request in [by_proxy, own] {
        let (status, cookies) = answer(&instance, request).await;
        assert_eq!(status, StatusCode::OK);
        assert!(cookies[0].starts_with("__Host-vestibule-console-form="), "{cookies:?}");
        assert!(cookies[0].ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookies:?}");
    }
}

#[tokio::test]
async fn s9_a_trusted_proxy_that_says_plain_is_refused() {
    let instance = Instance::start().await;
    let mut request = request("127.0.0.1:1", "localhost", &[]);
    request.extensions_mut().insert(ForwardedTls(false));
    request.headers_mut().insert("x-forwarded-proto", "http".parse().unwrap());
    assert_eq!(answer(&instance, request).await.0, StatusCode::FORBIDDEN);
}
