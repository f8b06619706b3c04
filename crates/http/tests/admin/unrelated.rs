//! Changes that have nothing to do with each other do not meet, however many there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::json;
use vestibule_model::{Millis, User, UserId};
use vestibule_store::{Change, Store};
use vestibule_testkit::ACCOUNT;

use super::support::Instance;

/// More users of the account, who log in all the time.
const USERS: i64 = 50;

/// Administrative changes, beside five times as many hashes and locks at least.
const CHANGES: usize = 100;

/// Replaces hashes, locks and unlocks until told to stop, as other nodes do on logins; counts.
async fn log_ins(store: Arc<dyn Store>, users: Vec<User>, done: Arc<(AtomicBool, AtomicUsize)>) {
    let mut locked_at = None;
    for round in 0.. {
        for user in &users {
            if done.0.load(Ordering::Relaxed) {
                return;
            }
            let (id, hash) = (user.id, |round: i64| format!("{}{round}", user.login_name));
            let old = if round == 0 { user.password.clone().unwrap().hash } else { hash(round - 1) };
            let replace = Change::ReplacePasswordHash { user: id, old, new: hash(round) };
            store.commit(vec![replace]).await.unwrap();
            store.commit(vec![Change::SetLock { user: id, locked_at }]).await.unwrap();
            done.1.fetch_add(2, Ordering::Relaxed);
        }
        locked_at = if locked_at.is_none() { Some(Millis::from_unix(round)) } else { None };
    }
}

async fn with_users(instance: &mut Instance) -> Vec<User> {
    let like = instance.server.fixture.user("name").clone();
    let users: Vec<User> = (1..=USERS)
        .map(|number| User {
            id: UserId(like.id.0 + number),
            pid: uuid::Uuid::from_u128(u128::try_from(number).unwrap()),
            number: like.number + 1_000 + i32::try_from(number).unwrap(),
            login_name: format!("busy-{number}"),
            ..like.clone()
        })
        .collect();
    instance.server.change(users.iter().cloned().map(|user| Change::PutUser(user.into())).collect()).await;
    users
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_and_locks_of_logins_make_no_administrative_change_fail() {
    let mut instance = Instance::start().await;
    let users = with_users(&mut instance).await;
    let done = Arc::new((AtomicBool::new(false), AtomicUsize::new(0)));
    let store = instance.server.store_of_another_process();
    let busy = tokio::spawn(log_ins(store, users, Arc::clone(&done)));
    let account = format!("/admin/v1/accounts/{ACCOUNT}");
    let mut changes = 0;
    // Both go on until there was enough of either: no change meets nothing.
    while changes < CHANGES || done.1.load(Ordering::Relaxed) < 5 * changes {
        changes += 1;
        let name = json!({ "name": format!("made {changes}") });
        let answer = match changes % 3 {
            0 => instance.send(Method::POST, &format!("{account}/groups"), name).await,
            1 => instance.send(Method::POST, &format!("{account}/skills"), name).await,
            _ => {
                let user = json!({ "login_name": format!("made-{changes}") });
                instance.send(Method::POST, &format!("{account}/users"), user).await
            }
        };
        assert_eq!(answer.status, 201, "{answer:?} after {changes}");
    }
    done.0.store(true, Ordering::Relaxed);
    busy.await.unwrap();
}

#[tokio::test]
async fn a_change_that_rests_on_what_somebody_else_changed_is_decided_anew() {
    let instance = Instance::start().await;
    let other = instance.server.store_of_another_process();
    let account = ACCOUNT.parse().unwrap();
    let skill = vestibule_model::Skill { id: 1, name: "night".to_owned() };
    other.commit(vec![Change::PutSkill(account, skill)]).await.unwrap();
    let path = format!("/admin/v1/accounts/{ACCOUNT}/skills");
    assert_eq!(instance.send(Method::POST, &path, json!({ "name": "night" })).await.status, 409);
    let made = instance.send(Method::POST, &path, json!({ "name": "day" })).await;
    assert_eq!((made.status, &made.body["id"]), (201, &json!(2)));
}
