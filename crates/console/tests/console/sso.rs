//! `/console/sso/{connection}`: administrators who sign in at an identity provider.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tower::ServiceExt as _;
use vestibule_auth::HOME as ADMINISTRATORS;
use vestibule_model::{AuthenticationMethod, Connection, Dialect, Population, Provisioning};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{self as idp, SAML, made, saml_connection};
use vestibule_testkit::{ACCOUNT, Browser};

use crate::sso_provider::{
    answering, asked, by_oidc, by_saml, connect, goes_on_to, is_signed_in, oidc, parameter, refusal, saml,
    send, send_to, strict_saml, with_connections, with_connections_and,
};
use crate::support::{COOKIE, HOME, LOGIN, PASSWORD, log_in};

#[tokio::test]
async fn an_administrator_comes_in_by_saml() {
    let (instance, _) = with_connections().await;
    let browser = instance.browser();
    let page = browser.get(LOGIN).await.html;
    assert!(page.contains("Sign in with Identity provider") && page.contains(&saml("")), "{page}");
    let begun = browser.get(&saml("?next=/console/accounts")).await;
    assert!(begun.header("location").starts_with("https://idp.example/login?"), "{begun:?}");
    let (request, relay_state) = asked(&begun);
    let ended = send(&browser, &answering(&instance, "_1", "admin", &request), &relay_state).await;
    assert_eq!(goes_on_to(&ended), "/console/accounts");
    assert!(is_signed_in(&browser).await);
    let session =
        instance.server.stored_sessions().await.into_iter().find(|one| one.dialect == Dialect::Pages);
    assert_eq!(session.unwrap().method, AuthenticationMethod::Saml);
}

#[tokio::test]
async fn an_administrator_comes_in_by_oidc() {
    let (instance, provider) = with_connections().await;
    let browser = instance.browser();
    assert!(browser.get(LOGIN).await.html.contains("Sign in with op"), "by its name if it has no other");
    let ended = by_oidc(&instance, &provider, &browser, "admin").await;
    assert_eq!((ended.status, ended.header("location")), (303, HOME), "{}", ended.html);
    assert!(is_signed_in(&browser).await);
    let asked = provider.asked()[0].2.clone().unwrap();
    let callback =
        format!("{}{}", browser.origin(), oidc("/callback")).replace(':', "%3A").replace('/', "%2F");
    assert!(asked.contains(&callback), "{asked}");
}

#[tokio::test]
async fn a_federated_user_without_role_is_no_administrator() {
    let (instance, provider) = with_connections().await;
    let new = json!({ "login_name": "guest", "password": "F1rst-guest-pass", "must_change_password": false });
    instance.api(Method::POST, "/admin/v1/accounts/administrators/users", &new).await;
    let browser = instance.browser();
    for ended in [
        by_saml(&instance, &browser, "_1", "guest").await,
        by_oidc(&instance, &provider, &browser, "guest").await,
    ] {
        assert_eq!(ended.status, 403);
        assert!(ended.html.contains("This user has no role"), "{}", ended.html);
        assert_eq!(browser.cookie(COOKIE), None);
    }
    let opened = instance.server.stored_sessions().await;
    assert!(opened.iter().all(|one| one.dialect != Dialect::Pages), "none is left open: {opened:?}");
}

#[tokio::test]
async fn nobody_is_made_a_user_beside_the_administrators() {
    let (instance, _) = with_connections().await;
    let provisioning = Provisioning { enabled: true, ..Provisioning::default() };
    connect(&instance, Connection { provisioning, ..strict_saml() }).await;
    let ended = by_saml(&instance, &instance.browser(), "_1", "stranger").await;
    assert_eq!(ended.status, 403);
    assert_eq!(refusal(&instance).await["names"], "stranger");
    let users = instance.listed("/admin/v1/accounts/administrators/users").await;
    assert_eq!(users["users"].as_array().unwrap().len(), 1, "{users}");
}

#[tokio::test]
async fn the_public_listener_finishes_no_console_login() {
    let (instance, _) = with_connections().await;
    let console = instance.browser();
    let (request, relay_state) = asked(&console.get(&saml("")).await);
    let document = answering(&instance, "_1", "admin", &request);
    // A browser shares its cookies between ports; whoever copies them gives them the public listener's names.
    let public = Browser::at(instance.server.address());
    let kept = console.cookie(&format!("vestibule-console-sso-{relay_state}")).unwrap();
    public.keep(&format!("sso-{relay_state}"), &kept);
    let admins = format!("/sso/saml/{ADMINISTRATORS}/{SAML}");
    assert_eq!(public.get(&format!("{admins}/login")).await.status, 404);
    for path in [saml("/acs"), format!("{admins}/acs"), format!("/sso/saml/{ACCOUNT}/{SAML}/acs")] {
        let shown = send_to(&public, &path, &document, &relay_state).await;
        assert!([403, 404].contains(&shown.status), "{path}: {}", shown.status);
        assert_eq!(shown.header("set-cookie").find("vestibule"), None, "{path}");
    }
    assert_eq!(goes_on_to(&send(&console, &document, &relay_state).await), HOME, "it was not used up there");
}

