//! What was counted of requests while the store fails: it is counted once, and none of it is lost.

use vestibule_model::{Clock, Day, TrafficApplication};
use vestibule_store::{Change, TrafficQuery};
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
    let today = Day::of(server.clock.now());
    let application = Some(TrafficApplication::Unknown);
    let (from, through) = (today, today);
    let query = TrafficQuery { account: None, application, from, through, after: None, limit: 9 };
    let rows = server.store.traffic(query).await.unwrap();
    rows.iter().flat_map(|row| &row.series).flat_map(|series| series.slots).sum()
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
