//! `/admin/v1/accounts/{account}/connections`

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use reqwest::Method;
use serde_json::{Value, json};
use vestibule_auth::{
    Outgoing, OutgoingAnswer, OutgoingError, OutgoingFuture, OutgoingRequest, SharedOutgoing,
};
use vestibule_testkit::ACCOUNT;
use zeroize::Zeroizing;

use crate::support::Instance;

/// Identity providers that answer what they are told to.
#[derive(Clone, Default)]
pub(crate) struct Providers(Arc<Mutex<HashMap<String, String>>>);

impl Providers {
    pub(crate) fn say(&self, url: &str, text: &str) {
        self.0.lock().unwrap().insert(url.to_owned(), text.to_owned());
    }
}

impl Outgoing for Providers {
    fn send(&self, request: OutgoingRequest) -> OutgoingFuture {
        let found = self.0.lock().unwrap().get(&request.url).cloned();
        let answer = found.map(|body| OutgoingAnswer { status: 200, body: Zeroizing::new(body) });
        let error = OutgoingError::NoAnswer(request.url, "nobody is there".into());
        Box::pin(std::future::ready(answer.ok_or(error)))
    }
}

pub(crate) async fn start() -> (Instance, Providers) {
    let providers = Providers::default();
    let shared = SharedOutgoing(Arc::new(providers.clone()));
    (Instance::start_with(|settings| settings.outgoing = shared).await, providers)
}

pub(crate) fn path(rest: &str) -> String {
    format!("/admin/v1/accounts/{ACCOUNT}/connections{rest}")
}

pub(crate) fn certificate() -> String {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["idp.example".to_owned()]).unwrap();
    params.self_signed(&key).unwrap().pem()
}

pub(crate) const METADATA_URL: &str = "https://idp.example/metadata";

pub(crate) fn metadata(certificates: &[String], signed: bool) -> String {
    let keys: Vec<String> = certificates
        .iter()
        .map(|pem| {
            let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
            format!(
                r#"<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"#
            )
        })
        .collect();
    let keys = keys.concat();
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"><md:IDPSSODescriptor WantAuthnRequestsSigned="{signed}" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>"#
    )
}

const ISSUER: &str = "https://op.example";
pub(crate) const JWKS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;

fn discovery() -> String {
    json!({
        "issuer": ISSUER, "authorization_endpoint": "https://op.example/auth",
        "token_endpoint": "https://op.example/token", "jwks_uri": "https://op.example/keys",
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    })
    .to_string()
}

