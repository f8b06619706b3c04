//! `/admin/v1/sessions`, and the ends of all sessions of something

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Clock, Concurrency, WhenFull};
use vestibule_store::{Change, EndJournal};
use vestibule_testkit::{ACCOUNT, Fault, Key, session_of};

use crate::support::{Answer, Instance, PASSWORD};

fn sessions(answer: &Answer) -> Vec<Value> {
    answer.body["sessions"].as_array().expect("a list of sessions").clone()
}

async fn found(instance: &Instance, filter: &str) -> usize {
    sessions(&instance.get(&format!("/admin/v1/sessions?{filter}")).await).len()
}

#[tokio::test]
async fn a_session_is_found_by_account_user_application_and_address() {
    let instance = Instance::start().await;
    instance.server.session().await;
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
    assert_eq!(found(&instance, &format!("account={ACCOUNT}")).await, 2);
    assert_eq!(found(&instance, "account=nowhere").await, 0);
    assert_eq!(found(&instance, "user=3705342601").await, 1);
    assert_eq!(found(&instance, "application=1").await, 1);
    assert_eq!(found(&instance, "application=9").await, 0);
    assert_eq!(found(&instance, &format!("account={ACCOUNT}&address=127.0.0.1")).await, 2);
    assert_eq!(found(&instance, &format!("account={ACCOUNT}&address=::ffff:127.0.0.1")).await, 2);
    assert_eq!(found(&instance, "address=192.0.2.1").await, 0);
    assert_eq!(found(&instance, "opened_since=9000000000000").await, 0);
}

#[tokio::test]
async fn no_answer_holds_a_credential() {
    let instance = Instance::start().await;
    let (cookie, csrf) = instance.server.session().await;
    let list = instance.get("/admin/v1/sessions").await.body.to_string();
    assert!(!list.contains(&cookie) && !list.contains(&csrf) && !list.contains(&instance.owner));
}

#[tokio::test]
async fn pages_have_every_session_once() {
    let instance = Instance::start().await;
    instance.server.session().await;
    instance.server.log_in_with_key("bot", &Key::BOT).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = instance.get(&format!("/admin/v1/sessions?limit=1{cursor}")).await;
        seen.extend(sessions(&page).iter().map(|session| session["reference"].to_string()));
        let Some(next) = page.body["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (3, 3));
}

#[tokio::test]
async fn pages_have_every_session_of_many_once_whatever_is_asked_for() {
    let instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy.concurrency = Concurrency::Many { limit: 0, when_full: WhenFull::Refuse };
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    for _ in 0..200 {
        instance.server.log_in_with_key("bot", &Key::BOT).await;
    }
    for filter in ["", "&user=3705342602", "&application=1"] {
        let filter = format!("account={ACCOUNT}{filter}");
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = instance.get(&format!("/admin/v1/sessions?{filter}&limit=5{cursor}")).await;
            // The last one is full, and says that there is no more.
            assert_eq!(sessions(&page).len(), 5, "{filter}");
            seen.extend(sessions(&page).iter().map(|session| session["reference"].to_string()));
            let Some(next) = page.body["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((all, seen.len()), (200, 200), "{filter}");
    }
}

#[tokio::test]
async fn sessions_are_found_by_when_they_were_opened() {
    let instance = Instance::start().await;
    let first = instance.server.clock.now();
    instance.server.session().await;
    instance.server.clock.advance(Duration::from_millis(10));
    instance.server.log_in_with_key("bot", &Key::BOT).await;
    let count = async |times: &str| found(&instance, &format!("account={ACCOUNT}&{times}")).await;
    let at = |ms: u64| first.plus(Duration::from_millis(ms)).as_unix();
    assert_eq!(count(&format!("opened_since={}", at(0))).await, 2);
    assert_eq!(count(&format!("opened_since={}", at(10))).await, 1);
    assert_eq!(count(&format!("opened_since={}", at(11))).await, 0);
    assert_eq!(count(&format!("opened_before={}", at(0))).await, 0);
    assert_eq!(count(&format!("opened_before={}", at(10))).await, 1);
    assert_eq!(count(&format!("opened_before={}", at(11))).await, 2);
}

#[tokio::test]
async fn a4_forged_and_foreign_cursors_are_refused() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let page = instance.get("/admin/v1/sessions?limit=1").await;
    let next = page.body["next"].as_str().unwrap();
    let forged = format!("000.{}", "0".repeat(16));
    for query in
        [forged.clone(), "x".into(), ".".into(), format!("{next}0"), format!("{next}&account={ACCOUNT}")]
    {
        let answer = instance.get(&format!("/admin/v1/sessions?cursor={query}")).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!("cursor")), "{query}");
    }
}

