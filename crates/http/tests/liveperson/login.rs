//! `POST /api/account/{account}/login` by password.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::told;

pub(crate) const LOGIN: &str = "/api/account/12345678/login";

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The keys of an object in the order in which they stand in the text.
fn keys_in_order<'a>(text: &'a str, keys: &[&'a str]) -> bool {
    let places: Vec<_> = keys.iter().map(|key| text.find(&format!("\"{key}\":"))).collect();
    places.iter().all(Option::is_some) && places.is_sorted()
}

#[tokio::test]
async fn answers_with_the_fields_of_the_page_in_their_order() {
    let server = TestServer::start().await;
    let text = server.log_in("name", "password").await.text().await.unwrap();
    let order = [
        "csrf",
        "wsuk",
        "config",
        "loginName",
        "userId",
        "userPid",
        "userPrivileges",
        "serverCurrentTime",
        "timeDiff",
        "serverTimeZoneName",
        "serverTimeGMTDiff",
        "isLPA",
        "isAdmin",
        "accountTimeZoneId",
        "csdsCollectionResponse",
        "baseURIs",
        "account",
        "baseURI",
        "service",
        "accountData",
        "agentGroupsData",
        "items",
        "id",
        "deleted",
        "name",
        "revision",
        "sessionTTl",
        "sessionId",
        "bearer",
    ];
    assert!(keys_in_order(&text, &order), "{text}");
}

#[tokio::test]
async fn answers_with_the_types_of_the_page() {
    let server = TestServer::start().await;
    let (status, body) = told(server.log_in("name", "password").await).await;
    assert_eq!(status, 200);
    for key in ["csrf", "bearer", "sessionId"] {
        let token = body[key].as_str().unwrap();
        assert!(token.len() == 64 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')), "{key}");
    }
    let wsuk = body["wsuk"].as_str().unwrap();
    assert!(wsuk.len() == 18 && wsuk.bytes().all(|b| b.is_ascii_digit()), "{wsuk}");
    assert_eq!(body["sessionTTl"], "28800000");
    assert_eq!(
        body["config"],
        json!({
            "loginName": "name", "userId": "3705342601", "userPid": "00000000-0000-0000-0000-000000000001",
            "userPrivileges": [100, 101, 1730, 1740], "serverCurrentTime": 1_474_549_184_722_i64,
            "timeDiff": -10_800_000, "serverTimeZoneName": "Europe/Athens", "serverTimeGMTDiff": 10_800_000,
            "isLPA": false, "isAdmin": true, "accountTimeZoneId": "Europe/Athens",
        })
    );
    let group = json!({ "id": -1, "deleted": false, "name": "Main Group" });
    assert_eq!(body["accountData"]["agentGroupsData"]["items"], json!([group]));
}

#[tokio::test]
async fn lists_every_domain_of_the_account() {
    let server = TestServer::start().await;
    let (_, body) = told(server.log_in("name", "password").await).await;
    assert_eq!(
        body["csdsCollectionResponse"]["baseURIs"],
        json!([
            { "account": ACCOUNT, "baseURI": "vestibule.example.net", "service": "agentVep" },
            { "account": ACCOUNT, "baseURI": "smt.example.net", "service": "smt" },
        ])
    );
}

#[tokio::test]
async fn a_success_has_no_key_error() {
    let server = TestServer::start().await;
    let (_, body) = told(server.log_in("name", "password").await).await;
    assert!(!keys(&body).contains(&"error"));
}

#[tokio::test]
async fn sets_the_cookie_in_both_spellings() {
    let server = TestServer::start().await;
    let response = server.log_in("name", "password").await;
    let cookies: Vec<String> =
        response.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    let body: Value = response.json().await.unwrap();
    let id = body["sessionId"].as_str().unwrap();
    let flags = "Path=/; HttpOnly; SameSite=Lax";
    assert_eq!(cookies, [format!("session_id={id}; {flags}"), format!("Session_id={id}; {flags}")]);
}

#[tokio::test]
async fn every_version_in_use_is_accepted() {
    let server = TestServer::start().await;
    let body = json!({ "username": "name", "password": "password" });
    for query in ["", "?v=1.1", "?v=1.2", "?v=1.3", "?v=1%2E3"] {
        assert_eq!(server.post(&format!("{LOGIN}{query}"), &body).await.status(), 200, "{query}");
    }
}

#[tokio::test]
async fn other_versions_are_bad_requests() {
    let server = TestServer::start().await;
    let body = json!({ "username": "name", "password": "password" });
    for query in ["?v=2", "?v=", "?v=1.4"] {
        let (status, body) = told(server.post(&format!("{LOGIN}{query}"), &body).await).await;
        assert_eq!((status, body), (400, json!({ "error": "Missing Arguments" })), "{query}");
    }
}

#[tokio::test]
async fn a_missing_or_misspelt_key_is_a_bad_request() {
    let server = TestServer::start().await;
    for body in [
        json!({}),
        json!({ "username": "name" }),
        json!({ "userName": "name", "password": "password" }),
        json!({ "username": "name", "password": 5 }),
        json!(["username"]),
        json!("text"),
    ] {
        let told = told(server.post(LOGIN, &body).await).await;
        assert_eq!(told, (400, json!({ "error": "Missing Arguments" })), "{body}");
    }
}

#[tokio::test]
async fn unreadable_bodies_are_bad_requests() {
    let server = TestServer::start().await;
    let deep = format!("{{\"username\":{}1{}}}", "[".repeat(4_000), "]".repeat(4_000));
    let bodies: [&[u8]; 6] = [
        b"",
        b"{",
        b"username=name&password=password",
        b"{\"username\":\"\xff\",\"password\":\"x\"}",
        br#"{"username":"a","username":"name","password":"password"}"#,
        deep.as_bytes(),
    ];
    for body in bodies {
        let request = server.request(Method::POST, LOGIN).header("content-type", "application/json");
        let response = request.body(body.to_vec()).send().await.unwrap();
        assert_eq!(told(response).await, (400, json!({ "error": "Missing Arguments" })));
    }
}

#[tokio::test]
async fn a2_json_under_another_content_type_is_refused() {
    let server = TestServer::start().await;
    let body = json!({ "username": "name", "password": "password" }).to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request = server.request(Method::POST, LOGIN).header("content-type", content_type);
        let response = request.body(body.clone()).send().await.unwrap();
        assert_eq!(response.status(), 400, "{content_type}");
    }
}

