//! API keys and OAuth clients: what bots log in with.

use std::pin::pin;
use std::task::{Context, Waker};

use serde_json::{Value, json};
use vestibule_auth::{ApplicationCredentials, LogIn, LoginScope};
use vestibule_model::{Clock, Dialect};
use vestibule_store::Change;
use vestibule_testkit::{ACCOUNT, Key};

use super::{
    ALMOST, CLIENT, KEY, MOMENT, OVERLAP, TOKEN, bot, instance, lives, old_client, old_key, renew, sessions,
    shown,
};
use crate::applications::{audit, bot_status, of, renewed_within};
use crate::support::Instance;

#[tokio::test]
async fn s4_both_sets_log_in_and_no_mixture_of_them() {
    let instance = instance().await;
    let (old, new) = (old_key(), renew(&instance, KEY, OVERLAP).await);
    assert_eq!((&new["id"], &new["app_key"]), (&json!(1), &old["app_key"]));
    for mixed in 0..8 {
        let mut values = old.clone();
        for (index, field) in ["secret", "access_token", "access_token_secret"].iter().enumerate() {
            assert_ne!(new[field], old[field]);
            if mixed & (1 << index) != 0 {
                values[field] = new[field].clone();
            }
        }
        let expected = if mixed == 0 || mixed == 7 { 200 } else { 401 };
        assert_eq!(bot_status(&instance, "bot", &values).await, expected, "{mixed:03b}");
    }
}

#[tokio::test]
async fn the_old_values_log_in_until_the_overlap_is_over_to_the_millisecond() {
    let instance = instance().await;
    let new = renew(&instance, KEY, OVERLAP).await;
    instance.server.clock.advance(ALMOST);
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 200);
    instance.server.clock.advance(MOMENT);
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 401);
    assert_eq!(bot_status(&instance, "bot", &new).await, 200);
}

/// Sessions of the old values, opened before the renewal and during the overlap, and one of the new ones.
async fn expect_ends(what: &str, name: &str, old: Value) {
    let instance = instance().await;
    let before = bot(&instance, name, &old).await;
    let new = renew(&instance, what, OVERLAP).await;
    let during = bot(&instance, name, &old).await;
    let after = bot(&instance, name, &new).await;
    instance.server.clock.advance(ALMOST);
    for session in [&before, &during, &after] {
        assert!(lives(&instance, session).await);
    }
    instance.server.clock.advance(MOMENT);
    assert!(!lives(&instance, &before).await, "opened before the renewal");
    assert!(!lives(&instance, &during).await, "opened with the old values");
    assert!(lives(&instance, &after).await, "opened with the new values");
}

#[tokio::test]
async fn s4_sessions_of_an_old_key_end_with_the_overlap_and_none_before() {
    expect_ends(KEY, "bot", old_key()).await;
}

#[tokio::test]
async fn s4_sessions_of_an_old_client_secret_end_with_the_overlap_and_none_before() {
    expect_ends(CLIENT, "client", old_client()).await;
}

#[tokio::test]
async fn a_session_of_the_old_values_shows_the_end_that_it_has() {
    let instance = instance().await;
    let until = renew(&instance, KEY, OVERLAP).await["previous_values_until"].clone();
    bot(&instance, "bot", &old_key()).await;
    let session = &sessions(&instance).await[0];
    assert_eq!((&session["absolute_end"], &session["expires"]), (&until, &until));
}

#[tokio::test]
async fn s4_a_restart_in_the_middle_of_an_overlap_changes_nothing() {
    let mut instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    let new = renew(&instance, KEY, OVERLAP).await;
    let (during, after) = (bot(&instance, "bot", &old_key()).await, bot(&instance, "bot", &new).await);
    instance.server.restart().await;
    for values in [&old_key(), &new] {
        assert_eq!(bot_status(&instance, "bot", values).await, 200);
    }
    instance.server.clock.advance(ALMOST);
    assert!(
        lives(&instance, &before).await && lives(&instance, &during).await && lives(&instance, &after).await
    );
    instance.server.clock.advance(MOMENT);
    instance.server.restart().await;
    assert!(
        !lives(&instance, &before).await
            && !lives(&instance, &during).await
            && lives(&instance, &after).await
    );
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 401);
}

