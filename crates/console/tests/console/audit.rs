//! `/console/audit`, the page of an entry, and the export

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_testkit::{ACCOUNT, Browser, within_a_minute};

use crate::support::{HOME, Instance};

const AUDIT: &str = "/console/audit";
const CHECK: &str = "/console/audit/check";

async fn count(browser: &Browser, query: &str) -> String {
    let page = browser.get(&format!("{AUDIT}?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.html);
    let (_, rest) = page.html.split_once("<p class=\"count\">").unwrap();
    rest.split('<').next().unwrap().to_owned()
}

/// A group that is made and then called otherwise; its id.
async fn changed_group(instance: &Instance) -> i64 {
    let path = format!("/admin/v1/accounts/{ACCOUNT}/groups");
    let made = instance.api(Method::POST, &path, &json!({ "name": "First" })).await;
    let id = made["id"].as_i64().unwrap();
    let change = instance.server.admin_request(Method::PATCH, &format!("{path}/{id}"));
    let change = change.bearer_auth(&instance.bearer).json(&json!({ "name": "<b>Two" }));
    let change = change.header("if-match", "*").header("content-type", "application/merge-patch+json");
    assert!(change.send().await.unwrap().status().is_success());
    id
}

#[tokio::test]
async fn each_filter_filters_and_counts() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let group = changed_group(&instance).await;
    let browser = instance.signed_in().await;
    let (user, session) = (things.user, &things.session);
    for (query, expected) in [
        (format!("account={ACCOUNT}&action=logged-in"), "1 entry"),
        (format!("account={ACCOUNT}&user={user}"), "1 entry"),
        (format!("actor=user:{user}"), "1 entry"),
        (format!("actor=user:{user}&address=127.0.0.1"), "1 entry"),
        (format!("actor=user:{user}&address=192.0.2.9"), "0 entries"),
        (format!("session={session}"), "1 entry"),
        (format!("target=group:{group}"), "2 entries"),
        (format!("target=group:{group}&action=changed"), "1 entry"),
        (format!("account={ACCOUNT}&until=2000-01-01T00:00"), "0 entries"),
        (format!("account={ACCOUNT}&action=logged-in&since=2000-01-01"), "1 entry"),
        ("application=77".to_owned(), "0 entries"),
        ("refusal=0000000000000000".to_owned(), "0 entries"),
    ] {
        assert_eq!(count(&browser, &query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn what_cannot_be_filtered_by_is_refused_with_words() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for query in ["actor=x", "target=x", "session=x", "refusal=x", "since=x", "action=x", "address=x"] {
        let page = browser.get(&format!("{AUDIT}?{query}")).await;
        assert_eq!(page.status, 422, "{query}");
        assert!(page.html.contains("Nothing was looked for"), "{query}: {}", page.html);
    }
}

/// The page of the newest entry about this.
async fn page_of(instance: &Instance, query: &str) -> String {
    let found = instance.listed(&format!("/admin/v1/audit?{query}")).await;
    format!("{AUDIT}/{}", found["entries"][0]["sequence"])
}

#[tokio::test]
async fn the_page_of_an_entry_shows_what_changed_and_leads_to_it() {
    let instance = Instance::start().await;
    let group = changed_group(&instance).await;
    let browser = instance.signed_in().await;
    let page = page_of(&instance, &format!("target=group:{group}&action=changed")).await;
    let list = browser.get(&format!("{AUDIT}?target=group:{group}")).await;
    assert!(list.html.contains(&format!("href=\"{page}\"")), "{}", list.html);
    assert!(list.html.contains("Changed: name<"), "{}", list.html);
    let entry = browser.get(&page).await;
    assert_eq!(entry.status, 200);
    for expected in [
        "<del><bdi>First</bdi></del>",
        "<ins><bdi>&#60;b&#62;Two</bdi></ins>",
        &format!("href=\"/console/accounts/{ACCOUNT}/groups/{group}\""),
        ">admin<",
    ] {
        assert!(entry.html.contains(expected), "{expected}: {}", entry.html);
    }
}

#[tokio::test]
async fn an_entry_of_another_account_is_none() {
    let instance = Instance::start().await;
    changed_group(&instance).await;
    instance.other_account().await;
    let browser = instance.signed_in_with(&json!({ "role": "administrator", "account": "other" })).await;
    let page = page_of(&instance, &format!("account={ACCOUNT}&action=changed")).await;
    for page in
        [page, format!("{AUDIT}/999999"), format!("{AUDIT}/0"), format!("{AUDIT}/x"), format!("{AUDIT}/7.1")]
    {
        assert_eq!(browser.get(&page).await.status, 404, "{page}");
    }
}

#[tokio::test]
async fn an_export_streams_and_is_audited() {
    let instance = Instance::start().await;
    let group = changed_group(&instance).await;
    let browser = instance.signed_in().await;
    let csrf = browser.get(HOME).await.hidden("csrf");
    let target = format!("group:{group}");
    let file = browser.post("/console/audit/export", &[("csrf", &csrf), ("target", &target)]).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/jsonl"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.jsonl\"");
    assert_eq!(file.header("cache-control"), "no-store");
    let lines: Vec<Value> = file.html.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by_api = instance.listed(&format!("/admin/v1/audit?target={target}&order=oldest-first")).await;
    assert_eq!(json!(lines), by_api["entries"]);
    let told = instance.listed("/admin/v1/audit?action=audit-exported").await;
    assert_eq!(told["entries"][0]["dialect"], json!("pages"));
    assert_eq!(told["entries"][0]["details"]["target"], json!(target));
}

/// The page of the verification, when none is under way.
async fn verified(browser: &Browser) -> String {
    let over = async {
        loop {
            let page = browser.get(CHECK).await;
            assert_eq!(page.status, 200, "{}", page.html);
            if page.header("refresh") != "1" {
                return page.html;
            }
        }
    };
    within_a_minute(over).await
}

#[tokio::test]
async fn an_owner_has_the_audit_verified_and_is_told_what_was_found() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    assert!(browser.get(AUDIT).await.html.contains(&format!("href=\"{CHECK}\"")));
    let page = browser.get(CHECK).await;
    assert!(page.html.contains("not verified since this node started"), "{}", page.html);
    let begun = browser.post(CHECK, &[("csrf", &page.hidden("csrf"))]).await;
    assert_eq!((begun.status, begun.header("location")), (303, CHECK));
    let found = verified(&browser).await;
    assert!(found.contains("tag good\">sound<") && found.contains("<p class=\"secret\">"), "{found}");
    let nothing = browser.get(&format!("{CHECK}/x")).await;
    assert_eq!(nothing.status, 404);
}

#[tokio::test]
async fn an_auditor_sees_the_verification_and_begins_none() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    let page = browser.get(CHECK).await;
    assert!(page.status == 200 && !page.html.contains("Verify now"), "{}", page.html);
    let csrf = page.hidden("csrf");
    assert_eq!(browser.post(CHECK, &[("csrf", &csrf)]).await.status, 403);
}

#[tokio::test]
async fn the_page_of_the_verification_that_loads_itself_anew_does_not_keep_its_session_alive() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for _ in 0..31 {
        instance.server.clock.advance(Duration::from_mins(1));
        browser.get(CHECK).await;
    }
    assert_eq!(browser.get(HOME).await.header("location"), "/console/login");
}
