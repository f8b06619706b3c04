//! Sessions of the service's own pages, for services on the same host: by rules that list `page`, and by no other.

use std::net::IpAddr;

use reqwest::RequestBuilder;
use vestibule_auth::{LogIn, LoginScope, PasswordStep, UserCredentials};
use vestibule_model::{Clock as _, Dialect, GatewayCredential, GatewayRule, GatewayRuleSettings};

use super::kinds::headers;
use super::*;

/// The cookie of a session of the pages.
pub(crate) async fn page_cookie(server: &TestServer) -> String {
    let at = LogIn {
        account: Some(ACCOUNT.parse().unwrap()),
        dialect: Dialect::Pages,
        scope: LoginScope::Public,
        address: Some(IpAddr::from([192, 0, 2, 7])),
        now: server.clock.now(),
    };
    let credentials =
        UserCredentials { user_name: "name".into(), population: None, password: b"password".to_vec().into() };
    let session = match server.auth.log_in_by_steps(at, credentials).await.unwrap() {
        PasswordStep::LoggedIn(logged_in) => logged_in.session,
        PasswordStep::Code(_) | PasswordStep::SetUp(_) => unreachable!("no second factor is set up"),
    };
    server.auth.page_cookie(&session).as_str().to_owned()
}

async fn server_with(credentials: &[GatewayCredential]) -> TestServer {
    let server = TestServer::start().await;
    let settings =
        GatewayRuleSettings { credentials: credentials.to_vec(), ..GatewayRuleSettings::default() };
    let rule = GatewayRule { name: "app".into(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    server
}

/// What nginx asks about a request that came over this scheme with these cookies.
fn asked(server: &TestServer, scheme: &str, cookies: &str) -> RequestBuilder {
    let request = server.request(Method::GET, &format!("{CHECK}/nginx/rule/app")).header("cookie", cookies);
    headers("nginx", "/app").into_iter().fold(request, |request, (name, value)| {
        request.header(name, if name == "X-Forwarded-Proto" { scheme.to_owned() } else { value })
    })
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_cookie_of_the_pages_passes_by_a_rule_that_lists_it_and_tells_whose_it_is() {
    let server = server_with(&[GatewayCredential::Page]).await;
    let cookie = page_cookie(&server).await;
    let answer = asked(&server, "https", &format!("__Host-vestibule={cookie}")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &*header(&answer, "x-vestibule-user-name")), (200, "name"));
    let server = server_with(&GatewayCredential::USUAL).await;
    let cookie = page_cookie(&server).await;
    assert_eq!(status(asked(&server, "https", &format!("__Host-vestibule={cookie}"))).await, 401);
}

/// Over TLS a cookie of the plain name may come from any host of the domain, or from whoever spoke in clear.
#[tokio::test]
async fn s9_the_name_of_the_cookie_is_that_of_the_scheme() {
    let server = server_with(&[GatewayCredential::Page]).await;
    let cookie = page_cookie(&server).await;
    for (scheme, name, expected) in [
        ("https", "__Host-vestibule", 200),
        ("https", "vestibule", 401),
        ("wss", "__Host-vestibule", 200),
        ("http", "vestibule", 200),
        ("ws", "vestibule", 200),
        ("http", "__Host-vestibule", 401),
    ] {
        assert_eq!(
            status(asked(&server, scheme, &format!("{name}={cookie}"))).await,
            expected,
            "{scheme} {name}"
        );
    }
    let twice = format!("__Host-vestibule={cookie}; __Host-vestibule={cookie}");
    assert_eq!(status(asked(&server, "https", &twice)).await, 401);
}

#[tokio::test]
async fn s8_a_cookie_of_the_pages_is_none_of_a_dialect_and_none_of_a_dialect_is_one_of_the_pages() {
    let server =
        server_with(&[GatewayCredential::Page, GatewayCredential::Cookie, GatewayCredential::Bearer]).await;
    let (page, tokens) = (page_cookie(&server).await, liveperson(&server).await);
    for (name, value) in [
        ("session_id", &page),
        ("__Host-vestibule", &tokens.cookie),
        ("__Host-vestibule", &tokens.bearer),
        ("__Host-vestibule", &tokens.csrf),
    ] {
        assert_eq!(status(asked(&server, "https", &format!("{name}={value}"))).await, 401, "{name}");
    }
    assert_eq!(status(asked(&server, "https", "").bearer_auth(&page)).await, 401);
}

#[tokio::test]
async fn s3_a_session_of_the_pages_that_has_ended_does_not_pass() {
    let server = server_with(&[GatewayCredential::Page]).await;
    let cookie = page_cookie(&server).await;
    let shown = format!("__Host-vestibule={cookie}");
    assert_eq!(status(asked(&server, "https", &shown)).await, 200);
    let now = server.clock.now();
    let page = server.auth.page_session(&cookie, None, now).await.unwrap().unwrap();
    server.auth.end_page_session(&page, None).await.unwrap();
    assert_eq!(status(asked(&server, "https", &shown)).await, 401);
}

#[tokio::test]
async fn a_check_keeps_a_session_of_the_pages_alive() {
    let server = server_with(&[GatewayCredential::Page]).await;
    let shown = format!("__Host-vestibule={}", page_cookie(&server).await);
    for _ in 0..3 {
        server.clock.advance(Duration::from_mins(20));
        assert_eq!(status(asked(&server, "https", &shown)).await, 200);
    }
    server.clock.advance(Duration::from_mins(31));
    assert_eq!(status(asked(&server, "https", &shown)).await, 401);
}

#[tokio::test]
async fn two_users_by_two_cookies_are_nobody() {
    let server = TestServer::start_with(|fixture, _| {
        let now = fixture.users[0].password.as_ref().unwrap().changed_at;
        fixture.add_user("other", "password", now);
    })
    .await;
    let settings = GatewayRuleSettings {
        credentials: vec![GatewayCredential::Page, GatewayCredential::Cookie],
        ..GatewayRuleSettings::default()
    };
    let rule = GatewayRule { name: "app".into(), settings };
    server.change(vec![Change::PutGatewayRule(rule.into())]).await;
    let page = page_cookie(&server).await;
    for (user, expected) in [("name", 200), ("other", 401)] {
        let body: Value = server.log_in(user, "password").await.json().await.unwrap();
        let cookies = format!("__Host-vestibule={page}; session_id={}", body["sessionId"].as_str().unwrap());
        assert_eq!(status(asked(&server, "https", &cookies)).await, expected, "{user}");
    }
}
