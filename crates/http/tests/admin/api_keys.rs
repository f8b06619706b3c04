//! `/admin/v1/accounts/{account}/api-keys`

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::Clock;
use vestibule_testkit::Key;

use crate::applications::{
    BOT, audit, bot_session, bot_status, expect_conditions, expect_invalid, expect_nothing_there,
    expect_out_of_reach, made, of, one, renewed, renewed_within, tie, walked,
};
use crate::support::Instance;

const KEYS: &str = "api-keys";

fn bot_key() -> Value {
    json!({ "name": "chat", "privileges": ["user-login"] })
}

/// A key that the fixture's bot is tied to, with its secrets.
async fn key_of_bot(instance: &Instance) -> Value {
    let key = made(instance, KEYS, bot_key()).await;
    tie(instance, BOT, &key["app_key"]).await;
    key
}

/// The path of the fixture's key, which the bot is tied to.
fn fixture_key() -> String {
    format!("{}/1", of(KEYS))
}

#[tokio::test]
async fn a_key_needs_nothing_but_its_name() {
    let instance = Instance::start().await;
    let mut key = made(&instance, KEYS, json!({ "name": "chat" })).await;
    let fields = key.as_object_mut().unwrap();
    let lengths = ["app_key", "secret", "access_token", "access_token_secret"]
        .map(|field| fields.remove(field).unwrap().as_str().unwrap().len());
    assert_eq!(lengths, [32, 16, 32, 16]);
    assert_eq!(fields.remove("id").unwrap().to_string().len(), 10);
    let rest = json!({
        "name": "chat", "developer": "", "description": "", "enabled": true, "privileges": [], "addresses": [],
    });
    assert_eq!(key, rest);
}

#[tokio::test]
async fn a_bot_logs_in_with_a_key_that_was_just_made() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let session = bot_session(&instance, "bot", &key).await;
    assert_eq!(instance.server.refresh(&session).await, 200);
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn a_key_without_the_privilege_logs_nobody_in() {
    let instance = Instance::start().await;
    let key = made(&instance, KEYS, json!({ "name": "reports", "privileges": ["data-read"] })).await;
    tie(&instance, BOT, &key["app_key"]).await;
    assert_eq!(bot_status(&instance, "bot", &key).await, 401);
    instance.patch(&one(KEYS, &key), json!({ "privileges": ["user-login"] })).await;
    assert_eq!(bot_status(&instance, "bot", &key).await, 200);
}

