//! Second factors: set up on the page, asked for at every login by password.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Account, AuthenticationMethod, LockoutPolicy, Refusal, SessionId, SignOn, Unlock};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, TOKEN, TestServer};

use crate::browser::{Browser, Shown, own};
use crate::device::{Device, between, codes, refusals};

/// `name` sets one up: the device and the recovery codes.
pub(crate) async fn enrolled(server: &TestServer) -> (Device<'_>, Vec<String>) {
    let browser = Browser::signed_in(server).await;
    let page = browser.get(&own("second-factor")).await;
    assert!(page.html.contains("<svg"), "{}", page.html);
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server, secret };
    let set = set_up(&browser, &page, &device, "password").await;
    let recovery = codes(&set);
    assert_eq!((set.status, recovery.len()), (200, 10), "{}", set.html);
    (device, recovery)
}

pub(crate) async fn set_up(browser: &Browser, page: &Shown, device: &Device<'_>, password: &str) -> Shown {
    let (csrf, state, code) = (page.hidden("csrf"), page.hidden("state"), device.code());
    let fields = [("csrf", &*csrf), ("state", &state), ("code", &code), ("password", password)];
    browser.post(&own("second-factor/set"), &fields).await
}

/// The answer to a password and a code.
pub(crate) async fn with_code(browser: &Browser, code: &str) -> Shown {
    let asked = browser.log_in("name", "password").await;
    assert_eq!((asked.status, asked.header("location")), (303, own("login/code").as_str()), "{}", asked.html);
    send_code(browser, code).await
}

async fn send_code(browser: &Browser, code: &str) -> Shown {
    let page = browser.get(&own("login/code")).await;
    browser.post(&own("login/code"), &[("csrf", &page.hidden("csrf")), ("code", code)]).await
}

#[tokio::test]
async fn a_code_of_the_device_signs_in() {
    let server = TestServer::start().await;
    let (device, _) = enrolled(&server).await;
    let browser = Browser::of(&server);
    let shown = with_code(&browser, &device.next_code()).await;
    assert_eq!((shown.status, shown.header("location")), (303, own("").as_str()), "{}", shown.html);
    let home = browser.get(&own("")).await;
    assert!(home.html.contains("You need a code besides the password"), "{}", home.html);
    assert!(browser.cookie("vestibule-step").is_none());
}

#[tokio::test]
async fn it_is_set_up_with_a_code_of_the_device_and_not_before() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let page = browser.get(&own("second-factor")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let fields =
        [("csrf", page.hidden("csrf")), ("state", page.hidden("state")), ("code", "000000".to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let again = browser.post(&own("second-factor/set"), &fields).await;
    assert!(again.status == 403 && again.html.contains(&secret), "the same secret: {}", again.html);
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn a_browser_that_is_signed_in_sets_none_up_without_the_password() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let page = browser.get(&own("second-factor")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server: &server, secret };
    for wrong in ["", "wrong"] {
        let shown = set_up(&browser, &page, &device, wrong).await;
        assert!(shown.status == 403 && shown.html.contains("not your password"), "{}", shown.html);
    }
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    assert_eq!(set_up(&browser, &page, &device, "password").await.status, 200);
}

#[tokio::test]
async fn somebody_who_has_no_password_that_counts_sets_one_up_without() {
    let mut server = TestServer::start().await;
    let account = Account { sign_on: SignOn::SsoOnly, ..server.fixture.account.clone() };
    let put = Change::PutAccount(account.into());
    let session = federated_page(&mut server).await;
    server.change(vec![put]).await;
    let browser = Browser::of(&server);
    browser.keep("vestibule", &session);
    let page = browser.get(&own("second-factor")).await;
    assert!(!page.html.contains(r#"name="password""#), "{}", page.html);
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server: &server, secret };
    assert_eq!(set_up(&browser, &page, &device, "").await.status, 200);
}

/// The cookie of a page session that single sign-on has opened.
async fn federated_page(server: &mut TestServer) -> String {
    Browser::signed_in(server).await;
    let mut session = server.stored_sessions().await.pop().unwrap();
    (session.id, session.method) = (SessionId([1; 16]), AuthenticationMethod::Saml);
    let cookie = server.auth.page_cookie(&session).as_str().to_owned();
    server.store.commit(vec![Change::OpenSession(session.into())]).await.unwrap();
    server.restart().await;
    cookie
}

#[tokio::test]
async fn where_a_password_is_all_that_can_be_shown_its_user_is_refused() {
    let server = TestServer::start().await;
    let _enrolled = enrolled(&server).await;
    let refused = server.log_in("name", "password").await;
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.json::<Value>().await.unwrap()["internalCode"], 109);
    let wrong: Value = server.log_in("name", "wrong").await.json().await.unwrap();
    assert_eq!(wrong.get("internalCode"), None);

    let body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    let livevox = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN).json(&body);
    assert_eq!(livevox.send().await.unwrap().status(), 401);
    let body = json!({ "account": ACCOUNT, "username": "name", "password": "password", "new_password": "a new one 1" });
    assert_eq!(server.post("/self/v1/password", &body).await.status(), 401);
    assert!(refusals(&server).await.contains(&Refusal::SecondFactorNeeded));
}

#[tokio::test]
async fn s13_a_code_signs_in_once_whoever_shows_it_again() {
    let server = TestServer::start().await;
    let (device, _) = enrolled(&server).await;
    // That which set it up is used.
    assert_eq!(with_code(&Browser::of(&server), &device.code()).await.status, 403);
    let code = device.next_code();
    let browsers = [Browser::of(&server), Browser::of(&server), Browser::of(&server)];
    for browser in &browsers {
        assert_eq!(browser.log_in("name", "password").await.status, 303);
    }
    let [one, two, three] = &browsers;
    let (one, two, three) =
        tokio::join!(send_code(one, &code), send_code(two, &code), send_code(three, &code));
    let mut all = [one.status, two.status, three.status];
    all.sort_unstable();
    assert_eq!(all, [303, 403, 403]);
    assert!(refusals(&server).await.contains(&Refusal::AlreadyUsed));
}

#[tokio::test]
async fn l_wrong_codes_lock_and_a_right_password_between_them_forgets_nothing() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy = LockoutPolicy { failures: 3, unlock: Unlock::AfterMinutes(30) };
    })
    .await;
    let (device, _) = enrolled(&server).await;
    server.clock.advance(Duration::from_mins(2));
    for _ in 0..3 {
        assert_eq!(with_code(&Browser::of(&server), "000000").await.status, 403);
    }
    let shown = Browser::of(&server).log_in("name", "password").await;
    assert!(shown.status == 403 && shown.html.contains("locked"), "{}", shown.html);
    server.clock.advance(Duration::from_mins(31));
    assert_eq!(with_code(&Browser::of(&server), &device.code()).await.status, 303);
}

