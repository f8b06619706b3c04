//! Second factors that somebody else changes while a change of them is being stored.

use vestibule_model::{Clock as _, Millis, SecondFactor, SecondFactorPolicy, User, UserId};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::browser::{Browser, Shown, own};
use crate::device::{Device, between};
use crate::second_factor::{enrolled, set_up, with_code};

fn user(server: &TestServer) -> UserId {
    server.fixture.users.iter().find(|user| user.login_name == "name").unwrap().id
}

/// Does what stores another second factor of `name`; when that is stored, and not answered yet, an operator takes it away.
async fn taken_away_during<T>(server: &TestServer, work: impl Future<Output = T>) -> T {
    let gate = server.faults.hold(|change| matches!(change, Change::SetSecondFactor { .. }));
    let take_away = async {
        gate.reached().await;
        let id = user(server);
        let before = server.store.user(id).await.unwrap().unwrap().second_factor;
        server.change(vec![Change::SetSecondFactor { user: id, before, after: None }]).await;
        gate.open();
    };
    tokio::join!(work, take_away).0
}

#[tokio::test]
async fn what_was_taken_away_while_a_recovery_code_signed_in_does_not_come_back() {
    let server = TestServer::start().await;
    let recovery = enrolled(&server).await.1;
    let browser = Browser::of(&server);
    assert_eq!(taken_away_during(&server, with_code(&browser, &recovery[0])).await.status, 303);
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn what_was_taken_away_while_recovery_codes_were_made_anew_does_not_come_back() {
    let server = TestServer::start().await;
    let (device, _) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
    let (csrf, code) = (browser.get(&own("second-factor")).await.hidden("csrf"), device.next_code());
    let (path, fields) = (own("second-factor/change"), [("csrf", &*csrf), ("do", "renew"), ("code", &code)]);
    taken_away_during(&server, browser.post(&path, &fields)).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn what_was_taken_away_while_the_password_was_changed_does_not_come_back() {
    let server = TestServer::start().await;
    let (device, recovery) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
    let csrf = browser.get(&own("password")).await.hidden("csrf");
    let new = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
    let fields = [&[("csrf", csrf.as_str()), ("code", &recovery[0])], &new[..]].concat();
    let path = own("password");
    taken_away_during(&server, browser.post(&path, &fields)).await;
    assert_eq!(server.log_in("name", "a new one 1").await.status(), 200);
}

#[tokio::test]
async fn none_is_stored_under_a_master_key_that_another_has_followed() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let page = browser.get(&own("second-factor")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server: &server, secret };
    let gate = server.faults.delay(|change| matches!(change, Change::SetSecondFactor { .. }));
    let rotate = async {
        gate.reached().await;
        let (generation, check_value) = server.distribute_master_key();
        let at = server.clock.now();
        let activate = Change::ActivateMasterKey { generation, check_value, at };
        server.store_of_another_process().commit(vec![activate]).await.unwrap();
        gate.open();
    };
    let (shown, ()) = tokio::join!(set_up(&browser, &page, &device, "password"), rotate);
    assert_ne!(shown.status, 200);
    assert!(server.store.user(user(&server)).await.unwrap().unwrap().second_factor.is_none());
}

/// Does what would store another second factor of `name`; before that is stored, another process changes the user.
async fn changed_before<T>(
    server: &TestServer,
    change: impl FnOnce(User) -> Change,
    work: impl Future<Output = T>,
) -> T {
    let gate = server.faults.delay(|change| matches!(change, Change::SetSecondFactor { .. }));
    let change = async {
        gate.reached().await;
        let user = server.store.user(user(server)).await.unwrap().unwrap();
        server.store_of_another_process().commit(vec![change(user)]).await.unwrap();
        gate.open();
    };
    tokio::join!(work, change).0
}

async fn stored_factor(server: &TestServer) -> Option<Box<SecondFactor>> {
    server.store.user(user(server)).await.unwrap().unwrap().second_factor
}

fn other_password(user: User) -> Change {
    Change::PutUser(User { credential_version: user.credential_version + 1, ..user }.into())
}

/// The answer to whoever sets one up, and is changed by somebody else before it is stored. It is not.
async fn not_set_up(change: impl FnOnce(User, Millis) -> Change) -> Shown {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let page = browser.get(&own("second-factor")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server: &server, secret };
    let change = |user| change(user, server.clock.now());
    let shown = changed_before(&server, change, set_up(&browser, &page, &device, "password")).await;
    assert_eq!(stored_factor(&server).await, None, "{}", shown.html);
    shown
}

#[tokio::test]
async fn none_is_set_up_by_a_password_that_counts_no_more() {
    let shown = not_set_up(|user, _| other_password(user)).await;
    assert_eq!((shown.status, shown.header("location")), (303, own("login").as_str()), "{}", shown.html);
}

#[tokio::test]
async fn none_is_set_up_by_whoever_was_disabled_meanwhile() {
    not_set_up(|user, _| Change::PutUser(User { enabled: false, ..user }.into())).await;
}

#[tokio::test]
async fn l_none_is_set_up_by_whoever_was_locked_meanwhile() {
    not_set_up(|user, now| Change::SetLock { user: user.id, locked_at: Some(now) }).await;
}

#[tokio::test]
async fn what_else_was_changed_meanwhile_keeps_nobody_from_setting_one_up() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let page = browser.get(&own("second-factor")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server: &server, secret };
    let rename = |user: User| Change::PutUser(User { full_name: "Another".to_owned(), ..user }.into());
    let shown = changed_before(&server, rename, set_up(&browser, &page, &device, "password")).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    assert!(stored_factor(&server).await.is_some());
}