pub(crate) async fn made(instance: &Instance, body: Value) -> Value {
    let answer = instance.send(Method::POST, &path(""), body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body
}

async fn refused(instance: &Instance, body: Value) -> (u16, String) {
    let answer = instance.send(Method::POST, &path(""), body).await;
    (answer.status, answer.body["field"].as_str().unwrap_or_default().to_owned())
}

/// A connection to an identity provider of SAML, by its metadata.
pub(crate) async fn saml(instance: &Instance) -> Value {
    made(instance, json!({ "name": "adfs", "metadata": metadata(&[certificate()], false) })).await
}

pub(crate) async fn oidc(instance: &Instance, providers: &Providers) -> Value {
    providers.say("https://op.example/.well-known/openid-configuration", &discovery());
    providers.say("https://op.example/keys", JWKS);
    let oidc = json!({ "issuer": ISSUER, "client_id": "us" });
    made(instance, json!({ "name": "op", "client_secret": "hush-hush", "oidc": oidc })).await
}

#[tokio::test]
async fn a_saml_connection_is_made_of_metadata_that_is_uploaded() {
    let (instance, _) = start().await;
    let pem = certificate();
    let made =
        made(&instance, json!({ "name": "adfs", "metadata": metadata(std::slice::from_ref(&pem), false) }))
            .await;
    assert_eq!((&made["display_name"], &made["enabled"]), (&json!("adfs"), &json!(true)));
    assert_eq!(made["saml"]["identity_provider"], "https://idp.example");
    assert_eq!(made["saml"]["login_url"], "https://idp.example/sso");
    assert_eq!(
        made["saml"]["certificates"][0].as_str().unwrap().replace("\r\n", "\n"),
        pem.replace("\r\n", "\n")
    );
    assert_eq!((&made["certificate"], &made["saml"]["sign_requests"]), (&Value::Null, &json!(false)));
    let shown = instance.get(&path(&format!("/{}", made["id"]))).await.body;
    assert_eq!(shown, made);
    for (field, end) in [
        ("entity_id", "metadata"),
        ("consumer_url", "acs"),
        ("login_address", "login"),
        ("logout_address", "logout"),
    ] {
        let address = shown[field].as_str().unwrap();
        assert!(address.ends_with(&format!("/sso/saml/{ACCOUNT}/adfs/{end}")), "{address}");
    }
}

#[tokio::test]
async fn a_saml_connection_is_made_of_metadata_that_is_read_from_its_address() {
    let (instance, providers) = start().await;
    providers.say(METADATA_URL, &metadata(&[certificate()], false));
    let made = made(&instance, json!({ "name": "adfs", "saml": { "metadata_url": METADATA_URL } })).await;
    assert_eq!(made["saml"]["login_url"], "https://idp.example/sso");
    assert_eq!(made["saml"]["metadata_url"], METADATA_URL);
}

#[tokio::test]
async fn where_the_identity_provider_wants_signed_requests_there_is_a_key_at_once() {
    let (instance, _) = start().await;
    let body = json!({ "name": "keycloak", "metadata": metadata(&[certificate()], true) });
    let made = made(&instance, body).await;
    assert_eq!(made["saml"]["sign_requests"], true);
    assert!(made["certificate"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn fields_of_the_request_win_over_the_metadata() {
    let (instance, _) = start().await;
    let saml = json!({ "login_url": "https://other.example/sso", "unsolicited": true, "audiences": ["us"] });
    let body = json!({ "name": "adfs", "metadata": metadata(&[certificate()], false), "saml": saml });
    let made = made(&instance, body).await;
    assert_eq!(made["saml"]["login_url"], "https://other.example/sso");
    assert_eq!((&made["saml"]["unsolicited"], &made["saml"]["audiences"]), (&json!(true), &json!(["us"])));
}

#[tokio::test]
async fn an_oidc_connection_is_made_of_what_the_provider_says_of_itself() {
    let (instance, providers) = start().await;
    let made = oidc(&instance, &providers).await;
    let oidc = &made["oidc"];
    assert_eq!((&oidc["token_endpoint"], &oidc["jwks"]), (&json!("https://op.example/token"), &json!(JWKS)));
    // Symmetric ones never count.
    assert_eq!((&oidc["algorithms"], &oidc["scopes"]), (&json!(["ES256"]), &json!(["profile"])));
    assert_eq!(
        (&made["has_client_secret"], &oidc["client_authentication"]),
        (&json!(true), &json!("header"))
    );
    assert!(made["redirect_uri"].as_str().unwrap().ends_with(&format!("/sso/oidc/{ACCOUNT}/op/callback")));
    assert!(!made.to_string().contains("hush-hush"));
}

#[tokio::test]
async fn the_preset_for_entra_shows_the_secret_in_the_form() {
    let (instance, providers) = start().await;
    providers.say("https://op.example/.well-known/openid-configuration", &discovery());
    providers.say("https://op.example/keys", JWKS);
    let oidc = json!({ "issuer": ISSUER, "client_id": "us" });
    let made = made(&instance, json!({ "name": "entra", "preset": "entra", "oidc": oidc })).await;
    let oidc = &made["oidc"];
    assert_eq!(
        (&oidc["client_authentication"], &oidc["scopes"]),
        (&json!("form"), &json!(["profile", "email"]))
    );
}

#[tokio::test]
async fn what_the_identity_provider_does_not_say_is_refused_with_the_field() {
    let (instance, providers) = start().await;
    let one = [certificate()];
    for (body, field) in [
        (json!({ "name": "a", "saml": { "metadata_url": METADATA_URL } }), "saml.metadata_url"),
        (json!({ "name": "a", "metadata": "<x/>" }), "metadata"),
        (json!({ "name": "a" }), "saml.identity_provider"),
        (json!({ "name": "a", "oidc": { "issuer": ISSUER, "client_id": "us" } }), "oidc.issuer"),
        (json!({ "name": "a b", "metadata": metadata(&one, false) }), "name"),
        (
            json!({ "name": "a", "metadata": metadata(&one, false), "clock_skew_seconds": 601 }),
            "clock_skew_seconds",
        ),
        (json!({ "name": "a", "metadata": metadata(&one, false), "targets": ["//evil"] }), "targets"),
        (json!({ "name": "a", "metadata": metadata(&one, false), "client_secret": "x" }), "client_secret"),
        (json!({ "name": "a", "metadata": metadata(&one, false), "private_key": "x" }), "certificate"),
        (json!({ "name": "a", "metadata": metadata(&one, false), "colour": 1 }), "colour"),
        (
            json!({ "name": "a", "metadata": metadata(&one, false), "saml": { "login_url": "http://idp.example/" } }),
            "saml.login_url",
        ),
        (
            json!({ "name": "a", "metadata": metadata(&one, false), "saml": { "certificates": ["x"] } }),
            "saml.certificates[0]",
        ),
        (
            json!({ "name": "a", "metadata": metadata(&one, false), "saml": { "certificates": [] } }),
            "saml.certificates",
        ),
    ] {
        assert_eq!(refused(&instance, body.clone()).await, (422, field.to_owned()), "{body}");
    }
    let of_another = discovery().replace("\"https://op.example\"", "\"https://evil.example\"");
    providers.say("https://op.example/.well-known/openid-configuration", &of_another);
    let body = json!({ "name": "a", "oidc": { "issuer": ISSUER, "client_id": "us" } });
    assert_eq!(refused(&instance, body).await, (422, "oidc.issuer".to_owned()));
}

#[tokio::test]
async fn an_address_for_mail_is_no_login_name() {
    let (instance, providers) = start().await;
    providers.say("https://op.example/.well-known/openid-configuration", &discovery());
    providers.say("https://op.example/keys", JWKS);
    let oidc = json!({ "issuer": ISSUER, "client_id": "us", "login_name_claim": "email" });
    let body = json!({ "name": "a", "oidc": oidc });
    assert_eq!(refused(&instance, body).await, (422, "oidc.login_name_claim".to_owned()));
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let (instance, _) = start().await;
    saml(&instance).await;
    let body = json!({ "name": "adfs", "metadata": metadata(&[certificate()], false) });
    assert_eq!(refused(&instance, body).await, (409, "name".to_owned()));
}

#[tokio::test]
async fn single_fields_are_changed_and_the_rest_stays() {
    let (instance, _) = start().await;
    let before = saml(&instance).await;
    let at = path(&format!("/{}", before["id"]));
    let answer = instance.patch(&at, json!({ "enabled": false, "saml": { "unsolicited": true } })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!((&answer.body["enabled"], &answer.body["saml"]["unsolicited"]), (&json!(false), &json!(true)));
    assert_eq!(answer.body["saml"]["certificates"], before["saml"]["certificates"]);
    for change in [json!({ "saml": null }), json!({ "saml": null, "oidc": { "issuer": ISSUER } })] {
        assert_eq!(instance.patch(&at, change).await.status, 422);
    }
}

#[tokio::test]
async fn a_connection_that_users_are_linked_to_is_not_deleted() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let user = instance.server.fixture.users[0].id;
    let at = format!("/admin/v1/accounts/{ACCOUNT}/users/{user}");
    let linked = json!({ "identities": [{ "connection": id, "subject": "00u1" }] });
    let answer = instance.patch(&at, linked.clone()).await;
    assert_eq!((answer.status, &answer.body["identities"]), (200, &linked["identities"]), "{answer:?}");
    assert_eq!(instance.remove(&path(&format!("/{id}"))).await.status, 409);
    assert_eq!(instance.patch(&at, json!({ "identities": [] })).await.status, 200);
    assert_eq!(instance.remove(&path(&format!("/{id}"))).await.status, 204);
    let answer = instance.patch(&at, linked).await;
    assert_eq!((answer.status, &answer.body["field"]), (422, &json!("identities")));
}

#[tokio::test]
async fn an_identity_belongs_to_one_user() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let users: Vec<_> = instance.server.fixture.users.iter().map(|user| user.id).collect();
    let at = |index: usize| format!("/admin/v1/accounts/{ACCOUNT}/users/{}", users[index]);
    let linked = json!({ "identities": [{ "connection": id, "subject": "00u1" }] });
    assert_eq!(instance.patch(&at(0), linked.clone()).await.status, 200);
    let answer = instance.patch(&at(1), linked).await;
    assert_eq!((answer.status, &answer.body["field"]), (409, &json!("identities")));
}

#[tokio::test]
async fn a_test_tells_every_check_and_logs_nobody_in() {
    let (instance, _) = start().await;
    let id = saml(&instance).await["id"].clone();
    let at = path(&format!("/{id}/test"));
    let response = "PHNhbWxwOlJlc3BvbnNlIHhtbG5zOnNhbWxwPSJ1cm46b2FzaXM6bmFtZXM6dGM6U0FNTDoyLjA6cHJvdG9jb2wiIFZlcnNpb249IjIuMCIvPg==";
    let report = instance.send(Method::POST, &at, json!({ "saml_response": response })).await;
    assert_eq!((report.status, &report.body["taken"]), (200, &json!(false)), "{report:?}");
    let checks = report.body["checks"].as_array().unwrap();
    assert!(
        checks.iter().any(|check| check["refusal"].is_string() && check["fix"].is_string()),
        "{checks:?}"
    );
    for body in [json!({}), json!({ "saml_response": response, "id_token": "x" })] {
        assert_eq!(instance.send(Method::POST, &at, body).await.status, 400);
    }
    assert_eq!(instance.send(Method::POST, &at, json!({ "id_token": "x.y.z" })).await.status, 409);
}
