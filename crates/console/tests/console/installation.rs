//! What is of the installation: rules of the gate, administrators, their tokens, keys

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::ACCOUNT;

use crate::support::{HOME, Instance, PASSWORD, set_up};

const PAGES: [&str; 4] =
    ["/console/gateway-rules", "/console/administrators", "/console/administration-tokens", "/console/keys"];

#[tokio::test]
async fn whoever_may_read_the_installation_is_led_to_its_pages_and_nobody_else() {
    let instance = Instance::start().await;
    let owner = instance.signed_in().await;
    let other = instance.signed_in_with(&json!({ "role": "administrator", "account": ACCOUNT })).await;
    let (all, none) = (owner.get(HOME).await.html, other.get(HOME).await.html);
    for page in PAGES {
        let link = format!("href=\"{page}\"");
        assert!(all.contains(&link) && !none.contains(&link), "{page}");
        assert_eq!(other.get(page).await.status, 403, "{page}");
    }
}

#[tokio::test]
async fn a_rule_of_the_gate_says_what_it_lets_through() {
    let instance = Instance::start().await;
    let rule = json!({ "accounts": [ACCOUNT], "minimum_rank": "manager", "paths": ["/v1/reports/*"] });
    instance.api(Method::PUT, "/admin/v1/gateway-rules/reports", &rule).await;
    let browser = instance.signed_in().await;
    let sentence = format!(
        "Lets through every user with a live session, of the account {ACCOUNT}, of the rank manager at least, \
         for the path /v1/reports/*."
    );
    let list = browser.get("/console/gateway-rules").await.html;
    assert!(list.contains("2 rules</p>") && list.contains(&sentence), "{list}");
    assert!(list.contains("Lets through every user with a live session.<"), "the default: {list}");
    let page = browser.get("/console/gateway-rules/reports").await.html;
    assert!(page.contains(&sentence) && page.contains("<code>/v1/reports/*</code>"), "{page}");
    assert_eq!(browser.get("/console/gateway-rules/nowhere").await.status, 404);
}

#[tokio::test]
async fn administrators_are_listed_with_their_roles_and_second_factors() {
    let instance = Instance::start().await;
    let ben = instance.administrator("ben", &json!({ "role": "auditor" })).await;
    let browser = instance.signed_in().await;
    set_up(&instance, &browser, PASSWORD).await;
    let page = browser.get("/console/administrators").await.html;
    assert!(page.contains("2 administrators</p>"), "{page}");
    let row = |name: &str| {
        let row = page.split("<tr>").find(|row| row.starts_with("<td") && row.contains(name));
        row.unwrap().to_owned()
    };
    let (admin, other) = (row(">admin<"), row(">ben<"));
    assert!(admin.contains("owner") && admin.contains("set up") && admin.contains("<time"), "{admin}");
    assert!(other.contains("auditor") && other.contains(">none<") && other.contains("never"), "{other}");
    assert!(other.contains(&format!("/console/accounts/administrators/users/{ben}\"")), "{other}");
}

#[tokio::test]
async fn an_auditor_sees_who_administers_and_nothing_of_their_account() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor" })).await;
    let page = browser.get("/console/administrators").await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains(">admin<") && !page.html.contains("Last login"), "{}", page.html);
    assert!(!page.html.contains("/console/accounts/administrators"), "{}", page.html);
}

#[tokio::test]
async fn administration_tokens_are_listed_without_what_they_are() {
    let instance = Instance::start().await;
    let made = instance.token("deploy").await;
    let page = instance.signed_in().await.get("/console/administration-tokens").await.html;
    assert!(page.contains("1 administration token, 1 of them valid<"), "{page}");
    let row = page.split("<tr>").find(|row| row.contains("deploy")).unwrap();
    assert!(row.contains(">valid<") && row.contains("owner") && row.contains(">admin<"), "{row}");
    assert!(!page.contains(made["secret"].as_str().unwrap()), "{page}");
}

#[tokio::test]
async fn keys_are_listed_with_what_still_needs_them() {
    let instance = Instance::start().await;
    let page = instance.signed_in().await.get("/console/keys").await.html;
    assert!(page.contains("1 generation<") && page.contains("in force"), "{page}");
    assert!(page.contains("1 published key<") && page.contains(">signs<"), "{page}");
    let row = page.split("<tr>").find(|row| row.contains("in force")).unwrap();
    assert!(row.contains("sessions"), "those of the owner: {row}");
}

#[tokio::test]
async fn an_owner_gives_a_role_from_the_page_of_somebody_who_has_none() {
    let instance = Instance::start().await;
    let users = "/admin/v1/accounts/administrators/users";
    instance.api(Method::POST, users, &json!({ "login_name": "nora" })).await;
    let ben = instance.administrator("ben", &json!({ "role": "auditor" })).await;
    let browser = instance.signed_in().await;
    let list = browser.get("/console/accounts/administrators/users").await.html;
    let (before, _) = list.split_once(">nora<").unwrap();
    let (_, nora) = before.rsplit_once("href=\"").unwrap();
    let nora = browser.get(nora.split('"').next().unwrap()).await.html;
    assert!(nora.contains("Give a role</a>"), "{nora}");
    let ben = browser.get(&format!("/console/accounts/administrators/users/{ben}")).await.html;
    assert!(!ben.contains("Give a role"), "{ben}");
}

#[tokio::test]
async fn an_address_that_is_none_is_told_so_once() {
    let instance = Instance::start().await;
    let page = instance.signed_in().await.get("/console/nothing").await;
    assert_eq!(page.status, 404);
    assert!(page.html.contains("There is no such page."), "{}", page.html);
}
