//! `/admin/v1/sessions`: in which order, and how many in all

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Clock, Concurrency, WhenFull};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, Key, session_of};

use crate::support::{Answer, Instance};

const SECOND: Duration = Duration::from_secs(1);

/// A server with so many sessions of the bot, opened a second apart; the values of each, oldest first.
async fn with_sessions(number: usize, apart: Duration) -> (Instance, Vec<(String, String)>) {
    let instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy.concurrency = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    let mut sessions = Vec::new();
    for _ in 0..number {
        instance.server.clock.advance(apart);
        sessions.push(session_of(instance.server.log_in_with_key("bot", &Key::BOT).await).await);
    }
    (instance, sessions)
}

async fn list(instance: &Instance, query: &str) -> Answer {
    let answer = instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}&{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn field<'a>(answer: &'a Answer, name: &str) -> Vec<&'a Value> {
    answer.body["sessions"].as_array().unwrap().iter().map(|session| &session[name]).collect()
}

/// One field of every session, page by page.
async fn walked(instance: &Instance, query: &str, name: &str) -> Vec<Value> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(instance, &format!("{query}{cursor}")).await;
        seen.extend(field(&page, name).into_iter().cloned());
        let Some(next) = page.body["next"].as_str() else { return seen };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn the_newest_are_first_unless_told() {
    let (instance, _) = with_sessions(5, SECOND).await;
    let times = walked(&instance, "limit=2", "created").await;
    assert!(times.is_sorted_by(|a, b| a.as_i64() > b.as_i64()), "{times:?}");
    assert_eq!(walked(&instance, "limit=2&order=newest", "created").await, times);
}

#[tokio::test]
async fn the_oldest_are_first_if_told() {
    let (instance, _) = with_sessions(5, SECOND).await;
    let mut times = walked(&instance, "limit=2&order=oldest", "created").await;
    times.reverse();
    assert_eq!(times, walked(&instance, "limit=5", "created").await);
}

#[tokio::test]
async fn sessions_of_one_moment_are_each_on_one_page() {
    let (instance, _) = with_sessions(7, Duration::ZERO).await;
    for order in ["newest", "oldest", "recently-used", "long-unused"] {
        let mut seen = walked(&instance, &format!("limit=2&order={order}"), "reference").await;
        seen.sort_by_key(Value::to_string);
        seen.dedup();
        assert_eq!(seen.len(), 7, "{order}");
    }
}

#[tokio::test]
async fn those_that_were_used_last_are_first_or_last() {
    let (instance, sessions) = with_sessions(4, SECOND).await;
    let references = walked(&instance, "order=oldest", "reference").await;
    for used in [2, 0] {
        instance.server.clock.advance(SECOND);
        assert_eq!(instance.server.refresh(&sessions[used]).await, 200);
    }
    let in_order = |places: [usize; 4]| places.map(|place| references[place].clone()).to_vec();
    assert_eq!(walked(&instance, "limit=3&order=recently-used", "reference").await, in_order([0, 2, 3, 1]));
    assert_eq!(walked(&instance, "limit=3&order=long-unused", "reference").await, in_order([1, 3, 2, 0]));
}

#[tokio::test]
async fn every_page_says_how_many_there_are_in_all() {
    let (instance, sessions) = with_sessions(5, SECOND).await;
    let first = list(&instance, "limit=2").await;
    let next = first.body["next"].as_str().unwrap();
    let second = list(&instance, &format!("limit=2&cursor={next}")).await;
    assert_eq!([&first.body["total"], &second.body["total"]], [5, 5]);
    let path = format!("/admin/v1/sessions/{}", field(&first, "reference")[0].as_str().unwrap());
    assert_eq!(instance.delete(&path).await.status, 204);
    assert_eq!(list(&instance, "limit=2").await.body["total"], 4);
    assert_eq!(list(&instance, "address=192.0.2.1").await.body["total"], 0);
    assert_eq!(instance.server.refresh(&sessions[0]).await, 200);
}

#[tokio::test]
async fn sessions_that_the_caller_may_not_see_do_not_count() {
    let (instance, _) = with_sessions(2, SECOND).await;
    let (auditor, _) = instance.token("all", "auditor", None).await;
    let totals = async |bearer: &str| {
        instance.ask(Some(bearer), (Method::GET, "/admin/v1/sessions"), None).await.body["total"].clone()
    };
    assert_eq!([totals(&instance.owner).await, totals(&auditor).await], [3, 2], "the owner's own is one");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_order_alone() {
    let (instance, _) = with_sessions(3, SECOND).await;
    let page = list(&instance, "limit=1").await;
    let next = page.body["next"].as_str().unwrap();
    let other =
        instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}&order=oldest&cursor={next}")).await;
    assert_eq!((other.status, &other.body["field"]), (400, &json!("cursor")));
}

#[tokio::test]
async fn a_cursor_tells_nobody_where_it_leads() {
    let (instance, _) = with_sessions(3, SECOND).await;
    let next = async || list(&instance, "limit=1").await.body["next"].as_str().unwrap().to_owned();
    assert_ne!(next().await, next().await, "what is sealed is another text each time");
}

#[tokio::test]
async fn a_cursor_outlives_a_restart() {
    let (mut instance, _) = with_sessions(3, SECOND).await;
    let all = walked(&instance, "", "reference").await;
    let page = list(&instance, "limit=1").await;
    let next = page.body["next"].as_str().unwrap();
    instance.server.restart().await;
    let rest = list(&instance, &format!("cursor={next}")).await;
    assert_eq!(field(&rest, "reference"), [&all[1], &all[2]]);
}

#[tokio::test]
async fn an_order_that_there_is_not_is_refused() {
    let instance = Instance::start().await;
    for order in ["", "name", "Newest", "created"] {
        let answer = instance.get(&format!("/admin/v1/sessions?order={order}")).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!("order")), "{order}");
    }
}

#[tokio::test]
async fn a_session_whose_password_has_expired_since_is_neither_listed_nor_counted() {
    let mut instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.password_policy.expiry_days = 1;
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    let expires = instance.server.clock.now().plus(Duration::from_hours(48)).as_unix();
    let body = Some(json!({ "name": "two days", "role": "owner", "expires": expires }));
    let path = (Method::POST, "/admin/v1/administration-tokens");
    let made = instance.ask(Some(&instance.owner), path, body).await;
    instance.owner = made.body["secret"].as_str().unwrap().to_owned();
    instance.server.clock.advance(Duration::from_hours(23));
    let session = instance.server.session().await;
    assert_eq!(list(&instance, "").await.body["total"], 1);
    instance.server.clock.advance(Duration::from_hours(2));
    assert_eq!(instance.server.refresh(&session).await, 401);
    let after = list(&instance, "").await;
    assert_eq!((after.body["sessions"].clone(), &after.body["total"]), (json!([]), &json!(0)));
}
