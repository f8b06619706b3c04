//! `/console/accounts`, and what belongs to one

use reqwest::Method;
use serde_json::json;
use vestibule_model::Millis;
use vestibule_serve::forms::Zone;
use vestibule_testkit::{ACCOUNT, TOKEN};

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
async fn the_page_of_an_account_leads_to_the_forms_of_policies_and_of_a_connection_those_who_may() {
    let instance = Instance::start().await;
    let own = format!("/console/accounts/{ACCOUNT}");
    let forms = ["policies/session_policy", "policies/second_factor", "connections/new"];
    let leads = |html: &str| forms.map(|form| html.contains(&format!("href=\"{own}/{form}\"")));
    let browser = instance.signed_in().await;
    assert_eq!(leads(&browser.get(&own).await.html), [true; 3]);
    for form in forms {
        assert_eq!(browser.get(&format!("{own}/{form}")).await.status, 200, "{form}");
    }
    let auditor = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    assert_eq!(leads(&auditor.get(&own).await.html), [false; 3]);
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

#[tokio::test]
async fn the_use_of_a_token_is_that_which_the_api_tells() {
    let instance = Instance::start().await;
    let own = format!("{ACCOUNT}/application-tokens");
    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let login = instance.server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
    assert_eq!(login.json(&body).send().await.unwrap().status(), 200);
    instance.server.auth.flush().await.unwrap();
    let told = instance.listed(&format!("/admin/v1/accounts/{own}/1")).await;
    assert_eq!(told["requests"], 1);
    let used = Millis::from_unix(told["last_used"].as_i64().unwrap());
    let used = format!("datetime=\"{}\"", Zone::of("UTC").machine(used));
    let browser = instance.signed_in().await;
    let list = browser.get(&format!("/console/accounts/{own}")).await.html;
    let row = list.split("<tr>").find(|row| row.contains(&format!("{own}/1\""))).unwrap();
    assert!(row.contains(&used) && row.contains(">1<"), "{row}");
    let page = browser.get(&format!("/console/accounts/{own}/1")).await.html;
    let (_, requests) = page.split_once("Requests of its sessions").unwrap();
    assert!(page.contains(&used) && requests.contains(">1<"), "{page}");
}
