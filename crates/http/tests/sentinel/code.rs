//! What a code is changed into: a session like any other, opened once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule_auth::AuthorizationRequest;
use vestibule_model::{Account, Clock};
use vestibule_store::Change;

use crate::grants::{
    CHALLENGE, VERIFIER, check, code, code_for, form, page, redeem, refresh, request, token, with,
};
use crate::support::{BACK, CLIENT, body, error, key_set, start, start_with, verified};

#[tokio::test]
async fn a_code_becomes_a_bearer_that_passes_the_check_and_an_id_token() {
    let server = start_with(|fixture, _| fixture.user("name").email = "n@example.com".to_owned()).await;
    let page = page(&server, "name").await;
    let request =
        AuthorizationRequest { scope: "openid email".to_owned(), nonce: Some("n-1".to_owned()), ..request() };
    let answer = body(redeem(&server, &form(&code_for(&server, &page, &request))).await, 200).await;
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 28_800);
    assert_eq!(answer["access_token"].as_str().unwrap().len(), 64);
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
    let keys = key_set(&server, "/sentinel/well-known/jwks").await;
    let (_, claims) = verified(answer["id_token"].as_str().unwrap(), &keys).unwrap();
    let iat = claims["iat"].as_i64().unwrap();
    let expected = json!({
        "sub": "3705342601", "aud": CLIENT, "iss": "sentinel", "iat": iat, "exp": iat + 600, "auth_time": iat,
        "is_admin": true, "is_lpa": claims["is_lpa"], "nonce": "n-1", "email": "n@example.com",
    });
    assert_eq!(claims, expected);
}

#[tokio::test]
async fn the_session_is_one_like_any_other_and_replaces_the_users_last_one() {
    let server = start().await;
    let before: Value = server.log_in("name", "password").await.json().await.unwrap();
    let answer = token(&server).await;
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
    assert_eq!(check(&server, &before["bearer"]).await, 401);
}

#[tokio::test]
async fn s13_a_code_counts_once_and_its_second_use_ends_what_the_first_opened() {
    let server = start().await;
    let code = code(&server).await;
    let answer = body(redeem(&server, &form(&code)).await, 200).await;
    assert_eq!(error(redeem(&server, &form(&code)).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &answer["access_token"]).await, 401);
    assert_eq!(error(refresh(&server, &answer["refresh_token"]).await).await.0, 400);
}

#[tokio::test]
async fn s13_a_used_code_that_does_not_fit_ends_nothing() {
    let server = start().await;
    let code = code(&server).await;
    let answer = body(redeem(&server, &form(&code)).await, 200).await;
    for wrong in [with(&form(&code), "code_verifier", VERIFIER), with(&form(&code), "redirect_uri", "")] {
        assert_eq!(error(redeem(&server, &wrong).await).await, (400, "invalid_grant".into()));
    }
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
}

#[tokio::test]
async fn s13_of_many_who_use_a_code_at_once_at_most_one_has_a_session() {
    let server = start().await;
    let code = code(&server).await;
    let form = form(&code);
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(redeem(&server, &form));
    }
    let mut given = Vec::new();
    for answer in futures_of(answers).await {
        if answer.status() == 200 {
            given.push(answer.json::<Value>().await.unwrap());
        }
    }
    assert_eq!(given.len(), 1);
    assert_eq!(check(&server, &given[0]["access_token"]).await, 401, "somebody else showed it too");
}

