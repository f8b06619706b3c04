//! Something is made in a form: once, and with nothing typed lost

use serde_json::{Value, json};
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;
use crate::typing::{Typed, fill};

fn new_user() -> String {
    format!("/console/accounts/{ACCOUNT}/users/new")
}

async fn users_named(instance: &Instance, name: &str) -> Vec<Value> {
    let page = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/users?name={name}")).await;
    page["users"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_person_is_made_with_a_password_that_has_to_be_changed() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let fields =
        [("login_name", "anna"), ("email", "anna@example.org"), ("secret.password", "L0ng-enough-pass")];
    let made = fill(&browser, &new_user(), &fields).await;
    let users = users_named(&instance, "anna").await;
    let page = format!("/console/accounts/{ACCOUNT}/users/{}", users[0]["id"]);
    assert_eq!((made.status, made.header("location")), (303, &*format!("{page}?done=made")), "{}", made.html);
    let user = &users[0];
    assert_eq!((&user["full_name"], &user["email"]), (&json!("anna"), &json!("anna@example.org")));
    assert_eq!((&user["has_password"], &user["must_change_password"]), (&json!(true), &json!(true)));
    assert!(browser.get(made.header("location")).await.html.contains("Made."));
}

#[tokio::test]
async fn a_bot_is_made_with_the_key_that_it_logs_in_with() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let key = things.kinds.iter().find(|(kind, _)| *kind == "api-keys").unwrap().1;
    let key = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/api-keys/{key}")).await;
    let browser = instance.signed_in().await;
    let profile = format!("profiles.{}", things.kinds[0].1);
    let app_key = key["app_key"].as_str().unwrap();
    let fields = [("login_name", "robot"), ("allowed_app_key", app_key), (&*profile, "on")];
    let made = fill(&browser, &format!("{}?kind=bot", new_user()), &fields).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let user = &users_named(&instance, "robot").await[0];
    assert_eq!((&user["kind"], &user["allowed_app_key"]), (&json!("bot"), &key["app_key"]));
    assert_eq!(user["profiles"], json!([things.kinds[0].1]));
}

#[tokio::test]
async fn a_browser_may_remember_what_was_typed_for_the_way_back() {
    let instance = Instance::start().await;
    let page = instance.signed_in().await.get(&new_user()).await;
    let (_, form) = page.html.split_once(r#"class="card form""#).unwrap();
    assert!(form.contains(r#"name="login_name""#), "{form}");
    assert!(!form.contains(r#"autocomplete="off""#), "{form}");
    assert!(form.contains(r#"autocomplete="new-password""#), "{form}");
}

#[tokio::test]
async fn a_second_click_makes_no_second_user() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let form = Typed::of(&browser.get(&new_user()).await).with("login_name", "twice");
    let form = form.with("secret.password", "L0ng-enough-pass");
    let path = new_user();
    let (first, second) = tokio::join!(form.send(&browser, &path), form.send(&browser, &path));
    let third = form.send(&browser, &path).await;
    assert_eq!(first.status, 303, "{}", first.html);
    for again in [second, third] {
        assert_eq!(
            (again.status, again.header("location")),
            (303, first.header("location")),
            "{}",
            again.html
        );
    }
    assert_eq!(users_named(&instance, "twice").await.len(), 1);
}

#[tokio::test]
async fn a_form_that_has_made_something_makes_nothing_else() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let form = Typed::of(&browser.get(&new_user()).await).with("login_name", "one");
    assert_eq!(form.send(&browser, &new_user()).await.status, 303);
    let other = form.with("login_name", "two").send(&browser, &new_user()).await;
    assert_eq!(other.status, 409);
    assert!(
        other.html.contains("made something already") && other.html.contains("value=\"two\""),
        "{}",
        other.html
    );
    assert!(users_named(&instance, "two").await.is_empty());
}

#[tokio::test]
async fn a_wrong_field_keeps_the_rest_and_is_named() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let fields = [
        ("login_name", "name"),
        ("full_name", "<b>Anna"),
        ("secret.password", "L0ng-enough-pass"),
        ("max_chats", "many"),
    ];
    let wrong = fill(&browser, &new_user(), &fields).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.html.contains("id=\"max_chats-error\">This has to be a whole number"), "{}", wrong.html);
    assert!(wrong.html.contains("<a href=\"#max_chats\">"), "{}", wrong.html);
    assert!(!wrong.html.contains("L0ng-enough-pass"), "a password is sent back to nobody");
    let typed = Typed::of(&wrong);
    assert_eq!((typed.get("full_name"), typed.get("max_chats")), ("<b>Anna", "many"));
    let taken = typed.with("max_chats", "3").send(&browser, &new_user()).await;
    assert_eq!(taken.status, 422);
    assert!(taken.html.contains("id=\"login_name-error\">This is taken"), "{}", taken.html);
    let right = Typed::of(&taken).with("login_name", "other").send(&browser, &new_user()).await;
    assert_eq!(right.status, 303, "a form that was refused has made nothing: {}", right.html);
}

#[tokio::test]
async fn the_audit_has_the_same_entry_as_by_the_api() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/users");
    instance.api(reqwest::Method::POST, &path, &json!({ "login_name": "api" })).await;
    fill(&browser, &new_user(), &[("login_name", "console"), ("must_change_password", "")]).await;
    let page = instance.listed(&format!("/admin/v1/audit?account={ACCOUNT}&action=created")).await;
    let [console, api] = &page["entries"].as_array().unwrap()[..2] else { panic!("two entries: {page}") };
    let told = |entry: &Value| {
        let mut after = entry["after"].clone();
        for own in ["login_name", "full_name", "nickname", "number"] {
            after[own] = Value::Null;
        }
        (after, entry["actor"].clone(), entry["means"].clone(), entry["target"]["kind"].clone())
    };
    assert_eq!(told(console), told(api));
    assert_eq!(
        (&console["after"]["login_name"], &api["after"]["login_name"]),
        (&json!("console"), &json!("api"))
    );
}
