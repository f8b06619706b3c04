//! What the list of sessions says of their times, after a crash and by a clock that somebody set.

use std::time::Duration;

use serde_json::Value;
use vestibule_model::Clock;
use vestibule_testkit::ACCOUNT;

use crate::support::Instance;

const IDLE: Duration = Duration::from_hours(8);
const MS: Duration = Duration::from_millis(1);

/// The one session of the account.
async fn listed(instance: &Instance) -> Value {
    let list = instance.get(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
    assert_eq!(list.status, 200, "{list:?}");
    list.body["sessions"][0].clone()
}

#[tokio::test]
async fn after_a_crash_no_session_shows_a_use_that_lies_ahead_nor_more_than_its_idle_limit() {
    let mut instance = Instance::start().await;
    let used = instance.server.clock.now();
    instance.server.session().await;
    instance.server.clock.advance(MS);
    instance.server.restart().await;
    let started = instance.server.clock.now();
    for _ in 0..2 {
        let listed = listed(&instance).await;
        assert_eq!(listed["last_used"], used.as_unix());
        assert_eq!(listed["expires"], started.plus(IDLE).as_unix());
        instance.server.clock.advance(Duration::from_mins(5));
    }
}

#[tokio::test]
async fn what_a_crash_allows_for_is_told_as_long_as_it_is() {
    let mut instance = Instance::start().await;
    instance.server.session().await;
    let lag = vestibule_auth::Intervals::default().touch;
    let could_be_used = instance.server.clock.now().plus(lag);
    instance.server.clock.advance(lag * 2);
    instance.server.restart().await;
    assert_eq!(listed(&instance).await["expires"], could_be_used.plus(IDLE).as_unix());
}

#[tokio::test]
async fn f3_an_absolute_end_moves_with_a_clock_that_is_set() {
    let instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy.absolute_seconds = 600;
    instance.server.change(vec![vestibule_store::Change::PutAccount(account.into())]).await;
    let session = instance.server.session().await;
    let begun = instance.server.clock.now();
    instance.server.clock.set(begun.plus(Duration::from_hours(24 * 365)));
    instance.server.auth.follow_clock();
    instance.server.clock.advance(Duration::from_mins(9));
    assert_eq!(instance.server.refresh(&session).await, 200);
    instance.server.clock.advance(Duration::from_mins(1));
    assert_eq!(instance.server.refresh(&session).await, 401);
}

#[tokio::test]
async fn f3_a_session_shows_no_more_than_its_limits_by_a_clock_that_was_set_back() {
    let instance = Instance::start().await;
    let begun = instance.server.clock.now();
    instance.server.clock.set(begun.plus(Duration::from_hours(24 * 365)));
    instance.server.session().await;
    instance.server.clock.set(begun);
    let listed = listed(&instance).await;
    assert_eq!(listed["created"], begun.as_unix());
    assert_eq!(listed["last_used"], begun.as_unix());
    assert_eq!(listed["expires"], begun.plus(IDLE).as_unix());
}

#[tokio::test]
async fn f3_a_start_with_a_clock_that_is_behind_removes_nothing_for_an_hour() {
    let mut instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy.idle_seconds = 7 * 3_600;
    instance.server.change(vec![vestibule_store::Change::PutAccount(account.into())]).await;
    let begun = instance.server.clock.now();
    instance.server.session().await;
    let hours = |hours: f64| begun.plus(Duration::from_secs_f64(hours * 3_600.0));
    instance.server.clock.advance(Duration::from_millis(7 * 3_600_000 - 1));
    instance.server.log_in_with_key("bot", &vestibule_testkit::Key::BOT).await;
    instance.server.clock.set(hours(6.5));
    instance.server.restart().await;
    let kept = async || {
        let sessions = instance.server.stored_sessions().await;
        sessions.iter().filter(|session| session.created == begun && session.user.0 == 3_705_342_601).count()
    };
    // The first session has expired, what a crash allows for included.
    instance.server.clock.advance(Duration::from_mins(50));
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(kept().await, 1);
    instance.server.clock.advance(Duration::from_mins(10));
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(kept().await, 0);
}
