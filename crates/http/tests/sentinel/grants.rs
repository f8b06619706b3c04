//! Codes, and what clients get for them.

use reqwest::Method;
use serde_json::Value;
use vestibule_auth::{AuthorizationRequest, LogIn, LoginScope, PageSession, UserCredentials};
use vestibule_model::{Clock, Dialect};
use vestibule_testkit::TestServer;

use crate::support::{BACK, CLIENT, SECRET, body, path, post};

/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A user who signed in to the pages.
pub(crate) async fn page(server: &TestServer, user: &str) -> PageSession {
    let at = LogIn {
        account: Some(server.fixture.account.id),
        dialect: Dialect::Pages,
        scope: LoginScope::Public,
        address: None,
        now: server.clock.now(),
    };
    let password = b"password".to_vec().into();
    let credentials = UserCredentials { user_name: user.to_owned(), population: None, password };
    let logged_in = server.auth.log_in_user(at, credentials).await.expect("a page session");
    let cookie = server.auth.page_cookie(&logged_in.session).to_string();
    server.auth.page_session(&cookie, None, server.clock.now()).await.unwrap().unwrap()
}

pub(crate) fn request() -> AuthorizationRequest {
    AuthorizationRequest { response_type: "code".to_owned(), ..AuthorizationRequest::default() }
}

/// A code of the fixture's client for a request.
pub(crate) fn code_for(server: &TestServer, page: &PageSession, request: &AuthorizationRequest) -> String {
    let account = server.fixture.account.id;
    let authorizing = server.auth.authorizing(account, CLIENT, Some(BACK)).unwrap();
    server.auth.authorization_code(page, &authorizing, request, server.clock.now()).unwrap()
}

pub(crate) async fn code(server: &TestServer) -> String {
    let page = page(server, "name").await;
    code_for(server, &page, &request())
}

/// The form that changes a code into a token.
pub(crate) fn form(code: &str) -> Vec<(&'static str, String)> {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

pub(crate) fn with(
    form: &[(&'static str, String)],
    name: &'static str,
    value: &str,
) -> Vec<(&'static str, String)> {
    let mut form: Vec<_> = form.iter().filter(|(known, _)| *known != name).cloned().collect();
    if !value.is_empty() {
        form.push((name, value.to_owned()));
    }
    form
}

pub(crate) async fn send(
    server: &TestServer,
    operation: &str,
    form: &[(&'static str, String)],
) -> reqwest::Response {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post(server, &path(operation), &form).await
}

pub(crate) async fn redeem(server: &TestServer, form: &[(&'static str, String)]) -> reqwest::Response {
    send(server, "token?v=1.0", form).await
}

pub(crate) async fn token(server: &TestServer) -> Value {
    let code = code(server).await;
    body(redeem(server, &form(&code)).await, 200).await
}

pub(crate) async fn check(server: &TestServer, token: &Value) -> u16 {
    let bearer = token.as_str().unwrap();
    let request = server.request(Method::GET, "/gateway/check").bearer_auth(bearer);
    request.send().await.unwrap().status().as_u16()
}

pub(crate) fn refresh_form(token: &Value) -> Vec<(&'static str, String)> {
    [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str().unwrap()),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

pub(crate) async fn refresh(server: &TestServer, token: &Value) -> reqwest::Response {
    redeem(server, &refresh_form(token)).await
}
