//! What an administrator does on a page: finds something, asks why a session ended, ends one.

use serde_json::json;
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use super::support::{HOME, Instance};

const WHY: &str = "/console/why";

/// A session of the user: its bearer, and its page.
async fn session(instance: &Instance) -> (String, String) {
    let login = instance.server.log_in("name", "password").await;
    let login: serde_json::Value = login.json().await.unwrap();
    let bearer = login["bearer"].as_str().unwrap().to_owned();
    let check = instance.server.request(reqwest::Method::GET, "/gateway/check").bearer_auth(&bearer);
    let check = check.send().await.unwrap();
    let reference = check.headers()["x-vestibule-session"].to_str().unwrap().to_owned();
    (bearer, format!("/console/sessions/{reference}"))
}

/// Sends a form of the page at `from`, with these fields.
async fn send(browser: &Browser, (from, to): (&str, &str), field: Option<(&str, &str)>) -> Shown {
    let csrf = browser.get(from).await.hidden("csrf");
    let fields: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(field).collect();
    browser.post(to, &fields).await
}

async fn is_let_through(instance: &Instance, bearer: &str) -> bool {
    let check = instance.server.request(reqwest::Method::GET, "/gateway/check").bearer_auth(bearer);
    check.send().await.unwrap().status() == 200
}

