//! Second factors that somebody else changes while a change of them is being stored.

use vestibule_model::{Clock as _, UserId};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::browser::{Browser, own};
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
