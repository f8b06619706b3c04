//! `/admin/v1/accounts/{account}/connections/{id}/test`: what is wrong between an identity provider and this service is told.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::SharedOutgoing;
use vestibule_model::{Clock, Connection, Der, Millis, Protocol};
use vestibule_oidc::testing::OTHER;
use vestibule_saml::testing::STRANGER;
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{
    ISSUER, assertion, claims, id_token, jwks, made, oidc_connection, response, saml_connection,
};
use vestibule_testkit::{ACCOUNT, ScriptedProvider};

use crate::support::Instance;

const USER: &str = "name";

/// What is told of a message when the connection is tested by it.
async fn tested(instance: &Instance, connection: Connection, shown: Value) -> Value {
    let id = connection.id;
    let put = Change::PutConnection(ACCOUNT.parse().unwrap(), connection.into());
    instance.server.change(vec![put]).await;
    let at = format!("/admin/v1/accounts/{ACCOUNT}/connections/{id}/test");
    let answer = instance.send(Method::POST, &at, shown).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

/// The check that refuses it first, with its words and what to do.
fn refusing(report: &Value) -> (String, String, String) {
    assert_eq!(report["taken"], false, "{report}");
    let checks = report["checks"].as_array().unwrap();
    let first = checks.iter().find(|check| check["refusal"].is_string()).unwrap();
    let text = |field: &str| first[field].as_str().unwrap_or_default().to_owned();
    (text("check"), text("refusal"), text("fix"))
}

fn shown(login_name: &str, at: Millis) -> Value {
    json!({ "saml_response": response(&made("_a1", login_name, at)) })
}

#[tokio::test]
async fn what_would_be_taken_is_told_with_what_came_and_the_user() {
    let instance = Instance::start().await;
    let now = instance.server.clock.now();
    let before = instance.server.stored_sessions().await.len();
    let report = tested(&instance, saml_connection(), shown(USER, now)).await;
    assert_eq!((&report["taken"], &report["user"]), (&json!(true), &json!(USER)), "{report}");
    let claim = |name: &str| {
        let claims = report["claims"].as_array().unwrap();
        claims.iter().find(|claim| claim["name"] == name).map(|claim| claim["values"].clone())
    };
    assert_eq!(claim("loginName"), Some(json!([USER])));
    assert!(claim("Issuer").is_some() && claim("Audience").is_some());
    assert!(report["signatures"][0]["verified_by"].is_string());
    assert_eq!(instance.server.stored_sessions().await.len(), before);
    // Nothing is used up: it is told the same again.
    let again = tested(&instance, saml_connection(), shown(USER, now)).await;
    assert_eq!(again["taken"], true);
}

#[tokio::test]
async fn times_are_told_as_they_came_and_in_words_in_both_protocols() {
    let instance = Instance::start().await;
    let now = instance.server.clock.now();
    let in_five_minutes = now.plus(Duration::from_mins(5));
    let written = jiff::Timestamp::from_millisecond(in_five_minutes.as_unix()).unwrap().to_string();
    let claim = |report: &Value, name: &str| {
        let claims = report["claims"].as_array().unwrap();
        let found = claims.iter().find(|claim| claim["name"] == name).unwrap();
        (found["values"][0].as_str().unwrap().to_owned(), found["time"].as_str().unwrap().to_owned())
    };
    let report = tested(&instance, saml_connection(), shown(USER, now)).await;
    assert_eq!(claim(&report, "NotOnOrAfter"), (in_five_minutes.to_string(), written));
    let token = json!({ "id_token": id_token(&claims("n", USER, now)) });
    let report = tested(&instance, oidc_connection(), token).await;
    let seconds = in_five_minutes.as_unix() / 1_000;
    let written = jiff::Timestamp::from_second(seconds).unwrap().to_string();
    assert_eq!(claim(&report, "exp"), (seconds.to_string(), written));
    assert_eq!(report["signatures"][0]["verified_by"], "rsa-1");
}

#[tokio::test]
async fn an_assertion_by_itself_is_told_of_too() {
    let instance = Instance::start().await;
    let made = made("_a1", USER, instance.server.clock.now());
    let report = tested(&instance, saml_connection(), json!({ "saml_response": assertion(&made) })).await;
    assert_eq!(report["taken"], true, "{report}");
}

#[tokio::test]
async fn a_wrong_clock_is_found() {
    let instance = Instance::start().await;
    let ahead = instance.server.clock.now().plus(Duration::from_mins(10));
    let report = tested(&instance, saml_connection(), shown(USER, ahead)).await;
    let (check, why, fix) = refusing(&report);
    assert_eq!(check, "time");
    assert!(
        why.contains("570 s too early, with 60 s allowed") && why.contains("at least 600 s ahead"),
        "{why}"
    );
    assert!(fix.contains("NTP") && fix.contains("clock skew"), "{fix}");
}

#[tokio::test]
async fn a_wrong_audience_is_found() {
    let instance = Instance::start().await;
    let mut other = made("_a1", USER, instance.server.clock.now());
    other.conditions = other.conditions.replace("/metadata<", "/other<");
    let report = tested(&instance, saml_connection(), json!({ "saml_response": response(&other) })).await;
    let (check, why, fix) = refusing(&report);
    assert_eq!(check, "audience");
    assert!(why.contains("/other") && why.contains("/metadata"), "{why}");
    assert!(fix.contains("service provider entity id"), "{fix}");
}

#[tokio::test]
async fn an_old_certificate_is_found() {
    let instance = Instance::start().await;
    let mut connection = saml_connection();
    let Protocol::Saml(saml) = &mut connection.protocol else { unreachable!("it speaks SAML") };
    saml.certificates = vec![Der(STRANGER.certificate.clone())];
    let report = tested(&instance, connection, shown(USER, instance.server.clock.now())).await;
    let (check, _, fix) = refusing(&report);
    assert_eq!(check, "signatures");
    assert!(fix.contains("another certificate"), "{fix}");
}

#[tokio::test]
async fn a_user_who_is_not_there_is_found() {
    let instance = Instance::start().await;
    let report = tested(&instance, saml_connection(), shown("nobody", instance.server.clock.now())).await;
    let (check, _, fix) = refusing(&report);
    assert_eq!((check.as_str(), &report["user"]), ("user", &Value::Null));
    assert!(fix.contains("a login makes nobody"), "{fix}");
}

#[tokio::test]
async fn an_id_token_is_told_of_in_the_same_way() {
    let instance = Instance::start().await;
    let now = instance.server.clock.now();
    let token = |claims: &Value| json!({ "id_token": id_token(claims) });
    let right = claims("n", USER, now);
    let report = tested(&instance, oidc_connection(), token(&right)).await;
    assert_eq!((&report["taken"], &report["user"]), (&json!(true), &json!(USER)), "{report}");
    let mut wrong = right.clone();
    wrong["aud"] = json!("somebody-else");
    let report = tested(&instance, oidc_connection(), token(&wrong)).await;
    assert_eq!(refusing(&report).0, "audience");
    let late = claims("n", USER, now.minus(Duration::from_hours(1)));
    let report = tested(&instance, oidc_connection(), token(&late)).await;
    assert_eq!(refusing(&report).0, "time");
}

#[tokio::test]
async fn keys_that_changed_are_read_again_for_a_test_as_for_a_login() {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn vestibule_auth::Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let instance = Instance::start_with(|settings| settings.outgoing = SharedOutgoing(outgoing)).await;
    provider.answer(&format!("{ISSUER}/jwks"), 200, &jwks());
    let mut connection = oidc_connection();
    let Protocol::Oidc(oidc) = &mut connection.protocol else { unreachable!("it speaks OpenID Connect") };
    oidc.jwks = json!({ "keys": [vestibule_oidc::testing::rsa_jwk(&OTHER, "old")] }).to_string();
    let now = instance.server.clock.now();
    let report =
        tested(&instance, connection, json!({ "id_token": id_token(&claims("n", USER, now)) })).await;
    assert_eq!(report["taken"], true, "{report}");
}
