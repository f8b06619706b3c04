//! Forms of things with as much as the rules allow

use vestibule_model::Service;
use vestibule_store::Change;
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;
use crate::typing::{Typed, fill};

/// The fixture's account with a thousand services, each with the longest name and the longest host.
async fn with_most_services() -> (Instance, String) {
    let instance = Instance::start().await;
    let host = format!("{}.example", vec!["x".repeat(60); 4].join("."));
    let service = |number: usize| {
        let name = format!("{number:04}{}", "n".repeat(250));
        Service { name, base_uri: Some(host.clone()) }
    };
    set(&instance, (0..1_000).map(service).collect()).await;
    (instance, format!("/console/accounts/{ACCOUNT}/services/edit"))
}

async fn set(instance: &Instance, services: Vec<Service>) {
    let mut account = instance.server.fixture.account.clone();
    account.services = services;
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
}

async fn first(instance: &Instance) -> String {
    let account = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}")).await;
    account["services"][0]["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_most_services_are_shown_and_changed() {
    let (instance, path) = with_most_services().await;
    let browser = instance.signed_in().await;
    let page = browser.get(&path).await;
    let services = Typed::of(&page).get("services").replacen("0000n", "first", 1);
    let shown = Typed::of(&page).with("services", &services).send(&browser, &path).await;
    assert_eq!(shown.status, 200);
    assert!(shown.html.len() < 5 * services.len(), "what was is not carried along whole");
    let done = Typed::of(&shown).with("step", "do").send(&browser, &path).await;
    assert_eq!(done.status, 303);
    assert_eq!(first(&instance).await, format!("first{}", "n".repeat(249)));
}

#[tokio::test]
async fn a_long_text_that_somebody_else_has_changed_is_seen_as_changed() {
    let (instance, path) = with_most_services().await;
    let browser = instance.signed_in().await;
    let page = browser.get(&path).await;
    let mine = Typed::of(&page).get("services").replacen("0000n", "mine-", 1);
    let shown = Typed::of(&page).with("services", &mine).send(&browser, &path).await;
    set(&instance, vec![Service { name: "theirs".to_owned(), base_uri: None }]).await;
    for typed in [Typed::of(&page).with("services", &mine), Typed::of(&shown).with("step", "do")] {
        let contested = typed.send(&browser, &path).await;
        assert_eq!(contested.status, 409);
        assert!(contested.html.contains("a long text, which the form did not keep"));
    }
    assert_eq!(first(&instance).await, "theirs", "nothing was done");
    let untouched = fill(&browser, &path, &[]).await;
    assert_eq!(untouched.status, 303);
}
