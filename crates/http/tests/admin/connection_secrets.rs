//! Keys and secrets of connections, and what is read again of their identity providers.

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use reqwest::Method;
use serde_json::json;
use vestibule_model::Clock;
use vestibule_testkit::ACCOUNT;

use crate::connections::{JWKS, METADATA_URL, certificate, made, metadata, oidc, path, saml, start};

#[tokio::test]
async fn a_key_is_made_and_the_one_before_is_kept() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let at = path(&format!("/{id}/keys"));
    let signing = json!({ "saml": { "sign_requests": true } });
    let without = instance.patch(&path(&format!("/{id}")), signing.clone()).await;
    assert_eq!((without.status, &without.body["field"]), (422, &json!("saml.sign_requests")));
    let renew = async || instance.send_anyway(Method::POST, &at, json!({})).await.body;
    let (first, second) = (renew().await, renew().await);
    assert!(first["certificate"].is_string() && first["previous_certificate"].is_null());
    assert_eq!(second["previous_certificate"], first["certificate"]);
    assert_ne!(second["certificate"], first["certificate"]);
    assert_eq!(instance.patch(&path(&format!("/{id}")), signing).await.status, 200);
    let entry = instance.server.auth.directory().account(ACCOUNT.parse().unwrap()).unwrap();
    let usable = entry.connection_named("adfs").unwrap();
    assert!(usable.signing_key().is_some());
}

#[tokio::test]
async fn the_key_before_is_forgotten_upon_the_state_that_its_caller_has_seen() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let (own, at) = (path(&format!("/{id}")), path(&format!("/{id}/previous-key")));
    let seen = async || instance.get(&own).await;
    let before = seen().await.tag;
    for _ in 0..2 {
        instance.send_anyway(Method::POST, &path(&format!("/{id}/keys")), json!({})).await;
    }
    let present = seen().await.body["certificate"].clone();
    let forget = async |tag: Option<&str>| {
        let answer = instance.ask_if(Some(&instance.owner), (Method::DELETE, &at), None, tag).await;
        (answer.status, seen().await.body["previous_certificate"].is_string())
    };
    assert_eq!(forget(None).await, (428, true));
    assert_eq!(forget(before.as_deref()).await, (412, true));
    assert_eq!(forget(seen().await.tag.as_deref()).await, (204, false));
    assert_eq!(forget(Some("*")).await, (204, false), "there is none any more");
    assert_eq!(seen().await.body["certificate"], present);
    let entry = instance.server.auth.directory().account(ACCOUNT.parse().unwrap()).unwrap();
    let usable = entry.connection_named("adfs").unwrap();
    assert!(usable.connection.saml().is_some_and(|saml| saml.previous_key.is_none()));
}

#[tokio::test]
async fn a_key_is_changed_upon_the_state_that_its_caller_has_seen() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let (own, at) = (path(&format!("/{id}")), path(&format!("/{id}/keys")));
    let seen = instance.get(&own).await;
    let renew = async |tag: Option<&str>| {
        let owner = Some(instance.owner.as_str());
        instance.ask_if(owner, (Method::POST, &at), Some(json!({})), tag).await
    };
    assert_eq!(renew(None).await.status, 428);
    assert_eq!(instance.get(&own).await, seen);
    let renewed = renew(seen.tag.as_deref()).await;
    assert_eq!(renewed.status, 200, "{renewed:?}");
    assert_eq!(renew(seen.tag.as_deref()).await.status, 412);
    let now = instance.get(&own).await;
    assert_eq!((&now.tag, &now.body["certificate"]), (&renewed.tag, &renewed.body["certificate"]));
    let wrong = json!({ "certificate": "none", "private_key": "none" });
    let wrong = instance.ask_if(Some(&instance.owner), (Method::POST, &at), Some(wrong), None).await;
    assert_eq!(wrong.status, 422, "what is wrong with the body is told first");
}

