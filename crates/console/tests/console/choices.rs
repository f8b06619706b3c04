//! What a form does not say is kept, and what it does is done once

use reqwest::Method;
use serde_json::json;
use vestibule_model::{Skill, UserId};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use crate::support::{ANOTHER_PASSWORD, Instance};
use crate::typing::{Typed, fill};

async fn change(browser: &Browser, path: &str, fields: &[(&str, &str)]) {
    let shown = fill(browser, path, fields).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    let done = Typed::of(&shown).with("step", "do").send(browser, path).await;
    assert_eq!(done.status, 303, "{}", done.html);
}

/// Somebody else changes it by the API.
async fn by_another(instance: &Instance, path: &str, body: &serde_json::Value) {
    let request = instance.server.admin_request(Method::PATCH, path).bearer_auth(&instance.bearer);
    let answer = request.header("if-match", "*").json(body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
}

#[tokio::test]
async fn a_client_for_users_with_a_deleted_profile_stays_theirs() {
    let instance = Instance::start().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    let profile = json!({ "name": "Gone", "role": "agent" });
    let profile = instance.api(Method::POST, &format!("{own}/profiles"), &profile).await["id"].clone();
    let client = json!({ "name": "Some", "enabled_for_profiles": [profile] });
    let client = instance.api(Method::POST, &format!("{own}/oauth-clients"), &client).await["id"].clone();
    let id = profile.as_i64().unwrap();
    instance.server.change(vec![Change::DeleteProfile(ACCOUNT.parse().unwrap(), id)]).await;
    let browser = instance.signed_in().await;
    let path = format!("/console/accounts/{ACCOUNT}/oauth-clients/{client}/edit");
    let form = browser.get(&path).await;
    assert!(form.html.contains(&format!("id {id}, which is not offered here")), "{}", form.html);
    change(&browser, &path, &[("description", "Changed")]).await;
    let kept = instance.listed(&format!("{own}/oauth-clients/{client}")).await;
    assert_eq!((&kept["description"], &kept["enabled_for_profiles"]), (&json!("Changed"), &json!([id])));
    change(&browser, &path, &[(&format!("enabled_for_profiles.{id}"), "")]).await;
    let open = instance.listed(&format!("{own}/oauth-clients/{client}")).await;
    assert_eq!(open["enabled_for_profiles"], json!([]), "it is taken away by whoever means it");
}

#[tokio::test]
async fn a_skill_beyond_those_that_are_offered_stays_a_users() {
    let instance = Instance::start().await;
    let account = ACCOUNT.parse().unwrap();
    let skill = |id: i64| Change::PutSkill(account, Skill { id, name: format!("Skill {id}") });
    instance.server.change((5_000..=6_001).map(skill).collect()).await;
    let user = instance.things().await.user;
    let at = format!("/admin/v1/accounts/{ACCOUNT}/users/{user}");
    by_another(&instance, &at, &json!({ "skills": [5_000, 6_001] })).await;
    let browser = instance.signed_in().await;
    let path = format!("/console/accounts/{ACCOUNT}/users/{user}/edit");
    change(&browser, &path, &[("nickname", "Nick")]).await;
    let kept = instance.listed(&at).await;
    assert_eq!((&kept["nickname"], &kept["skills"]), (&json!("Nick"), &json!([5_000, 6_001])));
}

#[tokio::test]
async fn a_policy_of_one_session_does_not_overrule_what_another_says_of_full_accounts() {
    let instance = Instance::start().await;
    let at = format!("/admin/v1/accounts/{ACCOUNT}");
    by_another(&instance, &at, &json!({ "session_policy": { "concurrency": "one" } })).await;
    let browser = instance.signed_in().await;
    let form = browser.get(&format!("/console/accounts/{ACCOUNT}/policies/session_policy")).await;
    let typed = Typed::of(&form);
    let field = "session_policy.when_full";
    assert_eq!(typed.get(field), "end-oldest", "{}", form.html);
    assert_eq!(typed.get(&format!("was.{field}")), typed.get(field));
}

#[tokio::test]
async fn saving_over_anothers_change_says_what_ends() {
    let instance = Instance::start().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let path = format!("/console/accounts/{ACCOUNT}/users/{}/edit", things.user);
    let profile = format!("profiles.{}", things.kinds[0].1);
    let form = Typed::of(&browser.get(&path).await).with(&profile, "on");
    let at = format!("/admin/v1/accounts/{ACCOUNT}/users/{}", things.user);
    by_another(&instance, &at, &json!({ "full_name": "Theirs" })).await;
    let contested = form.send(&browser, &path).await;
    assert_eq!(contested.status, 409);
    assert!(contested.html.contains("Ends 1 live session."), "{}", contested.html);
}

#[tokio::test]
async fn an_old_form_gives_no_role_back_that_was_taken() {
    let instance = Instance::start().await;
    let body = json!({ "login_name": "eve", "password": ANOTHER_PASSWORD });
    let users = "/admin/v1/accounts/administrators/users";
    let eve = UserId(instance.api(Method::POST, users, &body).await["id"].as_i64().unwrap());
    let browser = instance.signed_in().await;
    let new = "/console/administrators/new";
    let form = Typed::of(&browser.get(new).await).with("user", &eve.0.to_string()).with("role", "auditor");
    let send = async || -> Shown { form.send(&browser, new).await };
    assert_eq!(send().await.status, 303);
    instance.server.change(vec![Change::DeleteAdministrator(eve)]).await;
    send().await;
    let found = instance.listed(&format!("/admin/v1/administrators/{}", eve.0)).await;
    assert_eq!(found["status"], json!(404), "{found}");
}

#[tokio::test]
async fn two_clicks_make_one_next_signing_key() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = "/console/keys/signing/next/make";
    let form = Typed::of(&browser.get(path).await);
    for _ in 0..2 {
        let done = form.send(&browser, path).await;
        assert_eq!((done.status, done.header("location")), (303, "/console/keys?done=next-key-made"));
    }
    let keys = instance.listed("/admin/v1/signing-keys").await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_end_of_no_session_is_not_said_to_have_been_one() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = "/console/own/sessions";
    let none = Typed::of(&browser.get(path).await).with("do", "picked").send(&browser, path).await;
    assert_eq!((none.status, none.header("location")), (303, path));
}

