//! The guided way to a bot and a LiveVox client that log in

use std::process::Command;

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::{ACCOUNT, Browser, Shown};

use crate::resource_forms::shown_once;
use crate::support::{HOME, Instance};
use crate::typing::{Typed, fill};

const START: &str = "/console/start";

/// What a shell says to the line of this name.
async fn paste(page: &Shown, name: &str) -> String {
    let line = shown_once(page, name);
    let line = [("&#39;", "\'"), ("&#34;", "\""), ("&#38;", "&")]
        .iter()
        .fold(line, |line, (escape, one)| line.replace(escape, one));
    let run = move || Command::new("sh").arg("-c").arg(line).output().unwrap();
    let done = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

const BOT: &str = "Logs the bot in, as LivePerson has it";
const USER: &str = "Logs the user in, as LiveVox has it";

async fn log_in(page: &Shown) {
    let bot = paste(page, BOT).await;
    assert!(bot.contains("\"bearer\""), "{bot}");
    let user = paste(page, USER).await;
    assert!(user.contains("\"sessionId\""), "{user}");
}

async fn sessions(instance: &Instance, account: &str) -> usize {
    let live = instance.listed(&format!("/admin/v1/sessions?account={account}")).await;
    live["sessions"].as_array().unwrap().len()
}

async fn set_up(browser: &Browser, account: &str) -> Shown {
    fill(browser, &format!("{START}/{account}/bot"), &[]).await
}

#[tokio::test]
async fn the_guided_lines_log_in_as_they_stand() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    assert!(browser.get(HOME).await.html.contains("href=\"/console/start\""));
    assert!(browser.get(START).await.html.contains(&format!("value=\"{ACCOUNT}\"")));
    let chosen = browser.get(&format!("{START}?account={ACCOUNT}")).await;
    assert_eq!((chosen.status, chosen.header("location")), (303, &*format!("{START}/{ACCOUNT}/bot")));
    let page = fill(&browser, chosen.header("location"), &[("bot.login_name", "it's a bot")]).await;
    log_in(&page).await;
    assert_eq!(sessions(&instance, ACCOUNT).await, 2);
}

#[tokio::test]
async fn a_new_account_is_ready_after_two_forms() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let made = fill(&browser, "/console/new-account?then=bot", &[("id", "fresh"), ("code", "FRESH")]).await;
    assert_eq!(made.status, 303, "{}", made.html);
    let page = made.header("location").to_owned();
    assert_eq!(page, format!("{START}/fresh/bot?done=made"));
    log_in(&fill(&browser, &page, &[]).await).await;
}

#[tokio::test]
async fn a_second_click_makes_nothing_and_shows_the_same_lines() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let path = format!("{START}/{ACCOUNT}/bot");
    let form = Typed::of(&browser.get(&path).await);
    let first = form.send(&browser, &path).await;
    let again = form.send(&browser, &path).await;
    assert_eq!(
        [BOT, USER].map(|name| shown_once(&first, name)),
        [BOT, USER].map(|name| shown_once(&again, name))
    );
    let users = instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/users?limit=100")).await;
    assert_eq!(users.to_string().matches("\"bot-").count(), 3, "login name, name and nickname: {users}");
}

#[tokio::test]
async fn a_name_that_is_taken_is_corrected_and_what_was_made_stays() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let own = format!("/admin/v1/accounts/{ACCOUNT}");
    instance.api(Method::POST, &format!("{own}/users"), &json!({ "login_name": "here" })).await;
    let path = format!("{START}/{ACCOUNT}/bot");
    let taken = fill(
        &browser,
        &path,
        &[("key.name", "The key"), ("bot.login_name", "robot"), ("person.login_name", "here")],
    )
    .await;
    assert_eq!(taken.status, 422);
    assert!(taken.html.contains("id=\"person.login_name-error\">This is taken"), "{}", taken.html);
    assert!(
        taken.html.contains("The API key, the bot and the application token are there already. Look at:")
    );
    assert!(!taken.html.contains("Nothing was done"), "{}", taken.html);
    let form = Typed::of(&taken);
    let other = form
        .clone()
        .with("key.name", "Another")
        .with("person.login_name", "there")
        .send(&browser, &path)
        .await;
    assert!(other.html.contains("id=\"key.name-error\">It was made already"), "{}", other.html);
    let right = form.with("person.login_name", "there").send(&browser, &path).await;
    log_in(&right).await;
    let keys = instance.listed(&format!("{own}/api-keys")).await;
    assert_eq!(keys.to_string().matches("The key").count(), 1);
}

#[tokio::test]
async fn what_a_form_made_in_one_account_is_not_shown_to_the_same_form_sent_to_another() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let browser = instance.signed_in().await;
    let path = format!("{START}/{ACCOUNT}/bot");
    let form = Typed::of(&browser.get(&path).await).with("person.login_name", "name");
    assert_eq!(form.send(&browser, &path).await.status, 422, "the name is taken");
    let shown = form.send(&browser, &format!("{START}/other/bot")).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    let keys = async |account: &str| instance.listed(&format!("/admin/v1/accounts/{account}/api-keys")).await;
    let made = |keys: serde_json::Value| keys.to_string().matches("\"app_key\"").count();
    assert_eq!((made(keys(ACCOUNT).await), made(keys("other").await)), (2, 1));
    let of_first = keys(ACCOUNT).await;
    for key in of_first["api_keys"].as_array().unwrap() {
        assert!(!shown.html.contains(key["app_key"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn bots_may_log_in_to_the_account_from_then_on() {
    let instance = Instance::start().await;
    instance.other_account().await;
    let browser = instance.signed_in().await;
    let features = async || instance.listed("/admin/v1/accounts/other").await["features"].clone();
    assert_eq!(features().await, json!([]));
    log_in(&set_up(&browser, "other").await).await;
    assert_eq!(features().await, json!(["User Type - Bot"]));
}

#[tokio::test]
async fn an_administrator_of_an_account_begins_with_its_form_and_an_auditor_not_at_all() {
    let instance = Instance::start().await;
    let browser = instance.signed_in_with(&json!({ "role": "administrator", "account": ACCOUNT })).await;
    let begun = browser.get(START).await;
    assert_eq!((begun.status, begun.header("location")), (303, &*format!("{START}/{ACCOUNT}/bot")));
    log_in(&set_up(&browser, ACCOUNT).await).await;
    instance.administrator("eve", &json!({ "role": "auditor" })).await;
    let auditor = instance.signed_in_as("eve", crate::support::ANOTHER_PASSWORD).await;
    assert!(!auditor.get(HOME).await.html.contains("/console/start"));
    assert_eq!(auditor.get(START).await.status, 403);
}

#[tokio::test]
async fn the_password_of_a_strict_account_is_long_enough() {
    let instance = Instance::start().await;
    let path = format!("/admin/v1/accounts/{ACCOUNT}");
    let strict = json!({ "password_policy": { "min_length": 100, "max_sequence": 1, "max_repeat": 1, "require_letter": true, "require_digit": true, "require_special": true, "min_strength": 4 } });
    instance.api(Method::PATCH, &path, &strict).await;
    let browser = instance.signed_in().await;
    log_in(&set_up(&browser, ACCOUNT).await).await;
}
