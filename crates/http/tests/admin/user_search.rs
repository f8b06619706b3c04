//! `/admin/v1/accounts/{account}/users` and `/admin/v1/accounts`: looked for, in an order, and how many in all

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::{Answer, Instance};

fn users() -> String {
    format!("/admin/v1/accounts/{ACCOUNT}/users")
}

async fn add(instance: &Instance, body: Value) -> i64 {
    let made = instance.send(Method::POST, &users(), body).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_i64().unwrap()
}

async fn list(instance: &Instance, query: &str) -> Answer {
    let answer = instance.get(&format!("{}?{query}", users())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.body["users"].as_array().unwrap().iter().map(|user| user["login_name"].as_str().unwrap()).collect()
}

/// The login names of every page, and that each says the same total.
async fn walked(instance: &Instance, query: &str) -> Vec<String> {
    let (mut seen, mut cursor, mut totals) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = list(instance, &format!("{query}&limit=2{cursor}")).await;
        seen.extend(names(&page).into_iter().map(str::to_owned));
        totals.push(page.body["total"].as_u64().unwrap());
        let Some(next) = page.body["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert!(totals.iter().all(|total| *total == seen.len() as u64), "{totals:?} of {}", seen.len());
    seen
}

async fn with_users() -> Instance {
    let instance = Instance::start().await;
    for body in [
        json!({ "login_name": "zoe", "full_name": "Zoë Ångström", "email": "Zoe@Example.Org" }),
        json!({ "login_name": "Yann", "nickname": "why" }),
        json!({ "login_name": "xaver", "enabled": false }),
        json!({ "login_name": "wbot", "kind": "bot" }),
    ] {
        add(&instance, body).await;
    }
    instance
}

#[tokio::test]
async fn users_are_found_by_what_is_within_their_names_and_address_regardless_of_case() {
    let instance = with_users().await;
    for (text, found) in [
        ("OE", vec!["zoe"]),
        ("example.org", vec!["zoe"]),
        ("%C3%A5ngstr%C3%B6m", vec!["zoe"]),
        ("WHY", vec!["Yann"]),
        ("no-such", vec![]),
    ] {
        assert_eq!(names(&list(&instance, &format!("text={text}")).await), found, "{text}");
    }
}

#[tokio::test]
async fn a_user_is_found_by_id() {
    let instance = with_users().await;
    let id = add(&instance, json!({ "login_name": "by-id" })).await;
    assert_eq!(names(&list(&instance, &format!("text={id}")).await), ["by-id"]);
}

#[tokio::test]
async fn users_are_found_by_kind_and_whether_they_may_log_in() {
    let instance = with_users().await;
    assert_eq!(names(&list(&instance, "text=wb&kind=bot").await), ["wbot"]);
    assert_eq!(names(&list(&instance, "text=wb&kind=human").await), [""; 0]);
    assert_eq!(names(&list(&instance, "text=xav&enabled=false").await), ["xaver"]);
    assert_eq!(names(&list(&instance, "text=xav&enabled=true").await), [""; 0]);
}

#[tokio::test]
async fn users_whom_failed_logins_keep_out_are_found_as_long_as_they_do() {
    let instance = Instance::start().await;
    assert_eq!(list(&instance, "locked=true").await.body["total"], 0);
    for _ in 0..20 {
        instance.server.log_in("name", "wrong").await;
    }
    assert_eq!(names(&list(&instance, "locked=true").await), ["name"]);
    assert!(!names(&list(&instance, "locked=false").await).contains(&"name"));
    let id = list(&instance, "locked=true").await.body["users"][0]["id"].as_i64().unwrap();
    let unlock = format!("{}/{id}/unlock", users());
    assert_eq!(instance.ask(Some(&instance.owner), (Method::POST, &unlock), None).await.status, 204);
    assert_eq!(list(&instance, "locked=true").await.body["total"], 0);
}

#[tokio::test]
async fn users_come_by_id_unless_told() {
    let instance = with_users().await;
    let page = list(&instance, "").await;
    let ids: Vec<i64> =
        page.body["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(walked(&instance, "order=id").await, names(&page));
}

#[tokio::test]
async fn users_come_by_login_name_regardless_of_case() {
    let instance = with_users().await;
    let names = walked(&instance, "order=login-name").await;
    let folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert!(folded.is_sorted(), "{folded:?}");
    assert!(names.contains(&"Yann".to_owned()) && names.len() > 4);
}

#[tokio::test]
async fn those_who_logged_in_last_come_first_and_those_who_never_did_last() {
    let instance = with_users().await;
    instance.server.session().await;
    instance.server.clock.advance(Duration::from_secs(1));
    let bot = instance.server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await;
    assert_eq!(bot.status(), 200);
    let names = walked(&instance, "order=last-login").await;
    assert_eq!(names[..2], ["bot", "name"]);
    assert!(names.len() > 5);
}

#[tokio::test]
async fn an_order_that_there_is_not_is_refused() {
    let instance = Instance::start().await;
    let answer = instance.get(&format!("{}?order=age", users())).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("order")));
}

#[tokio::test]
async fn accounts_are_found_by_what_is_within_their_id_or_code_and_by_state() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let found = async |query: &str| {
        let body = instance.get(&format!("/admin/v1/accounts?{query}")).await.body;
        let ids: Vec<String> = body["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(body["total"], ids.len(), "{query}");
        ids
    };
    assert_eq!(found("text=THER").await, ["other"]);
    assert_eq!(found("text=568").await, ["other"]);
    assert_eq!(found("text=no-such").await, [""; 0]);
    assert_eq!(found("text=other&state=disabled").await, [""; 0]);
}
