//! `/admin/v1/login`, `/admin/v1/logout` and `/admin/v1/password`

use reqwest::Method;
use serde_json::json;
use vestibule_auth::LONGEST_PASSWORD;
use vestibule_testkit::ACCOUNT;

use crate::support::{Instance, PASSWORD};

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let instance = Instance::start().await;
    assert_eq!(instance.log_in("admin", "wrong").await.status, 401);
}

#[tokio::test]
async fn a_user_of_another_account_is_no_administrator() {
    let instance = Instance::start().await;
    assert_eq!(instance.log_in("name", "password").await.status, 401);
}

#[tokio::test]
async fn after_logout_the_bearer_is_refused() {
    let instance = Instance::start().await;
    let logout = instance.ask(Some(&instance.owner), (Method::POST, "/admin/v1/logout"), None).await;
    assert_eq!(logout.status, 204);
    assert_eq!(instance.get("/admin/v1/administrators").await.status, 401);
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_its_name() {
    let instance = Instance::start().await;
    let body = json!({ "username": "admin", "password": "x", "role": "owner" });
    let answer = instance.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("role")), "{answer:?}");
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_not_repeated() {
    let instance = Instance::start().await;
    let body = json!({ "username": "admin", "password": 4_711_u32 });
    let answer = instance.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("password")));
    assert!(!answer.body.to_string().contains("4711"), "{answer:?}");
}

#[tokio::test]
async fn a_path_that_is_not_there_is_a_problem_too() {
    let instance = Instance::start().await;
    assert_eq!(instance.get("/admin/v1/nothing").await.status, 404);
}

#[tokio::test]
async fn administrators_change_their_password_by_the_old_one() {
    let instance = Instance::start().await;
    let change = async |password: &str, new: &str| {
        let body = json!({ "username": "admin", "password": password, "new_password": new });
        instance.ask(None, (Method::POST, "/admin/v1/password"), Some(body)).await
    };
    assert_eq!(change("wrong", "An0ther-admin-pass").await.status, 401);
    let short = change(PASSWORD, "sh0rt").await;
    assert_eq!((short.status, &short.body["field"]), (422, &json!("new_password")));
    assert_eq!(change(PASSWORD, "An0ther-admin-pass").await.status, 204);
    assert_eq!(instance.get("/admin/v1/administrators").await.status, 401, "the session has ended");
    assert_eq!(instance.log_in("admin", PASSWORD).await.status, 401);
    assert_eq!(instance.log_in("admin", "An0ther-admin-pass").await.status, 200);
}

#[tokio::test]
async fn who_must_change_the_password_does_so_before_the_first_login() {
    let instance = Instance::start().await;
    let body = json!({ "login_name": "ben", "password": "F1rst-admin-pass" });
    let made = instance.send(Method::POST, "/admin/v1/accounts/administrators/users", body).await;
    let path = format!("/admin/v1/administrators/{}", made.body["id"]);
    let role = json!({ "role": "auditor" });
    assert_eq!(
        instance.ask_if(Some(&instance.owner), (Method::PUT, &path), Some(role), Some("*")).await.status,
        412
    );
    let put = instance.server.admin_request(Method::PUT, &path).bearer_auth(&instance.owner);
    let put = put.header("if-none-match", "*").json(&json!({ "role": "auditor" }));
    assert_eq!(put.send().await.unwrap().status(), 200);
    assert_eq!(instance.log_in("ben", "F1rst-admin-pass").await.status, 401);
    let change = async |new: &str| {
        let body = json!({ "username": "ben", "password": "F1rst-admin-pass", "new_password": new });
        instance.ask(None, (Method::POST, "/admin/v1/password"), Some(body)).await
    };
    assert_eq!(change("F1rst-admin-pass").await.body["field"], json!("new_password"));
    assert_eq!(change("Sec0nd-admin-pass").await.status, 204);
    assert_eq!(instance.log_in("ben", "Sec0nd-admin-pass").await.body["role"], json!("auditor"));
}

#[tokio::test]
async fn administrators_do_not_exist_at_the_public_door() {
    let instance = Instance::start().await;
    let status = async |account: &str| {
        let body = json!({ "username": "admin", "password": PASSWORD });
        instance.server.post(&format!("/api/account/{account}/login?v=1.3"), &body).await.status()
    };
    assert_eq!(
        (status("administrators").await, status("nowhere").await),
        (status(ACCOUNT).await, status(ACCOUNT).await)
    );
    let body = json!({ "clientName": "administrators", "userName": "admin", "password": PASSWORD, "newPassword": "An0ther-admin-pass" });
    let changed =
        instance.server.request(Method::POST, "/session/password").json(&body).send().await.unwrap();
    assert_ne!(changed.status(), 204);
    assert_eq!(instance.log_in("admin", PASSWORD).await.status, 200);
    let domain = async |account: &str| {
        let path = format!("/api/account/{account}/service/agentVep/baseURI.json?version=1.0");
        let answer = instance.server.get(&path).await;
        (answer.status(), answer.text().await.unwrap().replace(account, ""))
    };
    assert_eq!(domain("administrators").await, domain("nowhere").await);
}

#[tokio::test]
async fn a_session_of_an_administrator_opens_no_gateway() {
    let instance = Instance::start().await;
    let check = instance.server.request(Method::GET, "/gateway/check").bearer_auth(&instance.owner);
    assert_eq!(check.send().await.unwrap().status(), 401);
    assert_eq!(instance.get("/admin/v1/administrators").await.status, 200);
}

