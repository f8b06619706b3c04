//! `/admin/v1/session-ends`: ends of many sessions, and how far they have come

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Clock as _, Concurrency, WhenFull};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, Fault, Key, session_of, within_a_minute};

use crate::support::{Answer, Instance};

const ENDS: &str = "/admin/v1/session-ends";

type Session = (String, String);

/// A server with so many sessions of the bot, a second apart.
async fn with_sessions(number: usize) -> (Instance, Vec<Session>) {
    let instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy.concurrency = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    let mut sessions = Vec::new();
    for _ in 0..number {
        instance.server.clock.advance(Duration::from_secs(1));
        sessions.push(session_of(instance.server.log_in_with_key("bot", &Key::BOT).await).await);
    }
    (instance, sessions)
}

async fn begin(instance: &Instance, body: Value) -> Answer {
    instance.send(Method::POST, ENDS, body).await
}

/// The job as it is told when it has come to its end.
async fn finished(instance: &Instance, begun: &Answer) -> Value {
    assert_eq!(begun.status, 202, "{begun:?}");
    let path = format!("{ENDS}/{}", begun.body["id"].as_str().unwrap());
    let over = async {
        loop {
            let job = instance.get(&path).await;
            assert_eq!(job.status, 200, "{job:?}");
            if job.body["state"] != "running" {
                return job.body;
            }
        }
    };
    within_a_minute(over).await
}

async fn ended(instance: &Instance, body: Value) -> [Value; 3] {
    let begun = begin(instance, body).await;
    let job = finished(instance, &begun).await;
    ["state", "found", "ended"].map(|field| job[field].clone())
}

async fn references(instance: &Instance, query: &str) -> Vec<Value> {
    let list = instance.get(&format!("/admin/v1/sessions?{query}")).await;
    list.body["sessions"].as_array().unwrap().iter().map(|it| it["reference"].clone()).collect()
}

#[tokio::test]
async fn the_sessions_that_are_named_end_and_no_others() {
    let (instance, sessions) = with_sessions(3).await;
    let all = references(&instance, &format!("account={ACCOUNT}&order=oldest")).await;
    let none = json!("00000000-0000-4000-8000-000000000000");
    let body = json!({ "sessions": [all[0], all[2], all[2], none] });
    assert_eq!(ended(&instance, body).await, [json!("done"), json!(2), json!(2)]);
    let refreshed =
        [&sessions[0], &sessions[2], &sessions[1]].map(|session| instance.server.refresh(session));
    let mut statuses = Vec::new();
    for refreshed in refreshed {
        statuses.push(refreshed.await);
    }
    assert_eq!(statuses, [401, 401, 200]);
}

#[tokio::test]
async fn the_sessions_that_match_every_field_end_and_no_others() {
    let (instance, sessions) = with_sessions(3).await;
    let before = instance.server.clock.now().as_unix();
    let body = json!({ "matching": { "account": ACCOUNT, "application": 1, "opened_before": before } });
    assert_eq!(ended(&instance, body).await, [json!("done"), json!(2), json!(2)]);
    assert_eq!(instance.server.refresh(&sessions[0]).await, 401);
    assert_eq!(instance.server.refresh(&sessions[2]).await, 200);
}

#[tokio::test]
async fn the_sessions_of_a_user_an_application_an_address_and_an_account_end() {
    let (instance, _) = with_sessions(0).await;
    for matching in [
        json!({ "account": ACCOUNT, "user": 3_705_342_602_i64 }),
        json!({ "user": 3_705_342_602_i64 }),
        json!({ "account": ACCOUNT, "application": 1 }),
        json!({ "application": 1 }),
        json!({ "account": ACCOUNT, "address": "::ffff:127.0.0.1" }),
        json!({ "address": "127.0.0.1" }),
        json!({ "account": ACCOUNT }),
    ] {
        let session = session_of(instance.server.log_in_with_key("bot", &Key::BOT).await).await;
        let told = ended(&instance, json!({ "matching": matching })).await;
        assert_eq!(told, [json!("done"), json!(1), json!(1)], "{matching}");
        assert_eq!(instance.server.refresh(&session).await, 401, "{matching}");
    }
}

