//! What the list of sessions says of their times, after a crash and by a clock that somebody set.

use std::time::Duration;

use serde_json::Value;
use vestibule_model::Clock;
use vestibule_testkit::ACCOUNT;

use crate::support::House;

const IDLE: Duration = Duration::from_hours(8);
const MS: Duration = Duration::from_millis(1);

/// The one session of the account.
async fn listed(house: &House) -> Value {
    let list = house.get(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    assert_eq!(list.status, 200, "{list:?}");
    list.body["sessions"][0].clone()
}

#[tokio::test]
async fn after_a_crash_no_session_shows_a_use_that_lies_ahead_nor_more_than_its_idle_limit() {
    let mut house = House::start().await;
    let used = house.server.clock.now();
    house.server.session().await;
    house.server.clock.advance(MS);
    house.server.restart().await;
    let started = house.server.clock.now();
    for _ in 0..2 {
        let listed = listed(&house).await;
        assert_eq!(listed["last_used"], used.as_unix());
        assert_eq!(listed["expires"], started.plus(IDLE).as_unix());
        house.server.clock.advance(Duration::from_mins(5));
    }
}

#[tokio::test]
async fn what_a_crash_allows_for_is_told_as_long_as_it_is() {
    let mut house = House::start().await;
    house.server.session().await;
    let lag = vestibule_auth::Intervals::default().lag(IDLE);
    let could_be_used = house.server.clock.now().plus(lag);
    house.server.clock.advance(lag * 2);
    house.server.restart().await;
    assert_eq!(listed(&house).await["expires"], could_be_used.plus(IDLE).as_unix());
}

#[tokio::test]
async fn f3_an_absolute_end_moves_with_a_clock_that_is_set() {
    let house = House::start().await;
    let mut account = house.server.fixture.account.clone();
    account.session_policy.absolute_seconds = 600;
    house.server.change(vec![vestibule_store::Change::PutAccount(account.into())]).await;
    let session = house.server.session().await;
    let begun = house.server.clock.now();
    house.server.clock.set(begun.plus(Duration::from_hours(24 * 365)));
    house.server.auth.follow_clock();
    house.server.clock.advance(Duration::from_mins(9));
    assert_eq!(house.server.refresh(&session).await, 200);
    house.server.clock.advance(Duration::from_mins(1));
    assert_eq!(house.server.refresh(&session).await, 401);
}

#[tokio::test]
async fn f3_a_session_shows_no_more_than_its_limits_by_a_clock_that_was_set_back() {
    let house = House::start().await;
    let begun = house.server.clock.now();
    house.server.clock.set(begun.plus(Duration::from_hours(24 * 365)));
    house.server.session().await;
    house.server.clock.set(begun);
    let listed = listed(&house).await;
    assert_eq!(listed["created"], begun.as_unix());
    assert_eq!(listed["last_used"], begun.as_unix());
    assert_eq!(listed["expires"], begun.plus(IDLE).as_unix());
}

#[tokio::test]
async fn f3_a_start_with_a_clock_that_is_behind_removes_nothing_for_an_hour() {
    let mut house = House::start().await;
    let mut account = house.server.fixture.account.clone();
    account.session_policy.idle_seconds = 7 * 3_600;
    house.server.change(vec![vestibule_store::Change::PutAccount(account.into())]).await;
    let begun = house.server.clock.now();
    house.server.session().await;
    let hours = |hours: f64| begun.plus(Duration::from_secs_f64(hours * 3_600.0));
    house.server.clock.advance(Duration::from_millis(7 * 3_600_000 - 1));
    house.server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await;
    house.server.clock.set(hours(6.5));
    house.server.restart().await;
    let kept = async || {
        house
            .server
            .store
            .sessions(None, 9)
            .await
            .unwrap()
            .iter()
            .filter(|session| session.created == begun && session.user.0 == 3_705_342_601)
            .count()
    };
    // The first session has expired, what a crash allows for included.
    house.server.clock.advance(Duration::from_mins(50));
    house.server.auth.remove_expired().await.unwrap();
    assert_eq!(kept().await, 1);
    house.server.clock.advance(Duration::from_mins(10));
    house.server.auth.remove_expired().await.unwrap();
    assert_eq!(kept().await, 0);
}