#[tokio::test]
async fn the_console_finishes_no_login_of_a_user() {
    let (instance, _) = with_connections().await;
    let of_users = Change::PutConnection(ACCOUNT.parse().unwrap(), users_connection().into());
    instance.server.change(vec![of_users]).await;
    let public = Browser::at(instance.server.address());
    let (request, relay_state) = asked(&public.get(&format!("/sso/saml/{ACCOUNT}/{SAML}/login")).await);
    let kept = public.cookie(&format!("sso-{relay_state}")).unwrap();
    let console = instance.browser();
    for name in ["sso", "vestibule-console-sso"] {
        console.keep(&format!("{name}-{relay_state}"), &kept);
    }
    let shown = send(&console, &answering(&instance, "_1", "admin", &request), &relay_state).await;
    assert_eq!(shown.status, 400);
    // Nor is what was made for users taken within an attempt of the console.
    let (_, relay_state) = asked(&console.get(&saml("")).await);
    let users = idp::response(&made("_2", "admin", vestibule_model::Clock::now(&*instance.server.clock)));
    assert_eq!(send(&console, &users, &relay_state).await.status, 403);
    assert!(!is_signed_in(&console).await);
}

fn users_connection() -> Connection {
    Connection { id: vestibule_model::ConnectionId(81), ..saml_connection() }
}

#[tokio::test]
async fn an_assertion_is_taken_once() {
    let (instance, _) = with_connections().await;
    let browser = instance.browser();
    let (request, relay_state) = asked(&browser.get(&saml("")).await);
    let name = format!("vestibule-console-sso-{relay_state}");
    let kept = browser.cookie(&name).unwrap();
    let document = answering(&instance, "_1", "admin", &request);
    assert_eq!(goes_on_to(&send(&browser, &document, &relay_state).await), HOME);
    assert_eq!(send(&browser, &document, &relay_state).await.status, 400, "the attempt is over");
    browser.keep(&name, &kept);
    assert_eq!(send(&browser, &document, &relay_state).await.status, 403);
    assert!(refusal(&instance).await["why"].as_str().unwrap().contains("taken before"));
}

#[tokio::test]
async fn an_attempt_of_another_browser_is_refused() {
    let (instance, provider) = with_connections().await;
    let (victim, attacker) = (instance.browser(), instance.browser());
    let (request, relay_state) = asked(&attacker.get(&saml("")).await);
    victim.get(&saml("")).await;
    let document = answering(&instance, "_1", "admin", &request);
    assert_eq!(send(&victim, &document, &relay_state).await.status, 400);
    let state = parameter(attacker.get(&oidc("")).await.header("location"), "state");
    victim.get(&oidc("")).await;
    let callback = |state: &str| format!("{}?code=c&state={state}", oidc("/callback"));
    assert_eq!(victim.get(&callback(&state)).await.status, 400);
    // The name of the cookie is a part of the state: the rest has to fit as well.
    let altered = format!("{}{}", &state[..16], "0".repeat(48));
    assert_eq!(attacker.get(&callback(&altered)).await.status, 400);
    assert!(provider.asked().is_empty());
    assert!(!is_signed_in(&victim).await);
}

