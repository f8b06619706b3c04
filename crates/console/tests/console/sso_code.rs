//! The second factor of administrators who come by an identity provider.

use std::time::Duration;

use vestibule_auth::Settings;
use vestibule_model::{AuthenticationMethod, Connection, Identity, Linking, SecondFactorPolicy, User};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::oidc_connection;
use vestibule_testkit::{Browser, Shown};

use crate::sso_provider::{
    answering, asked, by_oidc, by_saml, connect, goes_on_to, is_signed_in, saml, send, strict_saml,
    with_connections,
};
use crate::support::{FACTOR, HOME, Instance, LOGIN, PASSWORD, set_up};

const CODE: &str = "/console/login/code";

/// Sends a right code from a page that was opened before.
async fn send_code(instance: &Instance, browser: &Browser, secret: &str, csrf: &str) -> Shown {
    instance.server.clock.advance(Duration::from_secs(30));
    let code = instance.code(secret);
    browser.post(CODE, &[("csrf", csrf), ("next", ""), ("code", &*code)]).await
}

/// Changes the first owner, as an operator would.
async fn change_owner(instance: &Instance, change: impl FnOnce(&mut User)) {
    let users = instance.server.store.every_user(None, 1_000).await.unwrap();
    let mut owner = users.into_iter().find(|user| user.login_name == "admin").unwrap();
    change(&mut owner);
    instance.server.change(vec![Change::PutUser(owner.into())]).await;
}

/// Makes the connection of OpenID Connect find the first owner by this subject.
async fn link_owner(instance: &Instance, subject: &str) {
    let connection = Connection { linking: Linking::Subject, ..oidc_connection() };
    let identity = Identity { connection: connection.id, subject: subject.to_owned() };
    connect(instance, connection).await;
    change_owner(instance, |owner| owner.identities = vec![identity]).await;
}

#[tokio::test]
async fn an_assertion_is_taken_once_where_a_code_is_asked_for_as_well() {
    let (instance, _) = with_connections().await;
    set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    let (request, relay_state) = asked(&browser.get(&saml("")).await);
    let name = format!("vestibule-console-sso-{relay_state}");
    let kept = browser.cookie(&name).unwrap();
    let document = answering(&instance, "_1", "admin", &request);
    assert_eq!(goes_on_to(&send(&browser, &document, &relay_state).await), "/console/login/code");
    browser.keep(&name, &kept);
    assert_eq!(send(&browser, &document, &relay_state).await.status, 403);
}

#[tokio::test]
async fn the_second_factor_is_asked_for_after_the_word_of_the_identity_provider() {
    let (instance, provider) = with_connections().await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    let first = by_oidc(&instance, &provider, &browser, "admin").await;
    assert_eq!((first.status, first.header("location")), (303, "/console/login/code"), "{}", first.html);
    assert!(!is_signed_in(&browser).await);
    let csrf = browser.get("/console/login/code").await.hidden("csrf");
    let code = async |code: &str| {
        browser.post("/console/login/code", &[("csrf", &*csrf), ("next", ""), ("code", code)]).await
    };
    assert_eq!(code("000000").await.status, 403);
    instance.server.clock.advance(Duration::from_secs(30));
    let second = code(&instance.code(&secret)).await;
    assert_eq!((second.status, second.header("location")), (303, HOME), "{}", second.html);
    assert!(is_signed_in(&browser).await);
    let method = |one: &vestibule_model::Session| one.method == AuthenticationMethod::Oidc;
    assert!(instance.server.stored_sessions().await.iter().any(method), "it is a session of the provider's");
}

#[tokio::test]
async fn a_connection_that_is_disabled_before_the_code_comes_lets_nobody_in() {
    let (instance, _) = with_connections().await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    assert_eq!(goes_on_to(&by_saml(&instance, &browser, "_1", "admin").await), "/console/login/code");
    connect(&instance, Connection { enabled: false, ..strict_saml() }).await;
    let csrf = browser.get("/console/login/code").await.hidden("csrf");
    instance.server.clock.advance(Duration::from_secs(30));
    let code = instance.code(&secret);
    let shown =
        browser.post("/console/login/code", &[("csrf", &*csrf), ("next", ""), ("code", &*code)]).await;
    assert_eq!(shown.status, 403, "{}", shown.html);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn who_lacks_a_second_factor_that_there_has_to_be_is_led_to_it() {
    let required =
        |settings: &mut Settings| settings.administrators_second_factor = SecondFactorPolicy::Required;
    let instance = Instance::start_with(required).await;
    connect(&instance, strict_saml()).await;
    let browser = instance.browser();
    assert_eq!(goes_on_to(&by_saml(&instance, &browser, "_1", "admin").await), HOME);
    assert_eq!(browser.get(HOME).await.header("location"), FACTOR);
    let (_, page) = set_up(&instance, &browser, PASSWORD).await;
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(!is_signed_in(&browser).await, "no session goes on without the provider it rests on");
    assert_eq!(goes_on_to(&by_saml(&instance, &browser, "_2", "admin").await), "/console/login/code");
}

#[tokio::test]
async fn who_is_linked_by_subject_comes_in_with_the_code() {
    let (instance, provider) = with_connections().await;
    link_owner(&instance, "subject-of-admin").await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    assert_eq!(by_oidc(&instance, &provider, &browser, "admin").await.header("location"), CODE);
    let csrf = browser.get(CODE).await.hidden("csrf");
    assert_eq!(send_code(&instance, &browser, &secret, &csrf).await.header("location"), HOME);
    assert!(is_signed_in(&browser).await);
}

#[tokio::test]
async fn an_identity_that_is_taken_away_before_the_code_comes_lets_nobody_in() {
    let (instance, provider) = with_connections().await;
    link_owner(&instance, "subject-of-admin").await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    assert_eq!(by_oidc(&instance, &provider, &browser, "admin").await.header("location"), CODE);
    let csrf = browser.get(CODE).await.hidden("csrf");
    change_owner(&instance, |owner| owner.identities.clear()).await;
    let shown = send_code(&instance, &browser, &secret, &csrf).await;
    assert_eq!((shown.status, shown.header("location")), (303, LOGIN), "as with a ticket that is over");
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn who_has_another_login_name_before_the_code_comes_is_not_the_one_who_was_named() {
    let (instance, _) = with_connections().await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    assert_eq!(goes_on_to(&by_saml(&instance, &browser, "_1", "admin").await), CODE);
    let csrf = browser.get(CODE).await.hidden("csrf");
    change_owner(&instance, |owner| "owner".clone_into(&mut owner.login_name)).await;
    let shown = send_code(&instance, &browser, &secret, &csrf).await;
    assert_eq!((shown.status, shown.header("location")), (303, LOGIN));
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn who_is_linked_in_another_way_before_the_code_comes_is_not_the_one_who_was_named() {
    let (instance, provider) = with_connections().await;
    link_owner(&instance, "subject-of-ben").await;
    let (secret, _) = set_up(&instance, &instance.signed_in().await, PASSWORD).await;
    let browser = instance.browser();
    assert_eq!(by_oidc(&instance, &provider, &browser, "ben").await.header("location"), CODE);
    let csrf = browser.get(CODE).await.hidden("csrf");
    connect(&instance, oidc_connection()).await;
    assert_eq!(send_code(&instance, &browser, &secret, &csrf).await.header("location"), LOGIN);
    assert!(!is_signed_in(&browser).await);
}
