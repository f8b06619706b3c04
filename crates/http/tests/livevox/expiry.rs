//! The life of a session.

use std::time::Duration;

use crate::{session, start, start_with, used};

const MINUTE: Duration = Duration::from_mins(1);
const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn idle_for_an_hour_and_fifty_nine_minutes_it_lives() {
    let server = start().await;
    let id = session(&server).await;
    for _ in 0..3 {
        server.clock.advance(119 * MINUTE);
        assert_eq!(used(&server, &id).await, 200);
    }
}

#[tokio::test]
async fn idle_for_two_hours_and_a_minute_it_is_dead() {
    let server = start().await;
    let id = session(&server).await;
    server.clock.advance(121 * MINUTE);
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn s7_it_dies_at_two_hours_to_the_millisecond() {
    let server = start().await;
    let id = session(&server).await;
    server.clock.advance(120 * MINUTE - MS);
    assert_eq!(used(&server, &id).await, 200);
    server.clock.advance(120 * MINUTE);
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn a_login_that_returns_it_counts_as_use() {
    let server = start().await;
    let id = session(&server).await;
    server.clock.advance(119 * MINUTE);
    assert_eq!(session(&server).await, id);
    server.clock.advance(119 * MINUTE);
    assert_eq!(used(&server, &id).await, 200);
}

#[tokio::test]
async fn s5_a_password_that_expires_ends_it_in_mid_use() {
    let server = start_with(|fixture, _| fixture.account.password_policy.expiry_days = 1).await;
    server.clock.advance(Duration::from_hours(23));
    let id = session(&server).await;
    server.clock.advance(60 * MINUTE - MS);
    assert_eq!(used(&server, &id).await, 200);
    server.clock.advance(MS);
    assert_eq!(used(&server, &id).await, 401);
    assert_eq!(crate::validate(&server, &id).await, 404);
}

#[tokio::test]
async fn s4_a_user_who_is_disabled_loses_it() {
    let mut server = start().await;
    let id = session(&server).await;
    server
        .change_user("name", |user| {
            user.enabled = false;
            user.credential_version += 1;
        })
        .await;
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn after_a_crash_it_never_ends_early_and_lives_at_most_the_lag_longer() {
    let mut server = start().await;
    let lag = vestibule_auth::Intervals::default().touch;
    let id = session(&server).await;
    server.clock.advance(lag - MS);
    assert_eq!(used(&server, &id).await, 200); // Not written: the server ends before it would be.
    server.restart().await;
    server.clock.advance(120 * MINUTE - MS);
    assert_eq!(used(&server, &id).await, 200);

    server.auth.flush().await.unwrap();
    server.restart().await;
    server.clock.advance(120 * MINUTE + lag);
    assert_eq!(used(&server, &id).await, 401);
}

#[tokio::test]
async fn twenty_requests_at_once_on_one_session_are_all_answered() {
    let server = std::sync::Arc::new(start().await);
    let id = session(&server).await;
    let requests: Vec<_> = (0..20)
        .map(|_| {
            let (server, id) = (std::sync::Arc::clone(&server), id.clone());
            tokio::spawn(async move { used(&server, &id).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn s5_at_the_very_moment_at_which_a_password_expires_no_dialect_goes_on() {
    let server = start_with(|fixture, _| {
        fixture.account.password_policy.expiry_days = 1;
        fixture.account.session_policy.idle_seconds = 30 * 24 * 3_600;
        fixture.account.livevox_session_policy.idle_seconds = 30 * 24 * 3_600;
    })
    .await;
    let (id, liveperson) = (session(&server).await, server.session().await);
    server.clock.advance(Duration::from_hours(24) - Duration::from_millis(1));
    assert_eq!((used(&server, &id).await, server.refresh(&liveperson).await), (200, 200));
    server.clock.advance(Duration::from_millis(1));
    assert_eq!((used(&server, &id).await, server.refresh(&liveperson).await), (401, 401));
}
