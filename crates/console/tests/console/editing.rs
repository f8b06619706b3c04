//! Something is changed in a form: shown before it is done, and done to what was seen

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::{ACCOUNT, Browser};

use crate::support::{Instance, Things};
use crate::typing::{Typed, fill};

fn edit(things: &Things) -> String {
    format!("/console/accounts/{ACCOUNT}/users/{}/edit", things.user)
}

async fn user(instance: &Instance, things: &Things) -> serde_json::Value {
    instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/users/{}", things.user)).await
}

/// Somebody else gives the user another name.
async fn renamed_by_another(instance: &Instance, things: &Things) {
    let path = format!("/admin/v1/accounts/{ACCOUNT}/users/{}", things.user);
    let request = instance.server.admin_request(Method::PATCH, &path).bearer_auth(&instance.bearer);
    let request = request.header("if-match", "*").json(&json!({ "full_name": "Theirs" }));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

async fn is_kept(browser: &Browser, things: &Things) -> bool {
    browser.get(&format!("/console/sessions/{}", things.session)).await.html.contains(">lives<")
}

#[tokio::test]
async fn what_changes_is_shown_before_it_is_done() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let profile = format!("profiles.{}", things.kinds[0].1);
    let fields = [("full_name", "Anna <b>"), (&*profile, "on")];
    let shown = fill(&browser, &edit(&things), &fields).await;
    assert_eq!(shown.status, 200);
    assert!(shown.html.contains("<ins><bdi>Anna &#60;b&#62;</bdi></ins>"), "{}", shown.html);
    assert!(shown.html.contains("<del><bdi>name</bdi></del>"), "{}", shown.html);
    let profiles = "<ins><bdi>Administrator, Agent, One</bdi></ins>";
    assert!(shown.html.contains(profiles), "profiles by their names: {}", shown.html);
    assert!(shown.html.contains("Ends 1 live session."), "{}", shown.html);
    assert_ne!(user(&instance, &things).await["full_name"], "Anna <b>");
    let done = Typed::of(&shown).with("step", "do").send(&browser, &edit(&things)).await;
    let page = format!("/console/accounts/{ACCOUNT}/users/{}?done=changed", things.user);
    assert_eq!((done.status, done.header("location")), (303, &*page), "{}", done.html);
    let changed = user(&instance, &things).await;
    assert_eq!(changed["full_name"], "Anna <b>");
    assert_eq!(changed["profiles"], json!([1, 2, things.kinds[0].1]));
    assert!(!is_kept(&browser, &things).await);
}

#[tokio::test]
async fn a_change_that_ends_nothing_says_nothing_of_ends() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let shown = fill(&browser, &edit(&things), &[("nickname", "Nick")]).await;
    assert!(!shown.html.contains("Ends "), "{}", shown.html);
    Typed::of(&shown).with("step", "do").send(&browser, &edit(&things)).await;
    assert!(is_kept(&browser, &things).await);
}

#[tokio::test]
async fn one_may_go_on_editing_with_what_was_typed() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let shown = fill(&browser, &edit(&things), &[("nickname", "Nick")]).await;
    let again = Typed::of(&shown).with("step", "again").send(&browser, &edit(&things)).await;
    assert_eq!((again.status, Typed::of(&again).get("nickname")), (200, "Nick"));
}

#[tokio::test]
async fn two_administrators_see_each_others_change() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let before = user(&instance, &things).await["full_name"].as_str().unwrap().to_owned();
    let shown = fill(&browser, &edit(&things), &[("full_name", "Mine")]).await;
    renamed_by_another(&instance, &things).await;
    let contested = Typed::of(&shown).with("step", "do").send(&browser, &edit(&things)).await;
    assert_eq!(contested.status, 409);
    for name in [before.as_str(), "Theirs", "Mine"] {
        assert!(contested.html.contains(&format!("<bdi>{name}</bdi>")), "{name}: {}", contested.html);
    }
    assert_eq!(user(&instance, &things).await["full_name"], "Theirs");
    let over = Typed::of(&contested).with("step", "do").send(&browser, &edit(&things)).await;
    assert_eq!(over.status, 303, "{}", over.html);
    assert_eq!(user(&instance, &things).await["full_name"], "Mine");
}

#[tokio::test]
async fn a_change_of_another_is_told_before_what_would_change() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let form = Typed::of(&browser.get(&edit(&things)).await).with("nickname", "Nick");
    renamed_by_another(&instance, &things).await;
    let contested = form.send(&browser, &edit(&things)).await;
    assert_eq!(contested.status, 409);
    assert!(contested.html.contains("<bdi>Theirs</bdi>"), "{}", contested.html);
}

#[tokio::test]
async fn what_was_not_touched_stays_as_another_has_made_it() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let shown = fill(&browser, &edit(&things), &[("nickname", "Nick"), ("profiles.1", "")]).await;
    renamed_by_another(&instance, &things).await;
    let contested = Typed::of(&shown).with("step", "do").send(&browser, &edit(&things)).await;
    assert_eq!(contested.status, 409);
    let done = Typed::of(&contested).with("step", "do").send(&browser, &edit(&things)).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let user = user(&instance, &things).await;
    assert_eq!((&user["full_name"], &user["nickname"]), (&json!("Theirs"), &json!("Nick")));
    assert_eq!(user["profiles"], json!([2]), "what was taken away is away");
}

#[tokio::test]
async fn a_save_that_is_already_so_succeeds() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let shown = fill(&browser, &edit(&things), &[("full_name", "Theirs")]).await;
    renamed_by_another(&instance, &things).await;
    let done = Typed::of(&shown).with("step", "do");
    for _ in 0..2 {
        let done = done.send(&browser, &edit(&things)).await;
        assert_eq!(done.status, 303, "{}", done.html);
        assert!(done.header("location").ends_with("?done=same"), "{}", done.header("location"));
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_before_what_would_change() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let wrong = fill(&browser, &edit(&things), &[("login_name", " x")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("login_name-error"), "{}", wrong.html);
    let typed = Typed::of(&wrong);
    assert_eq!((typed.get("login_name"), typed.get("was.login_name")), (" x", "name"));
}
