//! What is done with connections: other keys and secrets, what the identity provider says now, the end of one

use std::sync::Arc;

use serde_json::json;
use vestibule_auth::{Outgoing, SharedOutgoing};
use vestibule_model::{Clock as _, ConnectionId, Identity, Protocol};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{
    ISSUER, jwks, made, oidc, oidc_connection, response, saml_connection,
};
use vestibule_testkit::{ACCOUNT, Browser, ScriptedProvider};

use crate::support::Instance;
use crate::typing::{Typed, fill};

pub(crate) fn page(id: i64, deed: &str) -> String {
    format!("/console/accounts/{ACCOUNT}/connections/{id}{deed}")
}

/// What the API tells of one.
pub(crate) async fn told(instance: &Instance, id: i64) -> serde_json::Value {
    instance.listed(&format!("/admin/v1/accounts/{ACCOUNT}/connections/{id}")).await
}

/// The fixture's user logs in by the connection of SAML.
pub(crate) async fn log_in_by_it(instance: &Instance) {
    log_in_by_one_of(instance, "_1").await;
}

/// The same with an assertion of this id, which counts once.
pub(crate) async fn log_in_by_one_of(instance: &Instance, id: &str) {
    let document = response(&made(id, "name", instance.server.clock.now()));
    let body = json!({ "jwt": "dummy", "assertion": document });
    let answer = instance.server.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_connection_is_deleted_by_its_name_and_its_sessions_end() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    let deed = page(id, "/delete");
    log_in_by_it(&instance).await;
    let before = instance.server.stored_sessions().await.len();
    let asked = browser.get(&deed).await;
    assert!(asked.html.contains("Ends 1 live session."), "{}", asked.html);
    assert_eq!(Typed::of(&asked).send(&browser, &deed).await.status, 422, "its name is to be typed");
    let done = Typed::of(&asked).with("name", "idp").send(&browser, &deed).await;
    let list = format!("/console/accounts/{ACCOUNT}/connections?done=deleted");
    assert_eq!((done.status, done.header("location")), (303, list.as_str()), "{}", done.html);
    let again = Typed::of(&asked).send(&browser, &deed).await;
    assert_eq!(again.header("location"), list, "what is deleted is deleted");
    assert_eq!(browser.get(&page(id, "")).await.status, 404);
    assert_eq!(instance.server.stored_sessions().await.len(), before - 1);
}

#[tokio::test]
async fn a_connection_that_somebody_has_an_identity_of_stays() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let mut user = instance.server.fixture.users[0].clone();
    user.identities.push(Identity { connection: ConnectionId(id), subject: "s-1".to_owned() });
    instance.server.change(vec![Change::PutUser(user.into())]).await;
    let browser = instance.signed_in().await;
    let asked = browser.get(&page(id, "/delete")).await;
    assert!(asked.html.contains("as long as 1 user has an identity of it"), "{}", asked.html);
    let refused = Typed::of(&asked).send(&browser, &page(id, "/delete")).await;
    assert_eq!(refused.status, 409, "{}", refused.html);
    assert_eq!(browser.get(&page(id, "")).await.status, 200);
}

#[tokio::test]
async fn a_client_secret_is_set_once_and_shown_nowhere() {
    let instance = Instance::start().await;
    let id = instance.openid_connection().await;
    let browser = instance.signed_in().await;
    let form = page(id, "/secret");
    let typed = Typed::of(&browser.get(&form).await).with("secret.client_secret", "s3cret-of-op");
    let done = typed.send(&browser, &form).await;
    assert_eq!((done.status, done.header("location")), (303, page(id, "?done=client-secret-set").as_str()));
    let again = typed.send(&browser, &form).await;
    assert_eq!(again.header("location"), done.header("location"));
    let entries = instance.listed(&format!("/admin/v1/audit?account={ACCOUNT}&target=connection:{id}")).await;
    assert_eq!(
        entries["entries"].as_array().map(Vec::len),
        Some(1),
        "a second click sets nothing: {entries}"
    );
    let shown = browser.get(&page(id, "")).await.html;
    assert!(!shown.contains("s3cret-of-op") && !entries.to_string().contains("s3cret-of-op"), "{shown}");
    assert_eq!(told(&instance, id).await["has_client_secret"], true);
}

