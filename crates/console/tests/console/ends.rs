//! `/console/sessions/end`: ends of many sessions, and how far they have come

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, Browser, Fault, Key, Shown, TOKEN, within_a_minute};

use crate::support::{HOME, Instance};

const LIST: &str = "/console/sessions";
const END: &str = "/console/sessions/end";

/// Two sessions of the account: of a user and of a bot.
async fn two_sessions(instance: &Instance) -> Vec<String> {
    instance.server.log_in("name", "password").await;
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
    references(instance).await
}

async fn references(instance: &Instance) -> Vec<String> {
    let listed = instance.listed(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    let sessions = listed["sessions"].as_array().unwrap();
    sessions.iter().map(|session| session["reference"].as_str().unwrap().to_owned()).collect()
}

async fn post(browser: &Browser, fields: &[(&str, &str)]) -> Shown {
    let csrf = browser.get(HOME).await.hidden("csrf");
    let fields: Vec<_> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
    browser.post(END, &fields).await
}

/// The page of the job, when it is over.
async fn outcome(browser: &Browser, begun: &Shown) -> Shown {
    assert_eq!(begun.status, 303, "{}", begun.html);
    let page = begun.header("location").to_owned();
    let over = async {
        loop {
            let shown = browser.get(&page).await;
            assert_eq!(shown.status, 200, "{}", shown.html);
            if !shown.html.contains("loads itself anew") {
                return shown;
            }
            assert_eq!(shown.header("refresh"), "1");
        }
    };
    within_a_minute(over).await
}

#[tokio::test]
async fn all_that_match_are_ended_with_progress() {
    let instance = Instance::start().await;
    two_sessions(&instance).await;
    let browser = instance.signed_in().await;
    let list = browser.get(&format!("{LIST}?account={ACCOUNT}")).await;
    let link = format!("{END}?account={ACCOUNT}");
    assert!(list.html.contains(&link) && list.html.contains("End all 2 that match"), "{}", list.html);
    let asked = browser.get(&link).await;
    assert!(
        asked.html.contains("2 sessions would end") && asked.html.contains("End 2 sessions"),
        "{}",
        asked.html
    );
    assert_eq!(references(&instance).await.len(), 2, "looking ends nothing");
    let begun = post(&browser, &[("step", "do"), ("account", ACCOUNT)]).await;
    let over = outcome(&browser, &begun).await;
    assert!(over.html.contains("2 of 2 sessions ended."), "{}", over.html);
    assert!(references(&instance).await.is_empty());
}

#[tokio::test]
async fn users_are_counted_once_however_many_sessions_they_have() {
    let instance = Instance::start().await;
    two_sessions(&instance).await;
    // A session of LiveVox does not replace that of the same user's other login.
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let login = instance.server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
    assert_eq!(login.json(&body).send().await.unwrap().status(), 200);
    let asked = instance.signed_in().await.get(&format!("{END}?account={ACCOUNT}")).await;
    assert!(asked.html.contains("3 sessions would end"), "{}", asked.html);
    assert!(asked.html.contains("<dt>Users</dt><dd><bdi>2</bdi></dd>"), "{}", asked.html);
}

#[tokio::test]
async fn my_own_session_is_left_by_end_all() {
    let instance = Instance::start().await;
    two_sessions(&instance).await;
    let browser = instance.signed_in().await;
    let asked = browser.get(END).await;
    // The two, and that of the API by which the test asks.
    assert!(asked.html.contains("3 sessions would end"), "{}", asked.html);
    assert!(asked.html.contains("The session in which you are signed in stays"), "{}", asked.html);
    let begun = post(&browser, &[("step", "do"), ("everything", &asked.hidden("everything"))]).await;
    outcome(&browser, &begun).await;
    assert_eq!(instance.server.stored_sessions().await.len(), 1);
}

#[tokio::test]
async fn everything_is_ended_only_by_who_says_so() {
    let instance = Instance::start().await;
    two_sessions(&instance).await;
    let browser = instance.signed_in().await;
    for fields in [&[("step", "do")][..], &[], &[("step", "do"), ("everything", "1")]] {
        let refused = post(&browser, fields).await;
        assert_eq!(refused.status, 422, "{fields:?}: {}", refused.html);
        assert!(refused.html.contains("none was picked"), "{}", refused.html);
    }
    assert_eq!(references(&instance).await.len(), 2);
}

#[tokio::test]
async fn picked_sessions_end_and_what_has_ended_keeps_none_of_them() {
    let instance = Instance::start().await;
    let sessions = two_sessions(&instance).await;
    let browser = instance.signed_in().await;
    let [first, second] = [0, 1].map(|at| format!("pick.{}", sessions[at]));
    assert!(browser.get(LIST).await.html.contains(&format!("name=\"{first}\"")));
    let gone = "pick.1b4e28ba-2fa1-41d2-883f-0016d3cca427";
    let asked = post(&browser, &[(&first, "1"), (gone, "1"), ("pick.x", "1")]).await;
    assert!(asked.html.contains("1 session would end"), "{}", asked.html);
    assert!(asked.html.contains(&first) && !asked.html.contains(&second), "{}", asked.html);
    let begun = post(&browser, &[(&first, "1"), (gone, "1"), ("step", "do")]).await;
    let over = outcome(&browser, &begun).await;
    assert!(over.html.contains("1 of 1 session ended."), "{}", over.html);
    assert_eq!(references(&instance).await, [sessions[1].as_str()]);
}

#[tokio::test]
async fn an_administrator_of_another_account_ends_none_of_these() {
    let instance = Instance::start().await;
    let sessions = two_sessions(&instance).await;
    instance.other_account().await;
    let browser = instance.signed_in_with(&json!({ "role": "administrator", "account": "other" })).await;
    assert_eq!(browser.get(&format!("{END}?account={ACCOUNT}")).await.status, 403);
    let everything = browser.get(END).await;
    assert!(everything.html.contains("Nothing would end"), "{}", everything.html);
    let pick = format!("pick.{}", sessions[0]);
    for fields in [[("step", "do"), (&*pick, "1")], [("step", "do"), ("everything", "true")]] {
        outcome(&browser, &post(&browser, &fields).await).await;
    }
    assert_eq!(post(&browser, &[("step", "do"), ("account", ACCOUNT)]).await.status, 403);
    assert_eq!(references(&instance).await.len(), 2);
}

#[tokio::test]
async fn an_auditor_is_offered_no_end() {
    let instance = Instance::start().await;
    two_sessions(&instance).await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    let list = browser.get(LIST).await;
    assert!(!list.html.contains("checkbox") && !list.html.contains("End all"), "{}", list.html);
    assert_eq!(post(&browser, &[("step", "do"), ("everything", "true")]).await.status, 403);
}

#[tokio::test]
async fn a_job_of_another_caller_is_none() {
    let instance = Instance::start().await;
    let begun: Value = instance.api(Method::POST, "/admin/v1/session-ends", &json!({ "sessions": [] })).await;
    let page = format!("{LIST}/ends/{}", begun["id"].as_str().unwrap());
    assert_eq!(instance.signed_in().await.get(&page).await.status, 200);
    let other = instance.signed_in_with(&json!({ "role": "owner" })).await;
    assert_eq!(other.get(&page).await.status, 404);
}

#[tokio::test]
async fn a_failed_store_leaves_a_job_that_says_so() {
    let instance = Instance::start().await;
    two_sessions(&instance).await;
    let browser = instance.signed_in().await;
    let csrf = browser.get(HOME).await.hidden("csrf");
    instance.server.faults.fail(Fault::commits_with(Change::ends_sessions));
    instance.server.journal.refuse();
    let fields = [("csrf", csrf.as_str()), ("step", "do"), ("account", ACCOUNT)];
    let begun = browser.post(END, &fields).await;
    let over = outcome(&browser, &begun).await;
    assert!(over.html.contains("Neither the database nor the journal"), "{}", over.html);
}

#[tokio::test]
async fn what_has_sessions_leads_to_their_ends_and_to_its_audit() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let (_, key) = things.kinds.iter().find(|(kind, _)| *kind == "api-keys").unwrap();
    let own = format!("/console/accounts/{ACCOUNT}");
    let owner = instance.signed_in().await;
    let auditor = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    for (page, of, audit) in [
        (own.clone(), String::new(), String::new()),
        (format!("{own}/api-keys/{key}"), format!("&application={key}"), format!("&target=api-key%3A{key}")),
    ] {
        let of = of.replace('&', "&#38;");
        let end = format!("href=\"{END}?account={ACCOUNT}{of}\"");
        let audit = format!("href=\"/console/audit?account={ACCOUNT}{}\"", audit.replace('&', "&#38;"));
        let shown = owner.get(&page).await;
        assert!(shown.html.contains(&end) && shown.html.contains(&audit), "{page}: {}", shown.html);
        assert!(!auditor.get(&page).await.html.contains(&end), "{page}");
    }
}

#[tokio::test]
async fn the_page_of_a_job_that_loads_itself_anew_does_not_keep_its_session_alive() {
    let instance = Instance::start().await;
    let sessions = two_sessions(&instance).await;
    let browser = instance.signed_in().await;
    let picked = format!("pick.{}", sessions[0]);
    let begun = post(&browser, &[("step", "do"), (&picked, "1")]).await;
    let over = outcome(&browser, &begun).await;
    assert!(over.html.contains("1 of 1 session ended."), "{}", over.html);
    for _ in 0..31 {
        instance.server.clock.advance(Duration::from_mins(1));
        browser.get(begun.header("location")).await;
    }
    assert_eq!(browser.get(HOME).await.header("location"), "/console/login");
}
