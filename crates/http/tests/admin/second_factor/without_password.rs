//! What is asked of an administrator who has no password.

use reqwest::Method;
use serde_json::json;
use vestibule_model::User;
use vestibule_store::Change;

use super::{CONFIRM, Enrolled, PATH, REMOVE, RENEW, begin, code, text};
use crate::support::{Answer, Instance};

/// Takes the owner's password away, and leaves the session.
async fn without_password(instance: &Instance) {
    let home = instance.server.store.account("administrators".parse().unwrap()).await.unwrap().unwrap();
    let user = home.users.into_iter().find(|user| user.login_name == "admin").unwrap();
    instance.server.change(vec![Change::PutUser(User { password: None, ..user }.into())]).await;
}

async fn show(enrolled: &Enrolled, path: &str, code: &str) -> Answer {
    enrolled.instance.send(Method::POST, path, json!({ "code": code })).await
}

#[tokio::test]
async fn a_code_alone_makes_recovery_codes_anew_and_removes_it() {
    let enrolled = Enrolled::start().await;
    without_password(&enrolled.instance).await;
    for (path, done) in [(RENEW, 200), (REMOVE, 204)] {
        let refused = show(&enrolled, path, "wrong").await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("code")), "{refused:?}");
        assert_eq!(show(&enrolled, path, &enrolled.next_code()).await.status, done);
    }
}

#[tokio::test]
async fn a_recovery_code_is_such_a_code() {
    let enrolled = Enrolled::start().await;
    without_password(&enrolled.instance).await;
    assert_eq!(show(&enrolled, REMOVE, &enrolled.recovery[0]).await.status, 204);
}

#[tokio::test]
async fn whoever_has_a_password_is_refused_without_it() {
    let enrolled = Enrolled::start().await;
    for path in [RENEW, REMOVE] {
        let refused = show(&enrolled, path, &enrolled.next_code()).await;
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!("password")), "{refused:?}");
    }
    assert!(enrolled.instance.get(PATH).await.body["since"].is_i64());
}

#[tokio::test]
async fn one_is_set_up_with_a_code_alone() {
    let instance = Instance::start().await;
    without_password(&instance).await;
    let (secret, state) = begin(&instance, &instance.owner).await;
    let body = json!({ "state": state, "code": code(&instance, &secret) });
    let set_up = instance.send(Method::POST, CONFIRM, body).await;
    assert_eq!(set_up.status, 200, "{set_up:?}");
    assert_eq!(text(&set_up, "token").len(), 64);
}
