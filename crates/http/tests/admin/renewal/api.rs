//! What the API takes and answers, the same for all three kinds.

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_model::Clock;

use super::{CLIENT, KEY, OVERLAP, TOKEN, instance, renew, shown};
use crate::applications::{made, of, renewed, renewed_within};
use crate::support::Instance;

const KINDS: [&str; 3] = [KEY, CLIENT, TOKEN];

fn secrets(what: &str) -> String {
    format!("{}/secrets", of(what))
}

#[tokio::test]
async fn without_a_body_the_overlap_is_a_day() {
    let instance = instance().await;
    let expected = instance.server.clock.now().plus(std::time::Duration::from_hours(24)).as_unix();
    for what in KINDS {
        let answer = renewed(&instance, &of(what)).await;
        assert_eq!((answer.status, &answer.body["previous_values_until"]), (201, &json!(expected)), "{what}");
    }
    for body in [json!({}), json!({ "overlap_seconds": null })] {
        assert_eq!(instance.send(Method::POST, &secrets(KEY), body).await.status, 409, "it is in overlap");
    }
}

#[tokio::test]
async fn until_when_the_old_values_work_is_shown_with_the_new_state() {
    let instance = instance().await;
    for what in KINDS {
        let before = shown(&instance, what).await;
        assert!(before.body["previous_values_until"].is_null(), "{before:?}");
        let answer = renewed_within(&instance, &of(what), 3_600).await;
        let after = shown(&instance, what).await;
        assert_eq!(after.body["previous_values_until"], answer.body["previous_values_until"]);
        assert_eq!((&after.tag, after.tag != before.tag), (&answer.tag, true), "{what}");
        let patch = (Method::PATCH, &*of(what));
        let body = Some(json!({ "enabled": false }));
        let old = instance.ask_if(Some(&instance.owner), patch, body, before.tag.as_deref()).await;
        assert_eq!(old.status, 412, "{what}: a change upon what was before");
    }
}

#[tokio::test]
async fn during_an_overlap_there_is_no_other() {
    let instance = instance().await;
    for what in KINDS {
        let first = renew(&instance, what, OVERLAP).await;
        let again = renewed_within(&instance, &of(what), 1).await;
        let detail = again.body["detail"].as_str().unwrap_or_default();
        assert!(again.status == 409 && detail.contains("without an overlap"), "{again:?}");
        assert_eq!(
            shown(&instance, what).await.body["previous_values_until"],
            first["previous_values_until"],
            "{what}"
        );
        assert_eq!(renewed_within(&instance, &of(what), 0).await.status, 201, "{what}");
        assert_eq!(renewed_within(&instance, &of(what), 1).await.status, 201, "{what}");
    }
}

#[tokio::test]
async fn an_overlap_is_ended_upon_the_state_that_its_caller_has_seen() {
    let instance = instance().await;
    for what in KINDS {
        let before = shown(&instance, what).await;
        renew(&instance, what, OVERLAP).await;
        let path = format!("{}/previous-values", of(what));
        let end = async |tag: Option<&str>| {
            let answer = instance.ask_if(Some(&instance.owner), (Method::DELETE, &path), None, tag).await;
            let left = shown(&instance, what).await.body["previous_values_until"].is_number();
            (answer.status, left)
        };
        assert_eq!(end(None).await, (428, true), "{what}");
        assert_eq!(end(before.tag.as_deref()).await, (412, true), "{what}");
        let seen = shown(&instance, what).await.tag;
        assert_eq!(end(seen.as_deref()).await, (204, false), "{what}");
        assert_eq!(end(Some("*")).await, (204, false), "{what}: there is none any more");
    }
}

#[tokio::test]
async fn an_overlap_has_ninety_days_at_most() {
    let instance = instance().await;
    let longest = 90 * 24 * 3_600;
    for what in KINDS {
        let refused = [json!(longest + 1), json!(-1), json!(u64::MAX), json!("1h"), json!(0.5)];
        for seconds in refused {
            let answer =
                instance.send(Method::POST, &secrets(what), json!({ "overlap_seconds": seconds })).await;
            assert_eq!((answer.status, &answer.body["field"]), (422, &json!("overlap_seconds")), "{seconds}");
        }
        assert_eq!(renewed_within(&instance, &of(what), longest).await.status, 201, "{what}");
    }
}

