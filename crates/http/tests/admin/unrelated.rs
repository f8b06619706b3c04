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

/// Replaces hashes, locks and unlocks until told to stop, as logins do; counts.
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
    let store = Arc::clone(&instance.server.store);
    let busy = tokio::spawn(log_ins(store, users, Arc::clone(&done)));
    let account = format!("/admin/v1/accounts/{ACCOUNT}");
    for changes in 1..=CHANGES {
        // No change meets nothing.
        while done.1.load(Ordering::Relaxed) < 5 * changes {
            tokio::task::yield_now().await;
        }
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

/// The status of a request whose commit waits while another process commits something.
async fn overtaken(
    instance: &Instance,
    (method, path, body): (Method, &str, serde_json::Value),
    is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static,
    overtaking: Vec<Change>,
) -> u16 {
    let gate = instance.server.faults.delay(is_meant);
    let path = format!("/admin/v1/accounts/{path}");
    let other = instance.server.store_of_another_process();
    // No user asks: what is refused is refused for what was overtaken, and not for who asks.
    let (token, _) = instance.token("asks", "owner", None).await;
    let condition = (method == Method::PATCH).then_some("*");
    let request = instance.ask_if(Some(&token), (method, &path), Some(body), condition);
    let overtake = async {
        gate.reached().await;
        other.commit(overtaking).await.unwrap();
        gate.open();
    };
    tokio::join!(request, overtake).0.status
}

#[tokio::test]
async fn a_change_that_rests_on_what_somebody_else_changed_meanwhile_is_decided_anew() {
    let instance = Instance::start().await;
    let skill = vestibule_model::Skill { id: 1, name: "night".to_owned() };
    let theirs = vec![Change::PutSkill(ACCOUNT.parse().unwrap(), skill)];
    let skills = format!("{ACCOUNT}/skills");
    let ours = (Method::POST, &*skills, json!({ "name": "night" }));
    let status = overtaken(&instance, ours, |change| matches!(change, Change::PutSkill(..)), theirs).await;
    assert_eq!(status, 409);
    let list = instance.get(&format!("/admin/v1/accounts/{skills}")).await.body;
    assert_eq!(list["skills"].as_array().map(Vec::len), Some(1), "{list}");
}

#[tokio::test]
async fn an_app_key_that_became_a_client_id_meanwhile_is_taken() {
    let instance = Instance::start().await;
    let mut client = vestibule_auth::new_oauth_client(
        vestibule_model::ApplicationId(77),
        "the-same-of-both".to_owned(),
        vestibule_model::SecretDigest { generation: vestibule_model::Generation::FIRST, tag: [7; 32] },
    );
    client.name = "theirs".to_owned();
    let theirs = vec![Change::PutOauthClient(ACCOUNT.parse().unwrap(), client.into())];
    let keys = format!("{ACCOUNT}/api-keys");
    let body = json!({
        "name": "ours", "app_key": "the-same-of-both", "secret": "0123456789abcdef",
        "access_token": "fedcba9876543210fedcba9876543210", "access_token_secret": "fedcba9876543210",
    });
    let is_meant = |change: &Change| matches!(change, Change::PutApiKey(..));
    assert_eq!(overtaken(&instance, (Method::POST, &keys, body), is_meant, theirs).await, 409);
}

#[tokio::test]
async fn the_last_owner_stays_when_the_other_one_is_disabled_meanwhile_by_another_process() {
    let instance = Instance::start().await;
    let first = instance.server.store.user(UserId(instance.owner_id().await)).await.unwrap().unwrap();
    let other = User {
        id: UserId(first.id.0 + 1),
        pid: uuid::Uuid::from_u128(1),
        number: first.number + 1,
        login_name: "other".to_owned(),
        ..first.clone()
    };
    let owner =
        vestibule_model::Administrator { user: other.id, role: vestibule_model::AdministratorRole::Owner };
    let made = vec![Change::PutUser(other.clone().into()), Change::PutAdministrator(owner)];
    instance.server.change(made).await;
    let theirs = || vec![Change::PutUser(User { enabled: false, ..first.clone() }.into())];
    let path = format!("administrators/users/{}", other.id);
    let is_meant = move |change: &Change| matches!(change, Change::PutUser(user) if user.id == other.id);
    let disable = (Method::PATCH, &*path, json!({ "enabled": false }));
    let refused = overtaken(&instance, disable, is_meant, theirs()).await;
    assert_eq!(refused, 409);
    assert!(instance.server.store.user(other.id).await.unwrap().unwrap().enabled);
}