#[tokio::test]
async fn secrets_are_shown_once() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let renewed = renewed(&instance, &one(KEYS, &key)).await.body;
    let list = instance.get(&of(KEYS)).await.body.to_string();
    let alone = instance.get(&one(KEYS, &key)).await.body.to_string();
    let changed = instance.patch(&one(KEYS, &key), json!({ "developer": "Ann" })).await.body.to_string();
    let audit = audit(&instance).await;
    assert!(list.contains("chat") && alone.contains("chat") && audit.contains("chat"));
    for secret in [&key, &renewed].into_iter().flat_map(|key| [&key["secret"], &key["access_token_secret"]]) {
        for text in [&list, &alone, &changed, &audit] {
            assert!(!text.contains(secret.as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn somebody_moves_in_with_their_own_values() {
    let instance = Instance::start().await;
    let body = json!({
        "name": "old", "privileges": ["user-login"], "app_key": "7e57", "secret": "s3cret/+=0123456789",
        "access_token": "0ld-token", "access_token_secret": "t0ken/+=0123456789",
    });
    let key = made(&instance, KEYS, body.clone()).await;
    for field in ["app_key", "secret", "access_token", "access_token_secret"] {
        assert_eq!(key[field], body[field]);
    }
    tie(&instance, BOT, &json!("7e57")).await;
    assert_eq!(bot_status(&instance, "bot", &body).await, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_named() {
    let instance = Instance::start().await;
    let cases = vec![
        ("name", json!({})),
        ("name", json!({ "name": "a\n" })),
        ("developer", json!({ "name": "a", "developer": "a\nb" })),
        ("description", json!({ "name": "a", "description": "d".repeat(1_001) })),
        ("app_key", json!({ "name": "a", "app_key": "" })),
        ("app_key", json!({ "name": "a", "app_key": "a b" })),
        ("access_token", json!({ "name": "a", "access_token": "ä" })),
        ("secret", json!({ "name": "a", "secret": 5 })),
        ("secret", json!({ "name": "a", "secret": "a".repeat(15), "access_token_secret": "b".repeat(16) })),
        (
            "secret",
            json!({ "name": "a", "secret": "two words, and long", "access_token_secret": "b".repeat(16) }),
        ),
        (
            "access_token_secret",
            json!({ "name": "a", "secret": "a".repeat(16), "access_token_secret": "ä".repeat(16) }),
        ),
        ("access_token_secret", json!({ "name": "a", "secret": "a" })),
        ("secret", json!({ "name": "a", "access_token_secret": "b" })),
        ("privileges[0]", json!({ "name": "a", "privileges": ["everything"] })),
        ("addresses[1]", json!({ "name": "a", "addresses": ["10.0.0.0/8", "10.0.0.0/33"] })),
        ("addresses", json!({ "name": "a", "addresses": vec!["10.0.0.1"; 1_001] })),
        ("id", json!({ "name": "a", "id": 5 })),
        ("sealed_secret", json!({ "name": "a", "sealed_secret": [] })),
    ];
    expect_invalid(&instance, KEYS, cases).await;
    assert_eq!(walked(&instance, KEYS).await, [json!(1)]);
}

#[tokio::test]
async fn a_field_that_is_null_is_as_one_that_is_not_there() {
    let instance = Instance::start().await;
    let body = json!({ "name": "a", "app_key": null, "access_token": null, "secret": null, "access_token_secret": null });
    let made = instance.send(Method::POST, &of(KEYS), body).await;
    assert_eq!((made.status, made.body["app_key"].as_str().unwrap().len()), (201, 32));
    for (kind, body) in [
        (
            "users",
            json!({ "login_name": "a", "population": null, "kind": null, "password": null, "member_of": null }),
        ),
        ("groups", json!({ "name": "a", "id": null, "parent": null })),
        ("oauth-clients", json!({ "name": "a", "client_id": null, "secret": null })),
        ("application-tokens", json!({ "name": "a", "token": null })),
    ] {
        let made = instance.send(Method::POST, &of(kind), body).await;
        assert_eq!(made.status, 201, "{kind}: {made:?}");
    }
}

#[tokio::test]
async fn a_refusal_does_not_repeat_a_secret() {
    let instance = Instance::start().await;
    let body = json!({ "name": "", "secret": "T0p-secret", "access_token_secret": "T0p-secret too" });
    let answer = instance.send(Method::POST, &of(KEYS), body).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.to_string().contains("T0p"), "{answer:?}");
}

#[tokio::test]
async fn what_bots_are_tied_to_is_one_thing() {
    let instance = Instance::start().await;
    for taken in [Key::BOT.app_key, "client-id"] {
        let answer = instance.send(Method::POST, &of(KEYS), json!({ "name": "a", "app_key": taken })).await;
        assert_eq!((answer.status, &answer.body["field"]), (409, &json!("app_key")), "{taken}");
    }
}

#[tokio::test]
async fn networks_and_addresses_are_shown_as_networks() {
    let instance = Instance::start().await;
    let addresses = json!(["10.1.2.3/8", "192.0.2.1", "2001:db8::/32"]);
    let key = made(&instance, KEYS, json!({ "name": "a", "addresses": addresses })).await;
    assert_eq!(key["addresses"], json!(["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]));
}

#[tokio::test]
async fn the_values_of_a_key_are_never_changed() {
    let instance = Instance::start().await;
    for field in ["app_key", "access_token", "secret", "access_token_secret", "id"] {
        let answer = instance.patch(&fixture_key(), json!({ field: "another" })).await;
        assert_eq!((answer.status, &answer.body["field"]), (422, &json!(field)));
    }
}

#[tokio::test]
async fn a_key_that_is_disabled_ends_its_sessions_for_good() {
    let instance = Instance::start().await;
    let session = instance.server.log_in_with_key("bot", &Key::BOT).await;
    let session = vestibule_testkit::session_of(session).await;
    let of_user = instance.server.session().await;
    assert_eq!(instance.patch(&fixture_key(), json!({ "enabled": false })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
    assert_eq!(instance.server.refresh(&of_user).await, 200);
    assert_eq!(instance.patch(&fixture_key(), json!({ "enabled": true })).await.status, 200);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn a_key_that_is_good_from_elsewhere_only_ends_its_sessions_here() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let session = bot_session(&instance, "bot", &key).await;
    instance.patch(&one(KEYS, &key), json!({ "addresses": ["127.0.0.0/8"] })).await;
    assert_eq!(instance.server.refresh(&session).await, 200);
    instance.patch(&one(KEYS, &key), json!({ "addresses": ["192.0.2.1"] })).await;
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&instance, "bot", &key).await, 401);
}

#[tokio::test]
async fn another_name_ends_nothing() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let session = bot_session(&instance, "bot", &key).await;
    instance.patch(&one(KEYS, &key), json!({ "name": "other", "description": "d" })).await;
    assert_eq!(instance.server.refresh(&session).await, 200);
}

#[tokio::test]
async fn a_deleted_key_ends_its_sessions_and_opens_none() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let session = bot_session(&instance, "bot", &key).await;
    assert_eq!(instance.remove(&one(KEYS, &key)).await.status, 204);
    assert_eq!(instance.server.refresh(&session).await, 401);
    assert_eq!(bot_status(&instance, "bot", &key).await, 401);
    let found = instance.get(&format!("/admin/v1/sessions?user={BOT}")).await.body;
    assert_eq!(found["sessions"], json!([]));
}

#[tokio::test]
async fn a_deleted_key_is_taken_from_the_bots_that_were_tied_to_it() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let path = format!("{}/{BOT}", of("users"));
    assert_eq!(instance.get(&path).await.body["allowed_app_key"], key["app_key"]);
    instance.remove(&one(KEYS, &key)).await;
    assert_eq!(instance.get(&path).await.body["allowed_app_key"], json!(null));
    let audit = instance.get(&format!("/admin/v1/audit?user={BOT}&action=changed&limit=1")).await.body;
    let entry = &audit["entries"][0];
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({ "allowed_app_key": key["app_key"] }), &json!({ "allowed_app_key": null })),
        "{audit}"
    );
}

#[tokio::test]
async fn a_later_key_of_the_same_app_key_opens_no_session_for_the_bots_of_a_deleted_one() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    instance.remove(&one(KEYS, &key)).await;
    let body = json!({ "name": "later", "app_key": key["app_key"], "privileges": ["user-login"] });
    let later = instance.send(Method::POST, &of(KEYS), body).await;
    assert_eq!(later.status, 201, "{later:?}");
    assert_eq!(bot_status(&instance, "bot", &later.body).await, 401);
}

#[tokio::test]
async fn a_bot_whose_key_is_gone_can_still_be_disabled() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    instance.remove(&one(KEYS, &key)).await;
    let path = format!("{}/{BOT}", of("users"));
    assert_eq!(instance.patch(&path, json!({ "enabled": false })).await.status, 200);
    let answer = instance.patch(&path, json!({ "allowed_app_key": "another" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("allowed_app_key")));
}

#[tokio::test]
async fn other_secrets_without_an_overlap_end_the_sessions_of_the_old_ones_at_once() {
    let instance = Instance::start().await;
    let key = key_of_bot(&instance).await;
    let (old, of_user) = (bot_session(&instance, "bot", &key).await, instance.server.session().await);
    let renewed = renewed_within(&instance, &one(KEYS, &key), 0).await;
    assert_eq!((renewed.status, &renewed.body["app_key"]), (201, &key["app_key"]));
    assert!(renewed.body["previous_values_until"].is_null(), "{renewed:?}");
    for field in ["secret", "access_token", "access_token_secret"] {
        assert_ne!(renewed.body[field], key[field], "{field}");
    }
    assert_eq!(instance.server.refresh(&old).await, 401);
    assert_eq!(bot_status(&instance, "bot", &key).await, 401);
    assert_eq!(bot_status(&instance, "bot", &renewed.body).await, 200);
    assert_eq!(instance.server.refresh(&of_user).await, 200);
}

#[tokio::test]
async fn other_secrets_are_another_state() {
    let instance = Instance::start().await;
    let before = instance.get(&fixture_key()).await.tag;
    let renewed = renewed(&instance, &fixture_key()).await;
    assert_ne!(renewed.tag, before);
    assert_eq!(renewed.tag, instance.get(&fixture_key()).await.tag);
}

#[tokio::test]
async fn a_change_needs_what_its_maker_has_seen() {
    let instance = Instance::start().await;
    expect_conditions(&instance, &one(KEYS, &made(&instance, KEYS, bot_key()).await)).await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let instance = Instance::start().await;
    expect_nothing_there(&instance, KEYS).await;
    assert_eq!(renewed(&instance, &format!("{}/77", of(KEYS))).await.status, 404);
}

#[tokio::test]
async fn keys_of_other_accounts_are_out_of_reach() {
    let instance = Instance::start().await;
    expect_out_of_reach(&instance, KEYS, bot_key()).await;
}

#[tokio::test]
async fn pages_have_every_key_once_in_order() {
    let instance = Instance::start().await;
    let mut ids = vec![json!(1)];
    for name in ["a", "b", "c"] {
        ids.push(made(&instance, KEYS, json!({ "name": name })).await["id"].clone());
    }
    ids.sort_unstable_by_key(Value::as_i64);
    assert_eq!(walked(&instance, KEYS).await, ids);
}

#[tokio::test]
async fn an_account_has_a_hundred_keys_at_most() {
    let instance = Instance::start().await;
    for number in 1..100 {
        made(&instance, KEYS, json!({ "name": format!("key {number}") })).await;
    }
    let answer = instance.send(Method::POST, &of(KEYS), json!({ "name": "one more" })).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body["detail"].as_str().unwrap().contains("at most 100 API keys"), "{answer:?}");
}

#[tokio::test]
async fn the_audit_tells_that_the_secrets_are_others_and_not_which() {
    let instance = Instance::start().await;
    renewed_within(&instance, &fixture_key(), 0).await;
    let told = r#""after":{"access_token":"another","access_token_secret":"another","secret":"another"}"#;
    assert!(audit(&instance).await.contains(told), "{}", audit(&instance).await);
}

#[tokio::test]
async fn a_key_shows_when_a_session_was_last_opened_with_it() {
    let instance = Instance::start().await;
    let listed = instance.get(&of(KEYS)).await.body["api_keys"][0].clone();
    assert!(listed["last_used"].is_null(), "{listed}");
    let path = one(KEYS, &listed);
    let before = instance.get(&path).await;
    let at = instance.server.clock.now().as_unix();
    assert_eq!(instance.server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
    let after = instance.get(&path).await;
    assert_eq!((&after.body["last_used"], after.tag), (&json!(at), before.tag));
    assert_eq!(instance.get(&of(KEYS)).await.body["api_keys"][0]["last_used"], json!(at));
}
