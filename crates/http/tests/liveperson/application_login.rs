//! Application login: the four values of an API key, or an OAuth client's id and secret in the same fields.

use serde_json::json;
use vestibule_model::{
    AccountState, Application, ApplicationId, AuthenticationMethod, Dialect, Millis, Privilege,
};
use vestibule_store::Change;
use vestibule_testkit::{Key, TestServer, session_of};

use crate::told;

const CLIENT: Key = Key {
    app_key: "client-id",
    secret: "client-secret",
    access_token: "dummy",
    access_token_secret: "dummy",
};

#[tokio::test]
async fn a_bot_logs_in_with_its_key() {
    let server = TestServer::start().await;
    let session = session_of(server.log_in_with_key("bot", &Key::BOT).await).await;
    assert_eq!(server.refresh(&session).await, 200);
}

#[tokio::test]
async fn a_bot_logs_in_with_its_oauth_client() {
    let server = TestServer::start().await;
    let session = session_of(server.log_in_with_key("client", &CLIENT).await).await;
    assert_eq!(server.refresh(&session).await, 200);
}

#[tokio::test]
async fn each_of_the_four_values_must_be_right() {
    let server = TestServer::start().await;
    let wrong = [
        Key { app_key: "0123456789abcdef0123456789abcdee", ..Key::BOT },
        Key { secret: "0123456789abcdee", ..Key::BOT },
        Key { secret: "", ..Key::BOT },
        Key { access_token: "fedcba9876543210fedcba9876543211", ..Key::BOT },
        Key { access_token_secret: "fedcba9876543211", ..Key::BOT },
    ];
    let expected = (401, json!({ "error": "Bad Authentication (invalid site or agent)" }));
    for key in wrong {
        assert_eq!(told(server.log_in_with_key("bot", &key).await).await, expected, "{key:?}");
    }
}

#[tokio::test]
async fn a_wrong_client_secret_is_refused() {
    let server = TestServer::start().await;
    let key = Key { secret: "client-secreT", ..CLIENT };
    assert_eq!(server.log_in_with_key("client", &key).await.status(), 401);
}

#[tokio::test]
async fn an_empty_password_beside_a_key_is_no_password() {
    let server = TestServer::start().await;
    let body = json!({
        "username": "bot", "password": "", "appKey": Key::BOT.app_key, "secret": Key::BOT.secret,
        "accessToken": Key::BOT.access_token, "accessTokenSecret": Key::BOT.access_token_secret,
    });
    assert_eq!(server.post("/api/account/12345678/login?v=1.3", &body).await.status(), 200);
}

#[tokio::test]
async fn a_bot_is_tied_to_one_key() {
    let server = TestServer::start().await;
    assert_eq!(server.log_in_with_key("bot", &CLIENT).await.status(), 401);
    assert_eq!(server.log_in_with_key("client", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn a_human_does_not_log_in_with_a_key() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.user("name").allowed_app_key = Some(Key::BOT.app_key.to_owned());
    })
    .await;
    assert_eq!(server.log_in_with_key("name", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn s4_a_disabled_key_is_refused() {
    let server = TestServer::start_with(|fixture, _| fixture.api_key.enabled = false).await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn a_key_without_the_privilege_is_refused() {
    let server =
        TestServer::start_with(|fixture, _| fixture.api_key.privileges = vec![Privilege::DataRead]).await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn a_key_is_refused_from_an_address_off_its_list() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.api_key.addresses = vec!["192.0.2.0/24".parse().unwrap()];
    })
    .await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
}

#[tokio::test]
async fn a_key_is_accepted_from_an_address_on_its_list() {
    let server =
        TestServer::start_with(|fixture, _| fixture.api_key.addresses = vec!["127.0.0.0/8".parse().unwrap()])
            .await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn the_bot_feature_is_needed_and_its_lack_told() {
    let server = TestServer::start_with(|fixture, _| fixture.account.features.clear()).await;
    let (status, body) = told(server.log_in_with_key("bot", &Key::BOT).await).await;
    assert_eq!((status, &body["internalCode"]), (401, &json!(106)));
}

#[tokio::test]
async fn sso_and_password_expiry_do_not_matter_to_applications() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.sign_on = vestibule_model::SignOn::SsoOnly;
        fixture.account.password_policy.expiry_days = 1;
        fixture.user("bot").must_change_password = true;
    })
    .await;
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 200);
}

#[tokio::test]
async fn s4_a_session_by_key_ends_with_the_key() {
    let server = TestServer::start().await;
    let session = session_of(server.log_in_with_key("bot", &Key::BOT).await).await;
    let mut key = server.fixture.api_key.clone();
    key.enabled = false;
    server.change(vec![Change::PutApiKey(server.fixture.account.id, Box::new(key))]).await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn s4_a_disabled_account_is_refused_at_login_and_refresh() {
    let server = TestServer::start().await;
    let session = session_of(server.log_in_with_key("bot", &Key::BOT).await).await;
    let mut account = server.fixture.account.clone();
    account.state = AccountState::Disabled;
    server.change(vec![Change::PutAccount(Box::new(account))]).await;
    assert_eq!(server.refresh(&session).await, 401);
    assert_eq!(server.log_in_with_key("bot", &Key::BOT).await.status(), 401);
    // What ended stays ended when the account is enabled again.
    server.change(vec![Change::PutAccount(Box::new(server.fixture.account.clone()))]).await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn a_session_remembers_its_application() {
    let server = TestServer::start().await;
    server.log_in_with_key("bot", &Key::BOT).await;
    let sessions = server.stored_sessions().await;
    let [session] = sessions.as_slice() else { panic!("one session: {sessions:?}") };
    assert_eq!(session.application, Application::ApiKey(ApplicationId(1)));
    assert_eq!((session.method, session.dialect), (AuthenticationMethod::ApiKey, Dialect::LivePerson));
    assert_eq!(session.created, Millis::from_unix(1_474_549_184_722));
}