#[tokio::test]
async fn a_client_is_made_public_only_if_that_is_said() {
    let instance = Instance::start().await;
    let id = instance.openid_connection().await;
    let browser = instance.signed_in().await;
    let form = page(id, "/secret");
    let empty = fill(&browser, &form, &[]).await;
    assert!(empty.status == 422 && empty.html.contains("1 to 1024 characters"), "{}", empty.html);
    let both = fill(&browser, &form, &[("secret.client_secret", "one"), ("is_public", "on")]).await;
    assert!(both.status == 422 && both.html.contains("leave one of the two out"), "{}", both.html);
    fill(&browser, &form, &[("secret.client_secret", "one")]).await;
    fill(&browser, &form, &[("is_public", "on")]).await;
    assert_eq!(told(&instance, id).await["has_client_secret"], false);
}

#[tokio::test]
async fn only_one_of_openid_connect_has_a_client_secret_and_only_one_of_saml_a_key() {
    let instance = Instance::start().await;
    let (saml, openid) = (instance.connection().await, instance.openid_connection().await);
    let browser = instance.signed_in().await;
    assert_eq!(browser.get(&page(saml, "/secret")).await.status, 404);
    assert_eq!(browser.get(&page(openid, "/keys")).await.status, 404);
}

#[tokio::test]
async fn a_key_is_changed_once_and_the_one_before_it_is_shown_beside_it() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    let form = page(id, "/keys");
    let typed = Typed::of(&browser.get(&form).await);
    for _ in 0..2 {
        let done = typed.send(&browser, &form).await;
        assert_eq!(done.header("location"), page(id, "?done=key-renewed"), "{}", done.html);
    }
    let first = told(&instance, id).await;
    assert!(first["certificate"].is_string() && first.get("previous_certificate").is_none(), "{first}");
    let asked = browser.get(&form).await.html;
    assert!(asked.contains("What is encrypted for the present key"), "{asked}");
    fill(&browser, &form, &[]).await;
    assert_eq!(told(&instance, id).await["previous_certificate"], first["certificate"]);
    let shown = browser.get(&page(id, "")).await.html;
    assert!(shown.contains(">this service<") && shown.contains("this service, the one before"), "{shown}");
}

#[tokio::test]
async fn the_key_before_is_forgotten_and_only_the_one_that_was_meant() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    let (keys, end) = (page(id, "/keys"), page(id, "/end-overlap"));
    for _ in 0..2 {
        fill(&browser, &keys, &[]).await;
    }
    let asked = browser.get(&end).await;
    assert!(asked.html.contains("What is encrypted for it is refused"), "{}", asked.html);
    fill(&browser, &keys, &[]).await;
    let of_another = Typed::of(&asked).send(&browser, &end).await;
    assert_eq!(of_another.status, 409, "{}", of_another.html);
    assert!(told(&instance, id).await["previous_certificate"].is_string());
    let certificate = told(&instance, id).await["certificate"].clone();
    for _ in 0..2 {
        let done = fill(&browser, &end, &[]).await;
        assert_eq!(done.header("location"), page(id, "?done=previous-key-forgotten"), "{}", done.html);
    }
    let left = told(&instance, id).await;
    assert!(left["certificate"] == certificate && left.get("previous_certificate").is_none(), "{left}");
}

#[tokio::test]
async fn a_key_is_changed_only_while_the_keys_are_those_that_were_shown() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    let form = page(id, "/keys");
    fill(&browser, &form, &[]).await;
    let shown = browser.get(&form).await;
    fill(&browser, &form, &[]).await;
    let theirs = told(&instance, id).await;
    let typed = Typed::of(&shown).with("from", "given").with("certificate", "PEM-of-mine");
    let typed = typed.with("secret.private_key", "secret-of-mine");
    let refused = Typed::of(&shown).send(&browser, &form).await;
    assert_eq!(refused.status, 409, "{}", refused.html);
    assert!(refused.html.contains("Nothing was done: somebody else has changed this"), "{}", refused.html);
    assert!(refused.html.contains("The key before it, valid until"), "as it is now: {}", refused.html);
    assert_eq!(told(&instance, id).await, theirs, "a key of which nobody was told is not forgotten");
    let done = Typed::of(&refused).send(&browser, &form).await;
    assert_eq!(done.header("location"), page(id, "?done=key-renewed"), "{}", done.html);
    assert_eq!(told(&instance, id).await["previous_certificate"], theirs["certificate"]);
    let wrong = typed.send(&browser, &form).await.html;
    assert!(wrong.contains("PEM-of-mine") && !wrong.contains("secret-of-mine"), "{wrong}");
}

