//! What is done to a user: disabled, enabled, unlocked, deleted; a password set, a second factor reset, sessions ended

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_store::Change;
use vestibule_testkit::ACCOUNT;

use crate::support::{ANOTHER_PASSWORD, Instance, set_up};
use crate::typing::{Typed, fill};

fn page(user: i64) -> String {
    format!("/console/accounts/{ACCOUNT}/users/{user}")
}

async fn user(instance: &Instance, id: i64) -> Value {
    instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/users/{id}")).await
}

#[tokio::test]
async fn a_user_is_disabled_after_it_was_said_what_ends_and_enabled_again() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let (browser, page) = (instance.signed_in().await, page(things.user));
    let disable = format!("{page}/disable");
    let shown = browser.get(&disable).await;
    assert!(shown.html.contains("Ends 1 live session."), "{}", shown.html);
    assert!(user(&instance, things.user).await["enabled"] == json!(true), "looking disables nobody");
    for _ in 0..2 {
        let done = Typed::of(&shown).send(&browser, &disable).await;
        assert_eq!((done.status, done.header("location")), (303, &*format!("{page}?done=disabled")));
    }
    assert_eq!(user(&instance, things.user).await["enabled"], json!(false));
    assert!(browser.get(&page).await.html.contains("/enable\""));
    fill(&browser, &format!("{page}/enable"), &[]).await;
    assert_eq!(user(&instance, things.user).await["enabled"], json!(true));
}

#[tokio::test]
async fn a_delete_names_the_sessions_that_end_and_asks_for_the_name() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let (browser, page) = (instance.signed_in().await, page(things.user));
    let delete = format!("{page}/delete");
    let shown = browser.get(&delete).await;
    assert!(shown.html.contains("Ends 1 live session."), "{}", shown.html);
    for typed in ["", "Name", "someone"] {
        let refused = Typed::of(&shown).with("name", typed).send(&browser, &delete).await;
        assert_eq!(refused.status, 422, "{typed}");
    }
    assert_eq!(user(&instance, things.user).await["id"], json!(things.user));
    for _ in 0..2 {
        let done = Typed::of(&shown).with("name", "name").send(&browser, &delete).await;
        let list = format!("/console/accounts/{ACCOUNT}/users?done=deleted");
        assert_eq!((done.status, done.header("location")), (303, &*list), "{}", done.html);
    }
    assert_eq!(browser.get(&page).await.status, 404);
}

#[tokio::test]
async fn a7_who_is_called_something_hidden_is_deleted_by_the_name_that_is_shown() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let users = &instance.server.fixture.users;
    let mut user = users.iter().find(|user| user.id.0 == things.user).unwrap().clone();
    user.login_name = "name\u{202e}".to_owned();
    instance.server.change(vec![Change::PutUser(user.into())]).await;
    let browser = instance.signed_in().await;
    let delete = format!("{}/delete", page(things.user));
    assert_eq!(fill(&browser, &delete, &[("name", "name")]).await.status, 422);
    assert_eq!(fill(&browser, &delete, &[("name", "name\\u{202e}")]).await.status, 303);
}

#[tokio::test]
async fn a_deed_is_done_by_the_form_of_its_page_alone() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let (browser, disable) = (instance.signed_in().await, format!("{}/disable", page(things.user)));
    let form = Typed::of(&browser.get(&disable).await);
    for form in [form.clone().with("step", ""), form.with("again", "1")] {
        assert_eq!(form.send(&browser, &disable).await.status, 200);
    }
    assert_eq!(user(&instance, things.user).await["enabled"], json!(true));
}

#[tokio::test]
async fn who_has_no_session_is_deleted_without_a_name() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}/users");
    let made = instance.api(reqwest::Method::POST, &path, &json!({ "login_name": "gone" })).await;
    let delete = format!("{}/delete", page(made["id"].as_i64().unwrap()));
    let browser = instance.signed_in().await;
    assert_eq!(fill(&browser, &delete, &[]).await.status, 303);
    assert_eq!(browser.get(&delete).await.status, 404);
}