/// Which secrets a session rests on is not inferred from times: no setting of the clock moves it to others.
#[tokio::test]
async fn s4_a_clock_that_is_set_makes_no_session_rest_on_other_secrets() {
    let instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    instance.server.clock.advance(MOMENT);
    let new = renew(&instance, KEY, OVERLAP).await;
    instance.server.clock.set(instance.server.clock.now().minus(OVERLAP / 4));
    let after = bot(&instance, "bot", &new).await;
    instance.server.clock.set(instance.server.clock.now().plus(OVERLAP / 2));
    instance.server.auth.follow_clock();
    instance.server.clock.advance(OVERLAP);
    assert!(!lives(&instance, &before).await && lives(&instance, &after).await);
}

#[tokio::test]
async fn what_is_over_is_erased_and_the_audit_tells_that_the_service_did() {
    let instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    let new = renew(&instance, KEY, OVERLAP).await;
    instance.server.clock.advance(ALMOST);
    instance.server.auth.remove_expired().await.unwrap();
    let tag = shown(&instance, KEY).await.tag;
    assert_eq!(shown(&instance, KEY).await.body["previous_values_until"], new["previous_values_until"]);
    instance.server.clock.advance(MOMENT);
    instance.server.auth.remove_expired().await.unwrap();
    let present = shown(&instance, KEY).await;
    assert!(present.body["previous_values_until"].is_null() && present.tag != tag, "{present:?}");
    let rows = instance.server.store.account(ACCOUNT.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(rows.api_keys[0].superseded, None);
    assert_eq!(sessions(&instance).await, Vec::<Value>::new(), "the session of the old values is gone");
    let told = format!(r#""before":{{"previous_values_until":{}}}"#, new["previous_values_until"]);
    let entries = instance.get("/admin/v1/audit?action=changed").await.body;
    let entry = &entries["entries"][0];
    assert_eq!((&entry["actor"]["kind"], &entry["target"]["kind"]), (&json!("system"), &json!("api-key")));
    assert_eq!(entry["account"], ACCOUNT);
    assert!(audit(&instance).await.replace('\\', "").contains(&told), "{}", audit(&instance).await);
    assert!(!lives(&instance, &before).await);
}

#[tokio::test]
async fn old_secrets_of_clients_and_tokens_are_erased_like_those_of_keys() {
    let instance = instance().await;
    for what in [CLIENT, TOKEN] {
        renew(&instance, what, OVERLAP).await;
    }
    let kept = async || {
        let rows = instance.server.store.account(ACCOUNT.parse().unwrap()).await.unwrap().unwrap();
        let token = rows.application_tokens.iter().find(|token| token.id.0 == 1).unwrap().superseded;
        (rows.oauth_clients[0].superseded.is_some(), token.is_some())
    };
    instance.server.clock.advance(ALMOST);
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(kept().await, (true, true));
    instance.server.clock.advance(MOMENT);
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(kept().await, (false, false));
}

#[tokio::test]
async fn a_clock_that_jumped_erases_nothing() {
    let instance = instance().await;
    renew(&instance, KEY, OVERLAP).await;
    instance.server.auth.remove_expired().await.unwrap();
    instance.server.clock.set(instance.server.clock.now().plus(2 * OVERLAP));
    instance.server.auth.remove_expired().await.unwrap();
    instance.server.clock.set(instance.server.clock.now().minus(2 * OVERLAP));
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 200);
}

/// A login begins before a renewal and opens its session after it.
async fn expect_late_session(overlap: u64, expected: bool) {
    let mut instance = instance().await;
    instance.server.restart_unloaded().await;
    let Key { app_key, secret, access_token, access_token_secret } = Key::BOT;
    let (account, now) = (ACCOUNT.parse().ok(), instance.server.clock.now());
    let at = LogIn { account, dialect: Dialect::LivePerson, scope: LoginScope::Public, address: None, now };
    let credentials = ApplicationCredentials {
        user_name: "bot".into(),
        app_key: app_key.into(),
        secret: secret.to_owned().into(),
        access_token: access_token.into(),
        access_token_secret: access_token_secret.to_owned().into(),
    };
    let auth = std::sync::Arc::clone(&instance.server.auth);
    let mut login = pin!(auth.log_in_application(at, credentials));
    // The values are compared at once; the session waits until the table is filled.
    assert!(login.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(renewed_within(&instance, &of(KEY), overlap).await.status, 201);
    instance.server.auth.load().await;
    assert_eq!(login.await.is_ok(), expected);
    assert_eq!(sessions(&instance).await.len(), usize::from(expected));
    instance.server.clock.advance(OVERLAP);
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 401);
    instance.server.auth.remove_expired().await.unwrap();
    assert_eq!(sessions(&instance).await.len(), 0);
}

#[tokio::test]
async fn s4_a_login_that_a_renewal_without_overlap_overtakes_opens_nothing() {
    expect_late_session(0, false).await;
}

#[tokio::test]
async fn s4_a_login_that_a_renewal_overtakes_opens_a_session_of_the_old_values() {
    expect_late_session(OVERLAP.as_secs(), true).await;
}

/// The key as another process would change it.
#[tokio::test]
async fn s4_the_end_holds_when_another_process_renews() {
    let instance = instance().await;
    let before = bot(&instance, "bot", &old_key()).await;
    let mut key = instance.server.fixture.api_key.clone();
    key.secret_version = key.secret_version.next();
    instance.server.change(vec![Change::PutApiKey(ACCOUNT.parse().unwrap(), key.into())]).await;
    assert!(!lives(&instance, &before).await);
    assert_eq!(bot_status(&instance, "bot", &old_key()).await, 200);
}

async fn expect_nobody_else_loses(instance: &Instance) {
    assert_eq!(instance.server.refresh(&instance.server.session().await).await, 200);
}

#[tokio::test]
async fn without_an_overlap_all_that_there_were_end_at_once_also_during_one() {
    let instance = instance().await;
    let (of_user, before) = (instance.server.session().await, bot(&instance, "bot", &old_key()).await);
    let second = renew(&instance, KEY, OVERLAP).await;
    let during = bot(&instance, "bot", &second).await;
    let third = renew(&instance, KEY, std::time::Duration::ZERO).await;
    assert!(third["previous_values_until"].is_null(), "{third}");
    assert!(!lives(&instance, &before).await && !lives(&instance, &during).await);
    for (values, status) in [(&old_key(), 401), (&second, 401), (&third, 200)] {
        assert_eq!(bot_status(&instance, "bot", values).await, status);
    }
    assert_eq!(instance.server.refresh(&of_user).await, 200);
    expect_nobody_else_loses(&instance).await;
}

#[tokio::test]
async fn the_next_renewal_revives_nothing_that_an_overlap_has_ended() {
    let instance = instance().await;
    let first = bot(&instance, "bot", &old_key()).await;
    let second = renew(&instance, KEY, OVERLAP).await;
    let of_second = bot(&instance, "bot", &second).await;
    instance.server.clock.advance(OVERLAP);
    let third = renew(&instance, KEY, OVERLAP).await;
    assert!(!lives(&instance, &first).await && lives(&instance, &of_second).await);
    for (values, status) in [(&old_key(), 401), (&second, 200), (&third, 200)] {
        assert_eq!(bot_status(&instance, "bot", values).await, status);
    }
}
