//! What counts once is remembered until it is refused for its age, and then forgotten.

use std::time::Duration;

use vestibule_model::Clock;
use vestibule_store::Change;
use vestibule_testkit::TestServer;

async fn is_remembered(server: &TestServer) -> bool {
    let expires = server.clock.now().plus(Duration::from_mins(5));
    let consume = Change::ConsumeOnce { value: [1; 32], expires };
    server.store.commit(vec![consume]).await.is_err()
}

#[tokio::test]
async fn what_counts_once_is_forgotten_an_hour_after_it_is_refused_for_its_age() {
    let server = TestServer::start().await;
    assert!(!is_remembered(&server).await);
    server.clock.advance(Duration::from_mins(64));
    server.auth.remove_expired().await.unwrap();
    assert!(is_remembered(&server).await);
    // Another process, or another start, has something to forget.
    let mut server = server;
    server.restart().await;
    server.clock.advance(Duration::from_mins(2));
    server.auth.remove_expired().await.unwrap();
    assert!(!is_remembered(&server).await);
}

#[tokio::test]
async fn an_idle_service_commits_nothing_to_forget() {
    let server = TestServer::start().await;
    server.auth.remove_expired().await.unwrap();
    server.faults.fail(vestibule_testkit::Fault::commits());
    server.auth.remove_expired().await.unwrap();
    assert_eq!(server.faults.failed(), 0);
}