#[tokio::test]
async fn a_session_is_ended_after_it_was_said_whose_it_is_and_its_page_says_by_whom() {
    let instance = Instance::start().await;
    let (bearer, page) = session(&instance).await;
    let browser = instance.signed_in().await;
    let end = format!("{page}/end");
    assert!(browser.get(&page).await.html.contains(&format!(r#"href="{end}""#)));
    assert!(browser.get(&end).await.html.contains("name"));
    assert!(is_let_through(&instance, &bearer).await, "looking ends nothing");
    let ended = send(&browser, (&end, &end), None).await;
    assert_eq!((ended.status, ended.header("location")), (303, &*page));
    assert!(!is_let_through(&instance, &bearer).await);
    let told = browser.get(&page).await.html;
    assert!(told.contains("admin") && told.contains("ended"), "{told}");
    assert!(!told.contains(&end), "what has ended is not ended again");
}

#[tokio::test]
async fn ending_a_session_twice_ends_it_once() {
    let instance = Instance::start().await;
    let (_, page) = session(&instance).await;
    let (browser, end) = (instance.signed_in().await, format!("{page}/end"));
    let csrf = browser.get(&end).await.hidden("csrf");
    for _ in 0..2 {
        let ended = browser.post(&end, &[("csrf", &csrf)]).await;
        assert_eq!((ended.status, ended.header("location")), (303, &*page));
    }
}

#[tokio::test]
async fn an_auditor_ends_nothing_and_is_shown_no_way_to() {
    let instance = Instance::start().await;
    let (bearer, page) = session(&instance).await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    assert!(!browser.get(&page).await.html.contains("/end"));
    assert_eq!(send(&browser, (HOME, &format!("{page}/end")), None).await.status, 403);
    assert!(is_let_through(&instance, &bearer).await);
}

#[tokio::test]
async fn why_a_session_ended_is_told_of_what_somebody_pasted() {
    let instance = Instance::start().await;
    let (bearer, page) = session(&instance).await;
    let browser = instance.signed_in().await;
    send(&browser, (&format!("{page}/end"), &format!("{page}/end")), None).await;
    let told = send(&browser, (WHY, WHY), Some(("pasted", &bearer))).await;
    assert_eq!(told.status, 200);
    assert!(told.html.contains("admin") && told.html.contains(&page), "{}", told.html);
    assert!(!told.html.contains(&bearer), "what was pasted is shown to nobody again");
}

#[tokio::test]
async fn what_is_no_session_is_answered_with_what_would_be_one() {
    let instance = Instance::start().await;
    let told = send(&instance.signed_in().await, (WHY, WHY), Some(("pasted", "<b>x"))).await;
    assert_eq!(told.status, 422);
    assert!(told.html.contains("This is no session") && !told.html.contains("<b>x"), "{}", told.html);
}

#[tokio::test]
async fn everything_is_found_by_one_text_that_is_shown_to_nobody_again() {
    let instance = Instance::start().await;
    let (bearer, page) = session(&instance).await;
    let browser = instance.signed_in().await;
    for (wanted, link) in [
        (&*bearer, &*page),
        (page.rsplit('/').next().unwrap(), &page),
        ("127.0.0.1", "/console/sessions?address=127.0.0.1"),
        (ACCOUNT, &format!("/console/accounts/{ACCOUNT}")),
    ] {
        let found = send(&browser, (HOME, SEARCH), Some(("wanted", wanted))).await;
        assert_eq!((found.status, found.header("location")), (303, link), "{wanted}: {}", found.html);
        assert!(!found.html.contains(&bearer));
    }
    let none = send(&browser, (HOME, SEARCH), Some(("wanted", "no such thing"))).await;
    assert!(none.html.contains("Nothing found"), "{}", none.html);
}

const SEARCH: &str = "/console/search";

#[tokio::test]
async fn the_only_one_that_is_called_exactly_so_opens() {
    let instance = Instance::start().await;
    let users = format!("/admin/v1/accounts/{ACCOUNT}/users");
    for name in ["exactly", "exactly1", "exactly2"] {
        instance.api(reqwest::Method::POST, &users, &serde_json::json!({ "login_name": name })).await;
    }
    let browser = instance.signed_in().await;
    let found = send(&browser, (HOME, SEARCH), Some(("wanted", "exactly"))).await;
    let opens = format!("/console/accounts/{ACCOUNT}/users/");
    assert_eq!(found.status, 303);
    assert!(found.header("location").starts_with(&opens), "{}", found.header("location"));
    assert!(browser.get(found.header("location")).await.html.contains("<h1><bdi>exactly</bdi></h1>"));
    let other = serde_json::json!({ "login_name": "other", "full_name": "Exactly" });
    instance.api(reqwest::Method::POST, &users, &other).await;
    let two = send(&browser, (HOME, SEARCH), Some(("wanted", "exactly"))).await;
    assert_eq!(two.header("location"), "/console/search?wanted=exactly");
}

#[tokio::test]
async fn several_that_are_called_so_have_an_address_to_go_back_to() {
    let instance = Instance::start().await;
    let users = format!("/admin/v1/accounts/{ACCOUNT}/users");
    for number in 0..21 {
        let user = serde_json::json!({ "login_name": format!("many & {number}") });
        instance.api(reqwest::Method::POST, &users, &user).await;
    }
    let browser = instance.signed_in().await;
    let found = send(&browser, (HOME, SEARCH), Some(("wanted", "many &"))).await;
    assert_eq!((found.status, found.header("location")), (303, "/console/search?wanted=many+%26"));
    let page = browser.get(found.header("location")).await;
    assert_eq!(page.html.matches(&format!("href=\"/console/accounts/{ACCOUNT}/users/")).count(), 20);
    assert!(page.html.contains("No more than 20 are shown."), "{}", page.html);
}

#[tokio::test]
async fn a_name_that_looks_like_a_reference_is_no_session() {
    let instance = Instance::start().await;
    let keys = format!("/admin/v1/accounts/{ACCOUNT}/api-keys");
    let key = instance.api(reqwest::Method::POST, &keys, &serde_json::json!({ "name": "Key" })).await;
    let browser = instance.signed_in().await;
    let app_key = key["app_key"].as_str().unwrap();
    let found = send(&browser, (HOME, SEARCH), Some(("wanted", app_key))).await;
    let page = format!("/console/accounts/{ACCOUNT}/api-keys/{}", key["id"]);
    assert_eq!((found.status, found.header("location")), (303, page.as_str()));
}

#[tokio::test]
async fn a_connection_opens_by_its_name() {
    let instance = Instance::start().await;
    let id = instance.connection_named("Northwind staff").await;
    let browser = instance.signed_in().await;
    let found = send(&browser, (HOME, SEARCH), Some(("wanted", "northwind staff"))).await;
    let page = format!("/console/accounts/{ACCOUNT}/connections/{id}");
    assert_eq!((found.status, found.header("location")), (303, page.as_str()));
}