#[tokio::test]
async fn the_content_type_compares_without_case_and_may_have_a_charset() {
    let server = TestServer::start().await;
    let body = json!({ "username": "name", "password": "password" }).to_string();
    for content_type in ["Application/JSON", "application/json; charset=UTF-8"] {
        let request = server.request(Method::POST, LOGIN).header("content-type", content_type);
        let response = request.body(body.clone()).send().await.unwrap();
        assert_eq!(response.status(), 200, "{content_type}");
    }
}

#[tokio::test]
async fn unknown_keys_in_the_body_are_ignored() {
    let server = TestServer::start().await;
    let body = json!({ "username": "name", "password": "password", "extra": { "deep": [1, null] } });
    assert_eq!(server.post(LOGIN, &body).await.status(), 200);
}

#[tokio::test]
async fn an_account_id_out_of_form_is_a_bad_request() {
    let server = TestServer::start().await;
    let body = json!({ "username": "name", "password": "password" });
    for account in ["a-b", "123456789012345678901", "%20"] {
        let path = format!("/api/account/{account}/login");
        assert_eq!(server.post(&path, &body).await.status(), 400, "{account}");
    }
}

#[tokio::test]
async fn l5_unknown_account_unknown_user_and_wrong_password_are_told_alike() {
    let server = TestServer::start().await;
    let unknown_account = json!({ "username": "name", "password": "password" });
    let answers = [
        told(server.post("/api/account/unknown/login", &unknown_account).await).await,
        told(server.log_in("nobody", "password").await).await,
        told(server.log_in("name", "wrong").await).await,
        told(server.log_in("bot", "password").await).await,
    ];
    let expected = (401, json!({ "error": "Bad Authentication (invalid site or agent)" }));
    assert!(answers.iter().all(|answer| *answer == expected), "{answers:?}");
}

#[tokio::test]
async fn l5_every_failure_costs_one_hash() {
    let mut server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy.failures = 1;
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.add_user("disabled", "password", now).enabled = false;
        fixture.add_user("locked", "password", now).locked_at = Some(now);
    })
    .await;
    server.change_user("name", |_| {}).await;
    let gauges = server.auth.hash_pool_gauges();
    let hashed = || gauges.done.load(std::sync::atomic::Ordering::SeqCst);
    for user in ["nobody", "bot", "name", "disabled", "locked"] {
        let before = hashed();
        assert_eq!(server.log_in(user, "wrong").await.status(), 401);
        assert_eq!(hashed() - before, 1, "{user}");
    }
    let before = hashed();
    let body = json!({ "username": "name", "password": "wrong" });
    assert_eq!(server.post("/api/account/unknown/login", &body).await.status(), 401);
    assert_eq!(hashed() - before, 1, "unknown account");
}

#[tokio::test]
async fn the_block_list_answers_451() {
    let server = TestServer::start_with(|fixture, settings| {
        settings.block_list.accounts.insert("blocked".parse().unwrap());
        settings.block_list.user_names.insert("name".to_owned());
        fixture.account.code = "OTHER".to_owned();
    })
    .await;
    assert_eq!(server.log_in("name", "password").await.status(), 451);
    let body = json!({ "username": "someone", "password": "password" });
    let (status, body) = told(server.post("/api/account/blocked/login", &body).await).await;
    assert_eq!(status, 451);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_in_the_dialects_shape() {
    let server = TestServer::start().await;
    let (status, body) = told(server.log_in("name", &"x".repeat(70_000)).await).await;
    assert_eq!(status, 413);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let server = TestServer::start().await;
    let response = server.get(LOGIN).await;
    assert_eq!(response.headers()["allow"], "POST");
    let (status, body) = told(response).await;
    assert_eq!(status, 405);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn s1_a_session_chosen_by_the_caller_is_not_adopted() {
    let server = TestServer::start().await;
    let chosen = "0".repeat(64);
    let request = server.request(Method::POST, LOGIN).header("cookie", format!("session_id={chosen}"));
    let body = json!({ "username": "name", "password": "password" });
    let body: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    assert_ne!(body["sessionId"], chosen.as_str());
}

#[tokio::test]
async fn s1_each_login_gives_another_session() {
    let server = TestServer::start().await;
    assert_ne!(server.session().await, server.session().await);
}

#[tokio::test]
async fn an_oddly_spelt_path_is_answered_like_a_plain_one() {
    let server = TestServer::start().await;
    // Percent-encoded, the path is not recognised before the router, which decodes it.
    let request = server.request(Method::POST, "/api/account/%312345678/login?v=1.3");
    let request = request.json(&json!({ "username": "name", "password": "password" }));
    assert_eq!(request.send().await.unwrap().status(), 200);
}
