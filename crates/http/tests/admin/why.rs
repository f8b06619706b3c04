//! `POST /admin/v1/why`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{AccountId, Actor, AuditAction, AuditRecord, Clock as _, Means, UserId};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, TOKEN};

use crate::support::{Answer, Instance};

const USER: i64 = 3_705_342_601;

async fn ask_as(instance: &Instance, bearer: &str, body: Value) -> Answer {
    instance.ask(Some(bearer), (Method::POST, "/admin/v1/why"), Some(body)).await
}

async fn why(instance: &Instance, pasted: &str) -> Value {
    let answer = ask_as(instance, &instance.owner, json!({ "session": pasted })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["lives"][0].clone()
}

async fn livevox_session(instance: &Instance) -> String {
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let request =
        instance.server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    answer["sessionId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_ended_a_session_and_when_is_told_in_words() {
    let instance = Instance::start().await;
    let (cookie, _) = instance.server.session().await;
    let reference = why(&instance, &cookie).await["session"].as_str().unwrap().to_owned();
    instance.delete(&format!("/admin/v1/sessions/{reference}")).await;
    let life = why(&instance, &cookie).await;
    assert_eq!((&life["state"]["kind"], &life["account"]), (&json!("ended"), &json!(ACCOUNT)));
    let answer = life["answer"].as_str().unwrap();
    assert!(answer.contains(" by administrator admin (user "), "{answer}");
    assert!(answer.starts_with("ended 20") && answer.contains("Z by "), "a time in UTC: {answer}");
    assert_eq!(life["steps"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_session_is_found_by_whatever_names_it() {
    let instance = Instance::start().await;
    let livevox = livevox_session(&instance).await;
    let by_livevox_id = why(&instance, &livevox).await;
    let reference = by_livevox_id["session"].as_str().unwrap();
    assert_ne!(reference, livevox);
    for pasted in [reference.to_owned(), format!("LV-Session: {livevox}\r\n")] {
        assert_eq!(why(&instance, &pasted).await, by_livevox_id);
    }
    assert_eq!(by_livevox_id["state"]["kind"], json!("live"));
}

#[tokio::test]
async fn the_newest_sessions_of_a_user_come_first() {
    let instance = Instance::start().await;
    let (first, _) = instance.server.session().await;
    instance.server.clock.advance(std::time::Duration::from_secs(1));
    instance.server.session().await;
    let answer = ask_as(&instance, &instance.owner, json!({ "account": ACCOUNT, "user": USER })).await;
    let states: Vec<&Value> =
        answer.body["lives"].as_array().unwrap().iter().map(|life| &life["state"]["kind"]).collect();
    assert_eq!(states, ["live", "ended"]);
    assert_eq!(answer.body["lives"][1], why(&instance, &first).await);
}

#[tokio::test]
async fn not_more_than_ten_lives_are_told() {
    let instance = Instance::start().await;
    for _ in 0..12 {
        instance.server.session().await;
    }
    let answer = ask_as(&instance, &instance.owner, json!({ "account": ACCOUNT, "user": USER })).await;
    assert_eq!(answer.body["lives"].as_array().unwrap().len(), 10);
}

/// Of each session of the user that is told, the same as when it is asked for alone.
async fn assert_each_is_told_whole(instance: &Instance) {
    let answer = ask_as(instance, &instance.owner, json!({ "account": ACCOUNT, "user": USER })).await;
    let lives = answer.body["lives"].as_array().unwrap();
    assert!(lives.len() > 1, "{lives:?}");
    for life in lives {
        assert_eq!(*life, why(instance, life["session"].as_str().unwrap()).await);
    }
}

#[tokio::test]
async fn each_of_the_newest_sessions_of_a_user_is_told_whole() {
    let instance = Instance::start().await;
    for _ in 0..12 {
        instance.server.session().await;
        instance.server.clock.advance(std::time::Duration::from_secs(1));
    }
    assert_each_is_told_whole(&instance).await;
}

#[tokio::test]
async fn each_is_told_whole_when_more_has_happened_to_the_user_since_than_is_read_at_once() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let happened = || {
        let (at, action) = (instance.server.clock.now(), AuditAction::Changed);
        let record = AuditRecord::new(at, action, Actor::System, Means::System);
        let (account, user) = (AccountId::new(ACCOUNT), Some(UserId(USER)));
        Change::Audit(Box::new(AuditRecord { account, user, ..record }))
    };
    let changes = std::iter::repeat_with(happened).take(600).collect();
    instance.server.store.commit(changes).await.unwrap();
    instance.server.session().await;
    assert_each_is_told_whole(&instance).await;
}

#[tokio::test]
async fn a_user_of_another_account_has_no_sessions_in_this_one() {
    let instance = Instance::start().await;
    instance.other_account().await;
    instance.server.session().await;
    let answer = ask_as(&instance, &instance.owner, json!({ "account": "other", "user": USER })).await;
    assert_eq!(answer.body["lives"], json!([]));
}

#[tokio::test]
async fn of_another_accounts_session_no_more_is_told_than_of_one_that_never_was() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let (cookie, _) = instance.server.session().await;
    let livevox = livevox_session(&instance).await;
    let reference = why(&instance, &cookie).await["session"].as_str().unwrap().to_owned();
    let never = "5d2b7a30-5f0e-4b1c-9d51-3a2f4c6e8f00".to_owned();
    for role in ["administrator", "auditor"] {
        let (there, _) = instance.token(&format!("{role} there"), role, Some("other")).await;
        let unknown = async |pasted: &str| {
            let mut life =
                ask_as(&instance, &there, json!({ "session": pasted })).await.body["lives"][0].take();
            (life["session"].take(), life)
        };
        let expected = unknown(&never).await.1;
        assert_eq!(expected["state"]["kind"], json!("unknown"));
        for pasted in [&cookie, &livevox, &reference] {
            assert_eq!(unknown(pasted).await.1, expected);
        }
        assert_eq!(
            unknown(&livevox).await.0,
            json!(livevox),
            "the reference of a session that lives is not told"
        );
        for account in [ACCOUNT, "nowhere"] {
            let answer = ask_as(&instance, &there, json!({ "account": account, "user": USER })).await;
            assert_eq!(answer.status, 403);
        }
    }
}

#[tokio::test]
async fn sessions_of_administrators_are_told_to_owners_only() {
    let instance = Instance::start().await;
    let (auditor, _) = instance.token("all", "auditor", None).await;
    assert_eq!(why(&instance, &instance.owner).await["account"], json!("administrators"));
    let answer = ask_as(&instance, &auditor, json!({ "session": instance.owner })).await;
    assert_eq!(answer.body["lives"][0]["state"]["kind"], json!("unknown"));
}

#[tokio::test]
async fn what_is_no_session_is_refused_and_not_repeated() {
    let instance = Instance::start().await;
    let answer = ask_as(&instance, &instance.owner, json!({ "session": "s3cret-words" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("session")));
    assert!(!answer.body.to_string().contains("s3cret"));
}

#[tokio::test]
async fn half_a_question_is_refused_by_the_field_that_is_missing() {
    let instance = Instance::start().await;
    for (body, field) in [
        (json!({}), "session"),
        (json!({ "account": ACCOUNT }), "user"),
        (json!({ "user": 1 }), "account"),
        (json!({ "session": "x", "user": 1 }), "session"),
    ] {
        let answer = ask_as(&instance, &instance.owner, body).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)));
    }
}

#[tokio::test]
async fn what_was_pasted_is_kept_nowhere() {
    let instance = Instance::start().await;
    let (cookie, _) = instance.server.session().await;
    why(&instance, &cookie).await;
    instance.server.auth.flush().await.unwrap();
    let needle = cookie.as_bytes();
    for file in std::fs::read_dir(instance.server.data()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    }
}
