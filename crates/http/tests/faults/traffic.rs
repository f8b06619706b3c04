//! What was counted of requests while the store fails: it is counted once, and none of it is lost.

use std::time::Duration;

use vestibule_model::{AccountId, AuditAction, Clock, Day, TrafficOutcome};
use vestibule_store::{AuditQuery, Change, TrafficQuery};
use vestibule_testkit::{Fault, TestServer};

const fn is_traffic(change: &Change) -> bool {
    matches!(change, Change::CountTraffic(_))
}

async fn check_in_vain(server: &TestServer, times: usize) {
    for _ in 0..times {
        assert_eq!(server.get("/gateway/check").await.status(), 401);
    }
}

async fn write(server: &TestServer) -> bool {
    server.auth.write_traffic(server.clock.now()).await.is_ok()
}

/// How many requests of nobody who is known are stored.
async fn stored(server: &TestServer) -> u64 {
    stored_of(server, None, |_, _| true).await
}

/// How many requests of an account, or of none, are stored with such a family and outcome.
async fn stored_of(
    server: &TestServer,
    account: Option<AccountId>,
    are_meant: fn(&str, TrafficOutcome) -> bool,
) -> u64 {
    let today = Day::of(server.clock.now());
    let (from, through) = (today, today);
    let query = TrafficQuery { account, application: None, from, through, after: None, limit: 9 };
    let rows = server.store.traffic(query).await.unwrap();
    let series = rows.iter().flat_map(|row| &row.series);
    series.filter(|it| are_meant(&it.family, it.outcome)).flat_map(|series| series.slots).sum()
}

#[tokio::test]
async fn what_the_store_does_not_take_is_written_later() {
    let server = TestServer::start().await;
    server.faults.fail(Fault::commits_with(is_traffic));
    for _ in 0..3 {
        check_in_vain(&server, 2).await;
        assert!(!write(&server).await);
    }
    server.faults.heal();
    assert!(write(&server).await);
    assert_eq!(stored(&server).await, 6);
}

#[tokio::test]
async fn a_batch_of_which_nobody_knows_whether_it_was_taken_counts_once() {
    let server = TestServer::start().await;
    check_in_vain(&server, 2).await;
    server.faults.fail(Fault::commits_with(is_traffic).times(2).taking_effect());
    assert!(!write(&server).await);
    check_in_vain(&server, 3).await;
    assert!(!write(&server).await);
    assert!(write(&server).await);
    assert_eq!(stored(&server).await, 5);
}

#[tokio::test]
async fn whoever_stops_waiting_while_a_batch_is_written_loses_none_of_it() {
    let server = TestServer::start().await;
    check_in_vain(&server, 2).await;
    let gate = server.faults.delay(is_traffic);
    tokio::select! {
        _ = write(&server) => panic!("the gate is closed"),
        () = gate.reached() => {}
    }
    gate.open();
    server.faults.heal();
    assert!(write(&server).await);
    assert_eq!(stored(&server).await, 2);
}

#[tokio::test]
async fn families_of_which_it_is_not_known_whether_there_is_room_wait_for_the_store() {
    let server = TestServer::start().await;
    check_in_vain(&server, 2).await;
    server.faults.fail(Fault::reads_by("traffic_overview").times(1));
    assert!(!write(&server).await);
    assert!(write(&server).await);
    assert_eq!(stored(&server).await, 2);
}

#[tokio::test]
async fn what_the_store_refuses_for_ever_keeps_nothing_else_waiting_and_is_told() {
    let server = TestServer::start().await;
    check_in_vain(&server, 2).await;
    server.faults.fail(Fault::commits_with(is_traffic).times(1).as_a_misfit());
    assert!(write(&server).await);
    assert_eq!(server.auth.traffic_losses().lost, 2);
    check_in_vain(&server, 1).await;
    assert!(write(&server).await);
    assert_eq!(stored(&server).await, 1);
}

#[tokio::test]
async fn an_account_whose_families_cannot_be_read_keeps_no_other_waiting() {
    let server = TestServer::start().await;
    let account = Some(server.fixture.account.id);
    check_in_vain(&server, 2).await;
    server.log_in("name", "password").await;
    server.faults.fail(Fault::reads_by("traffic_overview").times(1));
    assert!(!write(&server).await);
    let of_both = (stored(&server).await, stored_of(&server, account, |_, _| true).await);
    assert!(of_both == (2, 0) || of_both == (0, 1), "{of_both:?}");
    assert!(write(&server).await);
    assert_eq!((stored(&server).await, stored_of(&server, account, |_, _| true).await), (2, 1));
}

#[tokio::test]
async fn at_the_end_the_audit_is_written_also_when_counts_are_not() {
    let server = TestServer::start().await;
    server.log_in("name", "wrong").await;
    server.faults.fail(Fault::commits_with(is_traffic));
    assert!(server.auth.finish().await.is_err());
    let query = AuditQuery { action: Some(AuditAction::LogInRefused), limit: 9, ..AuditQuery::default() };
    assert_eq!(server.store.audit(query).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_logout_that_nothing_keeps_is_not_counted_as_done() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(Fault::commits_with(Change::ends_sessions));
    server.journal.refuse();
    assert!(server.log_out(&session).await >= 500);
    server.faults.heal();
    assert!(write(&server).await);
    let account = Some(server.fixture.account.id);
    let failed = |family: &str, outcome| family == "(logout)" && outcome == TrafficOutcome::Unavailable;
    let all = |family: &str, _| family == "(logout)";
    assert_eq!((stored_of(&server, account, failed).await, stored_of(&server, account, all).await), (1, 1));
}

/// The store may forget by it that it has taken them.
#[tokio::test]
async fn nothing_is_aged_while_it_is_not_known_whether_a_batch_was_taken() {
    let server = TestServer::start().await;
    check_in_vain(&server, 2).await;
    server.faults.fail(Fault::commits_with(is_traffic).taking_effect());
    assert!(!write(&server).await);
    server.clock.advance(Duration::from_hours(24 * 40));
    server.auth.age_traffic().await.unwrap();
    server.faults.heal();
    assert!(write(&server).await);
    let day = Day::of(server.clock.now()).minus(40);
    let query =
        TrafficQuery { account: None, application: None, from: day, through: day, after: None, limit: 9 };
    let rows = server.store.traffic(query).await.unwrap();
    let total: u64 = rows.iter().flat_map(|row| &row.series).flat_map(|series| series.slots).sum();
    assert_eq!(total, 2);
}
