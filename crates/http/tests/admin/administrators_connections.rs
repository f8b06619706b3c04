//! `/admin/v1/accounts/administrators/connections`: by what administrators sign in to the console, at its own addresses.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::Request;
use reqwest::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use vestibule_auth::{HOME, Origins};
use vestibule_http::admin::{AdminState, router};
use vestibule_model::{Clock, Connection, Population};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{
    claims, for_console, id_token, made, oidc_connection, response, saml_connection,
};
use vestibule_testkit::{ACCOUNT, ORIGIN, TestClock};

use crate::support::Instance;

/// A server whose administrators have a connection of each protocol.
async fn start() -> Instance {
    let instance = Instance::start().await;
    connect(&instance, saml_connection()).await;
    connect(&instance, oidc_connection()).await;
    instance
}

async fn connect(instance: &Instance, connection: Connection) {
    let put = Change::PutConnection(HOME.parse().unwrap(), connection.into());
    instance.server.change(vec![put]).await;
}

fn path(rest: &str) -> String {
    format!("/admin/v1/accounts/{HOME}/connections{rest}")
}

fn origin(instance: &Instance) -> String {
    format!("http://{}", instance.server.admin_address())
}

/// What the administration answers whose operator has not said where browsers reach the console.
async fn without_origin(
    instance: &Instance,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(&instance.server.clock);
    let state = AdminState { auth: Arc::clone(&instance.server.auth), clock, origins: Origins::of(ORIGIN) };
    let mut request = Request::builder().method(method.as_str()).uri(path);
    request = request.header("authorization", format!("Bearer {}", instance.owner));
    let body = match body {
        Some(body) => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    let answer = router(state).oneshot(request.body(body).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn what_was_made_for_the_console_is_examined_as_the_console_would() {
    let instance = start().await;
    let now = instance.server.clock.now();
    let good = response(&for_console(made("_a1", "admin", now), &origin(&instance)));
    let report = instance.send(Method::POST, &path("/71/test"), json!({ "saml_response": good })).await;
    assert_eq!((&report.body["taken"], &report.body["user"]), (&json!(true), &json!("admin")), "{report:?}");
}

#[tokio::test]
async fn what_was_made_for_the_public_addresses_is_for_another_recipient() {
    let instance = start().await;
    let now = instance.server.clock.now();
    let public = format!("{ORIGIN}/sso/saml/{HOME}/");
    let mut other = for_console(made("_a1", "admin", now), &origin(&instance));
    let own = format!("{}/console/sso/", origin(&instance));
    for text in [&mut other.confirmation, &mut other.conditions, &mut other.response] {
        *text = text.replace(&own, &public);
    }
    let body = json!({ "saml_response": response(&other) });
    let report = instance.send(Method::POST, &path("/71/test"), body).await;
    assert_eq!((report.status, &report.body["taken"]), (200, &json!(false)), "{report:?}");
}

#[tokio::test]
async fn the_addresses_of_the_console_are_told() {
    let instance = start().await;
    let sso = format!("{}/console/sso", origin(&instance));
    let told = instance.get(&path("/71")).await.body;
    assert_eq!(told["login_address"], format!("{sso}/idp"));
    assert_eq!(told["entity_id"], format!("{sso}/idp/metadata"));
    assert_eq!(told["consumer_url"], format!("{sso}/idp/acs"));
    assert_eq!(told["redirect_uri"], Value::Null);
    assert_eq!(told.get("logout_address"), None, "no logout of the provider reaches the console: {told}");
    let told = &instance.get(&path("")).await.body["connections"][1];
    assert_eq!(told["login_address"], format!("{sso}/op"));
    assert_eq!(told["redirect_uri"], format!("{sso}/op/callback"));
}

#[tokio::test]
async fn those_of_another_account_are_told_with_the_public_addresses() {
    let instance = Instance::start().await;
    let agents = Connection { population: Population::Agent, ..oidc_connection() };
    let put = Change::PutConnection(ACCOUNT.parse().unwrap(), agents.into());
    instance.server.change(vec![put]).await;
    let of_users = format!("/admin/v1/accounts/{ACCOUNT}/connections/72");
    let (status, told) = without_origin(&instance, Method::GET, &of_users, None).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(told["redirect_uri"], format!("{ORIGIN}/sso/oidc/{ACCOUNT}/op/callback/agent"));
    assert_eq!(told["login_address"], format!("{ORIGIN}/sso/oidc/{ACCOUNT}/op/login"));
    assert_eq!(told["logout_address"], format!("{ORIGIN}/sso/oidc/{ACCOUNT}/op/backchannel-logout"));
}

#[tokio::test]
async fn without_an_origin_no_addresses_are_told() {
    let instance = start().await;
    for at in ["/71", "/72"] {
        let (status, told) = without_origin(&instance, Method::GET, &path(at), None).await;
        assert_eq!((status, told["enabled"].as_bool()), (200, Some(true)), "{told}");
        for field in ["login_address", "logout_address", "entity_id", "consumer_url", "redirect_uri"] {
            assert_eq!(told.get(field), None, "{told}");
        }
    }
}

#[tokio::test]
async fn without_an_origin_a_test_says_what_to_set() {
    let instance = start().await;
    let now = instance.server.clock.now();
    let saml = json!({ "saml_response": response(&made("_a1", "admin", now)) });
    let openid = json!({ "id_token": id_token(&claims("n", "admin", now)) });
    for (at, body) in [("/71/test", saml), ("/72/test", openid)] {
        let (status, told) = without_origin(&instance, Method::POST, &path(at), Some(&body)).await;
        assert_eq!(status, 409, "{told}");
        assert!(told["detail"].as_str().unwrap().contains("admin.public_origin"), "{told}");
    }
}

#[tokio::test]
async fn no_browser_tests_them_and_it_is_told_how_they_are_tried() {
    let instance = start().await;
    let answer = instance.send(Method::POST, &path("/71/tests"), json!({})).await;
    let told = answer.body["detail"].as_str().unwrap();
    assert!(answer.status == 409 && told.contains("private window"), "{answer:?}");
}