#[tokio::test]
async fn l4_who_fails_at_the_public_door_keeps_no_administrator_out() {
    let limit = vestibule_auth::FailureLimit { per_minute: 1, burst: 2 };
    let instance = Instance::start_with(|settings| settings.failures = limit).await;
    for _ in 0..2 {
        assert_eq!(instance.server.log_in("name", "wrong").await.status(), 401);
    }
    assert_eq!(instance.server.log_in("name", "wrong").await.status(), 429);
    assert_eq!(instance.log_in("admin", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_name_that_is_too_long_is_not_repeated_in_full() {
    let instance = Instance::start().await;
    let body = json!({ "x".repeat(6_000): 1 });
    let answer = instance.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.to_string().len() < 2_000);
}

#[tokio::test]
async fn l7_an_administrator_who_is_answered_429_is_told_when_to_come_back() {
    let limit = vestibule_auth::FailureLimit { per_minute: 1, burst: 2 };
    let instance = Instance::start_with(|settings| settings.failures = limit).await;
    let log_in = async || {
        let body = json!({ "username": "admin", "password": "wrong" });
        instance.server.admin_request(Method::POST, "/admin/v1/login").json(&body).send().await.unwrap()
    };
    while log_in().await.status() == 401 {}
    let answer = log_in().await;
    assert_eq!(answer.status(), 429);
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((5..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn g4_authorization_that_contradicts_itself_proves_nobody() {
    let instance = Instance::start().await;
    let ask = async |values: &[&str]| {
        let request = instance.server.admin_request(Method::GET, "/admin/v1/administrators");
        let request = values.iter().fold(request, |request, value| request.header("authorization", *value));
        request.send().await.unwrap().status().as_u16()
    };
    let (right, wrong) = (format!("bearer {}", instance.owner), format!("Bearer {}", "0".repeat(64)));
    assert_eq!(ask(&[&right]).await, 200);
    assert_eq!(ask(&[&right, &right]).await, 200);
    assert_eq!(ask(&[&right, &wrong]).await, 401);
    assert_eq!(ask(&[&wrong, &right]).await, 401);
}

#[tokio::test]
async fn l6_bodies_and_passwords_are_limited_before_anybody_is_known() {
    let instance = Instance::start().await;
    let log_in = async |password: usize| {
        let body = json!({ "username": "admin", "password": "x".repeat(password) });
        instance.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await
    };
    assert_eq!(log_in(LONGEST_PASSWORD).await.status, 401);
    let long = log_in(LONGEST_PASSWORD + 1).await;
    assert_eq!((long.status, &long.body["field"]), (400, &json!("password")));
    assert_eq!(long.body["detail"], json!("The password has more than 1024 bytes"));
    assert_eq!(log_in(8_192).await.status, 413);
    let change = async |password: usize, new: usize| {
        let (password, new) = ("x".repeat(password), "y".repeat(new));
        let body = json!({ "username": "admin", "password": password, "new_password": new });
        instance.ask(None, (Method::POST, "/admin/v1/password"), Some(body)).await
    };
    assert_eq!(change(LONGEST_PASSWORD + 1, 10).await.status, 400);
    let new = change(10, LONGEST_PASSWORD + 1).await;
    assert_eq!((new.status, &new.body["field"]), (422, &json!("new_password")));
    assert_eq!(change(10, 8_192).await.status, 413);
}

#[tokio::test]
async fn l6_a_password_that_is_too_long_to_be_shown_is_not_set() {
    let instance = Instance::start().await;
    let body = json!({ "login_name": "ben", "password": format!("F1rst-{}", "x7-".repeat(400)) });
    let made = instance.send(Method::POST, "/admin/v1/accounts/administrators/users", body).await;
    assert_eq!((made.status, &made.body["field"]), (422, &json!("password")));
    assert!(made.body["detail"].as_str().unwrap().contains("at most 1024 bytes"), "{made:?}");
}

#[tokio::test]
async fn a_user_without_a_role_is_refused_and_leaves_no_session() {
    let instance = Instance::start().await;
    let mut user = instance.server.fixture.users[0].clone();
    (user.id, user.number) = (vestibule_model::UserId(9_000_000_001), 77);
    (user.account, user.login_name) = (vestibule_auth::HOME.parse().unwrap(), "clerk".to_owned());
    instance.server.change(vec![vestibule_store::Change::PutUser(user.into())]).await;
    let before = instance.server.stored_sessions().await.len();
    assert_eq!(instance.log_in("clerk", "password").await.status, 403);
    assert_eq!(instance.server.stored_sessions().await.len(), before);
    assert_eq!(instance.server.auth.session_count(), before);
    let told = instance.get("/admin/v1/audit?user=9000000001").await.body;
    let told: Vec<_> = told["entries"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(told, [&json!("log-in-refused")], "none was opened");
}

#[tokio::test]
async fn s5_an_administrators_session_ends_with_the_password() {
    let mut instance = Instance::start().await;
    let days = json!({ "password_policy": { "expiry_days": 1 } });
    assert_eq!(instance.patch("/admin/v1/accounts/administrators", days).await.status, 200);
    instance.server.clock.advance(std::time::Duration::from_mins(24 * 60 - 1));
    let answer = instance.log_in("admin", PASSWORD).await;
    instance.owner = answer.body["token"].as_str().unwrap().to_owned();
    instance.server.clock.advance(std::time::Duration::from_millis(59_999));
    assert_eq!(instance.get("/admin/v1/accounts").await.status, 200);
    instance.server.clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(instance.get("/admin/v1/accounts").await.status, 401);
}

#[tokio::test]
async fn a_session_that_is_not_read_yet_administers() {
    let mut instance = Instance::start().await;
    instance.server.restart_unloaded().await;
    assert_eq!(instance.get("/admin/v1/accounts").await.status, 200);
}
