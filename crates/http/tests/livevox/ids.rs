//! Session ids: their form, those of before they carried a MAC, and forged ones.

use std::sync::Arc;
use std::time::Duration;

use uuid::{Uuid, Variant};
use vestibule_model::{Application, AuthenticationMethod, Clock, Dialect, SecretVersion, Session, SessionId};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

use crate::{log_out, session, start, used, validate};

/// A session as it was opened before LiveVox ids carried a MAC, in the store of a server that was started anew and has not
/// read its sessions; and its LiveVox id.
async fn started_on_a_session_of_before() -> (TestServer, String) {
    let mut server = start().await;
    let (user, now) = (server.fixture.user("name").clone(), server.clock.now());
    let before = Session {
        id: SessionId([1; 16]),
        account: user.account,
        user: user.id,
        application: Application::None,
        secret_version: SecretVersion(0),
        method: AuthenticationMethod::Password,
        dialect: Dialect::LiveVox,
        address: None,
        created: now,
        last_used: now,
        idle: Duration::from_hours(2),
        absolute_end: None,
        credential_version: user.credential_version,
    };
    let id = server.auth.tokens().livevox(before.id);
    server.store.commit(vec![Change::OpenSession(before.into())]).await.unwrap();
    server.restart_unloaded().await;
    (server, Uuid::from_bytes(id).to_string())
}

/// The same with another last digit.
fn forged(id: &str) -> String {
    let last = if id.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &id[..35])
}

#[tokio::test]
async fn an_id_is_a_random_uuid_in_lower_case() {
    let server = start().await;
    let id = session(&server).await;
    let uuid = Uuid::try_parse(&id).unwrap();
    assert_eq!((uuid.get_version_num(), uuid.get_variant()), (4, Variant::RFC4122));
    assert_eq!(id, uuid.hyphenated().to_string());
}

#[tokio::test]
async fn an_id_of_before_ids_carried_a_mac_goes_on() {
    let (server, id) = started_on_a_session_of_before().await;
    server.auth.load().await;
    assert_eq!((validate(&server, &id).await, used(&server, &id).await), (204, 200));
    assert_eq!(validate(&server, &forged(&id)).await, 404);
    assert_eq!(log_out(&server, &id).await, 204);
    assert_eq!((validate(&server, &id).await, used(&server, &id).await), (404, 401));
}

#[tokio::test]
async fn an_id_without_a_mac_waits_for_the_table_while_there_may_be_a_session_of_before() {
    let (server, id) = started_on_a_session_of_before().await;
    let server = Arc::new(server);
    let asked = [id.clone(), forged(&id)].map(|id| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { used(&server, &id).await })
    });
    server.auth.load().await;
    let mut answers = Vec::new();
    for asked in asked {
        answers.push(asked.await.unwrap());
    }
    assert_eq!(answers, [200, 401]);
}

#[tokio::test]
async fn s8_a_forged_id_waits_for_nothing_while_sessions_are_read() {
    let mut server = start().await;
    let forged = forged(&session(&server).await);
    server.restart_unloaded().await;
    assert_eq!(validate(&server, &forged).await, 404);
    assert_eq!(used(&server, &forged).await, 401);
    assert_eq!(log_out(&server, &forged).await, 404);
}
