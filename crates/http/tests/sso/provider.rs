//! Logins by a browser at an OpenID provider, and the provider's logouts.

use std::sync::Arc;

use reqwest::header::SET_COOKIE;
use serde_json::json;
use vestibule_auth::{Settings, SharedOutgoing};
use vestibule_model::Connection;
use vestibule_testkit::identity_provider::{self as idp, ISSUER, claims, oidc_connection};
use vestibule_testkit::{ACCOUNT, ScriptedProvider, TestServer};

use crate::browser::{Browser, is_signed_in, location, parameter};
use crate::support::{change_connection, check, now, reason_of, server, server_with};

fn oidc(operation: &str) -> String {
    format!("/sso/oidc/{ACCOUNT}/{}/{operation}", idp::OIDC)
}

/// A server whose provider is given too.
async fn with_provider() -> (TestServer, Arc<ScriptedProvider>) {
    with_provider_and(|_| {}).await
}

/// The same with settings that the test changes first.
async fn with_provider_and(change: impl FnOnce(&mut Settings)) -> (TestServer, Arc<ScriptedProvider>) {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn vestibule_auth::Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![oidc_connection()];
        settings.outgoing = SharedOutgoing(outgoing);
        change(settings);
    })
    .await;
    (server, provider)
}

/// Has the provider answer any code by a token with this nonce.
fn answer_code(server: &TestServer, provider: &ScriptedProvider, nonce: &str) {
    let token = idp::id_token(&claims(nonce, "name", now(server)));
    provider.answer(&format!("{ISSUER}/token"), 200, &json!({ "id_token": token }).to_string());
}

#[tokio::test]
async fn a_login_at_an_openid_provider_ends_with_a_page_session() {
    let (server, provider) = with_provider().await;
    let mut browser = Browser::new(&server);
    let begun = location(&browser.get(&oidc("login")).await);
    assert_eq!(begun.as_str().split('?').next().unwrap(), format!("{ISSUER}/authorize"));
    answer_code(&server, &provider, &parameter(&begun, "nonce"));
    let state = parameter(&begun, "state");
    let ended = browser.get(&format!("{}?code=c0de&state={state}", oidc("callback"))).await;
    assert_eq!((ended.status().as_u16(), location(&ended).path()), (303, &*format!("/me/{ACCOUNT}/")));
    assert!(is_signed_in(&mut browser).await);
    let form = provider.asked()[0].2.clone().unwrap();
    assert!(form.contains("code=c0de") && form.contains("code_verifier="), "{form}");
    let again = browser.get(&format!("{}?code=c0de&state={state}", oidc("callback"))).await;
    assert_eq!(again.status(), 400, "the attempt is over");
}

#[tokio::test]
async fn x9_state_belongs_to_the_browser_and_nothing_is_asked_without_it() {
    let (server, provider) = with_provider().await;
    let (mut victim, mut attacker) = (Browser::new(&server), Browser::new(&server));
    victim.get(&oidc("login")).await;
    let attackers = location(&attacker.get(&oidc("login")).await);
    let state = parameter(&attackers, "state");
    // The name of the cookie is a part of the state: the rest has to fit as well.
    let altered = format!("{}{}", &state[..16], "0".repeat(48));
    let callback = |state: &str| format!("{}?code=c&state={state}", oidc("callback"));
    for state in [&*state, ""] {
        assert_eq!(victim.get(&callback(state)).await.status(), 400, "{state}");
    }
    assert_eq!(attacker.get(&callback(&altered)).await.status(), 400);
    assert!(provider.asked().is_empty());
}

