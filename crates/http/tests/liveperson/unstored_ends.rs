//! Ends of sessions that the store does not take, over restarts during which it still does not.

use std::time::Duration;

use vestibule_auth::AccountUser;
use vestibule_model::{
    Application, ApplicationId, AuditAction, AuditReason, Clock, EndReason, Millis, UserId,
};
use vestibule_store::{AuditQuery, Change, EndJournal};
use vestibule_testkit::{Fault, Key, TestServer, session_of};

/// As on a full disk, where nothing is deleted either.
fn ends() -> Fault {
    Fault::commits_with(Change::ends_sessions)
}

fn user(server: &mut TestServer, name: &str) -> UserId {
    server.fixture.user(name).id
}

async fn server_of_two() -> TestServer {
    TestServer::start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.add_user("neighbour", "password", now);
    })
    .await
}

#[tokio::test]
async fn s3_f2_a_logout_that_the_store_does_not_take_is_done_and_stays_done_after_a_restart() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(Fault::commits());
    assert_eq!(server.log_out(&session).await, 200);
    assert_eq!(server.refresh(&session).await, 401);
    server.restart().await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn s3_f2_it_is_refused_while_the_sessions_are_still_being_read() {
    let mut server = TestServer::start().await;
    let (gone, session) = (server.session().await, server.session().await);
    assert_eq!(server.refresh(&gone).await, 401, "the second login took its place");
    server.faults.fail(Fault::commits());
    assert_eq!(server.log_out(&session).await, 200);
    server.restart_unloaded().await;
    assert_eq!(server.refresh(&session).await, 401);
    server.auth.load().await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn another_session_lives_on_after_the_restart() {
    let mut server = server_of_two().await;
    let mine = server.session().await;
    let theirs = session_of(server.log_in("neighbour", "password").await).await;
    server.faults.fail(Fault::commits());
    assert_eq!(server.log_out(&mine).await, 200);
    server.restart().await;
    assert_eq!(server.refresh(&theirs).await, 200);
}

#[tokio::test]
async fn the_journal_forgets_what_the_store_has_taken_and_the_restart_finds_nothing() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(ends());
    assert_eq!(server.log_out(&session).await, 200);
    assert_eq!(server.journal.held().len(), 1);
    server.auth.flush().await.unwrap_err();
    assert_eq!(server.journal.held().len(), 1, "it was forgotten before the store had it");
    server.faults.heal();
    server.auth.flush().await.unwrap();
    assert_eq!(server.journal.held(), []);
    server.restart().await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn after_a_restart_the_store_gets_it_once_with_who_ended_it_and_when() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(ends());
    let at = server.clock.now();
    assert_eq!(server.log_out(&session).await, 200);
    server.clock.advance(Duration::from_mins(1));
    server.restart_unloaded().await;
    assert_eq!(server.refresh(&session).await, 401);
    server.auth.load().await;
    server.faults.heal();
    server.auth.flush().await.unwrap();
    let ended = AuditQuery { action: Some(AuditAction::SessionEnded), limit: 10, ..AuditQuery::default() };
    let entries = server.auth.audit(ended).await.unwrap().entries;
    let told: Vec<_> = entries.iter().map(|entry| (entry.record.at, entry.record.reason)).collect();
    assert_eq!(told, [(at, Some(AuditReason::Ended(EndReason::LoggedOut)))]);
    assert_eq!(server.journal.held(), []);
}

#[tokio::test]
async fn s3_f2_all_sessions_of_a_user_end_by_one_record_and_a_later_one_lives() {
    let mut server = server_of_two().await;
    let (mine, theirs) =
        (server.session().await, session_of(server.log_in("neighbour", "password").await).await);
    let name = user(&mut server, "name");
    server.faults.fail(ends());
    assert_eq!(
        server
            .auth
            .end_all_of_user(
                AccountUser { account: server.fixture.account.id, user: name },
                EndReason::EndedByAdministrator
            )
            .await
            .unwrap(),
        1
    );
    server.clock.advance(Duration::from_millis(1));
    let later = server.session().await;
    assert_eq!(server.journal.held().len(), 1);
    server.restart().await;
    let alive = [server.refresh(&mine).await, server.refresh(&later).await, server.refresh(&theirs).await];
    assert_eq!(alive, [401, 200, 200]);
}

#[tokio::test]
async fn s3_f2_all_sessions_of_a_key_end_after_a_restart_too() {
    let mut server = TestServer::start().await;
    let bot = session_of(server.log_in_with_key("bot", &Key::BOT).await).await;
    let mine = server.session().await;
    server.faults.fail(ends());
    let key = Application::ApiKey(ApplicationId(1));
    assert_eq!(
        server
            .auth
            .end_all_of_application(server.fixture.account.id, key, EndReason::EndedByAdministrator)
            .await
            .unwrap(),
        1
    );
    server.restart().await;
    assert_eq!([server.refresh(&bot).await, server.refresh(&mine).await], [401, 200]);
}

#[tokio::test]
async fn f3_a_session_that_was_opened_before_the_clock_was_set_back_ends_too() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    let name = user(&mut server, "name");
    let earlier = Millis::from_unix(server.clock.now().as_unix() - 60_000);
    server.clock.set(earlier);
    server.faults.fail(ends());
    server
        .auth
        .end_all_of_user(
            AccountUser { account: server.fixture.account.id, user: name },
            EndReason::EndedByAdministrator,
        )
        .await
        .unwrap();
    server.restart().await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn what_neither_store_nor_journal_takes_is_refused_here_told_as_failed_and_counted() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(Fault::commits());
    server.journal.refuse();
    assert!(server.log_out(&session).await >= 500);
    assert_eq!(server.refresh(&session).await, 401);
    server.auth.flush().await.unwrap_err();
    assert_eq!(server.auth.ends_at_risk(), 1);
    server.faults.heal();
    server.auth.flush().await.unwrap();
    assert_eq!(server.auth.ends_at_risk(), 0);
}
