//! Logins that somebody overtakes while their session is being stored.

use vestibule_model::User;
use vestibule_store::Change;
use vestibule_testkit::{Key, TestServer};

use crate::{stored, told};

/// The status of a login whose session is in the store and in no table yet when `changes` are followed.
async fn overtaken(server: &TestServer, changes: Vec<Change>) -> u16 {
    let gate = server.faults.hold(|change| matches!(change, Change::OpenSession(_)));
    let login = server.log_in_with_key("bot", &Key::BOT);
    let overtake = async {
        gate.reached().await;
        server.change(changes).await;
        gate.open();
    };
    let (answer, ()) = tokio::join!(login, overtake);
    told(answer).await.0
}

fn bot(server: &TestServer) -> User {
    server.fixture.users.iter().find(|user| user.login_name == "bot").unwrap().clone()
}

#[tokio::test]
async fn s6_a_user_who_is_disabled_while_the_login_is_stored_is_left_no_session() {
    let server = TestServer::start().await;
    let disabled = User { enabled: false, ..bot(&server) };
    assert_eq!(overtaken(&server, vec![Change::PutUser(disabled.into())]).await, 401);
    assert_eq!(stored(&server).await, []);
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn s6_a_user_who_is_deleted_while_the_login_is_stored_is_left_no_session() {
    let server = TestServer::start().await;
    assert_eq!(overtaken(&server, vec![Change::DeleteUser(bot(&server).id)]).await, 401);
    assert_eq!(stored(&server).await, []);
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn s6_a_key_that_is_disabled_while_the_login_is_stored_is_left_no_session() {
    let server = TestServer::start().await;
    let key = vestibule_model::ApiKey { enabled: false, ..server.fixture.api_key.clone() };
    let account = server.fixture.account.id;
    assert_eq!(overtaken(&server, vec![Change::PutApiKey(account, key.into())]).await, 401);
    assert_eq!(stored(&server).await, []);
    assert_eq!(server.auth.session_count(), 0);
}
