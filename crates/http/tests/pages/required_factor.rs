//! Accounts that ask for a second factor: nobody is let in by a password alone.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Account, AuditAction, Clock as _, Dialect, Means, Refusal, SecondFactorPolicy, User};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::{ACCOUNT, Key, TOKEN, TestServer};

use crate::browser::{Browser, Shown, own};
use crate::device::{Device, between, codes, refusals};

const SET_UP: &str = "login/second-factor";

async fn server() -> TestServer {
    TestServer::start_with(|fixture, _| fixture.account.second_factor = SecondFactorPolicy::Required).await
}

/// The account asks for one from now on.
async fn ask_for_one(server: &TestServer) {
    let account = server.fixture.account.clone();
    let account = Account { second_factor: SecondFactorPolicy::Required, ..account };
    server.change(vec![Change::PutAccount(account.into())]).await;
}

/// The page that `name` is led to, and the device that it sets up.
async fn led_to_set_up<'a>(server: &'a TestServer, browser: &Browser) -> (Shown, Device<'a>) {
    let led = browser.log_in("name", "password").await;
    assert_eq!((led.status, led.header("location")), (303, own(SET_UP).as_str()), "{}", led.html);
    let page = browser.get(led.header("location")).await;
    assert!(page.status == 200 && page.html.contains("<svg"), "{}", page.html);
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    (page, Device { server, secret })
}

async fn send(browser: &Browser, page: &Shown, code: &str) -> Shown {
    let (csrf, state) = (page.hidden("csrf"), page.hidden("state"));
    browser.post(&own(SET_UP), &[("csrf", &csrf), ("state", &state), ("code", code)]).await
}

#[tokio::test]
async fn whoever_has_none_sets_one_up_before_any_session_is_opened() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    assert!(browser.cookie("vestibule").is_none() && server.stored_sessions().await.is_empty());
    for other in ["", "password", "second-factor"] {
        assert_eq!(browser.get(&own(other)).await.header("location"), own("login"), "{other}");
    }
    let set = send(&browser, &page, &device.code()).await;
    assert_eq!((set.status, codes(&set).len()), (200, 10), "{}", set.html);
    assert!(set.html.contains(&format!(r#"href="{}""#, own(""))), "{}", set.html);
    let sessions = server.stored_sessions().await;
    assert!(sessions.len() == 1 && sessions[0].dialect == Dialect::Pages);
    assert!(browser.get(&own("")).await.html.contains("You need a code besides the password"));
}

#[tokio::test]
async fn from_then_on_a_login_asks_for_a_code() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    send(&browser, &page, &device.code()).await;
    let other = Browser::of(&server);
    assert_eq!(other.log_in("name", "password").await.header("location"), own("login/code"));
    let page = other.get(&own("login/code")).await;
    let code = device.next_code();
    let shown = other.post(&own("login/code"), &[("csrf", &page.hidden("csrf")), ("code", &code)]).await;
    assert_eq!((shown.status, shown.header("location")), (303, own("").as_str()), "{}", shown.html);
    let refused: Value = server.log_in("name", "password").await.json().await.unwrap();
    assert_eq!(refused["internalCode"], 109);
}

#[tokio::test]
async fn a_wrong_code_sets_nothing_up_and_the_same_secret_is_shown_again() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    let again = send(&browser, &page, "000000").await;
    assert!(again.status == 403 && again.html.contains(&device.secret), "{}", again.html);
    assert!(browser.cookie("vestibule").is_none() && server.stored_sessions().await.is_empty());
    assert_eq!(send(&browser, &again, &device.code()).await.status, 200);
}

/// The answer to whoever was led to the page, and of whom this became known before they sent the code. Nothing was stored.
async fn refused_after(change: impl FnOnce(&TestServer, User) -> Change) -> Shown {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.account.second_factor = SecondFactorPolicy::Required;
        settings.block_list.user_names.insert("blocked".to_owned());
    })
    .await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    let user = server.fixture.users.iter().find(|user| user.login_name == "name").unwrap().clone();
    let id = user.id;
    server.change(vec![change(&server, user)]).await;
    let shown = send(&browser, &page, &device.code()).await;
    assert_eq!(server.store.user(id).await.unwrap().unwrap().second_factor, None, "{}", shown.html);
    assert_eq!(server.stored_sessions().await, []);
    shown
}

