//! Tokens that are refreshed and revoked, and what takes them away.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule_model::{Concurrency, GrantType, RefreshRotation};

use crate::grants::{check, refresh, refresh_form, send, token, with};
use crate::support::{body, error, post, start, start_with};

#[tokio::test]
async fn a_refresh_slides_the_session_and_gives_the_same_bearer() {
    let server = start().await;
    let answer = token(&server).await;
    server.clock.advance(Duration::from_hours(7));
    let refreshed = body(refresh(&server, &answer["refresh_token"]).await, 200).await;
    let expected = json!({
        "access_token": answer["access_token"], "token_type": "Bearer", "refresh_token": answer["refresh_token"],
    });
    assert_eq!(refreshed, expected);
    server.clock.advance(Duration::from_hours(7));
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
}

#[tokio::test]
async fn an_old_refresh_token_of_a_client_that_proved_itself_ends_the_session_but_for_a_retry() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
    })
    .await;
    let first = token(&server).await;
    let second = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let repeated = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    assert_eq!(repeated, second, "the answer was lost, and asked for again");
    let third = body(refresh(&server, &second["refresh_token"]).await, 200).await;
    assert_eq!(check(&server, &third["access_token"]).await, 200);
    assert_eq!(error(refresh(&server, &first["refresh_token"]).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &third["access_token"]).await, 401);
    assert_eq!(error(refresh(&server, &third["refresh_token"]).await).await.0, 400);
}

#[tokio::test]
async fn each_code_has_a_session_of_its_own_where_logins_are_given_the_one_that_lives() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
        fixture.account.session_policy.concurrency = Concurrency::Same;
    })
    .await;
    let first = token(&server).await;
    let rotated = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    let second = token(&server).await;
    assert_ne!(second["access_token"], first["access_token"]);
    server.clock.advance(Duration::from_secs(11));
    body(refresh(&server, &second["refresh_token"]).await, 200).await;
    body(refresh(&server, &rotated["refresh_token"]).await, 200).await;
}

#[tokio::test]
async fn a_retry_is_one_for_ten_seconds() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.refresh_rotation = RefreshRotation::Always;
    })
    .await;
    let first = token(&server).await;
    let second = body(refresh(&server, &first["refresh_token"]).await, 200).await;
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(error(refresh(&server, &first["refresh_token"]).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &second["access_token"]).await, 401);
}

#[tokio::test]
async fn either_token_revokes_the_session_with_either_spelling() {
    for (query, which) in [("v=1.0", "access_token"), ("v1.0", "refresh_token"), ("", "access_token")] {
        let server = start().await;
        let answer = token(&server).await;
        let form = with(&refresh_form(&answer["refresh_token"]), "token", answer[which].as_str().unwrap());
        let revoked = send(&server, &format!("token/revoke?{query}"), &form).await;
        assert_eq!(revoked.status(), 200, "{query}");
        assert_eq!(check(&server, &answer["access_token"]).await, 401);
        let again = send(&server, "token/revoke?v=1.0", &form).await;
        assert_eq!(again.status(), 200, "what is over is no failure");
    }
}

#[tokio::test]
async fn a_client_revokes_nothing_of_others() {
    let server = start().await;
    let other: Value = server.log_in("name", "password").await.json().await.unwrap();
    let form = with(&refresh_form(&json!("x")), "token", other["bearer"].as_str().unwrap());
    let refused = send(&server, "token/revoke?v=1.0", &form).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &other["bearer"]).await, 200);
    let wrong = send(&server, "token/revoke?v=1.0", &with(&form, "client_secret", "wrong")).await;
    assert_eq!(error(wrong).await, (401, "invalid_client".into()));
}

#[tokio::test]
async fn s4_a_client_that_loses_its_right_loses_its_sessions() {
    for change in 0..4 {
        let server = start().await;
        let answer = token(&server).await;
        let mut client = server.fixture.oauth_client.clone();
        match change {
            0 => client.enabled = false,
            1 => client.metadata.grant_types = vec![GrantType::ClientCredentials],
            2 => client.metadata.enabled_for_profiles = vec![404],
            _ => client.secret_version = client.secret_version.next(),
        }
        let put = vestibule_store::Change::PutOauthClient(server.fixture.account.id, client.into());
        server.change(vec![put]).await;
        assert_eq!(check(&server, &answer["access_token"]).await, 401, "{change}");
    }
}

#[tokio::test]
async fn s8_the_kinds_of_tokens_are_not_each_other() {
    let server = start().await;
    let answer = token(&server).await;
    assert_eq!(check(&server, &answer["refresh_token"]).await, 401);
    assert_eq!(check(&server, &answer["id_token"]).await, 401);
    assert_eq!(error(refresh(&server, &answer["access_token"]).await).await.0, 400);
    let elsewhere = format!("/sentinel/api/account/other/{}", "token?v=1.0");
    let form = refresh_form(&answer["refresh_token"]);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(error(post(&server, &elsewhere, &form).await).await, (401, "invalid_client".into()));
}