#[tokio::test]
async fn a_locked_user_is_unlocked() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    for _ in 0..20 {
        instance.server.log_in("name", "wrong").await;
        instance.server.clock.advance(Duration::from_secs(10));
    }
    let (browser, page) = (instance.signed_in().await, page(things.user));
    assert!(browser.get(&page).await.html.contains("/unlock\""));
    let done = fill(&browser, &format!("{page}/unlock"), &[]).await;
    let shown = browser.get(done.header("location")).await;
    assert!(shown.html.contains("Unlocked.") && !shown.html.contains(">locked<"), "{}", shown.html);
}

#[tokio::test]
async fn a_password_is_set_once_and_has_to_be_changed_if_it_is_said_so() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let (browser, page) = (instance.signed_in().await, page(things.user));
    let path = format!("{page}/password");
    let weak = fill(&browser, &path, &[("secret.password", "x")]).await;
    assert_eq!(weak.status, 422);
    assert!(weak.html.contains("secret.password-error"), "{}", weak.html);
    let typed = Typed::of(&weak).with("secret.password", ANOTHER_PASSWORD).with("must_change_password", "");
    for _ in 0..2 {
        let done = typed.send(&browser, &path).await;
        assert_eq!((done.status, done.header("location")), (303, &*format!("{page}?done=password-set")));
    }
    let login = instance.server.log_in("name", ANOTHER_PASSWORD).await;
    assert_eq!(login.status(), 200);
    let fields = [("secret.password", "An0ther-long-pass"), ("must_change_password", "on")];
    fill(&browser, &path, &fields).await;
    assert_eq!(user(&instance, things.user).await["must_change_password"], json!(true));
}

#[tokio::test]
async fn all_sessions_of_a_user_are_ended() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let done = fill(&browser, &format!("{}/end-sessions", page(things.user)), &[]).await;
    assert_eq!(done.status, 303);
    let told = browser.get(&format!("/console/sessions/{}", things.session)).await.html;
    assert!(told.contains("administrator admin") && told.contains(">ended<"), "{told}");
}

#[tokio::test]
async fn the_second_factor_of_another_is_reset_and_ones_own_is_not() {
    let instance = Instance::start().await;
    let id = instance.administrator("ben", &json!({ "role": "owner" })).await;
    let ben = instance.signed_in_as("ben", ANOTHER_PASSWORD).await;
    set_up(&instance, &ben, ANOTHER_PASSWORD).await;
    let path = format!("/console/accounts/administrators/users/{id}/reset-second-factor");
    let own = fill(&ben, &path, &[]).await;
    assert_eq!(own.status, 409);
    assert!(own.html.contains("removed with the password and a code"), "{}", own.html);
    assert_eq!(fill(&instance.signed_in().await, &path, &[]).await.status, 303);
    instance.signed_in_as("ben", ANOTHER_PASSWORD).await;
}

#[tokio::test]
async fn the_last_owner_is_not_disabled_and_the_page_says_so() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let users = instance.listed("/admin/v1/accounts/administrators/users").await;
    let path = format!("/console/accounts/administrators/users/{}/disable", users["users"][0]["id"]);
    assert!(browser.get(&path).await.html.contains("This is you"));
    let refused = fill(&browser, &path, &[]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.html.contains("no owner left"), "{}", refused.html);
}

#[tokio::test]
async fn an_auditor_sees_no_button_that_would_be_refused() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    let own = page(things.user);
    for path in [own.clone(), format!("/console/accounts/{ACCOUNT}/users")] {
        let shown = browser.get(&path).await;
        for word in ["/edit\"", "/delete\"", "/disable\"", "/password\"", "/new\""] {
            assert!(
                !shown.html.contains(&format!("users{word}"))
                    && !shown.html.contains(&format!("{own}{word}")),
                "{path} {word}"
            );
        }
    }
}
