//! The target of the request that a gateway asks about: whose account it names. Where each kind of gateway says it, `kinds.rs`.

use vestibule_model::{GatewayCredential, GatewayRule, GatewayRuleSettings};

use super::*;

const OTHERS: &str = "/ws_api/account/99999999/messaging/brand/";

/// The answer to nginx, which asks about this target with these credentials.
async fn ask(server: &TestServer, target: &str, shown: &[(&str, &str)]) -> u16 {
    let request = kinds::asked_by("nginx", server, target);
    let request = shown.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn s8_a_target_of_another_account_is_refused_whatever_the_credential() {
    let server = TestServer::start().await;
    let (tokens, id) = (liveperson(&server).await, livevox(&server).await);
    let bearer = format!("Bearer {}", tokens.bearer);
    let cookie = format!("session_id={}", tokens.cookie);
    for credential in [("authorization", &bearer), ("cookie", &cookie), ("lv-session", &id)] {
        let with = async |target: &str| ask(&server, target, &[(credential.0, credential.1)]).await;
        assert_eq!(with("/api/account/99999999/configuration?v=1").await, 401, "{credential:?}");
        assert_eq!(with("/ws_api/account/99999999/other").await, 401, "{credential:?}");
        assert_eq!(with(&format!("{OTHERS}{}", tokens.bearer)).await, 401, "{credential:?}");
        assert_eq!(with(&format!("/api/account/{ACCOUNT}/configuration")).await, 200, "{credential:?}");
        assert_eq!(with("/other/account/99999999").await, 200, "{credential:?}");
    }
}

#[tokio::test]
async fn a_session_that_is_shown_for_another_account_is_not_kept_alive() {
    let server = TestServer::start().await;
    let tokens = liveperson(&server).await;
    let bearer = format!("Bearer {}", tokens.bearer);
    server.clock.advance(Duration::from_hours(7));
    assert_eq!(ask(&server, OTHERS, &[("authorization", &bearer)]).await, 401);
    server.clock.advance(Duration::from_hours(1));
    assert_eq!(ask(&server, "/", &[("authorization", &bearer)]).await, 401);
}

#[tokio::test]
async fn g1_another_spelling_of_a_path_does_not_hide_whose_account_it_is() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let with = async |target: &str| ask(&server, target, &[("authorization", &bearer)]).await;
    for other in [
        "//api/account/99999999/x".to_owned(),
        "/api//account/99999999/x".to_owned(),
        "/./api/account/99999999/x".to_owned(),
        "/x/../api/account/99999999/x".to_owned(),
        "/%61pi/account/99999999/x".to_owned(),
        "/%2561pi/account/99999999/x".to_owned(),
        "/api/account/%39%39999999/x".to_owned(),
        format!("/api/account/{ACCOUNT}/../99999999/x"),
        format!("/api/account/{ACCOUNT}/%2e%2e/99999999/x"),
        format!("/api/account/{ACCOUNT}/..%2f99999999/x"),
        format!("/api/account/{ACCOUNT}%2f..%2f99999999/x"),
        format!("/api/account/{ACCOUNT}/..;a/99999999/x"),
        "/api\\account\\99999999\\x".to_owned(),
        "/api%5caccount/99999999/x".to_owned(),
        "/api;a/account;b/99999999;c/x".to_owned(),
        "/api/account/99999999%00/x".to_owned(),
        "/API/Account/99999999/x".to_owned(),
        "http://h/api/account/99999999/x".to_owned(),
        "/a#/../api/account/99999999/x".to_owned(),
    ] {
        assert_eq!(with(&other).await, 401, "{other}");
    }
}

#[tokio::test]
async fn g1_the_own_account_may_be_named_in_any_spelling() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    for own in [
        format!("//api/./x/..//%61pi/../account/{ACCOUNT}/x"),
        format!("/API/account;a/{ACCOUNT};b\\x"),
        format!("http://h/api/account/{ACCOUNT}%2fx%2fy%20z#part"),
        "/files/a%20b/../%2e;c//account/99999999".to_owned(),
    ] {
        let status = ask(&server, &own, &[("authorization", &bearer)]).await;
        assert_eq!(status, 200, "{own}");
    }
}

#[tokio::test]
async fn g6_a_target_that_names_one_account_or_another_is_refused_also_when_one_is_the_own() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    for target in [
        format!("/api/account/99999999/../{ACCOUNT}/x"),
        format!("/api/account/99999999/%2e%2e/{ACCOUNT}/x"),
        format!("/x/%2e%2e/api/account/99999999/%252e%252e/{ACCOUNT}/x"),
        format!("/./api/account/99999999//../{ACCOUNT}/x"),
    ] {
        let status = ask(&server, &target, &[("authorization", &bearer)]).await;
        assert_eq!(status, 401, "{target}");
    }
}

/// Nothing of the rule goes by it, so whoever is behind may read it as they like.
#[tokio::test]
async fn a_rule_without_patterns_that_takes_no_bearer_in_a_target_does_not_read_it() {
    let server = TestServer::start().await;
    let bearer = format!("Bearer {}", liveperson(&server).await.bearer);
    let contrived = format!("/{}api/account/{ACCOUNT}", "%2525/..;/".repeat(40));
    for target in ["/x/../%2e%2e/api/account/1/../2", "/\\;#%00", "/api/account/99999999", &contrived] {
        let with = async |settings: GatewayRuleSettings| {
            let rule = GatewayRule { name: GatewayRule::DEFAULT.into(), settings };
            server.change(vec![Change::PutGatewayRule(rule.into())]).await;
            ask(&server, target, &[("authorization", &bearer)]).await
        };
        let alone =
            GatewayRuleSettings { credentials: vec![GatewayCredential::Bearer], ..Default::default() };
        assert_eq!(with(alone.clone()).await, 200, "{target}");
        let paths = vec!["/**".to_owned()];
        let status = with(GatewayRuleSettings { paths, ..alone }).await;
        assert!([401, 403].contains(&status), "{target}: {status}");
    }
}