#[tokio::test]
async fn a_client_secret_is_set_upon_the_state_that_its_caller_has_seen() {
    let (instance, providers) = start().await;
    let id = oidc(&instance, &providers).await["id"].clone();
    let (own, at) = (path(&format!("/{id}")), path(&format!("/{id}/client-secret")));
    let seen = instance.get(&own).await.tag;
    let set = async |tag: Option<&str>| {
        let (owner, body) = (Some(instance.owner.as_str()), json!({ "client_secret": null }));
        instance.ask_if(owner, (Method::PUT, &at), Some(body), tag).await
    };
    let elsewhere = json!({ "oidc": { "issuer": "https://other.example" } });
    assert_eq!(instance.patch(&own, elsewhere).await.status, 200);
    let before = instance.get(&own).await;
    assert_eq!((set(None).await.status, set(seen.as_deref()).await.status), (428, 412));
    assert_eq!(instance.get(&own).await, before);
    let done = set(before.tag.as_deref()).await;
    assert_eq!((done.status, &done.tag), (200, &instance.get(&own).await.tag));
}

#[tokio::test]
async fn the_other_protocol_is_told_only_to_whom_has_seen_the_connection() {
    let (instance, providers) = start().await;
    let (saml, oidc) = (saml(&instance).await["id"].clone(), oidc(&instance, &providers).await["id"].clone());
    let secret =
        (Method::PUT, path(&format!("/{saml}/client-secret")), json!({ "client_secret": "another" }));
    let key = (Method::POST, path(&format!("/{oidc}/keys")), json!({}));
    for (method, at, body) in [secret, key] {
        let ask = async |tag| {
            let owner = Some(instance.owner.as_str());
            instance.ask_if(owner, (method.clone(), &at), Some(body.clone()), tag).await.status
        };
        assert_eq!(
            (ask(None).await, ask(Some("\"old\"")).await, ask(Some("*")).await),
            (428, 412, 409),
            "{at}"
        );
    }
}

#[tokio::test]
async fn a_key_that_somebody_brings_is_shown_to_nobody() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["us.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let body = json!({ "certificate": certificate, "private_key": key.serialize_pem() });
    let answer = instance.send_anyway(Method::POST, &path(&format!("/{id}/keys")), body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.body.to_string().contains("PRIVATE"));
    assert!(!instance.get("/admin/v1/audit").await.body.to_string().contains("PRIVATE KEY"));
    let other =
        json!({ "certificate": crate::connections::certificate(), "private_key": key.serialize_pem() });
    let answer = instance.send_anyway(Method::POST, &path(&format!("/{id}/keys")), other).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("certificate")));
}

#[tokio::test]
async fn a_client_secret_is_replaced_or_taken_away() {
    let (instance, providers) = start().await;
    let id = oidc(&instance, &providers).await["id"].clone();
    let at = path(&format!("/{id}/client-secret"));
    let answer =
        instance.send_anyway(Method::PUT, &at, json!({ "client_secret": "another-of-the-provider" })).await;
    assert_eq!((answer.status, &answer.body["has_client_secret"]), (200, &json!(true)));
    let entry = instance.server.auth.directory().account(ACCOUNT.parse().unwrap()).unwrap();
    let usable = entry.connection_named("op").unwrap();
    let shown = usable.oidc().unwrap().authentication();
    assert!(matches!(shown, vestibule_oidc::ClientAuthentication::Basic("another-of-the-provider")));
    let answer = instance.send_anyway(Method::PUT, &at, json!({ "client_secret": null })).await;
    assert_eq!(answer.body["has_client_secret"], false);
    let audit = instance.get("/admin/v1/audit").await.body.to_string();
    assert!(audit.contains("client_secret") && !audit.contains("another-of-the-provider"), "{audit}");
}

#[tokio::test]
async fn a_client_secret_is_shown_to_nobody_but_whom_it_was_given_for() {
    let (instance, providers) = start().await;
    let id = oidc(&instance, &providers).await["id"].clone();
    let at = path(&format!("/{id}"));
    let change = json!({ "oidc": { "client_id": "other" } });
    let answer = instance.patch(&at, change).await;
    assert_eq!((answer.status, &answer.body["has_client_secret"]), (200, &json!(true)));
    let change = json!({ "oidc": { "token_endpoint": "https://elsewhere.example/token" } });
    let answer = instance.patch(&at, change).await;
    assert_eq!((answer.status, &answer.body["has_client_secret"]), (200, &json!(false)));
}

