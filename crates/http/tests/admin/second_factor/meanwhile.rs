//! What happens between the moment in which password and code are looked at, and that in which they count.

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::json;
use vestibule_model::User;
use vestibule_store::Change;
use vestibule_testkit::CHEAP;

use super::{CONFIRM, Enrolled, REMOVE, begin, code};
use crate::support::{Answer, Instance, PASSWORD};

/// Asks twice for something that takes the password: what one of them does is stored, by a change like this, once both have shown
/// the password. One is done, and the other is told that somebody was faster.
async fn told_that_it_changed<F: Future<Output = Answer>>(
    instance: &Instance,
    is_meant: impl Fn(&Change) -> bool + Send + Sync + 'static,
    ask: impl Fn() -> F,
    done: u16,
) {
    let hashed = || instance.server.auth.hash_pool_gauges().filled_kib.load(Ordering::SeqCst);
    let (gate, before) = (instance.server.faults.delay(is_meant), hashed());
    let open = async {
        gate.reached().await;
        while hashed() < before + 2 * u64::from(CHEAP.memory_kib) {
            tokio::task::yield_now().await;
        }
        gate.open();
    };
    let (one, other, ()) = tokio::join!(ask(), ask(), open);
    let (winner, loser) = if one.status == done { (one, other) } else { (other, one) };
    assert_eq!(winner.status, done, "{winner:?}");
    assert_eq!((loser.status, &loser.body["detail"]), (412, &json!("it was changed in the meantime")));
}

fn sets_one_up(change: &Change) -> bool {
    matches!(change, Change::PutUser(user) if user.second_factor.is_some())
}

#[tokio::test]
async fn of_two_who_set_one_up_in_the_same_moment_the_other_is_told_so() {
    let instance = Instance::start().await;
    let (secret, state) = begin(&instance, &instance.owner).await;
    let body = json!({ "state": state, "code": code(&instance, &secret), "password": PASSWORD });
    let confirm = || instance.send(Method::POST, CONFIRM, body.clone());
    told_that_it_changed(&instance, sets_one_up, confirm, 200).await;
}

#[tokio::test]
async fn of_two_who_remove_it_in_the_same_moment_the_other_is_told_so() {
    let enrolled = Enrolled::start().await;
    let code = enrolled.next_code();
    let removes = |change: &Change| matches!(change, Change::SetSecondFactor { .. });
    let remove = || enrolled.show(REMOVE, PASSWORD, &code);
    told_that_it_changed(&enrolled.instance, removes, remove, 204).await;
}

#[tokio::test]
async fn no_session_takes_the_place_of_those_of_before_once_the_password_is_another() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let (secret, state) = begin(&instance, &instance.owner).await;
    let body = json!({ "state": state, "code": code(&instance, &secret), "password": PASSWORD });
    let gate = server.faults.hold(sets_one_up);
    let change_password = async {
        gate.reached().await;
        let home = server.store.account("administrators".parse().unwrap()).await.unwrap().unwrap();
        let user = home.users.into_iter().find(|user| user.login_name == "admin").unwrap();
        assert!(user.second_factor.is_some());
        let credential_version = user.credential_version + 1;
        let change = Change::PutUser(User { credential_version, ..user }.into());
        server.store_of_another_process().commit(vec![change]).await.unwrap();
        gate.open();
    };
    let (set_up, ()) = tokio::join!(instance.send(Method::POST, CONFIRM, body), change_password);
    assert_eq!(set_up.status, 200, "{set_up:?}");
    assert_eq!(set_up.body["recovery_codes"].as_array().unwrap().len(), 10, "the codes are told: {set_up:?}");
    assert_eq!(set_up.body["token"], json!(null), "{set_up:?}");
}
