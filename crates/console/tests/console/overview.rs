//! What the overview shows.

use std::time::Duration;

use reqwest::Method;

use super::support::{HOME, Instance};

/// Lets minutes pass, in which this is done each ten seconds.
async fn minutes(instance: &Instance, minutes: usize, each: impl AsyncFn()) {
    for _ in 0..6 * minutes {
        instance.server.clock.advance(Duration::from_secs(10));
        each().await;
        instance.server.auth.note_figures();
    }
}

#[tokio::test]
async fn a_chart_and_its_table_have_what_happened_in_each_minute() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    instance.server.auth.note_figures();
    let check = async || drop(instance.server.request(Method::GET, "/gateway/check").send().await.unwrap());
    minutes(&instance, 1, check).await;
    minutes(&instance, 1, async || {}).await;
    let page = browser.get(HOME).await.html;
    assert!(page.contains("Refused: least 0, most 6, at last 0"), "{page}");
    assert!(
        page.contains(r#"class="number">0</td><td data-column="Refused" class="number">6</td>"#),
        "{page}"
    );
}

#[tokio::test]
async fn before_there_is_anything_to_draw_it_says_so() {
    let instance = Instance::start().await;
    let page = instance.signed_in().await.get(HOME).await.html;
    assert!(page.contains("Nothing to draw yet"), "{page}");
    assert!(page.contains("not measured yet"), "{page}");
}

#[tokio::test]
async fn two_days_are_drawn_in_half_hours() {
    let instance = Instance::start().await;
    instance.server.auth.note_figures();
    minutes(&instance, 61, async || {}).await;
    let page = instance.signed_in().await.get("/console/?span=two-days").await.html;
    assert!(page.contains("in each half hour"), "{page}");
}

#[tokio::test]
async fn nothing_of_the_node_is_told_to_those_of_one_account() {
    let instance = Instance::start().await;
    let role = serde_json::json!({ "role": "administrator", "account": vestibule_testkit::ACCOUNT });
    instance.administrator("theirs", &role).await;
    let browser = instance.signed_in_as("theirs", super::support::ANOTHER_PASSWORD).await;
    let page = browser.get(HOME).await.html;
    assert!(!page.contains("Over time") && !page.contains("This node"), "{page}");
}

/// The numbers that the script asks for.
async fn numbers(browser: &vestibule_testkit::Browser) -> serde_json::Value {
    let answer = browser.get(NUMBERS).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.html);
    serde_json::from_str(&answer.html).unwrap()
}

const NUMBERS: &str = "/console/numbers";

#[tokio::test]
async fn the_numbers_are_those_of_the_page_and_those_of_now() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let page = browser.get(HOME).await.html;
    let before = numbers(&browser).await;
    for (name, value) in before.as_object().unwrap() {
        let place = format!("data-live=\"{name}\"");
        assert!(page.contains(&place) || value == "", "{name}");
    }
    instance.server.log_in("name", "password").await;
    let count = |numbers: &serde_json::Value| numbers["sessions"].as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(count(&numbers(&browser).await), count(&before) + 1);
}

#[tokio::test]
async fn numbers_are_told_to_whoever_may_see_them() {
    let instance = Instance::start().await;
    let nobody = instance.browser().get(NUMBERS).await;
    assert_eq!((nobody.status, nobody.html.contains("sessions")), (303, false));
    let role = serde_json::json!({ "role": "auditor", "account": vestibule_testkit::ACCOUNT });
    let theirs = numbers(&instance.signed_in_with(&role).await).await;
    assert!(theirs["requests"].is_null() && theirs["users"].is_string(), "{theirs}");
}

#[tokio::test]
async fn a_page_that_asks_by_itself_does_not_keep_its_session_alive() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for _ in 0..31 {
        instance.server.clock.advance(Duration::from_mins(1));
        browser.get(NUMBERS).await;
    }
    assert_eq!(browser.get(HOME).await.header("location"), "/console/login");
}

#[tokio::test]
async fn what_needs_attention_leads_to_where_it_is_mended() {
    let instance = Instance::start().await;
    let page = instance.signed_in().await.get(HOME).await.html;
    assert!(page.contains("No backup of this data directory is known."), "{page}");
    let (_, lines) = page.split_once("You own this installation, and have no second factor.").unwrap();
    assert!(lines.starts_with(r#" <a href="/console/own/second-factor">"#), "{lines}");
    assert!(page.contains("4.2 MB"), "{page}");
}

#[tokio::test]
async fn tokens_and_old_secrets_that_expire_within_two_weeks_are_told_of() {
    let instance = Instance::start().await;
    let now = vestibule_model::Clock::now(&*instance.server.clock).as_unix();
    let make = async |name: &str, days: i64| {
        let token =
            serde_json::json!({ "name": name, "role": "auditor", "expires": now + days * 86_400_000 });
        instance.api(Method::POST, "/admin/v1/administration-tokens", &token).await;
    };
    make("soon", 13).await;
    make("later", 15).await;
    let keys = format!("/admin/v1/accounts/{}/api-keys", vestibule_testkit::ACCOUNT);
    let key = instance.api(Method::POST, &keys, &serde_json::json!({ "name": "Dialler" })).await;
    let renewal = serde_json::json!({ "overlap_seconds": 86_400 });
    instance.api(Method::POST, &format!("{keys}/{}/secrets", key["id"]), &renewal).await;
    let page = instance.signed_in().await.get(HOME).await.html;
    assert!(page.contains("The administration token soon stops working in 13 days."), "{page}");
    assert!(!page.contains("token later"), "{page}");
    assert!(page.contains("The old secret of Dialler, of"), "{page}");
}

#[tokio::test]
async fn refused_logins_and_lock_outs_lead_to_their_entries_of_the_audit() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let page = browser.get(HOME).await.html;
    let links: Vec<_> = page.split("href=\"/console/audit?action=").skip(1).collect();
    assert_eq!(links.len(), 2, "{page}");
    for rest in links {
        let action = rest.split('"').next().unwrap();
        assert_eq!(browser.get(&format!("/console/audit?action={action}")).await.status, 200, "{action}");
    }
}
