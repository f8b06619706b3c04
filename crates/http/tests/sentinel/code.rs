//! Codes, and what clients get for them: sessions like any other, opened once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::{AuthorizationRequest, LogIn, LoginScope, PageSession, UserCredentials};
use vestibule_model::{Clock, Concurrency, Dialect, GrantType, RefreshRotation};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::support::{BACK, CLIENT, SECRET, body, error, key_set, path, post, start, start_with, verified};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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

fn request() -> AuthorizationRequest {
    AuthorizationRequest { response_type: "code".to_owned(), ..AuthorizationRequest::default() }
}

/// A code of the fixture's client for a request.
fn code_for(server: &TestServer, page: &PageSession, request: &AuthorizationRequest) -> String {
    let account = server.fixture.account.id;
    let authorizing = server.auth.authorizing(account, CLIENT, Some(BACK)).unwrap();
    server.auth.authorization_code(page, &authorizing, request, server.clock.now()).unwrap()
}

async fn code(server: &TestServer) -> String {
    let page = page(server, "name").await;
    code_for(server, &page, &request())
}

/// The form that changes a code into a token.
fn form(code: &str) -> Vec<(&'static str, String)> {
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

fn with(form: &[(&'static str, String)], name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let mut form: Vec<_> = form.iter().filter(|(known, _)| *known != name).cloned().collect();
    if !value.is_empty() {
        form.push((name, value.to_owned()));
    }
    form
}

async fn send(server: &TestServer, operation: &str, form: &[(&'static str, String)]) -> reqwest::Response {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    post(server, &path(operation), &form).await
}

async fn redeem(server: &TestServer, form: &[(&'static str, String)]) -> reqwest::Response {
    send(server, "token?v=1.0", form).await
}

async fn token(server: &TestServer) -> Value {
    let code = code(server).await;
    body(redeem(server, &form(&code)).await, 200).await
}

async fn check(server: &TestServer, token: &Value) -> u16 {
    let bearer = token.as_str().unwrap();
    let request = server.request(Method::GET, "/gateway/check").bearer_auth(bearer);
    request.send().await.unwrap().status().as_u16()
}

fn refresh_form(token: &Value) -> Vec<(&'static str, String)> {
    [
        ("grant_type", "refresh_token"),
        ("refresh_token", token.as_str().unwrap()),
        ("client_id", CLIENT),
        ("client_secret", SECRET),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

async fn refresh(server: &TestServer, token: &Value) -> reqwest::Response {
    redeem(server, &refresh_form(token)).await
}

#[tokio::test]
async fn a_code_becomes_a_bearer_that_passes_the_check_and_an_id_token() {
    let server = start_with(|fixture, _| fixture.user("name").email = "n@example.com".to_owned()).await;
    let page = page(&server, "name").await;
    let request =
        AuthorizationRequest { scope: "openid email".to_owned(), nonce: Some("n-1".to_owned()), ..request() };
    let answer = body(redeem(&server, &form(&code_for(&server, &page, &request))).await, 200).await;
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 28_800);
    assert_eq!(answer["access_token"].as_str().unwrap().len(), 64);
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
    let keys = key_set(&server, "/sentinel/well-known/jwks").await;
    let (_, claims) = verified(answer["id_token"].as_str().unwrap(), &keys).unwrap();
    let iat = claims["iat"].as_i64().unwrap();
    let expected = json!({
        "sub": "3705342601", "aud": CLIENT, "iss": "sentinel", "iat": iat, "exp": iat + 600, "auth_time": iat,
        "is_admin": true, "is_lpa": claims["is_lpa"], "nonce": "n-1", "email": "n@example.com",
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn the_login_name_is_told_where_it_is_asked_for() {
    let server = start().await;
    let page = page(&server, "name").await;
    let request = AuthorizationRequest { scope: "openid profile".to_owned(), ..request() };
    let answer = body(redeem(&server, &form(&code_for(&server, &page, &request))).await, 200).await;
    let keys = key_set(&server, "/.well-known/jwks.json").await;
    let (_, claims) = verified(answer["id_token"].as_str().unwrap(), &keys).unwrap();
    assert_eq!(claims["preferred_username"], "name");
    assert!(claims.get("email").is_none());
}

#[tokio::test]
async fn the_session_is_one_like_any_other_and_replaces_the_users_last_one() {
    let server = start().await;
    let before: Value = server.log_in("name", "password").await.json().await.unwrap();
    let answer = token(&server).await;
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
    assert_eq!(check(&server, &before["bearer"]).await, 401);
}

#[tokio::test]
async fn s13_a_code_counts_once_and_its_second_use_ends_what_the_first_opened() {
    let server = start().await;
    let code = code(&server).await;
    let answer = body(redeem(&server, &form(&code)).await, 200).await;
    assert_eq!(error(redeem(&server, &form(&code)).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &answer["access_token"]).await, 401);
    assert_eq!(error(refresh(&server, &answer["refresh_token"]).await).await.0, 400);
}

#[tokio::test]
async fn s13_a_used_code_that_does_not_fit_ends_nothing() {
    let server = start().await;
    let code = code(&server).await;
    let answer = body(redeem(&server, &form(&code)).await, 200).await;
    for wrong in [with(&form(&code), "code_verifier", VERIFIER), with(&form(&code), "redirect_uri", "")] {
        assert_eq!(error(redeem(&server, &wrong).await).await, (400, "invalid_grant".into()));
    }
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
}

#[tokio::test]
async fn s13_of_many_who_use_a_code_at_once_at_most_one_has_a_session() {
    let server = start().await;
    let code = code(&server).await;
    let form = form(&code);
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(redeem(&server, &form));
    }
    let mut given = Vec::new();
    for answer in futures_of(answers).await {
        if answer.status() == 200 {
            given.push(answer.json::<Value>().await.unwrap());
        }
    }
    assert_eq!(given.len(), 1);
    assert_eq!(check(&server, &given[0]["access_token"]).await, 401, "somebody else showed it too");
}

async fn futures_of<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waits = false;
        for (future, slot) in futures.iter_mut().zip(&mut done) {
            if slot.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *slot = Some(output),
                    std::task::Poll::Pending => waits = true,
                }
            }
        }
        if waits { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_code_counts_for_a_minute() {
    let server = start().await;
    let [in_time, late] = [code(&server).await, code(&server).await];
    server.clock.advance(Duration::from_secs(59));
    body(redeem(&server, &form(&in_time)).await, 200).await;
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(error(redeem(&server, &form(&late)).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn x10_a_code_counts_for_its_redirect_uri_alone() {
    let server = start().await;
    let code = code(&server).await;
    for other in ["http://127.0.0.1:9099/callback/", "http://127.0.0.1:9099/Callback", ""] {
        let refused = redeem(&server, &with(&form(&code), "redirect_uri", other)).await;
        assert_eq!(error(refused).await, (400, "invalid_grant".into()), "{other}");
    }
    body(redeem(&server, &form(&code)).await, 200).await;
}

#[tokio::test]
async fn a_code_of_somebody_else_does_not_count() {
    let server = start().await;
    let own = code(&server).await;
    let mut changed = URL_SAFE_NO_PAD.decode(&own).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    for code in ["", "x", &own[1..], &URL_SAFE_NO_PAD.encode(changed), &"A".repeat(6_000)] {
        let (status, kind) = error(redeem(&server, &with(&form(&own), "code", code)).await).await;
        let expected = if code.is_empty() { "invalid_request" } else { "invalid_grant" };
        assert_eq!((status, kind.as_str()), (400, expected), "{}", code.len());
    }
}

#[tokio::test]
async fn x9_a_code_with_a_challenge_needs_its_verifier() {
    let server = start().await;
    let page = page(&server, "name").await;
    let request = AuthorizationRequest {
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..request()
    };
    let code = code_for(&server, &page, &request);
    for wrong in ["", CHALLENGE, &VERIFIER[1..]] {
        let refused = redeem(&server, &with(&form(&code), "code_verifier", wrong)).await;
        assert_eq!(error(refused).await, (400, "invalid_grant".into()), "{wrong}");
    }
    body(redeem(&server, &with(&form(&code), "code_verifier", VERIFIER)).await, 200).await;
}

#[tokio::test]
async fn x9_a_verifier_without_a_challenge_does_not_count() {
    let server = start().await;
    let code = code(&server).await;
    let refused = redeem(&server, &with(&form(&code), "code_verifier", VERIFIER)).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn whoever_signed_out_of_the_pages_gives_nothing_any_more() {
    let server = start().await;
    let page = page(&server, "name").await;
    let code = code_for(&server, &page, &request());
    server.auth.end_page_session(&page, None).await.unwrap();
    assert_eq!(error(redeem(&server, &form(&code)).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn whoever_signs_out_of_the_pages_while_a_session_is_opened_gives_none() {
    let server = start().await;
    let page = page(&server, "name").await;
    let code = code_for(&server, &page, &request());
    let gate = server.faults.delay(|change| matches!(change, vestibule_store::Change::OpenSession(_)));
    let form = form(&code);
    let overtake = async {
        gate.reached().await;
        server.auth.end_page_session(&page, None).await.unwrap();
        gate.open();
    };
    let (answer, ()) = tokio::join!(redeem(&server, &form), overtake);
    assert_eq!(error(answer).await, (400, "invalid_grant".into()));
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn a_code_survives_a_restart_and_so_does_that_it_was_used() {
    let mut server = start().await;
    let [one, other] = [code(&server).await, code(&server).await];
    let answer = body(redeem(&server, &form(&one)).await, 200).await;
    server.restart().await;
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
    assert_eq!(error(redeem(&server, &form(&one)).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &answer["access_token"]).await, 401);
    body(redeem(&server, &form(&other)).await, 200).await;
}

#[tokio::test]
async fn a_refresh_slides_the_session_and_gives_the_same_bearer() {
    let server = start().await;
    let answer = token(&server).await;
    server.clock.advance(Duration::from_hours(7));
    let refreshed = body(refresh(&server, &answer["refresh_token"]).await, 200).await;
    let expected = json!({
        "access_token": answer["access_token"], "token_type": "Bearer", "refresh_token": answer["refresh_token"],
    });
    assert_eq!(refreshed, expected);
    server.clock.advance(Duration::from_hours(7));
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
}

#[tokio::test]
async fn an_old_refresh_token_of_a_client_that_proved_itself_ends_the_session_but_for_a_retry() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
    })
    .await;
    let first = token(&server).await;
    let second = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let repeated = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    assert_eq!(repeated, second, "the answer was lost, and asked for again");
    let third = body(refresh(&server, &second["refresh_token"]).await, 200).await;
    assert_eq!(check(&server, &third["access_token"]).await, 200);
    assert_eq!(error(refresh(&server, &first["refresh_token"]).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &third["access_token"]).await, 401);
    assert_eq!(error(refresh(&server, &third["refresh_token"]).await).await.0, 400);
}

#[tokio::test]
async fn each_code_has_a_session_of_its_own_where_logins_are_given_the_one_that_lives() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
        fixture.account.session_policy.concurrency = Concurrency::Same;
    })
    .await;
    let first = token(&server).await;
    let rotated = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    let second = token(&server).await;
    assert_ne!(second["access_token"], first["access_token"]);
    server.clock.advance(Duration::from_secs(11));
    body(refresh(&server, &second["refresh_token"]).await, 200).await;
    body(refresh(&server, &rotated["refresh_token"]).await, 200).await;
}

#[tokio::test]
async fn a_retry_is_one_for_ten_seconds() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
    })
    .await;
    let first = token(&server).await;
    let second = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(error(refresh(&server, &first["refresh_token"]).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &second["access_token"]).await, 401);
}

/// A server whose client is public, and what it gets for a code with PKCE.
async fn public() -> (TestServer, Value) {
    let server = start_with(|fixture, _| {
        let metadata = &mut fixture.oauth_client.metadata;
        (metadata.public, metadata.grant_types) =
            (true, vec![GrantType::AuthorizationCode, GrantType::RefreshToken]);
    })
    .await;
    let page = page(&server, "name").await;
    let request = AuthorizationRequest {
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..request()
    };
    let form = with(&form(&code_for(&server, &page, &request)), "client_secret", "");
    let answer = body(redeem(&server, &with(&form, "code_verifier", VERIFIER)).await, 200).await;
    (server, answer)
}

#[tokio::test]
async fn a_public_client_shows_no_secret_and_its_refresh_token_counts_once() {
    let (server, first) = public().await;
    let form = |token: &Value| with(&refresh_form(token), "client_secret", "");
    let second = body(redeem(&server, &form(&first["refresh_token"])).await, 200).await;
    let refused = redeem(&server, &form(&first["refresh_token"])).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &second["access_token"]).await, 401, "the family ends");
}

#[tokio::test]
async fn x9_a_public_client_is_given_no_code_without_a_challenge() {
    let (server, _) = public().await;
    let authorizing = server.auth.authorizing(server.fixture.account.id, CLIENT, Some(BACK)).unwrap();
    assert!(authorizing.check(&request()).is_err());
    let plain = AuthorizationRequest { code_challenge: Some(VERIFIER.to_owned()), ..request() };
    assert!(authorizing.check(&plain).is_err());
    let method = AuthorizationRequest { code_challenge_method: Some("plain".to_owned()), ..plain };
    assert!(authorizing.check(&method).is_err());
}

#[tokio::test]
async fn the_secret_of_a_public_client_logs_no_bot_in() {
    let (server, _) = public().await;
    let key = vestibule_testkit::Key {
        app_key: CLIENT,
        secret: SECRET,
        access_token: "dummy",
        access_token_secret: "dummy",
    };
    assert_eq!(server.log_in_with_key("client", &key).await.status(), 401);
}

#[tokio::test]
async fn either_token_revokes_the_session_with_either_spelling() {
    for (query, which) in [("v=1.0", "access_token"), ("v1.0", "refresh_token"), ("", "access_token")] {
        let server = start().await;
        let answer = token(&server).await;
        let form = with(&refresh_form(&answer["refresh_token"]), "token", answer[which].as_str().unwrap());
        let revoked = send(&server, &format!("token/revoke?{query}"), &form).await;
        assert_eq!(revoked.status(), 200, "{query}");
        assert_eq!(check(&server, &answer["access_token"]).await, 401);
        let again = send(&server, "token/revoke?v=1.0", &form).await;
        assert_eq!(again.status(), 200, "what is over is no failure");
    }
}

#[tokio::test]
async fn a_client_revokes_nothing_of_others() {
    let server = start().await;
    let other: Value = server.log_in("name", "password").await.json().await.unwrap();
    let form = with(&refresh_form(&json!("x")), "token", other["bearer"].as_str().unwrap());
    let refused = send(&server, "token/revoke?v=1.0", &form).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &other["bearer"]).await, 200);
    let wrong = send(&server, "token/revoke?v=1.0", &with(&form, "client_secret", "wrong")).await;
    assert_eq!(error(wrong).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn s4_a_client_that_loses_its_right_loses_its_sessions() {
    for change in 0..4 {
        let server = start().await;
        let answer = token(&server).await;
        let mut client = server.fixture.oauth_client.clone();
        match change {
            0 => client.enabled = false,
            1 => client.metadata.grant_types = vec![GrantType::ClientCredentials],
            2 => client.metadata.enabled_for_profiles = vec![404],
            _ => client.secret_version = client.secret_version.next(),
        }
        let put = vestibule_store::Change::PutOauthClient(server.fixture.account.id, client.into());
        server.change(vec![put]).await;
        assert_eq!(check(&server, &answer["access_token"]).await, 401, "{change}");
    }
}

#[tokio::test]
async fn a_client_for_some_profiles_is_given_no_code_of_others() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.enabled_for_profiles = vec![404];
    })
    .await;
    let page = page(&server, "name").await;
    let authorizing = server.auth.authorizing(server.fixture.account.id, CLIENT, Some(BACK)).unwrap();
    let code = server.auth.authorization_code(&page, &authorizing, &request(), server.clock.now());
    assert!(code.is_err());
}

#[tokio::test]
async fn the_end_of_a_reused_session_is_told_in_the_audit() {
    let server = start().await;
    let code = code(&server).await;
    redeem(&server, &form(&code)).await;
    redeem(&server, &form(&code)).await;
    let query = vestibule_store::AuditQuery { limit: 100, ..vestibule_store::AuditQuery::default() };
    let page = server.auth.audit(query).await.unwrap();
    let told: Vec<Value> =
        page.entries.iter().map(|entry| serde_json::to_value(&entry.record).unwrap()).collect();
    assert!(told.iter().any(|entry| entry["action"] == "session-ended" && entry["reason"] == "token-reused"));
    assert!(told.iter().any(|entry| entry["action"] == "token-refused" && entry["reason"] == "token-reused"));
}

#[tokio::test]
async fn s8_the_kinds_of_tokens_are_not_each_other() {
    let server = start().await;
    let answer = token(&server).await;
    assert_eq!(check(&server, &answer["refresh_token"]).await, 401);
    assert_eq!(check(&server, &answer["id_token"]).await, 401);
    assert_eq!(error(refresh(&server, &answer["access_token"]).await).await.0, 400);
    let elsewhere = format!("/sentinel/api/account/other/{}", "token?v=1.0");
    let form = refresh_form(&answer["refresh_token"]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(error(post(&server, &elsewhere, &form).await).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn the_provider_of_an_account_names_itself_by_its_url() {
    let server = start().await;
    let configuration: Value =
        server.get(&path(".well-known/openid-configuration")).await.json().await.unwrap();
    let issuer = configuration["issuer"].as_str().unwrap();
    assert!(issuer.ends_with(&format!("/sentinel/api/account/{ACCOUNT}")), "{issuer}");
    assert_eq!(configuration["token_endpoint"], format!("{issuer}/oidc/token"));
    let page = page(&server, "name").await;
    let request =
        AuthorizationRequest { scope: "openid".to_owned(), nonce: Some("n".to_owned()), ..request() };
    let code = code_for(&server, &page, &request);
    let answer = body(send(&server, "oidc/token", &form(&code)).await, 200).await;
    assert_eq!(answer["scope"], "openid");
    let keys = key_set(&server, "/.well-known/jwks.json").await;
    let (_, claims) = verified(answer["id_token"].as_str().unwrap(), &keys).unwrap();
    assert_eq!((&claims["iss"], &claims["nonce"]), (&json!(issuer), &json!("n")));
    let info = server.request(Method::GET, &path("oidc/userinfo"));
    let info = info.bearer_auth(answer["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(body(info, 200).await["sub"], claims["sub"]);
    let nobody = server.request(Method::GET, &path("oidc/userinfo")).bearer_auth("x").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    assert!(nobody.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    assert_eq!(
        server.get("/sentinel/api/account/nowhere/.well-known/openid-configuration").await.status(),
        404
    );
}

#[tokio::test]
async fn the_bearer_of_another_account_is_nobody_at_userinfo() {
    let server = start().await;
    let answer = token(&server).await;
    let request = server.request(Method::GET, "/sentinel/api/account/other/oidc/userinfo");
    let request = request.bearer_auth(answer["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 401);
}
