//! `/admin/v1/administration-tokens`

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use vestibule_auth::AdministrationError;
use vestibule_model::{
    AdministrationToken, AdministrationTokenId, AdministratorRole, AuditAction, Clock, SecretDigest,
};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

#[tokio::test]
async fn a_secret_is_shown_once() {
    let instance = Instance::start().await;
    let (secret, id) = instance.token("deploy", "owner", None).await;
    let list = instance.get("/admin/v1/administration-tokens").await.body.to_string();
    let one = instance.get(&format!("/admin/v1/administration-tokens/{id}")).await.body.to_string();
    assert!(list.contains("deploy") && one.contains("deploy"));
    assert!(!list.contains(&secret) && !one.contains(&secret));
}

#[tokio::test]
async fn a_token_proves_its_holder() {
    let instance = Instance::start().await;
    let (secret, _) = instance.token("deploy", "owner", None).await;
    let answer = instance.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let instance = Instance::start().await;
    let (secret, _) = instance.token("deploy", "owner", None).await;
    instance.server.clock.advance(Duration::from_hours(1));
    let answer = instance.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once() {
    let instance = Instance::start().await;
    let (secret, id) = instance.token("deploy", "owner", None).await;
    let path = format!("/admin/v1/administration-tokens/{id}");
    let tag = instance.get(&path).await.tag;
    let revoked = instance.ask_if(Some(&instance.owner), (Method::DELETE, &path), None, tag.as_deref()).await;
    assert_eq!(revoked.status, 204);
    let answer = instance.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_token_without_an_end_is_refused_by_its_field() {
    let instance = Instance::start().await;
    let body = json!({ "name": "a", "role": "owner", "expires": i64::MAX });
    let path = "/admin/v1/administration-tokens";
    let answer = instance.ask(Some(&instance.owner), (Method::POST, path), Some(body)).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("expires")));
}

#[tokio::test]
async fn a_token_lives_a_year_at_most() {
    let instance = Instance::start().await;
    let year = instance.server.clock.now().plus(Duration::from_hours(24 * 366));
    for (expires, status) in [(year, 201), (year.plus(Duration::from_millis(1)), 422)] {
        let body = json!({ "name": "long", "role": "owner", "expires": expires.as_unix() });
        let made = instance.send(Method::POST, "/admin/v1/administration-tokens", body).await;
        assert_eq!(made.status, status, "{made:?}");
    }
}

#[tokio::test]
async fn a_name_is_given_once() {
    let instance = Instance::start().await;
    instance.token("deploy", "owner", None).await;
    let body =
        json!({ "name": "deploy", "role": "owner", "expires": instance.server.clock.now().as_unix() + 1 });
    let path = "/admin/v1/administration-tokens";
    let answer = instance.ask(Some(&instance.owner), (Method::POST, path), Some(body)).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}

#[tokio::test]
async fn the_audit_tells_who_made_a_token_and_no_secret() {
    let instance = Instance::start().await;
    let (secret, id) = instance.token("deploy", "auditor", None).await;
    let query = AuditQuery { action: Some(AuditAction::Created), limit: 1, ..AuditQuery::default() };
    let page = instance.server.store.audit(query).await.unwrap();
    let entry = serde_json::to_value(&page.entries[0]).unwrap();
    assert_eq!(entry["actor"]["name"], json!("admin"));
    assert_eq!(
        entry["target"],
        json!({ "kind": "administration-token", "id": id.to_string(), "name": "deploy" })
    );
    assert_eq!((&entry["after"]["role"], &entry["after"]["secret"]), (&json!("auditor"), &json!("set")));
    assert!(!entry.to_string().contains(&secret));
}

