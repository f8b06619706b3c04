//! What a login costs: the same for every failure, whoever it is about.

use std::sync::atomic::Ordering;

use serde_json::json;
use vestibule_crypto::{Argon2Params, Engine, PasswordHasher};
use vestibule_model::SignOn;
use vestibule_store::Change;
use vestibule_testkit::{AccountFixture, TestServer};

/// What hashing fills at the cost of the tests' hashes, and at those of two imported ones, in KiB.
const PRESENT: u64 = 32;
const CHEAPER: u64 = 16;
const DEARER: u64 = 64 * 3;

/// Gives a user of the fixture a hash of `password` that another program made.
fn import(fixture: &mut AccountFixture, user: &str, memory_kib: u32, iterations: u32) {
    let params = Argon2Params { memory_kib, iterations, parallelism: 1 };
    let hash = PasswordHasher::new(Engine::Portable).hash(params, [7; 16], b"password").unwrap();
    let now = fixture.user("name").password.as_ref().unwrap().changed_at;
    fixture.add_user(user, "password", now).password.as_mut().unwrap().hash = hash;
}

/// A server whose users have passwords at three costs.
async fn start() -> TestServer {
    TestServer::start_with(|fixture, settings| {
        fixture.account.lockout_policy.failures = 2;
        settings.failures.per_minute = 0;
        import(fixture, "cheaper", 16, 1);
        import(fixture, "dearer", 64, 3);
        import(fixture, "locked", 64, 3);
        let now = fixture.user("name").password.as_ref().unwrap().changed_at;
        fixture.user("locked").locked_at = Some(now);
        import(fixture, "disabled", 64, 3);
        fixture.user("disabled").enabled = false;
        fixture.add_user("federated", "password", now).password = None;
        let unreadable = fixture.add_user("unreadable", "password", now).password.as_mut().unwrap();
        "$odd".clone_into(&mut unreadable.hash);
    })
    .await
}

/// The status of a login, and the work that it took.
async fn attempt(server: &TestServer, account: &str, user: &str, password: &str) -> (u16, u64) {
    let filled = || server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let before = filled();
    let body = json!({ "username": user, "password": password });
    let status = server.post(&format!("/api/account/{account}/login"), &body).await.status().as_u16();
    (status, filled() - before)
}

const ACCOUNT: &str = vestibule_testkit::ACCOUNT;

#[tokio::test]
async fn l5_every_failure_is_the_same_work_whatever_the_hashes_of_users_cost() {
    let server = start().await;
    let whole = (401, PRESENT + CHEAPER + DEARER);
    assert_eq!(attempt(&server, "unknown", "name", "wrong").await, whole, "unknown account");
    for user in
        ["nobody", "bot", "name", "cheaper", "dearer", "locked", "disabled", "federated", "unreadable"]
    {
        assert_eq!(attempt(&server, ACCOUNT, user, "wrong").await, whole, "{user}");
    }
}

#[tokio::test]
async fn l5_where_users_log_in_by_single_sign_on_alone_every_failure_is_the_same_work() {
    let server = start().await;
    let account = vestibule_model::Account { sign_on: SignOn::SsoOnly, ..server.fixture.account.clone() };
    server.change(vec![Change::PutAccount(account.into())]).await;
    for user in ["nobody", "bot", "name", "cheaper", "dearer", "federated"] {
        assert_eq!(
            attempt(&server, ACCOUNT, user, "wrong").await,
            (401, PRESENT + CHEAPER + DEARER),
            "{user}"
        );
    }
}

#[tokio::test]
async fn l5_a_right_password_behind_a_lock_that_is_answered_like_a_wrong_one_is_the_same_work() {
    let server = start().await;
    for _ in 0..2 {
        assert_eq!(attempt(&server, ACCOUNT, "locked", "wrong").await.0, 401);
    }
    let refused = attempt(&server, ACCOUNT, "locked", "password").await;
    assert_eq!(refused, (401, PRESENT + CHEAPER + DEARER));
}

#[tokio::test]
async fn a_login_that_succeeds_costs_its_own_hash_and_the_new_one() {
    let server = start().await;
    assert_eq!(attempt(&server, ACCOUNT, "name", "password").await, (200, PRESENT));
    assert_eq!(attempt(&server, ACCOUNT, "dearer", "password").await, (200, DEARER + PRESENT));
    assert_eq!(attempt(&server, ACCOUNT, "dearer", "password").await, (200, PRESENT));
}

#[tokio::test]
async fn a_cost_that_no_password_has_any_more_is_no_longer_paid() {
    let server = start().await;
    assert_eq!(attempt(&server, ACCOUNT, "cheaper", "password").await.0, 200);
    assert_eq!(attempt(&server, ACCOUNT, "nobody", "wrong").await, (401, PRESENT + DEARER));
}
