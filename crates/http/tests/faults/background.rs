//! Each background task has a loop of its own: one that waits for the store, or fails, keeps none of the others.

use std::sync::Arc;
use std::time::Duration;

use vestibule_auth::Auth;
use vestibule_model::{AuditAction, Clock, Session, User};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::{Fault, Gate, TestServer, session_of};

use crate::stored;

/// What the tasks have to do, by whose session or row shows that it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// The last use of `used` is written.
    WriteUses,
    /// The refused login is written to the audit.
    WriteCounts,
    /// The session of `idle` is removed.
    Sweep,
    /// `gone`, whom another process deletes, has no session.
    Follow,
    /// The logout of `leaving`, which the store did not take, is stored.
    RetryEnds,
    /// The lock of `guessed`, which the store did not take, is stored.
    RetryChanges,
}

const TASKS: [Task; 6] =
    [Task::WriteUses, Task::WriteCounts, Task::Sweep, Task::Follow, Task::RetryEnds, Task::RetryChanges];

const USERS: [&str; 5] = ["used", "idle", "gone", "leaving", "guessed"];

async fn server() -> TestServer {
    TestServer::start_with(|fixture, _| {
        fixture.account.lockout_policy.failures = 2;
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        for name in USERS {
            fixture.add_user(name, "password", now);
        }
    })
    .await
}

fn user(server: &TestServer, name: &str) -> User {
    server.fixture.users.iter().find(|user| user.login_name == name).unwrap().clone()
}

async fn session_of_user(server: &TestServer, name: &str) -> Option<Session> {
    let id = user(server, name).id;
    stored(server).await.into_iter().find(|session| session.user == id)
}

/// Gives every task something to do. Nothing of it is done when this answers.
async fn prepare(server: &TestServer) {
    let mut sessions = Vec::new();
    for name in ["used", "idle", "gone", "leaving"] {
        sessions.push(session_of(server.log_in(name, "password").await).await);
    }
    server.clock.advance(Duration::from_hours(5));
    assert_eq!(server.refresh(&sessions[0]).await, 200);
    assert_eq!(server.refresh(&sessions[2]).await, 200);
    let later =
        Fault::commits_with(|change| change.ends_sessions() || matches!(change, Change::SetLock { .. }));
    server.faults.fail(later);
    assert_eq!(server.log_out(&sessions[3]).await, 200, "the journal has it");
    for _ in 0..2 {
        assert_eq!(server.log_in("guessed", "wrong").await.status(), 401);
    }
    // The commit of the lock fails beside the answer.
    while server.faults.failed() < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
        let _ = server.auth.flush().await;
    }
    server.faults.heal();
    assert_eq!(server.refresh(&sessions[0]).await, 200);
    server.clock.advance(Duration::from_hours(4));
    assert_eq!(server.refresh(&sessions[0]).await, 200);
    assert_eq!(server.refresh(&sessions[2]).await, 200);
    server.store.commit(vec![Change::DeleteUser(user(server, "gone").id)]).await.unwrap();
    assert_eq!(server.log_in("idle", "wrong").await.status(), 401);
    server.clock.advance(Duration::from_mins(2));
}

async fn is_told(server: &TestServer, action: AuditAction, name: &str) -> bool {
    let query = AuditQuery { action: Some(action), limit: 100, ..AuditQuery::default() };
    let entries = server.store.audit(query).await.unwrap().entries;
    entries.iter().any(|entry| entry.record.user == Some(user(server, name).id))
}

async fn is_done(server: &TestServer, task: Task) -> bool {
    match task {
        Task::WriteUses => {
            let used = session_of_user(server, "used").await.unwrap().last_used;
            server.clock.now().since(used) < Duration::from_mins(10)
        }
        Task::WriteCounts => is_told(server, AuditAction::LogInRefused, "idle").await,
        Task::Sweep => session_of_user(server, "idle").await.is_none(),
        Task::Follow => is_told(server, AuditAction::SessionEnded, "gone").await,
        Task::RetryEnds => session_of_user(server, "leaving").await.is_none(),
        Task::RetryChanges => {
            let guessed = server.store.user(user(server, "guessed").id).await.unwrap().unwrap();
            guessed.locked_at.is_some()
        }
    }
}

/// Holds up what a task asks of the store, so that it waits from its first round on.
async fn hold(server: &TestServer, task: Task) -> Arc<Gate> {
    let ends = |id| {
        move |change: &Change| match change {
            Change::EndSession(session) | Change::EndIfUnusedSince { session, .. } => *session == id,
            _ => false,
        }
    };
    match task {
        Task::WriteUses => server.faults.delay(|change| matches!(change, Change::NoteLastUses(_))),
        Task::WriteCounts => server.faults.delay(
            |change| matches!(change, Change::Audit(record) if record.action == AuditAction::LogInRefused),
        ),
        Task::Sweep => server.faults.delay(ends(session_of_user(server, "idle").await.unwrap().id)),
        Task::Follow => server.faults.delay_reads_by("changes"),
        Task::RetryEnds => server.faults.delay(ends(session_of_user(server, "leaving").await.unwrap().id)),
        Task::RetryChanges => server.faults.delay(|change| matches!(change, Change::SetLock { .. })),
    }
}

/// The time of the runtime stands still but for waiting: hours of it are no time, and a store that takes its time is not waited
/// for by them, so there are many.
async fn wait_for(server: &TestServer, task: Task, held: Task) {
    for _ in 0..50_000 {
        if is_done(server, task).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert!(is_done(server, task).await, "{task:?} waits for {held:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_the_store_keeps_none_of_the_others() {
    for held in TASKS {
        let server = server().await;
        prepare(&server).await;
        for task in TASKS {
            assert!(!is_done(&server, task).await, "{task:?} is done before it is begun");
        }
        let gate = hold(&server, held).await;
        let run = tokio::spawn(Auth::run(Arc::clone(&server.auth)));
        gate.reached().await;
        for task in TASKS.into_iter().filter(|task| *task != held) {
            wait_for(&server, task, held).await;
        }
        assert!(!is_done(&server, held).await, "{held:?} was not held up");
        gate.open();
        wait_for(&server, held, held).await;
        run.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_that_waits_for_the_store_keeps_no_later_change_from_being_followed() {
    let server = server().await;
    for name in ["used", "gone"] {
        session_of(server.log_in(name, "password").await).await;
    }
    let gate = server.faults.delay(|change| matches!(change, Change::EndSessions(_)));
    let run = tokio::spawn(Auth::run(Arc::clone(&server.auth)));
    server.store.commit(vec![Change::DeleteUser(user(&server, "used").id)]).await.unwrap();
    gate.reached().await;
    server.store.commit(vec![Change::DeleteUser(user(&server, "gone").id)]).await.unwrap();
    for _ in 0..50_000 {
        if server.auth.session_count() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(server.auth.session_count(), 0);
    gate.open();
    for name in ["used", "gone"] {
        for _ in 0..50_000 {
            if is_told(&server, AuditAction::SessionEnded, name).await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert!(is_told(&server, AuditAction::SessionEnded, name).await, "{name}");
    }
    run.abort();
}