async fn futures_of<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut waits = false;
        for (future, slot) in futures.iter_mut().zip(&mut done) {
            if slot.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *slot = Some(output),
                    std::task::Poll::Pending => waits = true,
                }
            }
        }
        if waits { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_code_counts_for_a_minute() {
    let server = start().await;
    let [in_time, late] = [code(&server).await, code(&server).await];
    server.clock.advance(Duration::from_secs(59));
    body(redeem(&server, &form(&in_time)).await, 200).await;
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(error(redeem(&server, &form(&late)).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn a_code_counts_no_more_once_an_account_has_the_clients_id() {
    let server = start_with(|fixture, _| fixture.oauth_client.client_id = "acme".to_owned()).await;
    let page = page(&server, "name").await;
    let here = server.fixture.account.clone();
    let authorizing = server.auth.authorizing(here.id, "acme", Some(BACK)).unwrap();
    let code = server.auth.authorization_code(&page, &authorizing, &request(), server.clock.now()).unwrap();
    let id = "acme".parse().unwrap();
    let account = Account { id, code: "ACME".to_owned(), number: here.number + 1, ..here };
    server.change(vec![Change::PutAccount(account.into())]).await;
    let redeemed = redeem(&server, &with(&form(&code), "client_id", "acme")).await;
    assert_eq!(error(redeemed).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn x10_a_code_counts_for_its_redirect_uri_alone() {
    let server = start().await;
    let code = code(&server).await;
    for other in ["http://127.0.0.1:9099/callback/", "http://127.0.0.1:9099/Callback", ""] {
        let refused = redeem(&server, &with(&form(&code), "redirect_uri", other)).await;
        assert_eq!(error(refused).await, (400, "invalid_grant".into()), "{other}");
    }
    body(redeem(&server, &form(&code)).await, 200).await;
}

#[tokio::test]
async fn a_code_of_somebody_else_does_not_count() {
    let server = start().await;
    let own = code(&server).await;
    let mut changed = URL_SAFE_NO_PAD.decode(&own).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    for code in ["", "x", &own[1..], &URL_SAFE_NO_PAD.encode(changed), &"A".repeat(6_000)] {
        let (status, kind) = error(redeem(&server, &with(&form(&own), "code", code)).await).await;
        let expected = if code.is_empty() { "invalid_request" } else { "invalid_grant" };
        assert_eq!((status, kind.as_str()), (400, expected), "{}", code.len());
    }
}

#[tokio::test]
async fn x9_a_code_with_a_challenge_needs_its_verifier() {
    let server = start().await;
    let page = page(&server, "name").await;
    let request = AuthorizationRequest {
        code_challenge: Some(CHALLENGE.to_owned()),
        code_challenge_method: Some("S256".to_owned()),
        ..request()
    };
    let code = code_for(&server, &page, &request);
    for wrong in ["", CHALLENGE, &VERIFIER[1..]] {
        let refused = redeem(&server, &with(&form(&code), "code_verifier", wrong)).await;
        assert_eq!(error(refused).await, (400, "invalid_grant".into()), "{wrong}");
    }
    body(redeem(&server, &with(&form(&code), "code_verifier", VERIFIER)).await, 200).await;
}

#[tokio::test]
async fn x9_a_verifier_without_a_challenge_does_not_count() {
    let server = start().await;
    let code = code(&server).await;
    let refused = redeem(&server, &with(&form(&code), "code_verifier", VERIFIER)).await;
    assert_eq!(error(refused).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn whoever_signed_out_of_the_pages_gives_nothing_any_more() {
    let server = start().await;
    let page = page(&server, "name").await;
    let code = code_for(&server, &page, &request());
    server.auth.end_page_session(&page, None).await.unwrap();
    assert_eq!(error(redeem(&server, &form(&code)).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn whoever_signs_out_of_the_pages_while_a_session_is_opened_gives_none() {
    let server = start().await;
    let page = page(&server, "name").await;
    let code = code_for(&server, &page, &request());
    let gate = server.faults.delay(|change| matches!(change, vestibule_store::Change::OpenSession(_)));
    let form = form(&code);
    let overtake = async {
        gate.reached().await;
        server.auth.end_page_session(&page, None).await.unwrap();
        gate.open();
    };
    let (answer, ()) = tokio::join!(redeem(&server, &form), overtake);
    assert_eq!(error(answer).await, (400, "invalid_grant".into()));
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn a_code_survives_a_restart_and_so_does_that_it_was_used() {
    let mut server = start().await;
    let [one, other] = [code(&server).await, code(&server).await];
    let answer = body(redeem(&server, &form(&one)).await, 200).await;
    server.restart().await;
    assert_eq!(check(&server, &answer["access_token"]).await, 200);
    assert_eq!(error(redeem(&server, &form(&one)).await).await, (400, "invalid_grant".into()));
    assert_eq!(check(&server, &answer["access_token"]).await, 401);
    body(redeem(&server, &form(&other)).await, 200).await;
}

#[tokio::test]
async fn a_client_for_some_profiles_is_given_no_code_of_others() {
    let server = start_with(|fixture, _| {
        fixture.oauth_client.metadata.enabled_for_profiles = vec![404];
    })
    .await;
    let page = page(&server, "name").await;
    let authorizing = server.auth.authorizing(server.fixture.account.id, CLIENT, Some(BACK)).unwrap();
    let code = server.auth.authorization_code(&page, &authorizing, &request(), server.clock.now());
    assert!(code.is_err());
}

#[tokio::test]
async fn the_end_of_a_reused_session_is_told_in_the_audit() {
    let server = start().await;
    let code = code(&server).await;
    redeem(&server, &form(&code)).await;
    redeem(&server, &form(&code)).await;
    let query = vestibule_store::AuditQuery { limit: 100, ..vestibule_store::AuditQuery::default() };
    let page = server.auth.audit(query).await.unwrap();
    let told: Vec<Value> =
        page.entries.iter().map(|entry| serde_json::to_value(&entry.record).unwrap()).collect();
    assert!(told.iter().any(|entry| entry["action"] == "session-ended" && entry["reason"] == "token-reused"));
    assert!(told.iter().any(|entry| entry["action"] == "token-refused" && entry["reason"] == "token-reused"));
}

#[tokio::test]
async fn x10_a_code_for_an_address_that_was_taken_away_since_does_not_count() {
    let server = start().await;
    let code = code(&server).await;
    let mut client = server.fixture.oauth_client.clone();
    client.metadata.redirect_uris = vec!["https://other.example/".to_owned()];
    server.change(vec![Change::PutOauthClient(server.fixture.account.id, client.into())]).await;
    assert_eq!(error(redeem(&server, &form(&code)).await).await, (400, "invalid_grant".into()));
}

#[tokio::test]
async fn a_code_that_nobody_was_asked_for_does_not_count_where_users_are_asked_since() {
    let server = start().await;
    let page = page(&server, "name").await;
    let before = code_for(&server, &page, &request());
    let mut client = server.fixture.oauth_client.clone();
    client.metadata.consent = true;
    server.change(vec![Change::PutOauthClient(server.fixture.account.id, client.into())]).await;
    assert_eq!(error(redeem(&server, &form(&before)).await).await, (400, "invalid_grant".into()));
    body(redeem(&server, &form(&code_for(&server, &page, &request()))).await, 200).await;
}

#[tokio::test]
async fn x9_no_code_is_given_to_a_client_whose_id_is_that_of_an_account() {
    let id = "clientid";
    let server = start_with(|fixture, _| fixture.oauth_client.client_id = id.to_owned()).await;
    let account = server.fixture.account.clone();
    assert!(server.auth.authorizing(account.id, id, Some(BACK)).is_ok());
    let other = vestibule_model::Account {
        id: id.parse().unwrap(),
        code: "OTHER".into(),
        number: 99,
        ..account.clone()
    };
    server.change(vec![Change::PutAccount(other.into())]).await;
    assert!(server.auth.authorizing(account.id, id, Some(BACK)).is_err());
}