#[tokio::test]
async fn where_there_are_more_accounts_than_are_offered_an_id_is_typed() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    assert!(!browser.get("/console/start").await.html.contains("id=\"other\""));
    let account = |number: i32| {
        let account =
            vestibule_auth::new_account(format!("a{number}").parse().unwrap(), Some(1_000_000 + number));
        Change::PutAccount(account.into())
    };
    instance.server.change((0..1_000).map(account).collect()).await;
    let page = browser.get("/console/start").await;
    assert!(page.html.contains("name=\"account\" type=\"text\""), "{}", page.html.len());
    assert!(page.html.contains("accounts the first"));
    let chosen = browser.get("/console/start?account=a999").await;
    assert_eq!((chosen.status, chosen.header("location")), (303, "/console/start/a999/bot"));
}

#[tokio::test]
async fn where_there_are_more_people_than_are_offered_an_id_is_typed() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = "/console/administrators/new";
    assert!(!browser.get(path).await.html.contains("user_id"));
    let person = |number: i64| {
        let pid = uuid::Uuid::from_u128(u128::try_from(number).unwrap());
        let mut user = vestibule_auth::new_user(UserId(number), vestibule_auth::HOME.parse().unwrap(), pid);
        user.number = i32::try_from(number).unwrap();
        user.login_name = format!("person{number}");
        Change::PutUser(user.into())
    };
    instance.server.change((1_000..2_000).map(person).collect()).await;
    let fields = [("user_id", "1999"), ("role", "auditor"), ("account", ACCOUNT)];
    let made = fill(&browser, path, &fields).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let made = instance.listed("/admin/v1/administrators/1999").await;
    assert_eq!(made["role"], "auditor", "{made}");
}
