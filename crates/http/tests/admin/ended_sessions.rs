//! `/admin/v1/ended-sessions`

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::Clock;
use vestibule_testkit::ACCOUNT;

use crate::support::{Answer, Instance, PASSWORD};

const ENDED: &str = "/admin/v1/ended-sessions";

fn sessions(answer: &Answer) -> Vec<Value> {
    answer.body["sessions"].as_array().expect("a list of sessions").clone()
}

async fn found(instance: &Instance, filter: &str) -> usize {
    sessions(&instance.get(&format!("{ENDED}?{filter}")).await).len()
}

/// One session that was logged out, and one that has expired; and when that was.
async fn with_ends() -> (Instance, i64) {
    let mut instance = Instance::start().await;
    let session = instance.server.session().await;
    instance.server.log_out(&session).await;
    instance.server.session().await;
    instance.server.clock.advance(Duration::from_hours(24));
    let now = instance.server.clock.now();
    instance.server.auth.sweep(now).await.unwrap();
    let answer = instance.log_in("admin", PASSWORD).await;
    instance.owner = answer.body["token"].as_str().unwrap().into();
    (instance, now.as_unix())
}

#[tokio::test]
async fn ended_sessions_say_why_by_whom_and_from_where() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    let opened = instance.server.clock.now().as_unix();
    instance.server.clock.advance(Duration::from_mins(1));
    instance.server.log_out(&session).await;
    let listed = sessions(&instance.get(&format!("{ENDED}?account={ACCOUNT}")).await);
    let [ended] = &listed[..] else { panic!("one session: {listed:?}") };
    assert!(ended["reference"].is_string());
    for (field, expected) in [
        ("account", json!(ACCOUNT)),
        ("user", json!(3_705_342_601_i64)),
        ("name", json!("name")),
        ("ended_at", json!(opened + 60_000)),
        ("reason", json!("logged-out")),
        ("actor", json!("user:3705342601")),
        ("actor_name", json!("name")),
        ("ended_from", json!("127.0.0.1")),
        ("created", json!(opened)),
        ("opened_from", json!("127.0.0.1")),
        ("opening", json!("password")),
        ("dialect", json!("liveperson")),
        ("application", Value::Null),
    ] {
        assert_eq!(ended[field], expected, "{field}");
    }
}

#[tokio::test]
async fn sessions_that_live_are_not_among_them() {
    let instance = Instance::start().await;
    instance.server.session().await;
    assert_eq!(found(&instance, &format!("account={ACCOUNT}")).await, 0);
}

#[tokio::test]
async fn they_are_found_by_everything_that_is_told_of_them() {
    let (instance, expired) = with_ends().await;
    for (filter, expected) in [
        (String::new(), 2),
        ("user=3705342601".to_owned(), 2),
        ("user=1".to_owned(), 0),
        ("reason=logged-out".to_owned(), 1),
        ("reason=expired".to_owned(), 1),
        ("reason=replaced".to_owned(), 0),
        ("actor=user:3705342601".to_owned(), 1),
        ("actor=system".to_owned(), 1),
        ("opened_from=127.0.0.1".to_owned(), 2),
        ("opened_from=::ffff:127.0.0.1".to_owned(), 2),
        ("opened_from=192.0.2.1".to_owned(), 0),
        ("application=5".to_owned(), 0),
        (format!("since={expired}"), 1),
        (format!("until={expired}"), 1),
        ("reason=expired&actor=user:3705342601".to_owned(), 0),
    ] {
        let answer = instance.get(&format!("{ENDED}?account={ACCOUNT}&total=true&{filter}")).await;
        assert_eq!(sessions(&answer).len(), expected, "{filter}: {answer:?}");
        assert_eq!(answer.body["total"], json!(expected), "{filter}");
    }
}

#[tokio::test]
async fn pages_have_each_once_the_newest_end_first() {
    let (instance, _) = with_ends().await;
    let path = format!("{ENDED}?account={ACCOUNT}&limit=1");
    let first = instance.get(&path).await;
    let cursor = first.body["next"].as_str().unwrap();
    let second = instance.get(&format!("{path}&cursor={cursor}")).await;
    let reasons = [&first, &second].map(|page| sessions(page)[0]["reason"].clone());
    assert_eq!(reasons, [json!("expired"), json!("logged-out")]);
}

#[tokio::test]
async fn a4_a_parameter_out_of_its_form_is_refused_by_its_name() {
    let instance = Instance::start().await;
    for (query, field) in [
        ("reason=wrong-password", "reason"),
        ("actor=jane", "actor"),
        ("opened_from=here", "opened_from"),
        ("limit=0", "limit"),
        ("cursor=1", "cursor"),
        ("action=changed", "action"),
    ] {
        let answer = instance.get(&format!("{ENDED}?{query}")).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)), "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn whoever_is_limited_to_an_account_sees_its_ends_alone() {
    let (instance, _) = with_ends().await;
    let (here, _) = instance.token("here", "auditor", Some(ACCOUNT)).await;
    let seen = instance.ask(Some(&here), (Method::GET, &format!("{ENDED}?total=true")), None).await;
    assert_eq!((sessions(&seen).len(), &seen.body["total"]), (2, &json!(2)));
    let path = format!("{ENDED}?account=administrators");
    assert_eq!(instance.ask(Some(&here), (Method::GET, &path), None).await.status, 403);
    assert_eq!(sessions(&instance.get(&path).await).len(), 1, "the owner's own that expired");
}
