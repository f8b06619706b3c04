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