/// The answer to a request whose body is sent to its end only when the token has been revoked.
async fn revoked_meanwhile(instance: &Instance, path: &str, body: &str) -> String {
    let (secret, id) = instance.token("deploy", "owner", None).await;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(instance.server.admin_address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..5]).await.unwrap();
    assert_eq!(instance.remove(&format!("/admin/v1/administration-tokens/{id}")).await.status, 204);
    stream.write_all(&body.as_bytes()[5..]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn s3_a_token_that_is_revoked_while_its_request_is_sent_makes_nothing() {
    let instance = Instance::start().await;
    let answer = revoked_meanwhile(&instance, "/admin/v1/accounts", r#"{"id":"late"}"#).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(instance.get("/admin/v1/accounts/late").await.status, 404);
}

#[tokio::test]
async fn s3_a_token_that_is_revoked_while_its_request_is_sent_learns_nothing() {
    let instance = Instance::start().await;
    let question = format!(r#"{{"account":"{ACCOUNT}","user":3705342601}}"#);
    let answer = revoked_meanwhile(&instance, "/admin/v1/why", &question).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn s3_a_caller_who_lost_the_token_changes_nothing_any_more() {
    let instance = Instance::start().await;
    let (secret, id) = instance.token("deploy", "owner", None).await;
    let auth = &instance.server.auth;
    let caller =
        auth.administration().administrator(&secret, None, instance.server.clock.now()).await.unwrap();
    assert_eq!(instance.remove(&format!("/admin/v1/administration-tokens/{id}")).await.status, 204);
    let user = vestibule_model::UserId(3_705_342_601);
    let refused = auth.administration().unlock_user(&caller, ACCOUNT.parse().unwrap(), user).await;
    assert!(matches!(refused, Err(AdministrationError::NotProved)), "{refused:?}");
}

#[tokio::test]
async fn dead_tokens_keep_nobody_from_making_another() {
    let instance = Instance::start().await;
    let now = instance.server.clock.now();
    let dead = |number: i64| AdministrationToken {
        id: AdministrationTokenId(number),
        name: format!("dead {number}"),
        secret: digest(number),
        role: AdministratorRole::Owner,
        created_by: "admin".into(),
        created: now,
        expires: now.minus(Duration::from_secs(1)),
        last_used: None,
        revoked: None,
    };
    let put = |number| Change::PutAdministrationToken(dead(number).into());
    instance.server.change((1..=1_000).map(put).collect()).await;
    instance.token("deploy", "owner", None).await;
    let list = instance.get("/admin/v1/administration-tokens").await.body;
    assert_eq!(list["tokens"].as_array().unwrap().len(), 201);
}

fn digest(number: i64) -> SecretDigest {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest.into()
}

#[tokio::test]
async fn tokens_that_are_valid_are_not_forgotten_however_many_there_are() {
    let instance = Instance::start().await;
    let (now, many) = (instance.server.clock.now(), 1..=250);
    let token = |number: i64| AdministrationToken {
        id: AdministrationTokenId(number),
        name: format!("token {number}"),
        secret: [u8::try_from(number).unwrap(); 32].into(),
        role: AdministratorRole::Owner,
        created_by: "admin".to_owned(),
        created: now,
        expires: now.plus(Duration::from_hours(2)),
        last_used: None,
        revoked: None,
    };
    let put = many.map(|number| Change::PutAdministrationToken(token(number).into()));
    instance.server.store.commit(put.collect()).await.unwrap();
    instance.token("one more", "owner", None).await;
    assert_eq!(instance.server.store.administration_tokens().await.unwrap().len(), 251);
}

#[tokio::test]
async fn the_last_use_of_a_token_is_told_to_the_minute() {
    let instance = Instance::start().await;
    let (secret, id) = instance.token("deploy", "owner", None).await;
    let used = async |span| {
        instance.server.clock.advance(span);
        let answer = instance.ask(Some(&secret), (Method::GET, "/admin/v1/administrators"), None).await;
        assert_eq!(answer.status, 200);
        let now = instance.server.clock.now();
        // It is written behind the answer.
        instance.server.store.commit(Vec::new()).await.unwrap();
        let told =
            instance.get(&format!("/admin/v1/administration-tokens/{id}")).await.body["last_used"].clone();
        (told, now.as_unix())
    };
    let (told, first) = used(Duration::from_secs(1)).await;
    assert_eq!(told, first);
    let (told, _) = used(Duration::from_secs(59)).await;
    assert_eq!(told, first, "no write for each request");
    let (told, later) = used(Duration::from_secs(1)).await;
    assert_eq!(told, later);
}
