//! What becomes of the sessions of old values beside being refused: lists, limits, `why`, starts and clocks.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::{Clock, Concurrency, Millis, SessionPolicy, WhenFull};
use vestibule_store::Change;
use vestibule_testkit::ACCOUNT;

use super::{ALMOST, KEY, MOMENT, OVERLAP, bot, instance, lives, old_key, renew, sessions};
use crate::applications::{bot_status, made, of, renewed_within};
use crate::support::Instance;

/// The sessions that there are of the administrators' account.
const OF_OWNER: usize = 1;

async fn why(instance: &Instance, session: &super::Bot) -> Value {
    let asked = json!({ "session": session.session.0 });
    instance.send(Method::POST, "/admin/v1/why", asked).await.body["lives"][0].clone()
}

/// As answers have it: to the second.
fn utc(at: Millis) -> String {
    jiff::Timestamp::from_second(at.as_unix() / 1_000).unwrap().to_string()
}

/// Another owner, whose changes have nothing to do with the key that is renewed.
async fn another_owner(instance: &Instance) -> String {
    let expires = instance.server.clock.now().plus(24 * OVERLAP).as_unix();
    let body = json!({ "name": "bystander", "role": "owner", "expires": expires });
    let token = instance.send(Method::POST, "/admin/v1/administration-tokens", body).await.body;
    token["secret"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn s4_secrets_that_were_replaced_while_the_service_was_stopped_leave_no_session_behind() {
    let mut instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    let mut key = instance.server.fixture.api_key.clone();
    key.secret_version = key.secret_version.next();
    let put = Change::PutApiKey(ACCOUNT.parse().unwrap(), key.into());
    instance.server.store.commit(vec![put]).await.unwrap();
    instance.server.restart().await;
    assert_eq!(sessions(&instance).await, Vec::<Value>::new());
    assert_eq!(instance.server.auth.session_count(), OF_OWNER);
    instance.server.auth.flush().await.unwrap();
    let life = why(&instance, &before).await;
    assert_eq!(life["state"]["kind"], "ended", "{life}");
    assert_eq!(life["state"]["reason"], "application-refused", "{life}");
    assert_eq!(instance.server.stored_sessions().await.len(), OF_OWNER);
}

#[tokio::test]
async fn the_sessions_of_old_values_end_with_an_overlap_that_is_ended_and_those_of_the_new_ones_go_on() {
    let instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    let new = renew(&instance, KEY, OVERLAP).await;
    let after = bot(&instance, "bot", &new).await;
    let path = format!("{}/previous-values", of(KEY));
    let ended = instance.ask_if(Some(&instance.owner), (Method::DELETE, &path), None, Some("*")).await;
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!((lives(&instance, &before).await, lives(&instance, &after).await), (false, true));
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 401);
}

/// By a clock that is ahead at the start everything is over; that takes nothing away for good.
#[tokio::test]
async fn f3_a_start_while_the_clock_is_ahead_ends_no_session_of_old_values() {
    let mut instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    renew(&instance, KEY, OVERLAP).await;
    let right = instance.server.clock.now();
    instance.server.clock.set(right.plus(2 * OVERLAP));
    instance.server.restart().await;
    instance.server.auth.flush().await.unwrap();
    instance.server.clock.set(right);
    instance.server.restart().await;
    assert!(lives(&instance, &before).await);
}

#[tokio::test]
async fn s4_sessions_that_an_overlap_has_ended_are_neither_shown_nor_counted_before_they_are_removed() {
    let instance = instance().await;
    let concurrency = Concurrency::Many { limit: 1, when_full: WhenFull::Refuse };
    let mut account = instance.server.fixture.account.clone();
    account.session_policy = SessionPolicy { concurrency, ..account.session_policy };
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    let before = bot(&instance, "bot", &old_key()).await;
    let new = renew(&instance, KEY, OVERLAP).await;
    assert_eq!(bot_status(&instance, "bot", &new).await, 401, "the one session that there may be lives");
    instance.server.clock.advance(OVERLAP);
    assert_eq!(sessions(&instance).await, Vec::<Value>::new());
    assert_ne!(why(&instance, &before).await["state"]["kind"], "live");
    assert_eq!(bot_status(&instance, "bot", &new).await, 200);
    assert_eq!(sessions(&instance).await.len(), 1);
}

/// What is asked of a session that was opened before the renewal, and of one that was opened with the old values since.
#[tokio::test]
async fn why_names_the_renewal_for_every_session_of_the_old_values() {
    let instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    renew(&instance, KEY, OVERLAP).await;
    let during = bot(&instance, "bot", &old_key()).await;
    let renewed = instance.server.clock.now();
    instance.server.clock.advance(OVERLAP);
    let [renewed, ended] = [renewed, instance.server.clock.now()].map(utc);
    let expect = |answer: &str| {
        let renewal = format!(
            "the secrets of API key bots were renewed {renewed} by the holder of the administration token renewals ("
        );
        let end = format!("through the administration API, and the old ones ended {ended}");
        assert!(answer.contains(&renewal) && answer.ends_with(&end), "{answer}");
    };
    for session in [&before, &during] {
        let life = why(&instance, session).await;
        expect(life["answer"].as_str().unwrap());
        assert_eq!(life["steps"].as_array().unwrap().len(), 1, "nothing is written yet: {life}");
    }
    instance.server.auth.remove_expired().await.unwrap();
    // What has just died is removed some seconds later.
    instance.server.clock.advance(Duration::from_secs(20));
    instance.server.auth.remove_expired().await.unwrap();
    for session in [&before, &during] {
        let life = why(&instance, session).await;
        assert_eq!(life["state"]["reason"], "application-refused", "{life}");
        expect(life["answer"].as_str().unwrap());
    }
}

#[tokio::test]
async fn an_end_that_the_policy_set_before_that_of_the_overlap_is_told_as_such() {
    let instance = instance().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy = SessionPolicy { absolute_seconds: 1_800, ..account.session_policy };
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    renew(&instance, KEY, OVERLAP).await;
    let during = bot(&instance, "bot", &old_key()).await;
    instance.server.clock.advance(OVERLAP / 2 + Duration::from_mins(1));
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(why(&instance, &during).await["state"]["reason"], "absolute-end");
}

#[tokio::test]
async fn why_names_no_change_of_another_key_or_user_nor_an_older_one_of_the_bot() {
    let instance = instance().await;
    let other = made(&instance, "api-keys", json!({ "name": "other" })).await;
    let bystander = another_owner(&instance).await;
    let patch = async |path: &str, body: Value| {
        let answer = instance.ask_if(Some(&bystander), (Method::PATCH, path), Some(body), Some("*")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let tied = |to: &Value| json!({ "allowed_app_key": to });
    let bot_path = of("users/3705342602");
    patch(&bot_path, tied(&other["app_key"])).await;
    patch(&bot_path, tied(&old_key()["app_key"])).await;
    let before = bot(&instance, "bot", &old_key()).await;
    renew(&instance, KEY, OVERLAP).await;
    instance.server.clock.advance(ALMOST);
    patch(&format!("{}/{}", of("api-keys"), other["id"]), json!({ "enabled": false })).await;
    patch(&of("users/3705342603"), tied(&old_key()["app_key"])).await;
    instance.server.clock.advance(MOMENT);
    instance.server.auth.remove_expired().await.unwrap();
    let answer = why(&instance, &before).await["answer"].as_str().unwrap().to_owned();
    assert!(
        answer.contains("the administration token renewals") && !answer.contains("bystander"),
        "{answer}"
    );
}

/// An end that is further away than the longest overlap is none that anybody chose.
#[tokio::test]
async fn f3_a_renewal_while_the_clock_is_far_ahead_does_not_keep_old_values_alive() {
    let instance = instance().await;
    instance.server.auth.follow_clock();
    let right = instance.server.clock.now();
    instance.server.clock.set(right.plus(24 * OVERLAP).minus(MOMENT));
    assert_eq!(renewed_within(&instance, &of(KEY), 89 * 24 * 3_600).await.status, 201);
    instance.server.clock.set(right.minus(48 * OVERLAP));
    instance.server.auth.follow_clock();
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 200, "until the clock is trusted");
    instance.server.clock.advance(OVERLAP);
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 401);
}

/// Logins and renewals at once: whatever a login was answered, no session of values that are gone is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s6_logins_at_the_moment_of_a_renewal_leave_no_session_of_old_values() {
    let instance = instance().await;
    let mut values = old_key();
    for _ in 0..20 {
        let log_in = async || bot_status(&instance, "bot", &values).await;
        let logins = async { tokio::join!(log_in(), log_in(), log_in(), log_in(), log_in(), log_in()) };
        let (_, next) = tokio::join!(logins, renew(&instance, KEY, Duration::ZERO));
        assert_eq!(sessions(&instance).await, Vec::<Value>::new());
        assert_eq!(instance.server.auth.session_count(), OF_OWNER);
        values = next;
    }
    assert_eq!(bot_status(&instance, "bot", &values).await, 200);
}