#[tokio::test]
async fn everything_ends_but_the_session_that_asks() {
    let (instance, _) = with_sessions(3).await;
    let told = ended(&instance, json!({ "everything": true })).await;
    assert_eq!(told, [json!("done"), json!(3), json!(3)]);
    assert_eq!(references(&instance, "").await.len(), 1);
}

#[tokio::test]
async fn more_sessions_than_one_transaction_ends_end() {
    let (instance, _) = with_sessions(300).await;
    let before = instance.server.clock.now().as_unix() + 1;
    let by_ids = json!({ "matching": { "account": ACCOUNT, "opened_before": before } });
    assert_eq!(ended(&instance, by_ids).await, [json!("done"), json!(300), json!(300)]);
    assert!(instance.server.stored_sessions().await.len() == 1, "the owner's");
}

#[tokio::test]
async fn a_request_that_names_nothing_or_two_things_ends_nothing() {
    let (instance, sessions) = with_sessions(1).await;
    for body in [
        json!({}),
        json!({ "matching": {} }),
        json!({ "everything": false }),
        json!({ "everything": true, "matching": { "account": ACCOUNT } }),
        json!({ "sessions": [], "everything": true }),
        json!({ "matching": { "account": ACCOUNT, "kind": "bot" } }),
    ] {
        let refused = begin(&instance, body.clone()).await;
        assert!([400, 422].contains(&refused.status), "{body}: {refused:?}");
    }
    assert_eq!(instance.server.refresh(&sessions[0]).await, 200);
}

#[tokio::test]
async fn the_administrator_of_an_account_ends_nothing_of_another() {
    let (instance, sessions) = with_sessions(1).await;
    instance.other_account().await;
    let (there, _) = instance.token("there", "administrator", Some("other")).await;
    let ask = async |body: Value| instance.ask(Some(&there), (Method::POST, ENDS), Some(body)).await;
    assert_eq!(ask(json!({ "matching": { "account": ACCOUNT } })).await.status, 403);
    let reference = references(&instance, &format!("account={ACCOUNT}")).await.remove(0);
    let begun = ask(json!({ "sessions": [reference] })).await;
    assert_eq!((begun.status, &begun.body["found"]), (202, &json!(0)));
    let everything = ask(json!({ "everything": true })).await;
    assert_eq!(everything.status, 202, "all of their account");
    assert_eq!(instance.server.refresh(&sessions[0]).await, 200);
}

#[tokio::test]
async fn a_job_is_told_of_to_whoever_began_it_alone() {
    let (instance, _) = with_sessions(1).await;
    let begun = begin(&instance, json!({ "matching": { "account": ACCOUNT } })).await;
    finished(&instance, &begun).await;
    let (other, _) = instance.token("all", "owner", None).await;
    let path = format!("{ENDS}/{}", begun.body["id"].as_str().unwrap());
    assert_eq!(instance.ask(Some(&other), (Method::GET, &path), None).await.status, 404);
}

#[tokio::test]
async fn a_job_is_forgotten_ten_minutes_after_its_end() {
    let (instance, _) = with_sessions(1).await;
    let begun = begin(&instance, json!({ "matching": { "account": ACCOUNT } })).await;
    finished(&instance, &begun).await;
    let path = format!("{ENDS}/{}", begun.body["id"].as_str().unwrap());
    instance.server.clock.advance(Duration::from_secs(599));
    assert_eq!(instance.get(&path).await.status, 200);
    instance.server.clock.advance(Duration::from_secs(1));
    assert_eq!(instance.get(&path).await.status, 404);
}

#[tokio::test]
async fn ends_that_the_store_does_not_take_are_done_when_the_journal_has_them_and_hold() {
    for by_selector in [false, true] {
        let (mut instance, sessions) = with_sessions(2).await;
        let body = if by_selector {
            json!({ "matching": { "account": ACCOUNT } })
        } else {
            json!({ "sessions": references(&instance, &format!("account={ACCOUNT}")).await })
        };
        instance.server.faults.fail(Fault::commits_with(Change::ends_sessions));
        assert_eq!(ended(&instance, body).await, [json!("done"), json!(2), json!(2)], "{by_selector}");
        instance.server.restart().await;
        for session in &sessions {
            assert_eq!(instance.server.refresh(session).await, 401, "{by_selector}");
        }
    }
}