#[tokio::test]
async fn a4_limits_out_of_bounds_and_unknown_parameters_are_refused() {
    let instance = Instance::start().await;
    for query in
        ["limit=0", "limit=1001", "limit=-1", "limit=99999999999999999999", "sort=name", "account=a-b"]
    {
        assert_eq!(instance.get(&format!("/admin/v1/sessions?{query}")).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn one_session_is_shown_and_ended_by_its_reference() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    let list = instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    let path = format!("/admin/v1/sessions/{}", sessions(&list)[0]["reference"].as_str().unwrap());
    assert_eq!(instance.get(&path).await.body["name"], json!("name"));
    assert_eq!(instance.delete(&path).await.status, 204);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.get(&path).await.status, 404);
}

#[tokio::test]
async fn all_sessions_of_something_end_together() {
    let instance = Instance::start().await;
    let end = async |path: &str| instance.delete(&format!("/admin/v1/accounts/{path}/sessions")).await;
    for of in [format!("{ACCOUNT}/users/3705342601"), ACCOUNT.to_owned()] {
        let session = instance.server.session().await;
        assert_eq!(end(&of).await.body, json!({ "ended": 1 }), "{of}");
        assert_eq!(instance.server.refresh(&session).await, 401, "{of}");
    }
    instance.server.log_in_with_key("bot", &Key::BOT).await;
    assert_eq!(end(&format!("{ACCOUNT}/applications/1")).await.body, json!({ "ended": 1 }));
    assert_eq!(end(&format!("{ACCOUNT}/applications/9")).await.status, 404);
    assert_eq!(end(&format!("{ACCOUNT}/users/9")).await.status, 404);
    assert_eq!(end("nowhere").await.status, 404);
}

/// The references of the sessions that there are.
async fn references(instance: &Instance) -> Vec<String> {
    let list = sessions(&instance.get("/admin/v1/sessions").await);
    list.iter().map(|session| session["reference"].to_string()).collect()
}

#[tokio::test]
async fn sessions_from_an_address_end_in_one_account_or_in_all() {
    let instance = Instance::start().await;
    let end = async |place: &str, address: &str| {
        instance.delete(&format!("/admin/v1/{place}addresses/{address}/sessions")).await
    };
    let account = format!("accounts/{ACCOUNT}/");
    let session = instance.server.session().await;
    assert_eq!(end(&account, "192.0.2.1").await.body, json!({ "ended": 0 }));
    assert_eq!(end("", "2001:db8::1").await.body, json!({ "ended": 0 }));
    assert_eq!(instance.server.refresh(&session).await, 200);
    let session = instance.server.session().await;
    assert_eq!(end(&account, "::ffff:127.0.0.1").await.body, json!({ "ended": 1 }));
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(references(&instance).await.len(), 1, "the owner's stays");
    instance.server.session().await;
    assert_eq!(end("", "127.0.0.1").await.body, json!({ "ended": 2 }), "the owner's as well");
    assert_eq!(end("", "127.0.0.1").await.status, 401);
}

#[tokio::test]
async fn what_is_no_address_or_no_account_has_no_sessions_to_end() {
    let instance = Instance::start().await;
    for path in ["addresses/home", "accounts/nowhere/addresses/192.0.2.1"] {
        assert_eq!(instance.delete(&format!("/admin/v1/{path}/sessions")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn all_sessions_end_but_the_one_that_asks() {
    let instance = Instance::start().await;
    let own = references(&instance).await;
    let session = instance.server.session().await;
    instance.log_in("admin", PASSWORD).await;
    assert_eq!(instance.delete("/admin/v1/sessions").await.body, json!({ "ended": 2 }));
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(references(&instance).await, own);
}

#[tokio::test]
async fn an_administration_token_has_no_session_to_keep() {
    let instance = Instance::start().await;
    let (secret, _) = instance.token("all", "owner", None).await;
    let ended = instance.ask(Some(&secret), (Method::DELETE, "/admin/v1/sessions"), None).await;
    assert_eq!(ended.body, json!({ "ended": 1 }));
}

#[tokio::test]
async fn a_filter_that_would_be_passed_over_ends_nothing() {
    let instance = Instance::start().await;
    let session = instance.server.session().await;
    let account = format!("accounts/{ACCOUNT}/");
    let of_account = ["", "addresses/127.0.0.1/", "users/3705342601/", "applications/1/"];
    let of_account = of_account.map(|whose| format!("{account}{whose}"));
    for place in of_account.into_iter().chain([String::new(), "addresses/127.0.0.1/".to_owned()]) {
        let answer = instance.delete(&format!("/admin/v1/{place}sessions?opened_before=0")).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!("opened_before")), "{place}");
    }
    assert_eq!(instance.server.refresh(&session).await, 200);
}

#[tokio::test]
async fn s3_f2_the_end_of_all_that_the_store_does_not_take_spares_the_one_that_asks_after_a_restart() {
    let mut instance = Instance::start().await;
    let own = references(&instance).await;
    let session = instance.server.session().await;
    instance.server.faults.fail(Fault::commits_with(Change::ends_sessions));
    assert_eq!(instance.delete("/admin/v1/sessions").await.body, json!({ "ended": 1 }));
    assert_eq!(instance.server.journal.held().len(), 1);
    instance.server.restart().await;
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(references(&instance).await, own);
}

#[tokio::test]
async fn the_administrators_of_an_account_see_theirs_only() {
    let instance = Instance::start().await;
    instance.server.session().await;
    let (here, _) = instance.token("here", "administrator", Some(ACCOUNT)).await;
    let (all, _) = instance.token("all", "auditor", None).await;
    for bearer in [here, all] {
        let list = instance.ask(Some(&bearer), (Method::GET, "/admin/v1/sessions"), None).await;
        let accounts: Vec<Value> = sessions(&list).iter().map(|session| session["account"].clone()).collect();
        assert_eq!(accounts, [json!(ACCOUNT)]);
    }
}

#[tokio::test]
async fn s3_f2_the_end_of_an_account_that_the_store_does_not_take_is_one_record_and_holds_after_a_restart() {
    let mut instance = Instance::start().await;
    let bot = session_of(instance.server.log_in_with_key("bot", &Key::BOT).await).await;
    let session = instance.server.session().await;
    instance.server.faults.fail(Fault::commits_with(Change::ends_sessions));
    let ended = instance.delete(&format!("/admin/v1/accounts/{ACCOUNT}/sessions")).await;
    assert_eq!((ended.status, ended.body), (200, json!({ "ended": 2 })));
    assert_eq!(instance.server.journal.held().len(), 1);
    instance.server.restart().await;
    assert_eq!([instance.server.refresh(&session).await, instance.server.refresh(&bot).await], [401, 401]);
}
