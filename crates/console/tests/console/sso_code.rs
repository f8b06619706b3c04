//! The second factor of administrators who come by an identity provider.

use std::time::Duration;

use vestibule_auth::Settings;
use vestibule_model::{AuthenticationMethod, Connection, SecondFactorPolicy};

use crate::sso_provider::{
    answering, asked, by_oidc, by_saml, connect, goes_on_to, is_signed_in, saml, send, strict_saml,
    with_connections,
};
use crate::support::{FACTOR, HOME, Instance, PASSWORD, set_up};

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