#[tokio::test]
async fn x9_a_token_of_another_attempt_is_refused() {
    let (server, provider) = with_provider().await;
    let mut browser = Browser::new(&server);
    let begun = location(&browser.get(&oidc("login")).await);
    answer_code(&server, &provider, "another");
    let state = parameter(&begun, "state");
    let answer = browser.get(&format!("{}?code=c&state={state}", oidc("callback"))).await;
    let id = answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned();
    assert_eq!(reason_of(&server, &id).await.1["check"], "nonce");
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_by_its_id() {
    let (server, _provider) = with_provider().await;
    let mut browser = Browser::new(&server);
    let begun = location(&browser.get(&oidc("login")).await);
    let state = parameter(&begun, "state");
    let answer = browser.get(&format!("{}?error=access_denied&state={state}", oidc("callback"))).await;
    let id = answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned();
    let (reason, details) = reason_of(&server, &id).await;
    assert_eq!((&*reason, details["fix"].is_string()), ("provider-failed", true));
    assert!(details["why"].as_str().unwrap().contains("access_denied"), "{details}");
}

/// The statuses of callbacks of one attempt, each as if it were the first.
async fn repeated(browser: &mut Browser<'_>, callback: &str) -> Vec<u16> {
    let (kept, mut statuses) = (browser.cookies.clone(), Vec::new());
    for _ in 0..4 {
        browser.cookies.clone_from(&kept);
        statuses.push(browser.get(callback).await.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn l7_callbacks_without_a_code_are_limited_by_address() {
    let (server, _provider) = with_provider_and(|settings| settings.failures.burst = 3).await;
    let mut browser = Browser::new(&server);
    let state = parameter(&location(&browser.get(&oidc("login")).await), "state");
    let callback = format!("{}?error=access_denied&state={state}", oidc("callback"));
    assert_eq!(repeated(&mut browser, &callback).await, [403, 403, 403, 429]);
}

#[tokio::test]
async fn l7_callbacks_to_a_connection_that_was_disabled_are_limited_by_address() {
    let (server, _provider) = with_provider_and(|settings| settings.failures.burst = 3).await;
    let mut browser = Browser::new(&server);
    let state = parameter(&location(&browser.get(&oidc("login")).await), "state");
    change_connection(&server, Connection { enabled: false, ..oidc_connection() }).await;
    let callback = format!("{}?code=c0de&state={state}", oidc("callback"));
    assert_eq!(repeated(&mut browser, &callback).await, [403, 403, 403, 429]);
}

#[tokio::test]
async fn a8_what_strangers_write_is_cut_and_made_visible_and_is_one_entry_whatever_it_is() {
    let (server, _provider) = with_provider().await;
    let mut ids = std::collections::BTreeSet::new();
    for text in ["%1b%5b2J%e2%80%ae", "b", "c"] {
        let mut browser = Browser::new(&server);
        let begun = location(&browser.get(&oidc("login")).await);
        let state = parameter(&begun, "state");
        let long = format!("{text}{}", "x".repeat(5_000));
        let path = format!("{}?error=x&error_description={long}&state={state}", oidc("callback"));
        let answer = browser.get(&path).await;
        ids.insert(answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 1, "strangers' words make no entries of their own");
    let why = reason_of(&server, ids.first().unwrap()).await.1["why"].as_str().unwrap().to_owned();
    assert!(why.len() < 600 && why.chars().all(|character| !character.is_control()), "{why}");
    assert!(!why.contains('\u{202e}'), "{why}");
}

#[tokio::test]
async fn a_callback_of_agents_is_none_of_a_connection_of_users() {
    let (server, _provider) = with_provider().await;
    let mut browser = Browser::new(&server);
    let begun = location(&browser.get(&oidc("login")).await);
    assert!(parameter(&begun, "redirect_uri").ends_with("/callback"));
    let path = format!("{}?code=c&state={}", oidc("callback/agent"), parameter(&begun, "state"));
    assert_eq!(browser.get(&path).await.status(), 404);
}

#[tokio::test]
async fn x5_a_connection_that_is_disabled_while_somebody_is_at_the_provider_logs_nobody_in_and_asks_nothing()
{
    let (server, provider) = with_provider().await;
    let mut browser = Browser::new(&server);
    let begun = location(&browser.get(&oidc("login")).await);
    answer_code(&server, &provider, &parameter(&begun, "nonce"));
    change_connection(&server, Connection { enabled: false, ..oidc_connection() }).await;
    let path = format!("{}?code=c&state={}", oidc("callback"), parameter(&begun, "state"));
    let kept = browser.cookies.clone();
    let refused = browser.get(&path).await;
    let (reason, details) =
        reason_of(&server, refused.headers()["x-vestibule-refusal"].to_str().unwrap()).await;
    assert_eq!(
        (refused.status().as_u16(), &*reason, &details["connection"]),
        (403, "no-connection", &json!(idp::OIDC))
    );
    assert!(provider.asked().is_empty() && server.stored_sessions().await.is_empty());
    // The attempt itself was a good one.
    browser.cookies = kept;
    change_connection(&server, oidc_connection()).await;
    assert_eq!(browser.get(&path).await.status(), 303);
}

pub(crate) fn logout_token(server: &TestServer, changes: &serde_json::Value) -> String {
    let now_s = now(server).as_unix() / 1_000;
    let mut claims = json!({
        "iss": ISSUER, "aud": idp::CLIENT, "iat": now_s, "exp": now_s + 120, "jti": "logout-1",
        "sid": "session-1", "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    idp::id_token(&claims)
}

#[tokio::test]
async fn a_logout_at_the_provider_ends_the_sessions_of_that_login_everywhere() {
    let server = server().await;
    let mut by_session = claims("1", "name", now(&server));
    by_session["sid"] = "session-2".into();
    let other = crate::support::log_in_by_id_token(&server, &idp::id_token(&by_session)).await;
    assert_eq!(other.status(), 200);
    server.clock.advance(std::time::Duration::from_secs(1));
    let mut browser = Browser::new(&server);
    let token = logout_token(&server, &json!({}));
    let answer = browser.post(&oidc("backchannel-logout"), &[("logout_token", &*token)]).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["cache-control"]),
        (200, &"no-store".parse().unwrap())
    );
    assert_eq!(server.stored_sessions().await.len(), 1, "that is another session there");
    let token = logout_token(&server, &json!({ "sid": null, "sub": "subject-of-name", "jti": "logout-2" }));
    assert_eq!(browser.post(&oidc("backchannel-logout"), &[("logout_token", &*token)]).await.status(), 200);
    assert!(server.stored_sessions().await.is_empty());
}

#[tokio::test]
async fn x9_a_logout_token_counts_once_and_an_id_token_is_none() {
    let server = server().await;
    let mut browser = Browser::new(&server);
    let token = logout_token(&server, &json!({}));
    assert_eq!(browser.post(&oidc("backchannel-logout"), &[("logout_token", &*token)]).await.status(), 200);
    assert_eq!(browser.post(&oidc("backchannel-logout"), &[("logout_token", &*token)]).await.status(), 400);
    let id_token = crate::support::id_token(&server, "1");
    for token in [&*id_token, "x", ""] {
        assert_eq!(browser.post(&oidc("backchannel-logout"), &[("logout_token", token)]).await.status(), 400);
    }
}

#[tokio::test]
async fn s9_the_cookie_of_an_attempt_has_no_domain_and_is_over_with_it() {
    let server = server_with(|_| {}).await;
    let answer = Browser::new(&server).get(&oidc("login")).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("sso-") && cookie.contains("; HttpOnly; Max-Age=600"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(check(&server, "x").await, 401);
}