#[tokio::test]
async fn l_codes_cannot_be_tried_at_will_where_no_failures_lock() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy = LockoutPolicy { failures: 0, ..LockoutPolicy::default() };
    })
    .await;
    let (device, _) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(browser.log_in("name", "password").await.status, 303);
    for _ in 0..10 {
        assert_eq!(send_code(&browser, "000000").await.status, 403);
    }
    let shown = send_code(&browser, &device.next_code()).await;
    assert!(shown.status == 429 && !shown.header("retry-after").is_empty());
    server.clock.advance(Duration::from_mins(15));
    assert_eq!(with_code(&Browser::of(&server), &device.code()).await.status, 303);
}

#[tokio::test]
async fn l_a_code_that_was_shown_before_locks_like_a_wrong_one() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy = LockoutPolicy { failures: 3, unlock: Unlock::AfterMinutes(30) };
    })
    .await;
    let (device, _) = enrolled(&server).await;
    for code in ["000000", "000000", &device.code()] {
        assert_eq!(with_code(&Browser::of(&server), code).await.status, 403);
    }
    let shown = Browser::of(&server).log_in("name", "password").await;
    assert!(shown.status == 403 && shown.html.contains("locked"), "{}", shown.html);
    assert!(refusals(&server).await.contains(&Refusal::AlreadyUsed));
}

/// The answers to nine wrong codes, to one that was shown before, and to a right one, on a page that asks for one.
async fn guesses_on(path: &str, others: &[(&str, &str)]) -> Vec<u16> {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy = LockoutPolicy { failures: 0, ..LockoutPolicy::default() };
    })
    .await;
    let (device, _) = enrolled(&server).await;
    let (browser, used) = (Browser::of(&server), device.next_code());
    assert_eq!(with_code(&browser, &used).await.status, 303);
    let csrf = browser.get(&own("second-factor")).await.hidden("csrf");
    let mut answers = Vec::new();
    for guess in 0..11 {
        let code = match guess {
            9 => used.clone(),
            10 => device.next_code(),
            _ => "000000".to_owned(),
        };
        let fields = [&[("csrf", csrf.as_str()), ("code", &code)], others].concat();
        answers.push(browser.post(&own(path), &fields).await.status);
    }
    answers
}

#[tokio::test]
async fn l_a_code_that_was_shown_before_gives_no_new_guesses_where_the_second_factor_is_changed() {
    let answers = guesses_on("second-factor/change", &[("do", "renew")]).await;
    assert_eq!((&answers[..10], answers[10]), (&[403; 10][..], 429));
}

