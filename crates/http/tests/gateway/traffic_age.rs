//! What was counted is brought to the form of its age, by a clock that can be trusted.

use vestibule_model::{Clock, Day, Millis, TrafficOutcome};
use vestibule_store::{TrafficBatch, TrafficPeriod, TrafficQuery, TrafficRow, TrafficSeries, TrafficSource};

use super::traffic::{NO_APPLICATION, rows};
use super::*;

const YEAR: Duration = Duration::from_hours(24 * 365);

async fn write(server: &TestServer) {
    server.auth.write_traffic(server.clock.now()).await.unwrap();
}

/// A server that has counted a login today.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    server.auth.follow_clock();
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    write(&server).await;
    server
}

/// The periods of the rows of the account around a day.
async fn periods(server: &TestServer, day: Day) -> Vec<TrafficPeriod> {
    let account = Some(server.fixture.account.id);
    let (from, through) = (day.minus(40), day);
    let query = TrafficQuery { account, application: None, from, through, after: None, limit: 100 };
    server.store.traffic(query).await.unwrap().iter().map(|row| row.period).collect()
}

#[tokio::test]
async fn f3_a_clock_that_jumps_ahead_ages_nothing_until_it_has_been_steady_for_an_hour() {
    let server = server().await;
    let begun = server.clock.now();
    let today = Day::of(begun);
    server.clock.set(begun.plus(2 * YEAR));
    server.auth.age_traffic().await.unwrap();
    assert_eq!(periods(&server, today).await, [TrafficPeriod::Day(today)]);
    server.clock.advance(Duration::from_mins(59));
    server.auth.age_traffic().await.unwrap();
    assert_eq!(periods(&server, today).await, [TrafficPeriod::Day(today)]);
    server.clock.advance(Duration::from_mins(2));
    server.auth.age_traffic().await.unwrap();
    assert_eq!(periods(&server, today).await, []);
}

#[tokio::test]
async fn f3_uses_that_were_counted_while_the_clock_was_ahead_are_of_no_later_than_now_when_it_is_right() {
    let server = server().await;
    let begun = server.clock.now();
    server.clock.set(begun.plus(YEAR));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    write(&server).await;
    server.clock.set(begun);
    server.auth.follow_clock();
    server.clock.advance(Duration::from_hours(2));
    server.auth.age_traffic().await.unwrap();
    let overview = server.store.traffic_overview(Some(server.fixture.account.id)).await.unwrap();
    let [(_, uses)] = overview.uses[..] else { panic!("{overview:?}") };
    assert_eq!((uses.first, uses.last), (Some(begun), Some(server.clock.now())));
}

/// A request of the account.
async fn put(server: &TestServer, day: Day) {
    let mut slots = [0; vestibule_store::TRAFFIC_SLOTS];
    slots[7] = 1;
    let source = TrafficSource { account: Some(server.fixture.account.id), application: NO_APPLICATION };
    let (family, outcome) = ("(login)".into(), TrafficOutcome::Allowed);
    let series = vec![TrafficSeries { user_kind: None, family, outcome, slots }];
    let row = TrafficRow { series, ..TrafficRow::empty(source, TrafficPeriod::Day(day)) };
    let at: Millis = day.begin();
    let batch = TrafficBatch { writer: [1; 16], number: 1, at, rows: vec![row], uses: Vec::new() };
    server.store.commit(vec![Change::CountTraffic(batch.into())]).await.unwrap();
}

#[tokio::test]
async fn while_nothing_is_counted_what_was_goes_on_to_age() {
    for (keep_months, is_kept) in [(14, true), (0, false)] {
        let server = TestServer::start_with(|_, settings| {
            settings.traffic.keep_days = 0;
            settings.traffic.keep_months = keep_months;
        })
        .await;
        let today = Day::of(server.clock.now());
        put(&server, today).await;
        server.auth.age_traffic().await.unwrap();
        let expected = is_kept.then(|| TrafficPeriod::Month(today.month()));
        assert_eq!(periods(&server, today).await, Vec::from_iter(expected));
    }
}

#[tokio::test]
async fn where_nothing_is_counted_nothing_is_written() {
    let server = TestServer::start_with(|_, settings| settings.traffic.keep_days = 0).await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    assert!(rows(&server, Some(ACCOUNT)).await.is_empty());
    assert_eq!(server.store.traffic_overview(None).await.unwrap().counting, None);
}

#[tokio::test]
async fn that_requests_are_counted_is_told_also_when_there_are_none() {
    let server = TestServer::start().await;
    let begun = server.clock.now();
    for _ in 0..50 {
        write(&server).await;
        server.clock.advance(Duration::from_hours(1));
    }
    let span = server.store.traffic_overview(None).await.unwrap().counting.unwrap();
    let after = |hours| begun.plus(Duration::from_hours(hours));
    assert_eq!((span.since, span.until), (after(1), after(49)));
}