/// Asks for the change of the second factor that there is, with a code of the device.
async fn change(browser: &Browser, csrf: &str, what: &str, code: &str) -> Shown {
    let fields = [("csrf", csrf), ("do", what), ("code", code)];
    browser.post(&own("second-factor/change"), &fields).await
}

#[tokio::test]
async fn it_is_neither_removed_nor_renewed_by_a_session_of_a_password_that_counts_no_more() {
    for what in ["remove", "renew"] {
        let server = TestServer::start().await;
        let (device, _) = enrolled(&server).await;
        let browser = Browser::of(&server);
        assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
        let before = stored_factor(&server).await;
        let (csrf, code) = (browser.get(&own("second-factor")).await.hidden("csrf"), device.next_code());
        changed_before(&server, other_password, change(&browser, &csrf, what, &code)).await;
        assert_eq!(stored_factor(&server).await, before, "{what}");
    }
}

#[tokio::test]
async fn it_is_not_removed_once_the_account_asks_for_one() {
    let server = TestServer::start().await;
    let (device, _) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
    let (csrf, code) = (browser.get(&own("second-factor")).await.hidden("csrf"), device.next_code());
    let mut account = server.fixture.account.clone();
    account.second_factor = SecondFactorPolicy::Required;
    let demand = |_| Change::PutAccount(account.into());
    changed_before(&server, demand, change(&browser, &csrf, "remove", &code)).await;
    assert!(stored_factor(&server).await.is_some());
}

#[tokio::test]
async fn whoever_sets_one_up_in_the_same_moment_as_another_tab_is_told_so() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let page = browser.get(&own("second-factor")).await;
    let secret = between(&page.html, r#"<p class="secret">"#, "<").to_owned();
    let device = Device { server: &server, secret };
    let set = || set_up(&browser, &page, &device, "password");
    told_that_it_changed(tokio::join!(set(), set(), set()), 200);
}

#[tokio::test]
async fn whoever_removes_it_in_the_same_moment_as_another_tab_is_told_so() {
    let server = TestServer::start().await;
    let (device, _) = enrolled(&server).await;
    let browser = Browser::of(&server);
    assert_eq!(with_code(&browser, &device.next_code()).await.status, 303);
    let (csrf, code) = (browser.get(&own("second-factor")).await.hidden("csrf"), device.next_code());
    let remove = || change(&browser, &csrf, "remove", &code);
    told_that_it_changed(tokio::join!(remove(), remove(), remove()), 303);
}

/// One of them is done, and the others are told that somebody was faster.
fn told_that_it_changed((one, two, three): (Shown, Shown, Shown), done: u16) {
    let (winners, others): (Vec<_>, Vec<_>) =
        [one, two, three].into_iter().partition(|shown| shown.status == done);
    assert_eq!((winners.len(), others.len()), (1, 2));
    for shown in others {
        assert!(shown.status == 409 && shown.html.contains("changed in the meantime"), "{}", shown.html);
    }
}
