//! Browsers that nobody is known by are led to the login page, by rules that say so, and everything else is refused.

use reqwest::RequestBuilder;
use vestibule_model::{GatewayCredential, GatewayRule, GatewayRuleSettings, RefusalStyle};
use vestibule_testkit::{ORIGIN, RETURN_ORIGIN};

use super::kinds::{KINDS, headers};
use super::*;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn server_with(change: impl FnOnce(&mut GatewayRuleSettings)) -> TestServer {
    let server = TestServer::start().await;
    let mut settings = GatewayRuleSettings { refusals: RefusalStyle::Redirect, ..Default::default() };
    settings.credentials.push(GatewayCredential::Page);
    change(&mut settings);
    let rule = GatewayRule { name: "app".into(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    server
}

/// Follows nothing.
fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.build().unwrap()
}

/// What a gateway of this kind asks about a browser's request for a page of this host.
fn asked(server: &TestServer, kind: &str, host: &str, target: &str) -> RequestBuilder {
    let behind = if kind == "envoy" { target } else { "" };
    let url = format!("http://{}{CHECK}/{kind}/rule/app{behind}", server.address());
    let request = client().get(url).header("accept", BROWSER);
    let request = if kind == "envoy" { request.header("host", host) } else { request };
    headers(kind, target).into_iter().fold(request, |request, (name, value)| {
        request.header(name, if name == "X-Forwarded-Host" { host.to_owned() } else { value })
    })
}

/// Status and where it leads.
async fn led(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
    (answer.status().as_u16(), location.unwrap_or_default())
}

/// The login page with a URL of this service's own origin.
fn login_page(target: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(format!("{ORIGIN}{target}").as_bytes()).collect();
    format!("{ORIGIN}/me/login?continue={encoded}")
}

#[tokio::test]
async fn a_browser_is_led_to_the_login_page_with_where_it_wanted_to_go() {
    let server = server_with(|_| {}).await;
    for kind in KINDS {
        let (status, page) = led(asked(&server, kind, "vestibule.example.net", "/app/x?y=1&z=%20")).await;
        let expected = if kind == "nginx" { 401 } else { 303 };
        assert_eq!((status, page), (expected, login_page("/app/x?y=1&z=%20")), "{kind}");
    }
    let of_port = asked(&server, "caddy", "VESTIBULE.example.net:443", "/app");
    assert_eq!(led(of_port).await, (303, login_page("/app")));
}

/// nginx would hand it on beside the redirect that it makes.
#[tokio::test]
async fn a_browser_that_is_led_to_the_login_page_is_asked_for_no_credential() {
    let server = server_with(|_| {}).await;
    for kind in KINDS {
        let answer = asked(&server, kind, "vestibule.example.net", "/app").send().await.unwrap();
        assert!(!answer.headers().contains_key("www-authenticate"), "{kind}: {answer:?}");
    }
}

#[tokio::test]
async fn nothing_but_a_browsers_request_for_a_page_is_led_there() {
    let server = server_with(|_| {}).await;
    let with = |name: &'static str, value: &'static str| {
        let mut request = asked(&server, "caddy", "vestibule.example.net", "/app").build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        RequestBuilder::from_parts(client(), request)
    };
    assert_eq!(led(with("accept", "application/json, */*")).await, (401, String::new()));
    assert_eq!(led(with("x-forwarded-method", "POST")).await, (401, String::new()));
    assert_eq!(led(with("x-forwarded-method", "HEAD")).await.0, 303);
}

#[tokio::test]
async fn whose_login_page_it_is_follows_from_the_target_or_the_rule() {
    let server = server_with(|settings| settings.accounts = vec![ACCOUNT.parse().unwrap()]).await;
    let own = format!("{ORIGIN}/me/{ACCOUNT}/login?continue=");
    assert!(led(asked(&server, "caddy", "vestibule.example.net", "/app")).await.1.starts_with(&own));
    let server = server_with(|_| {}).await;
    let named = led(asked(&server, "caddy", "vestibule.example.net", "/api/account/77/x")).await.1;
    assert!(named.starts_with(&format!("{ORIGIN}/me/77/login?continue=")), "{named}");
}

/// ATTACKS A7: whoever names another host, in whatever way, is sent back to none.
#[tokio::test]
async fn a7_nobody_is_sent_back_to_an_origin_that_is_not_known() {
    let server = server_with(|_| {}).await;
    let page = format!("{ORIGIN}/me/login");
    for (host, target) in [
        ("evil.example", "/app"),
        ("vestibule.example.net:8443", "/app"),
        ("vestibule.example.net", "//evil.example"),
        ("vestibule.example.net", "/\\evil.example"),
        ("vestibule.example.net", "/x/../me/12345678/"),
        ("vestibule.example.net@evil.example", "/"),
    ] {
        assert_eq!(led(asked(&server, "caddy", host, target)).await, (303, page.clone()), "{host} {target}");
    }
    let known = RETURN_ORIGIN.strip_prefix("https://").unwrap();
    let back = led(asked(&server, "caddy", known, "/app")).await.1;
    assert_eq!(back, format!("{page}?continue=https%3A%2F%2Fapp.example.com%2Fapp"));
}

/// The login page behind its own gate would lead to itself.
#[tokio::test]
async fn a_page_of_this_service_leads_nowhere() {
    let server = server_with(|_| {}).await;
    for target in ["/me/login", "/me/12345678/login?x", "/sso/saml/12345678/a/login", "/sentinel/x"] {
        let led = led(asked(&server, "caddy", "vestibule.example.net", target)).await;
        assert_eq!(led, (401, String::new()), "{target}");
    }
}

/// Another login would change nothing.
#[tokio::test]
async fn whoever_is_known_and_not_let_through_is_refused() {
    let server = server_with(|settings| settings.paths = vec!["/other".into()]).await;
    let bearer = liveperson(&server).await.bearer;
    let request = asked(&server, "caddy", "vestibule.example.net", "/app").bearer_auth(bearer);
    assert_eq!(led(request).await, (403, String::new()));
}