#[tokio::test]
async fn a_client_secret_is_set_only_for_the_provider_that_was_shown() {
    let instance = Instance::start().await;
    let id = instance.openid_connection().await;
    let browser = instance.signed_in().await;
    let form = page(id, "/secret");
    let shown = browser.get(&form).await;
    assert!(shown.html.contains(ISSUER), "{}", shown.html);
    let mut connection = oidc_connection();
    let Protocol::Oidc(oidc) = &mut connection.protocol else { panic!("it speaks OpenID Connect") };
    oidc.issuer = "https://other.example".to_owned();
    instance.server.change(vec![Change::PutConnection(ACCOUNT.parse().unwrap(), connection.into())]).await;
    let before = told(&instance, id).await;
    let refused = Typed::of(&shown).with("secret.client_secret", "s3cret-of-op").send(&browser, &form).await;
    assert_eq!(refused.status, 409, "{}", refused.html);
    assert!(refused.html.contains("Nothing was done: somebody else has changed this"), "{}", refused.html);
    assert!(refused.html.contains("https://other.example"), "as it is now: {}", refused.html);
    assert!(!refused.html.contains("s3cret-of-op"), "a secret is not sent back: {}", refused.html);
    assert_eq!(told(&instance, id).await, before);
    let done = Typed::of(&refused).with("secret.client_secret", "of-the-other").send(&browser, &form).await;
    assert_eq!(done.header("location"), page(id, "?done=client-secret-set"), "{}", done.html);
}

#[tokio::test]
async fn a_key_that_is_brought_says_what_is_wrong_with_it_beside_its_field() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    let form = page(id, "/keys");
    let wrong = fill(&browser, &form, &[("from", "given"), ("certificate", "none")]).await;
    assert!(wrong.status == 422 && wrong.html.contains("certificate-error"), "{}", wrong.html);
    let forgotten = fill(&browser, &form, &[("secret.private_key", "PEM-of-mine")]).await;
    assert!(forgotten.html.contains("say that it is brought"), "{}", forgotten.html);
    assert!(!forgotten.html.contains("PEM-of-mine"), "a key is not sent back: {}", forgotten.html);
}

/// A server whose provider answers as a test says.
pub(crate) async fn asking() -> (Instance, Arc<ScriptedProvider>, Browser) {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let instance = Instance::start_with(|settings| settings.outgoing = SharedOutgoing(outgoing)).await;
    let browser = instance.signed_in().await;
    (instance, provider, browser)
}

#[tokio::test]
async fn what_a_provider_says_now_is_shown_before_it_is_taken_over() {
    let (instance, provider, browser) = asking().await;
    let id = instance.openid_connection().await;
    let (keys, form) = (format!("{ISSUER}/jwks"), page(id, "/refresh"));
    provider.answer(&keys, 200, &jwks().replace("rsa-1", "rsa-2"));
    let asked = browser.get(&form).await;
    let told_of = |id: &str| asked.html.split("What is signed by the key ").find(|rest| rest.starts_with(id));
    assert!(told_of("rsa-2 (RS256), SHA-256 ").unwrap().contains(", is taken."), "{}", asked.html);
    assert!(told_of("rsa-1 (RS256), SHA-256 ").unwrap().contains(", is refused."), "{}", asked.html);
    let before = told(&instance, id).await;
    assert!(before.to_string().contains("rsa-1"), "{before}");
    provider.answer(&keys, 200, &jwks().replace("rsa-1", "rsa-3"));
    let other = Typed::of(&asked).send(&browser, &form).await;
    assert!(other.html.contains("says something else now") && other.html.contains("rsa-3"), "{}", other.html);
    assert_eq!(told(&instance, id).await, before, "only what was shown is done");
    let done = Typed::of(&other).send(&browser, &form).await;
    assert_eq!(done.header("location"), page(id, "?done=taken-over"), "{}", done.html);
    assert!(told(&instance, id).await.to_string().contains("rsa-3"));
}

