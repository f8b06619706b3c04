//! Clients that keep no secret.

use serde_json::Value;
use vestibule_auth::AuthorizationRequest;
use vestibule_model::GrantType;
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::grants::{CHALLENGE, VERIFIER, check, code_for, form, page, redeem, refresh_form, request, with};
use crate::support::{BACK, CLIENT, SECRET, body, error, post, start_with};

/// A server whose client is public, and what it gets for a code with PKCE.
async fn public() -> (TestServer, Value) {
    let server = start_with(|fixture, _| {
        let metadata = &mut fixture.oauth_client.metadata;
        (metadata.public, metadata.grant_types) =
            (true, vec![GrantType::AuthorizationCode, GrantType::RefreshToken]);
    })
    .await;
    let page = page(&server, "name").await;
    let request = AuthorizationRequest {
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..request()
    };
    let form = with(&form(&code_for(&server, &page, &request)), "client_secret", "");
    let answer = body(redeem(&server, &with(&form, "code_verifier", VERIFIER)).await, 200).await;
    (server, answer)
}

#[tokio::test]
async fn a_public_client_shows_no_secret_and_its_refresh_token_counts_once() {
    let (server, first) = public().await;
    let form = |token: &Value| with(&refresh_form(token), "client_secret", "");
    let second = body(redeem(&server, &form(&first["refresh_token"])).await, 200).await;
    let refused = redeem(&server, &form(&first["refresh_token"])).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &second["access_token"]).await, 401, "the family ends");
}

#[tokio::test]
async fn x9_a_public_client_is_given_no_code_without_a_challenge() {
    let (server, _) = public().await;
    let authorizing = server.auth.authorizing(server.fixture.account.id, CLIENT, Some(BACK)).unwrap();
    assert!(authorizing.check(&request()).is_err());
    let plain = AuthorizationRequest { code_challenge: Some(VERIFIER.to_owned()), ..request() };
    assert!(authorizing.check(&plain).is_err());
    let method = AuthorizationRequest { code_challenge_method: Some("plain".to_owned()), ..plain };
    assert!(authorizing.check(&method).is_err());
}

#[tokio::test]
async fn s3_another_accounts_public_client_of_the_id_keeps_no_token_from_being_revoked() {
    let (server, given) = public().await;
    let mut other = server.fixture.oauth_client.clone();
    other.id.0 = 1_002;
    // Before the fixture's in the order of accounts.
    let account = vestibule_auth::new_account("1".parse().unwrap(), None);
    let (first, number) = (account.id, server.fixture.account.number + 2);
    let account = vestibule_model::Account { number, ..account };
    let changes = vec![Change::PutAccount(Box::new(account)), Change::PutOauthClient(first, Box::new(other))];
    server.change(changes).await;
    for token in ["refresh_token", "access_token"] {
        let form = [("token", given[token].as_str().unwrap()), ("client_id", CLIENT)];
        assert_eq!(post(&server, "/oauth2/revoke", &form).await.status(), 200, "{token}");
        assert_eq!(check(&server, &given["access_token"]).await, 401);
    }
}

#[tokio::test]
async fn the_secret_of_a_public_client_logs_no_bot_in() {
    let (server, _) = public().await;
    let key = vestibule_testkit::Key {
        app_key: CLIENT,
        secret: SECRET,
        access_token: "dummy",
        access_token_secret: "dummy",
    };
    assert_eq!(server.log_in_with_key("client", &key).await.status(), 401);
}
