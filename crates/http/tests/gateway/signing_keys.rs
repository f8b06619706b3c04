//! Which key a signed request names: consumer keys are unique within an account alone, and a key may have two sets of values.

use vestibule_auth::seal_api_key;
use vestibule_crypto::{OsRng, SealContext, Sealer};
use vestibule_model::{ApiKey, ApiKeyValues, ApplicationId, GatewayRuleSettings, SecretVersion, Superseded};
use vestibule_oauth1::testing::{Client, Made};
use vestibule_testkit::Key;

use super::signatures::{any, asked, client, made, server, set, told};
use super::*;

/// A key like the bot's, with another id and other values.
fn twin(server: &TestServer, id: i64, token: &str, secrets: [&str; 2]) -> ApiKey {
    let before = server.fixture.api_key.clone();
    let mut key = ApiKey { id: ApplicationId(id), access_token: token.into(), ..before };
    seal_api_key(&Sealer::derive(server.master()), &OsRng, &mut key, secrets[0], secrets[1]);
    key
}

/// The values of the bot's key, as those before others are kept.
fn superseded(server: &TestServer) -> ApiKeyValues {
    let (sealer, row) = (Sealer::derive(server.master()), 1_i64.to_be_bytes());
    let seal = |column, secret: &str| {
        let place = SealContext { table: "api_keys", column, row: &row };
        sealer.seal(&OsRng, &place, secret.as_bytes())
    };
    ApiKeyValues {
        sealed_secret: seal("sealed_superseded_secret", Key::BOT.secret),
        access_token: Key::BOT.access_token.into(),
        sealed_access_token_secret: seal(
            "sealed_superseded_access_token_secret",
            Key::BOT.access_token_secret,
        ),
    }
}

/// Another account, `other`, that has a key of the same consumer key.
async fn with_other_account(server: &TestServer, token: &str) {
    let mut other = server.fixture.account.clone();
    other.id = "other".parse().unwrap();
    (other.code, other.number) = ("OTHER".into(), 999);
    let key = twin(server, 77, token, ["other", "other"]);
    let id = other.id;
    server.change(vec![Change::PutAccount(other.into()), Change::PutApiKey(id, key.into())]).await;
}

#[tokio::test]
async fn of_two_accounts_with_one_consumer_key_the_token_tells_which() {
    let server = server().await;
    with_other_account(&server, "other-token").await;
    let by = client(&Key::BOT);
    assert_eq!(told(&server, &by, &made(&server, "a")).await.0, 200);
    let other = Client {
        consumer_secret: "other".into(),
        token: "other-token".into(),
        token_secret: "other".into(),
        ..by.clone()
    };
    let header = other.authorization(&made(&server, "b"));
    let answer =
        asked(&server, "nginx", "/v1/x?b=%20&a=1").header("authorization", header).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &*super::header(&answer, "x-vestibule-account")), (200, "other"));
}

/// With other secrets, or disabled: what one account's administrator does is nothing to the requests of another's.
#[tokio::test]
async fn g5_a_key_of_the_same_name_in_another_account_keeps_nobody_out() {
    let server = server().await;
    with_other_account(&server, Key::BOT.access_token).await;
    let by = client(&Key::BOT);
    assert_eq!(told(&server, &by, &made(&server, "a")).await.0, 200);
    let mut same = twin(&server, 77, Key::BOT.access_token, [Key::BOT.secret, Key::BOT.access_token_secret]);
    same.enabled = false;
    server.change(vec![Change::PutApiKey("other".parse().unwrap(), same.into())]).await;
    assert_eq!(told(&server, &by, &made(&server, "b")).await.0, 200);
}

#[tokio::test]
async fn of_two_accounts_with_one_key_and_its_secrets_the_rule_or_the_target_tells_which() {
    let server = server().await;
    with_other_account(&server, Key::BOT.access_token).await;
    let same = twin(&server, 77, Key::BOT.access_token, [Key::BOT.secret, Key::BOT.access_token_secret]);
    server.change(vec![Change::PutApiKey("other".parse().unwrap(), same.into())]).await;
    let by = client(&Key::BOT);
    let refused = told(&server, &by, &made(&server, "a")).await;
    assert!(refused.0 == 401 && refused.1.starts_with("oauth_problem=consumer_key_unknown"), "{refused:?}");
    let target = format!("/api/account/{ACCOUNT}/x");
    let uri = format!("https://api.example.com{target}");
    let made_there = Made { uri: &uri, parameters: &[], ..made(&server, "b") };
    let request = asked(&server, "nginx", &target).header("authorization", by.authorization(&made_there));
    assert_eq!(request.send().await.unwrap().status(), 200);
    set(&server, GatewayRuleSettings { accounts: vec![ACCOUNT.parse().unwrap()], ..any() }).await;
    assert_eq!(told(&server, &by, &made(&server, "c")).await.0, 200);
}

/// A use is that of consumer key and token, whichever key has them.
#[tokio::test]
async fn g5_a_key_that_is_made_again_with_the_same_values_has_its_uses() {
    let server = server().await;
    let (by, once) = (client(&Key::BOT), made(&server, "n"));
    assert_eq!(told(&server, &by, &once).await.0, 200);
    let account = server.fixture.account.id;
    server.change(vec![Change::DeleteApiKey(account, ApplicationId(1))]).await;
    let again = twin(&server, 78, Key::BOT.access_token, [Key::BOT.secret, Key::BOT.access_token_secret]);
    server.change(vec![Change::PutApiKey(account, again.into())]).await;
    assert!(told(&server, &by, &once).await.1.starts_with("oauth_problem=nonce_used"));
    assert_eq!(told(&server, &by, &made(&server, "m")).await.0, 200);
}

#[tokio::test]
async fn both_sets_of_values_sign_while_they_overlap_and_no_mixture_of_them() {
    let server = server().await;
    let until = vestibule_model::Clock::now(&*server.clock).plus(Duration::from_mins(1));
    let mut key = twin(&server, 1, "new-token", ["new", "new-too"]);
    key.secret_version = SecretVersion(1);
    key.superseded = Some(Superseded { values: superseded(&server), until });
    server.change(vec![Change::PutApiKey(server.fixture.account.id, key.into())]).await;
    let old = client(&Key::BOT);
    let new = Client {
        consumer_secret: "new".into(),
        token: "new-token".into(),
        token_secret: "new-too".into(),
        ..old.clone()
    };
    let mixed = Client { token: old.token.clone(), ..new.clone() };
    assert_eq!(told(&server, &old, &made(&server, "a")).await.0, 200);
    assert_eq!(told(&server, &new, &made(&server, "b")).await.0, 200);
    let refused = told(&server, &mixed, &made(&server, "c")).await.1;
    assert!(refused.starts_with("oauth_problem=signature_invalid"), "{refused}");
    server.clock.advance(Duration::from_mins(1));
    let refused = told(&server, &old, &made(&server, "d")).await.1;
    assert!(refused.starts_with("oauth_problem=token_rejected"), "{refused}");
    assert_eq!(told(&server, &new, &made(&server, "e")).await.0, 200);
}