#[tokio::test]
async fn a_login_that_begins_at_the_identity_provider_is_refused_also_where_the_connection_takes_such() {
    let (instance, _) = with_connections().await;
    connect(&instance, saml_connection()).await;
    let browser = instance.browser();
    assert_eq!(send(&browser, &answering(&instance, "_1", "admin", "_x"), "").await.status, 400);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn an_attempt_is_over_after_ten_minutes() {
    let (instance, _) = with_connections().await;
    let browser = instance.browser();
    let (request, relay_state) = asked(&browser.get(&saml("")).await);
    instance.server.clock.advance(Duration::from_mins(10));
    let shown = send(&browser, &answering(&instance, "_1", "admin", &request), &relay_state).await;
    assert_eq!(shown.status, 400);
    assert!(shown.html.contains("took too long"), "{}", shown.html);
}

#[tokio::test]
async fn who_is_disabled_stays_out_and_a_password_that_has_to_be_changed_is_no_matter() {
    let (instance, _) = with_connections().await;
    let id = instance.administrator("ben", &json!({ "role": "owner" })).await;
    let user = format!("/admin/v1/accounts/administrators/users/{id}");
    instance.api(Method::PATCH, &user, &json!({ "must_change_password": true })).await;
    let browser = instance.browser();
    assert_eq!(goes_on_to(&by_saml(&instance, &browser, "_1", "ben").await), HOME);
    instance.api(Method::PATCH, &user, &json!({ "enabled": false })).await;
    assert!(!is_signed_in(&browser).await);
    assert_eq!(by_saml(&instance, &browser, "_2", "ben").await.status, 403);
}

#[tokio::test]
async fn a_connection_that_is_disabled_ends_the_sessions_it_has_opened() {
    let (instance, _) = with_connections().await;
    let browser = instance.browser();
    by_saml(&instance, &browser, "_1", "admin").await;
    assert!(is_signed_in(&browser).await);
    let path = format!("/admin/v1/accounts/{ADMINISTRATORS}/connections/{}", strict_saml().id);
    instance.api(Method::PATCH, &path, &json!({ "enabled": false })).await;
    assert!(!is_signed_in(&browser).await);
    assert_eq!(browser.get(&saml("")).await.status, 404);
    assert!(!browser.get(LOGIN).await.html.contains(&saml("")));
}

#[tokio::test]
async fn a_connection_of_agents_is_no_way_in() {
    let (instance, _) = with_connections().await;
    connect(&instance, Connection { population: Population::Agent, ..strict_saml() }).await;
    assert_eq!(instance.browser().get(&saml("")).await.status, 404);
}

#[tokio::test]
async fn l7_refusals_are_limited_as_wrong_passwords_are() {
    let (instance, _) = with_connections_and(|settings| settings.failures.burst = 3).await;
    let browser = instance.browser();
    for number in 0..3 {
        let shown = by_saml(&instance, &browser, &format!("_{number}"), "stranger").await;
        assert_eq!(shown.status, 403, "{number}");
    }
    let shown = by_saml(&instance, &browser, "_4", "admin").await;
    assert_eq!(shown.status, 429);
    assert!(!shown.header("retry-after").is_empty());
    assert_eq!(log_in(&browser, "admin", PASSWORD).await.status, 429, "they are counted together");
}

#[tokio::test]
async fn l7_what_a_page_of_another_site_sends_keeps_nobody_from_signing_in() {
    let (instance, _) = with_connections_and(|settings| settings.failures.burst = 3).await;
    let browser = instance.browser();
    for relay_state in ["", "0011223344556677", "/console/"].iter().cycle().take(9) {
        assert_eq!(send(&browser, "AAAA", relay_state).await.status, 400);
    }
    assert_eq!(log_in(&browser, "admin", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn l7_callbacks_without_a_code_are_limited_as_wrong_passwords_are() {
    let (instance, _) = with_connections_and(|settings| settings.failures.burst = 3).await;
    let browser = instance.browser();
    let state = parameter(browser.get(&oidc("")).await.header("location"), "state");
    let name = format!("vestibule-console-sso-{}", &state[..16]);
    let kept = browser.cookie(&name).unwrap();
    for expected in [403, 403, 403, 429] {
        browser.keep(&name, &kept);
        let path = format!("{}?error=access_denied&state={state}", oidc("/callback"));
        assert_eq!(browser.get(&path).await.status, expected);
    }
    assert_eq!(log_in(&browser, "admin", PASSWORD).await.status, 429, "they are counted together");
}

#[tokio::test]
async fn what_a_page_of_another_site_sends_in_vain_is_told_without_a_form() {
    let (instance, _) = with_connections().await;
    // With such a form a browser sends no cookie that forms are bound to.
    let browser = instance.browser();
    for refused in [send(&browser, "AAAA", "").await, by_saml(&instance, &browser, "_1", "stranger").await] {
        assert!([400, 403].contains(&refused.status), "{}", refused.html);
        assert_eq!(browser.cookie("vestibule-console-form"), None, "a form of an open page stays good");
        assert!(!refused.html.contains("password"), "{}", refused.html);
        assert!(refused.html.contains(r#"<a href="/console/login">"#), "{}", refused.html);
    }
}

#[tokio::test]
async fn a7_a_login_goes_on_to_pages_of_the_console_alone() {
    let (instance, _) = with_connections().await;
    for (number, next) in
        ["//evil.example", "https://evil.example/", "/me/", "/console/login"].iter().enumerate()
    {
        let browser = instance.browser();
        let (request, relay_state) = asked(&browser.get(&saml(&format!("?next={next}"))).await);
        let document = answering(&instance, &format!("_{number}"), "admin", &request);
        assert_eq!(goes_on_to(&send(&browser, &document, &relay_state).await), HOME, "{next}");
    }
}

#[tokio::test]
async fn without_an_origin_there_is_no_button() {
    let (instance, _) = with_connections().await;
    let request = |method: Method, path: &str| {
        let request = http::Request::builder().method(method.as_str()).uri(path).header("host", "localhost");
        request.body(axum::body::Body::empty()).unwrap()
    };
    let ask = async |method: Method, path: &str| {
        let mut request = request(method, path);
        let peer = vestibule_serve::layers::Peer { address: "127.0.0.1:1".parse().unwrap(), tls: false };
        request.extensions_mut().insert(peer);
        let answer = instance.router().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let (status, login) = ask(Method::GET, LOGIN).await;
    assert_eq!(status, 200, "{login}");
    assert!(!login.contains("/console/sso/"), "{login}");
    for (method, path) in [
        (Method::GET, saml("")),
        (Method::POST, saml("/acs")),
        (Method::GET, saml("/metadata")),
        (Method::GET, oidc("/callback")),
    ] {
        assert_eq!(ask(method, &path).await.0, 404, "{path}");
    }
}
