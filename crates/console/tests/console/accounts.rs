//! `/console/accounts`, and what belongs to one

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::{Instance, KINDS};

#[tokio::test]
async fn the_list_says_how_many_there_are_and_leads_to_each() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let page = instance.signed_in().await.get("/console/accounts").await;
    assert!(page.html.contains("3 accounts"), "{}", page.html);
    let found = instance.signed_in().await.get("/console/accounts?text=OTH").await;
    assert!(found.html.contains("1 account<") && !found.html.contains(ACCOUNT), "{}", found.html);
    for account in [ACCOUNT, "other", "administrators"] {
        assert!(page.html.contains(&format!("href=\"/console/accounts/{account}\"")), "{account}");
    }
}

#[tokio::test]
async fn an_administrator_of_an_account_sees_only_that() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let browser = instance.signed_in_with(&json!({ "role": "administrator", "account": "other" })).await;
    let page = browser.get("/console/accounts").await;
    assert!(page.html.contains("1 account<") && !page.html.contains(ACCOUNT), "{}", page.html);
    let overview = browser.get("/console/").await;
    assert!(!overview.html.contains("Needs attention"), "{}", overview.html);
}

#[tokio::test]
async fn the_page_of_an_account_leads_to_its_parts_with_how_many_there_are() {
    let instance = Instance::start().await;
    instance.things().await;
    let browser = instance.signed_in().await;
    let page = browser.get(&format!("/console/accounts/{ACCOUNT}")).await;
    for kind in KINDS {
        let address = format!("/console/accounts/{ACCOUNT}/{kind}");
        assert!(page.html.contains(&format!("href=\"{address}\"")), "{address}");
    }
    assert!(page.html.contains("Skills <span class=\"tab-count\">1</span>"), "{}", page.html);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    for path in ["nowhere", &format!("{ACCOUNT}/nothing"), &format!("{ACCOUNT}/skills/99"), "a%2Fb", "%ff"] {
        let shown = browser.get(&format!("/console/accounts/{path}")).await;
        assert_eq!((shown.status, shown.header("content-type")), (404, "text/html; charset=utf-8"), "{path}");
    }
}

#[tokio::test]
async fn an_empty_list_says_so() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let browser = instance.signed_in().await;
    for kind in KINDS {
        let page = browser.get(&format!("/console/accounts/other/{kind}")).await;
        assert!(page.html.contains("class=\"empty\"") && !page.html.contains("<table"), "{kind}");
    }
}

#[tokio::test]
async fn no_secret_of_an_application_is_on_its_page() {
    let instance = Instance::start().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}/api-keys");
    let made = instance.api(Method::POST, &own, &json!({ "name": "mine" })).await;
    let page = instance.signed_in().await;
    let page = page.get(&format!("/console/accounts/{ACCOUNT}/api-keys/{}", made["id"])).await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains(made["app_key"].as_str().unwrap()), "{}", page.html);
    for secret in ["secret", "access_token_secret"] {
        assert!(!page.html.contains(made[secret].as_str().unwrap()), "{secret}");
    }
}