#[test]
fn the_description_has_the_longest_overlap() {
    let description: Value = serde_json::from_str(&vestibule_http::admin::openapi()).unwrap();
    let field = &description["components"]["schemas"]["Renewal"]["properties"]["overlap_seconds"];
    assert_eq!(field["maximum"], vestibule_model::LONGEST_OVERLAP.as_secs());
}

#[tokio::test]
async fn a_body_that_is_none_changes_nothing() {
    let instance = instance().await;
    let before = shown(&instance, KEY).await;
    let send = async |path: &str, kind: &str, body: &str| {
        let request = instance.server.admin_request(Method::POST, path).bearer_auth(&instance.owner);
        request.header("content-type", kind).body(body.to_owned()).send().await.unwrap().status().as_u16()
    };
    let path = secrets(KEY);
    assert_eq!(send(&path, "text/plain", "1h").await, 415);
    for body in ["null", "[]", "{", "{} {}", r#"{"overlap_seconds":1,"overlap_seconds":2}"#] {
        assert_eq!(send(&path, "application/json", body).await, 400, "{body}");
    }
    assert_eq!(send(&path, "application/json", r#"{"overlap":1}"#).await, 422);
    assert_eq!(send(&secrets("api-keys/77"), "application/json", "{").await, 404, "before the body");
    assert_eq!(shown(&instance, KEY).await.tag, before.tag);
}

async fn under_key(instance: &Instance, path: &str, key: &str, body: Value) -> (u16, Option<String>, Value) {
    let request = instance.server.admin_request(Method::POST, path).bearer_auth(&instance.owner);
    let answer = request.header("idempotency-key", key).json(&body).send().await.unwrap();
    let replayed = answer.headers().get("idempotent-replayed").map(|text| text.to_str().unwrap().to_owned());
    (answer.status().as_u16(), replayed, answer.json().await.unwrap())
}

#[tokio::test]
async fn a_renewal_that_is_asked_for_again_is_not_done_again() {
    let instance = instance().await;
    let overlap = json!({ "overlap_seconds": 60 });
    for what in KINDS {
        let path = secrets(what);
        let first = under_key(&instance, &path, what, overlap.clone()).await;
        assert_eq!((first.0, &first.1), (201, &None), "{first:?}");
        let again = under_key(&instance, &path, what, overlap.clone()).await;
        assert_eq!((again.0, again.1.as_deref(), &again.2), (201, Some("true"), &first.2), "{what}");
        assert_eq!(under_key(&instance, &path, what, json!({ "overlap_seconds": 61 })).await.0, 422);
        assert_eq!(under_key(&instance, &path, "another", overlap.clone()).await.0, 409);
    }
}

#[tokio::test]
async fn no_two_api_keys_of_an_account_have_the_same_name() {
    let instance = instance().await;
    let keys = of("api-keys");
    let answer = instance.send(Method::POST, &keys, json!({ "name": "bots" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (409, &json!("name")));
    let other = made(&instance, "api-keys", json!({ "name": "Bots" })).await;
    let path = format!("{keys}/{}", other["id"]);
    let answer = instance.patch(&path, json!({ "name": "bots" })).await;
    assert_eq!((answer.status, &answer.body["field"]), (409, &json!("name")));
    assert_eq!(instance.patch(&path, json!({ "name": "Bots", "enabled": false })).await.status, 200);
}

#[tokio::test]
async fn keys_that_have_the_same_name_from_before_keep_it_until_it_is_changed() {
    let instance = instance().await;
    let mut twin = instance.server.fixture.api_key.clone();
    (twin.id, twin.app_key) = (vestibule_model::ApplicationId(9), "twin".into());
    let account = vestibule_testkit::ACCOUNT.parse().unwrap();
    vestibule_auth::seal_api_key(
        &vestibule_crypto::Sealer::derive(instance.server.master()),
        &vestibule_crypto::OsRng,
        &mut twin,
        "s",
        "t",
    );
    instance.server.change(vec![vestibule_store::Change::PutApiKey(account, twin.into())]).await;
    assert_eq!(instance.patch(&of("api-keys/9"), json!({ "enabled": false })).await.status, 200);
    assert_eq!(renewed(&instance, &of("api-keys/9")).await.status, 201);
    assert_eq!(instance.patch(&of("api-keys/9"), json!({ "name": "twin" })).await.status, 200);
    assert_eq!(instance.patch(&of("api-keys/9"), json!({ "name": "bots" })).await.status, 409);
}