#[tokio::test]
async fn metadata_is_read_again_on_demand_and_new_certificates_count_beside_the_old() {
    let (instance, providers) = start().await;
    let (old, new) = (certificate(), certificate());
    providers.say(METADATA_URL, &metadata(std::slice::from_ref(&old), false));
    let made = made(&instance, json!({ "name": "adfs", "saml": { "metadata_url": METADATA_URL } })).await;
    let at = path(&format!("/{}/refresh", made["id"]));
    providers.say(METADATA_URL, &metadata(&[new.clone(), old], false));
    let both = instance.send(Method::POST, &at, json!({})).await.body;
    assert_eq!(both["fingerprints"].as_array().unwrap().len(), 2);
    assert_eq!(both["fingerprints"][0], made["fingerprints"][0]);
    providers.say(METADATA_URL, &metadata(&[new], false));
    // What operators have added before the identity provider shows it stays, until somebody says otherwise.
    instance.server.auth.refresh_connections(instance.server.clock.now()).await.unwrap();
    let shown = instance.get(&path(&format!("/{}", made["id"]))).await.body;
    assert_eq!(shown["fingerprints"], both["fingerprints"]);
    let after = instance.send(Method::POST, &at, json!({})).await.body;
    assert_eq!(after["fingerprints"], json!([both["fingerprints"][1]]));
}

#[tokio::test]
async fn keys_are_read_again_in_the_background_and_the_audit_tells_of_it() {
    let (instance, providers) = start().await;
    oidc(&instance, &providers).await;
    let others = JWKS.replace("\"kid\":\"1\"", "\"kid\":\"2\"");
    providers.say("https://op.example/keys", &others);
    let auth = &instance.server.auth;
    auth.refresh_connections(instance.server.clock.now()).await.unwrap();
    let entry = auth.directory().account(ACCOUNT.parse().unwrap()).unwrap();
    assert_eq!(entry.connection_named("op").unwrap().connection.oidc().unwrap().jwks, others);
    let entries = instance.get("/admin/v1/audit").await.body;
    let newest = &entries["entries"][0];
    assert_eq!((&newest["action"], &newest["target"]["kind"]), (&json!("changed"), &json!("connection")));
    // Nothing else has changed.
    auth.refresh_connections(instance.server.clock.now()).await.unwrap();
    assert_eq!(instance.get("/admin/v1/audit").await.body["entries"][0], *newest);
}

#[tokio::test]
async fn an_identity_provider_that_does_not_answer_changes_nothing() {
    let (instance, providers) = start().await;
    let id = oidc(&instance, &providers).await["id"].clone();
    providers.say("https://op.example/keys", "{}");
    instance.server.auth.refresh_connections(instance.server.clock.now()).await.unwrap();
    assert_eq!(instance.get(&path(&format!("/{id}"))).await.body["oidc"]["jwks"], JWKS);
    let answer = instance.send(Method::POST, &path(&format!("/{id}/refresh")), json!({})).await;
    assert_eq!(answer.status, 409, "{answer:?}");
}

/// What comes in the background breaks no rule that administrators have to keep.
#[tokio::test]
async fn metadata_that_leads_elsewhere_without_tls_is_not_taken_over() {
    let (instance, providers) = start().await;
    let said = metadata(&[certificate()], false);
    providers.say(METADATA_URL, &said);
    let made = made(&instance, json!({ "name": "adfs", "saml": { "metadata_url": METADATA_URL } })).await;
    providers.say(METADATA_URL, &said.replace("https://idp.example/sso", "http://idp.example/sso"));
    instance.server.auth.refresh_connections(instance.server.clock.now()).await.unwrap();
    let shown = instance.get(&path(&format!("/{}", made["id"]))).await.body;
    assert_eq!(shown["saml"]["login_url"], "https://idp.example/sso");
}