#[tokio::test]
async fn l_a_code_that_was_shown_before_gives_no_new_guesses_where_the_password_is_changed() {
    let new = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
    let answers = guesses_on("password", &new).await;
    assert_eq!((&answers[..10], answers[10]), (&[403; 10][..], 429));
}

#[tokio::test]
async fn s13_a_recovery_code_signs_in_once() {
    let mut server = TestServer::start().await;
    let recovery = enrolled(&server).await.1;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &recovery[3].to_uppercase()).await.status, 303);
    assert!(browser.get(&own("")).await.html.contains("9 recovery codes are left"));
    assert_eq!(with_code(&Browser::of(&server), &recovery[3]).await.status, 403);
    server.restart().await;
    assert_eq!(with_code(&Browser::of(&server), &recovery[3]).await.status, 403);
    assert_eq!(with_code(&Browser::of(&server), &recovery[4]).await.status, 303);
}

#[tokio::test]
async fn recovery_codes_are_made_anew_and_the_second_factor_is_switched_off_with_a_code() {
    let server = TestServer::start().await;
    let (device, recovery) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
    let csrf = browser.get(&own("second-factor")).await.hidden("csrf");
    let change = async |what: &str, code: &str| {
        browser.post(&own("second-factor/change"), &[("csrf", &csrf), ("do", what), ("code", code)]).await
    };
    assert_eq!(change("remove", "000000").await.status, 403);
    let renewed = codes(&change("renew", &device.next_code()).await);
    assert_eq!(with_code(&Browser::of(&server), &recovery[0]).await.status, 403);
    let removed = change("remove", &renewed[0]).await;
    assert_eq!(removed.header("location"), own("?done=second-factor-off"), "{}", removed.html);
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn the_second_step_follows_the_first_within_minutes_and_with_the_same_password() {
    let mut server = TestServer::start().await;
    let recovery = enrolled(&server).await.1;
    let late = Browser::of(&server);
    assert_eq!(late.log_in("name", "password").await.status, 303);
    server.clock.advance(Duration::from_mins(5));
    begins_anew(&late, &recovery[0]).await;

    let browser = Browser::of(&server);
    assert_eq!(browser.log_in("name", "password").await.status, 303);
    let step = browser.cookie("vestibule-step").unwrap();
    let csrf = browser.get(&own("login/code")).await.hidden("csrf");
    let forged = Browser::of(&server);
    forged.keep("vestibule-step", &step[..step.len() - 2]);
    begins_anew(&forged, &recovery[0]).await;
    let form = browser.cookie("vestibule-form").unwrap();
    drop((late, forged, browser));
    server.change_user("name", |user| user.credential_version += 1).await;
    let stale = Browser::of(&server);
    stale.keep("vestibule-step", &step);
    stale.keep("vestibule-form", &form);
    let sent = stale.post(&own("login/code"), &[("csrf", &csrf), ("code", &recovery[0])]).await;
    assert_eq!((sent.status, sent.header("location")), (303, own("login").as_str()), "{}", sent.html);
    assert!(stale.cookie("vestibule").is_none() && stale.cookie("vestibule-step").is_none());
}

/// Neither the page nor the form of the second step is there for a ticket that is not good.
async fn begins_anew(browser: &Browser, code: &str) {
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    let ticket = browser.cookie("vestibule-step").unwrap();
    let sent = browser.post(&own("login/code"), &[("csrf", &csrf), ("code", code)]).await;
    assert_eq!((sent.status, sent.header("location")), (303, own("login").as_str()), "{}", sent.html);
    browser.keep("vestibule-step", &ticket);
    let shown = browser.get(&own("login/code?continue=/me/12345678/password")).await;
    assert_eq!(shown.status, 303);
    assert!(browser.cookie("vestibule").is_none() && browser.cookie("vestibule-step").is_none());
}

#[tokio::test]
async fn a_changed_password_needs_a_code_too() {
    let server = TestServer::start().await;
    let (device, _) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
    let page = browser.get(&own("password")).await;
    assert!(page.html.contains(r#"name="code""#), "{}", page.html);
    let csrf = page.hidden("csrf");
    let change = async |code: &str| {
        let new = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
        let fields = [&[("csrf", csrf.as_str()), ("code", code)], &new[..]].concat();
        browser.post(&own("password"), &fields).await
    };
    assert_eq!(change("").await.status, 403);
    assert_eq!(change("000000").await.status, 403);
    let changed = change(&device.next_code()).await;
    assert_eq!(
        (changed.status, changed.header("location")),
        (303, own("?done=password-changed").as_str()),
        "{}",
        changed.html
    );
    assert_eq!(browser.get(&own("")).await.status, 200);
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}