#[tokio::test]
async fn l_whoever_is_locked_by_then_sets_nothing_up() {
    let lock = |server: &TestServer, user: User| Change::SetLock {
        user: user.id,
        locked_at: Some(server.clock.now()),
    };
    let shown = refused_after(lock).await;
    assert!(shown.status == 403 && shown.html.contains("locked"), "{}", shown.html);
}

#[tokio::test]
async fn whoever_is_disabled_by_then_sets_nothing_up() {
    let disable = |_: &TestServer, user: User| Change::PutUser(User { enabled: false, ..user }.into());
    assert_eq!(refused_after(disable).await.status, 403);
}

#[tokio::test]
async fn whoever_is_blocked_by_then_sets_nothing_up() {
    let rename = |_: &TestServer, user: User| {
        Change::PutUser(User { login_name: "blocked".to_owned(), ..user }.into())
    };
    assert_eq!(refused_after(rename).await.status, 451);
}

#[tokio::test]
async fn no_session_rests_on_a_password_that_was_changed_while_it_was_set_up() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    let (gate, code) =
        (server.faults.hold(|change| matches!(change, Change::SetSecondFactor { .. })), device.code());
    let change_password = async {
        gate.reached().await;
        let id = server.fixture.users.iter().find(|user| user.login_name == "name").unwrap().id;
        let user = server.store.user(id).await.unwrap().unwrap();
        let credential_version = user.credential_version + 1;
        server.change(vec![Change::PutUser(User { credential_version, ..user }.into())]).await;
        gate.open();
    };
    let (set, ()) = tokio::join!(send(&browser, &page, &code), change_password);
    assert_eq!((set.status, codes(&set).len()), (200, 10), "the codes are told: {}", set.html);
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn it_leads_on_to_where_somebody_wanted_to_go() {
    let server = server().await;
    let browser = Browser::of(&server);
    let wanted = "/sentinel/api/account/12345678/authorize?v=1.0&client_id=x";
    let query: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    let led = browser.log_in_at(&own(&format!("login?continue={query}")), "name", "password").await;
    let page = browser.get(led.header("location")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let (csrf, state, code) =
        (page.hidden("csrf"), page.hidden("state"), Device { server: &server, secret }.code());
    assert_eq!(page.hidden("continue").replace("&#38;", "&"), wanted);
    let fields = [("csrf", &*csrf), ("state", &state), ("code", &code), ("continue", wanted)];
    let set = browser.post(&own(SET_UP), &fields).await;
    let link = format!(r#"<a class="button" href="{}">"#, wanted.replace('&', "&#38;"));
    assert!(set.status == 200 && set.html.contains(&link), "{}", set.html);
}

#[tokio::test]
async fn where_a_password_is_all_that_can_be_shown_its_user_is_refused() {
    let server = server().await;
    let refused = server.log_in("name", "password").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.json::<Value>().await.unwrap()["internalCode"], 110);
    let wrong: Value = server.log_in("name", "wrong").await.json().await.unwrap();
    assert_eq!(wrong.get("internalCode"), None);

    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let livevox = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    assert_eq!(livevox.send().await.unwrap().status(), 401);
    let body = json!({ "account": ACCOUNT, "username": "name", "password": "password", "new_password": "a new one 1" });
    assert_eq!(server.post("/self/v1/password", &body).await.status(), 401);
    assert_eq!(server.stored_sessions().await, []);
    let told = refusals(&server).await;
    assert!(told.contains(&Refusal::SecondFactorNotSet) && !told.contains(&Refusal::SecondFactorNeeded));
}

#[tokio::test]
async fn keys_are_not_asked() {
    let server = server().await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn sessions_that_are_open_stay() {
    let server = TestServer::start().await;
    let (session, browser) = (server.session().await, Browser::signed_in(&server).await);
    ask_for_one(&server).await;
    assert_eq!(server.refresh(&session).await, 200);
    let home = browser.get(&own("")).await;
    assert!(
        home.status == 200 && home.html.contains("Your organisation asks for a second step"),
        "{}",
        home.html
    );
}

#[tokio::test]
async fn nobody_switches_it_off_where_the_account_asks_for_it() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    send(&browser, &page, &device.code()).await;
    let page = browser.get(&own("second-factor")).await;
    assert!(!page.html.contains("Switch the second step off"), "{}", page.html);
    let (csrf, code) = (page.hidden("csrf"), device.next_code());
    let fields = [("csrf", &*csrf), ("code", &code), ("do", "remove")];
    let shown = browser.post(&own("second-factor/change"), &fields).await;
    assert!(shown.status == 403 && shown.html.contains("asks for a second step"), "{}", shown.html);
    // The code was not used up by what was refused.
    let fields = [("csrf", &*csrf), ("code", &code), ("do", "renew")];
    assert_eq!(browser.post(&own("second-factor/change"), &fields).await.status, 200);
}

#[tokio::test]
async fn a_password_that_must_be_changed_is_changed_first() {
    let mut server = server().await;
    server.change_user("name", |user| user.must_change_password = true).await;
    let browser = Browser::of(&server);
    let page = browser.log_in("name", "password").await;
    assert!(page.html.contains("Choose a new password"), "{}", page.html);
    let csrf = page.hidden("csrf");
    let new = "an0ther-0ne!";
    let fields =
        [("csrf", &*csrf), ("user_name", "name"), ("password", "password"), ("new", new), ("again", new)];
    let led = browser.post(&own("login/password"), &fields).await;
    assert_eq!((led.status, led.header("location")), (303, own(SET_UP).as_str()), "{}", led.html);
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn what_the_browser_keeps_meanwhile_is_good_for_half_an_hour_and_for_nothing_else() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    assert_eq!(browser.get(&own("login/code")).await.header("location"), own("login"));
    browser.keep("vestibule-step", "forged");
    assert_eq!(send(&browser, &page, &device.code()).await.header("location"), own("login"));
    let (page, device) = led_to_set_up(&server, &browser).await;
    server.clock.advance(Duration::from_mins(30));
    assert_eq!(send(&browser, &page, &device.code()).await.header("location"), own("login"));
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn of_two_browsers_the_first_sets_it_up_and_the_other_begins_anew() {
    let server = server().await;
    let (one, two) = (Browser::of(&server), Browser::of(&server));
    let (first, device) = led_to_set_up(&server, &one).await;
    let (second, other) = led_to_set_up(&server, &two).await;
    let (code, late) = (device.code(), other.code());
    let (set, late) = tokio::join!(send(&one, &first, &code), send(&two, &second, &late));
    let mut all = [set.status, late.status];
    all.sort_unstable();
    assert_eq!((all, server.stored_sessions().await.len()), ([200, 303], 1));
}

#[tokio::test]
async fn a2_a_form_of_elsewhere_sets_nothing_up() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    let (state, code) = (page.hidden("state"), device.code());
    for csrf in ["", "forged"] {
        let shown = browser.post(&own(SET_UP), &[("csrf", csrf), ("state", &state), ("code", &code)]).await;
        assert_eq!(shown.status, 403, "{}", shown.html);
    }
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn the_audit_tells_that_it_was_set_up_by_the_password() {
    let server = server().await;
    let browser = Browser::of(&server);
    let (page, device) = led_to_set_up(&server, &browser).await;
    send(&browser, &page, &device.code()).await;
    let query = AuditQuery { limit: 100, ..AuditQuery::default() };
    let entries = server.auth.audit(query).await.unwrap().entries;
    let of = |action| entries.iter().filter(|entry| entry.record.action == action).collect::<Vec<_>>();
    let (set, opened) = (of(AuditAction::SecondFactorSet), of(AuditAction::LoggedIn));
    assert_eq!((set.len(), opened.len()), (1, 1));
    assert_eq!((set[0].record.means, opened[0].record.means), (Means::Password, Means::Password));
}