#[tokio::test]
async fn a_key_that_takes_the_place_of_the_one_that_was_shown_is_not_taken_over_unseen() {
    let (instance, provider, browser) = asking().await;
    let id = instance.openid_connection().await;
    let (keys, form) = (format!("{ISSUER}/jwks"), page(id, "/refresh"));
    let says = |pair| {
        let set = json!({ "keys": [oidc::rsa_jwk(pair, "rsa-1"), oidc::ec_jwk(&oidc::EC, "ec-1")] });
        provider.answer(&keys, 200, &set.to_string());
    };
    says(&oidc::RSA);
    let asked = browser.get(&form).await;
    assert!(asked.html.contains("by the key ec-1") && !asked.html.contains("rsa-1"), "{}", asked.html);
    let before = told(&instance, id).await;
    says(&oidc::OTHER);
    let other = Typed::of(&asked).send(&browser, &form).await;
    assert!(other.html.contains("says something else now"), "{}", other.html);
    let of_it: Vec<_> = other.html.split("by the key rsa-1 ").skip(1).collect();
    assert!(
        of_it.len() == 2 && of_it[0].contains("is taken") && of_it[1].contains("is refused"),
        "{of_it:?}"
    );
    assert_eq!(told(&instance, id).await, before, "only what was shown is done");
}

#[tokio::test]
async fn nothing_is_stored_that_no_sentence_tells_and_that_was_not_said_when_it_was_shown() {
    let (instance, provider, browser) = asking().await;
    let id = instance.openid_connection().await;
    let (keys, form) = (format!("{ISSUER}/jwks"), page(id, "/refresh"));
    let mut key = oidc::ec_jwk(&oidc::EC, "ec-1");
    provider.answer(&keys, 200, &json!({ "keys": [key] }).to_string());
    let asked = browser.get(&form).await;
    key["x5t"] = "of-a-certificate".into();
    provider.answer(&keys, 200, &json!({ "keys": [key] }).to_string());
    let other = Typed::of(&asked).send(&browser, &form).await;
    assert!(other.html.contains("says something else now"), "{}", other.html);
    assert!(!told(&instance, id).await.to_string().contains("ec-1"), "only what was shown is done");
}

#[tokio::test]
async fn what_a_provider_says_in_another_order_is_what_was_shown() {
    let (instance, provider, browser) = asking().await;
    let id = instance.openid_connection().await;
    let (keys, form) = (format!("{ISSUER}/jwks"), page(id, "/refresh"));
    let mut set = [oidc::rsa_jwk(&oidc::RSA, "rsa-1"), oidc::ec_jwk(&oidc::EC, "ec-1")];
    provider.answer(&keys, 200, &json!({ "keys": set }).to_string());
    let asked = browser.get(&form).await;
    set.reverse();
    provider.answer(&keys, 200, &json!({ "keys": set }).to_string());
    let done = Typed::of(&asked).send(&browser, &form).await;
    assert_eq!(done.header("location"), page(id, "?done=taken-over"), "{}", done.html);
}

#[tokio::test]
async fn a_provider_that_says_the_same_changes_nothing_and_one_that_is_away_says_why() {
    let (instance, provider, browser) = asking().await;
    let id = instance.openid_connection().await;
    let form = page(id, "/refresh");
    let away = browser.get(&form).await;
    assert!(
        away.html.contains("It cannot be read: ") && away.html.contains("nobody is there"),
        "{}",
        away.html
    );
    provider.answer(&format!("{ISSUER}/jwks"), 200, &jwks());
    assert!(browser.get(&form).await.html.contains("Nothing changes: it says what is stored."));
}

#[tokio::test]
async fn metadata_is_asked_for_where_there_is_an_address_of_it() {
    let (instance, _, browser) = asking().await;
    let mut connection = saml_connection();
    let Protocol::Saml(saml) = &mut connection.protocol else { panic!("it speaks SAML") };
    saml.metadata_url = Some("https://idp.example/metadata".to_owned());
    let id = connection.id.0;
    let shown = async || browser.get(&page(id, "")).await.html;
    instance.connection().await;
    assert!(!shown().await.contains("/refresh\""), "nothing is read where there is no address");
    instance.server.change(vec![Change::PutConnection(ACCOUNT.parse().unwrap(), connection.into())]).await;
    let shown = shown().await;
    assert!(shown.contains("/refresh\"") && shown.contains("every ten minutes"), "{shown}");
}

#[tokio::test]
async fn an_auditor_sees_no_button_of_a_connection() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in_with(&json!({ "role": "auditor", "account": ACCOUNT })).await;
    let shown = browser.get(&page(id, "")).await.html;
    assert!(!shown.contains(&page(id, "/delete")) && !shown.contains(&page(id, "/keys")), "{shown}");
}
