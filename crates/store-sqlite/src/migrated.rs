//! Files that an earlier version wrote: what they hold is there after opening, and what is new has its default.

use rusqlite::Connection;
use tempfile::TempDir;
use vestibule_model::{
    Application, ApplicationId, Dialect, LockoutPolicy, PasswordPolicy, Population, RoleType, Session,
    SessionPolicy, UserId,
};
use vestibule_store::conformance::samples::application_token;
use vestibule_store::{AccountRows, Change, Store};

use crate::{SqliteStore, audit_key, migrations};

/// As the program wrote it before there was a second step.
const VERSION_1: &str = r#"
    INSERT INTO meta VALUES ('master-key-check', zeroblob(32));
    INSERT INTO accounts VALUES (
        'one', 'ONE', 7, 'Europe/Athens', 1, 1, '["User Type - Bot"]', '[{"name":"agentVep","base_uri":null}]',
        '{"min_length":9,"max_sequence":0,"max_repeat":0,"require_letter":true,"require_digit":true,"require_special":false,"history":4,"expiry_days":90}',
        '{"failures":3,"unlock":"by-administrator"}',
        '{"idle_seconds":900,"absolute_seconds":3600,"concurrency":{"many":{"limit":2,"when-full":"refuse"}}}');
    INSERT INTO profiles VALUES ('one', 1, 'Boss', 1, '[100,101]');
    INSERT INTO users VALUES (
        1000000001, 'one', zeroblob(16), 1, 2, 1, 'Anna', 'anna', 'Anna', 'Anna', '', 1, NULL, 0, 0, '[1]', '[]',
        NULL, '[]', 0, '$hash', 1760000000123, '["$older"]', 4, NULL);
    INSERT INTO oauth_clients VALUES (5, 'one', 'web', zeroblob(32), 'Web', 1, '[]', '[]');
    INSERT INTO changes (account_id) VALUES ('one');
    INSERT INTO sessions VALUES (
        zeroblob(16), 'one', 1000000001, 2, 5, 3, 1, NULL, 1780000000001, 1780000000002, 900000, NULL, 4);
"#;

/// A file of version 1, opened by this one.
fn store() -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vestibule.db");
    let connection = Connection::open(&path).unwrap();
    migrations::apply(&connection, &migrations::ALL[..1]).unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    drop(connection);
    (SqliteStore::open(&path, [0; 32], audit_key()).unwrap(), directory)
}

async fn rows(store: &SqliteStore) -> AccountRows {
    store.account("one".parse().unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_account_of_version_1_keeps_what_it_had() {
    let (store, _directory) = store();
    let account = rows(&store).await.account;
    assert_eq!((account.code.as_str(), account.number, account.services.len()), ("ONE", 7, 1));
    let policy = PasswordPolicy { min_length: 9, history: 4, expiry_days: 90, ..PasswordPolicy::default() };
    assert_eq!(account.password_policy, policy);
    assert_eq!(account.lockout_policy.failures, 3);
}

#[tokio::test]
async fn its_agents_lock_as_its_users_do() {
    let (store, _directory) = store();
    let account = rows(&store).await.account;
    assert_eq!(account.agent_lockout_policy, account.lockout_policy);
    assert_ne!(account.agent_lockout_policy, LockoutPolicy::default());
}

#[tokio::test]
async fn its_livevox_sessions_live_by_the_default() {
    let (store, _directory) = store();
    assert_eq!(rows(&store).await.account.livevox_session_policy, SessionPolicy::livevox());
}

#[tokio::test]
async fn its_session_policy_reaches_the_same_dialect() {
    let (store, _directory) = store();
    let policy = rows(&store).await.account.session_policy;
    let SessionPolicy { reach, .. } = SessionPolicy::default();
    assert_eq!((policy.idle_seconds, policy.absolute_seconds, policy.reach), (900, 3_600, reach));
}

#[tokio::test]
async fn its_profiles_have_the_rank_of_their_role() {
    let (store, _directory) = store();
    let profile = rows(&store).await.profiles.remove(0);
    let role = (profile.role, profile.rank, profile.permissions);
    assert_eq!(role, (RoleType::Administrator, None, vec![100, 101]));
}

#[tokio::test]
async fn its_users_and_clients_are_there() {
    let (store, _directory) = store();
    let rows = rows(&store).await;
    let user = &rows.users[0];
    assert_eq!((user.id, user.population), (UserId(1_000_000_001), Population::Agent));
    assert_eq!(user.password.as_ref().unwrap().history, ["$older"]);
    assert_eq!(rows.oauth_clients[0].client_id, "web");
}

#[tokio::test]
async fn its_sessions_are_there() {
    let (store, _directory) = store();
    let Session { application, dialect, .. } = store.sessions(None, 9).await.unwrap().remove(0);
    assert_eq!((application, dialect), (Application::OauthClient(ApplicationId(5)), Dialect::LivePerson));
}

#[tokio::test]
async fn it_takes_what_version_1_did_not_know() {
    let (store, _directory) = store();
    let token = application_token(1);
    let put = Change::PutApplicationToken("one".parse().unwrap(), token.clone().into());
    store.commit(vec![put]).await.unwrap();
    assert_eq!(rows(&store).await.application_tokens, [token]);
}

#[tokio::test]
async fn it_is_migrated_once() {
    let (store, directory) = store();
    let before = rows(&store).await;
    drop(store);
    let again = SqliteStore::open(&directory.path().join("vestibule.db"), [0; 32], audit_key()).unwrap();
    assert_eq!(rows(&again).await, before);
}

#[tokio::test]
async fn its_audit_begins_sound() {
    let (store, directory) = store();
    let entry = vestibule_store::conformance::samples::audit_record(1);
    store.commit(vec![Change::Audit(entry.into())]).await.unwrap();
    let path = directory.path().join("vestibule.db");
    let outcome = crate::verify_audit(&path, [0; 32], &*audit_key(), None, |_, _| {}).unwrap();
    assert_eq!((outcome.entries, outcome.finding), (1, None));
}
