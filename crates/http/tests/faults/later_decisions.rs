//! What the store took late undoes nothing that was decided in the meantime, and nothing that was decided is lost.

use reqwest::Method;
use vestibule_model::{AuditAction, AuditReason, EndReason, Unlock, User};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::{ACCOUNT, Fault, Gate, TestServer, session_of};

use crate::with_owner_of;

/// A server on which one wrong password locks until an administrator unlocks, with its owner's bearer.
async fn strict_server() -> (TestServer, String) {
    with_owner_of(|fixture| {
        fixture.account.lockout_policy.failures = 1;
        fixture.account.lockout_policy.unlock = Unlock::ByAdministrator;
    })
    .await
}

fn locks() -> Fault {
    Fault::commits_with(|change| matches!(change, Change::SetLock { locked_at: Some(_), .. }))
}

fn user(server: &TestServer) -> User {
    server.fixture.users.iter().find(|user| user.login_name == "name").unwrap().clone()
}

async fn is_locked(server: &TestServer) -> bool {
    server.store.user(user(server).id).await.unwrap().unwrap().locked_at.is_some()
}

async fn unlock(server: &TestServer, owner: &str) -> u16 {
    let path = format!("/admin/v1/accounts/{ACCOUNT}/users/{}/unlock", user(server).id);
    let request = server.admin_request(Method::POST, &path).bearer_auth(owner);
    request.send().await.unwrap().status().as_u16()
}

/// Everything that waits has been tried; what has just failed comes to wait meanwhile.
async fn try_all(server: &TestServer) {
    for _ in 0..100 {
        tokio::task::yield_now().await;
        server.auth.flush().await.unwrap();
    }
}

async fn told(server: &TestServer, action: AuditAction) -> usize {
    let query = AuditQuery { action: Some(action), limit: 100, ..AuditQuery::default() };
    server.store.audit(query).await.unwrap().entries.len()
}

#[tokio::test]
async fn a_lock_that_was_not_stored_does_not_come_after_the_unlock() {
    let (mut server, owner) = strict_server().await;
    server.faults.fail(locks());
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    assert_eq!(server.log_in("name", "password").await.status(), 401, "it is locked here");
    assert_eq!(unlock(&server, &owner).await, 204);
    server.faults.heal();
    assert_eq!(server.log_in("name", "password").await.status(), 200, "it is unlocked here");
    try_all(&server).await;
    assert!(!is_locked(&server).await);
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    server.restart().await;
    assert_eq!(server.log_in("name", "password").await.status(), 200);
    assert_eq!(told(&server, AuditAction::UserLocked).await, 1, "that it was locked is told all the same");
}

#[tokio::test]
async fn nor_does_one_whose_first_attempt_fails_only_after_the_unlock() {
    let (server, owner) = strict_server().await;
    let gate = Gate::closed();
    server.faults.fail(locks().times(1).held_at(&gate));
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    gate.reached().await;
    assert_eq!(unlock(&server, &owner).await, 204);
    gate.open();
    try_all(&server).await;
    assert!(!is_locked(&server).await);
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn nor_is_it_tried_again_between_the_unlock_and_its_answer() {
    let (server, owner) = strict_server().await;
    server.faults.fail(locks());
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    let gate = server.faults.hold(|change| matches!(change, Change::SetLock { locked_at: None, .. }));
    server.faults.heal();
    let (status, ()) = tokio::join!(unlock(&server, &owner), async {
        gate.reached().await;
        try_all(&server).await;
        gate.open();
    });
    assert_eq!(status, 204);
    try_all(&server).await;
    assert!(!is_locked(&server).await);
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn nor_is_it_lost_when_the_user_is_changed_otherwise() {
    let (mut server, _) = strict_server().await;
    server.faults.fail(locks());
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    server.change_user("name", |user| user.full_name = "Another".to_owned()).await;
    assert_eq!(server.log_in("name", "password").await.status(), 401, "the store knows of no lock");
    server.faults.heal();
    try_all(&server).await;
    assert!(is_locked(&server).await);
    server.restart().await;
    assert_eq!(server.log_in("name", "password").await.status(), 401);
}

#[tokio::test]
async fn a_later_lock_is_stored_after_an_unlock_that_came_before_it() {
    let (server, owner) = strict_server().await;
    server.faults.fail(locks());
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    assert_eq!(unlock(&server, &owner).await, 204);
    assert_eq!(server.log_in("name", "wrong").await.status(), 401);
    server.faults.heal();
    try_all(&server).await;
    assert!(is_locked(&server).await);
    assert_eq!(told(&server, AuditAction::UserLocked).await, 2);
}

#[tokio::test]
async fn s6_an_account_that_is_deleted_while_the_store_fails_loses_no_end() {
    let server = TestServer::start_with(|fixture, _| {
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        for number in 1..=3 {
            fixture.add_user(&format!("user{number}"), "password", now);
        }
    })
    .await;
    for number in 1..=3 {
        session_of(server.log_in(&format!("user{number}"), "password").await).await;
    }
    server.faults.fail(Fault::commits());
    server.journal.refuse();
    server.store.commit(vec![Change::DeleteAccount(server.fixture.account.id)]).await.unwrap();
    server.auth.follow().await.unwrap_err();
    assert_eq!(server.auth.session_count(), 0, "whoever is refused has left the table");
    server.faults.heal();
    server.auth.follow().await.unwrap();
    server.auth.flush().await.unwrap();
    let query = AuditQuery { action: Some(AuditAction::SessionEnded), limit: 100, ..AuditQuery::default() };
    let entries = server.auth.audit(query).await.unwrap().entries;
    let reasons: Vec<_> = entries.iter().map(|entry| entry.record.reason).collect();
    assert_eq!(reasons, [Some(AuditReason::Ended(EndReason::AccountDeleted)); 3]);
}
