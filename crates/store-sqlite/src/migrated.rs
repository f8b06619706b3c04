//! Files that an earlier version wrote: what they hold is there after opening, and what is new has its default.

use rusqlite::Connection;
use tempfile::TempDir;
use vestibule_model::{
    Application, ApplicationId, Dialect, GatewayRule, GatewayRuleSettings, LockoutPolicy, PasswordPolicy,
    Population, RoleType, Session, SessionPolicy, UserId,
};
use vestibule_store::conformance::samples::application_token;
use vestibule_store::{AccountRows, Change, Sequence, Store};

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

/// Version 1 had one change, which later ones forgot.
#[tokio::test]
async fn its_sequence_goes_on() {
    let (store, _directory) = store();
    let before = store.directory().await.unwrap().sequence;
    assert_eq!(before, Sequence(1));
    let rule = GatewayRule { name: "a".into(), settings: GatewayRuleSettings::default() };
    store.commit(vec![Change::PutGatewayRule(rule.into())]).await.unwrap();
    let changes = store.changes(before).await.unwrap();
    assert_eq!((changes.is_trimmed, changes.changed.len(), changes.sequence), (false, 1, Sequence(2)));
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
    let Session { application, dialect, .. } = store.sessions(None, 9).await.unwrap().remove(0).session;
    assert_eq!((application, dialect), (Application::OauthClient(ApplicationId(5)), Dialect::LivePerson));
}

/// It was written when it had moved by a 64th of the idle limit of 900 seconds.
#[tokio::test]
async fn its_sessions_were_used_as_late_as_they_may_have_been() {
    let (store, _directory) = store();
    let Session { last_used, .. } = store.sessions(None, 9).await.unwrap().remove(0).session;
    assert_eq!(last_used.as_unix(), 1_780_000_000_002 + 900_000 / 64);
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

/// Another user like the one of version 1: id, account number, population, login name and its key are told.
const ANOTHER: &str = "
    INSERT INTO users (id, account_id, pid, number, population, kind, login_name, name_key, full_name, nickname, email,
        enabled, max_chats, max_async_chats, profiles, skills, manager_of, must_change_password, credential_version)
    SELECT ?1, account_id, randomblob(16), ?2, ?3, kind, ?4, ?5, full_name, nickname, email,
        enabled, max_chats, max_async_chats, profiles, skills, manager_of, must_change_password, credential_version
    FROM users WHERE id = 1000000001";

/// A file of before compositions were one name with users of these ids and names, brought to this version. Answers names
/// and their keys by id.
fn names_of(users: &[(i64, Population, &str)]) -> Vec<(i64, String, String)> {
    let connection = Connection::open_in_memory().unwrap();
    migrations::apply(&connection, &migrations::ALL[..1]).unwrap();
    connection.execute_batch(VERSION_1).unwrap();
    let before = migrations::ALL.iter().position(|migration| migration.name == "composed_names").unwrap();
    migrations::apply(&connection, &migrations::ALL[..before]).unwrap();
    for (number, (id, population, name)) in (100_i64..).zip(users) {
        let population_number = if *population == Population::User { 1 } else { 2 };
        let key = population.spelling(name);
        connection.execute(ANOTHER, (id, number, population_number, name, key)).unwrap();
    }
    migrations::apply(&connection, migrations::ALL).unwrap();
    let sql = "SELECT id, login_name, name_key FROM users WHERE number >= 100 ORDER BY id";
    let mut select = connection.prepare(sql).unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn l2_names_of_before_are_found_however_they_are_composed() {
    let found = names_of(&[(1, Population::User, "Zoe\u{308}"), (2, Population::Agent, "ZOE\u{308}")]);
    let keys: Vec<&str> = found.iter().map(|(.., key)| key.as_str()).collect();
    assert_eq!(keys, ["Zo\u{eb}", "zo\u{eb}"]);
    assert_eq!(found[0].1, "Zoe\u{308}", "what the user is called stays");
}

#[test]
fn of_names_that_become_one_whoever_spells_it_so_has_it_and_nobody_is_lost() {
    let found = names_of(&[(1, Population::User, "zoe\u{308}"), (2, Population::User, "zo\u{eb}")]);
    assert_eq!((found[0].2.as_str(), found[1].2.as_str()), ("zoe\u{308}", "zo\u{eb}"));
}

#[test]
fn of_names_that_become_one_the_lowest_id_has_it_if_nobody_spells_it_so() {
    // Dots above and below, which stand in one order when they are composed.
    let one = (1, Population::User, "s\u{307}\u{323}");
    let found = names_of(&[(2, Population::User, "\u{1e61}\u{323}"), one]);
    assert_eq!((found[0].2.as_str(), found[1].2.as_str()), ("\u{1e69}", "\u{1e61}\u{323}"));
}

#[tokio::test]
async fn l2_a_user_who_lost_a_name_to_another_can_still_be_changed() {
    let (store, directory) = store();
    let connection = Connection::open(directory.path().join("vestibule.db")).unwrap();
    for (id, name) in [(7, "zo\u{eb}"), (8, "zoe\u{308}")] {
        connection.execute(ANOTHER, (id, id, 1, name, name)).unwrap();
    }
    let mut second = store.user(UserId(8)).await.unwrap().unwrap();
    second.enabled = false;
    store.commit(vec![Change::PutUser(second.clone().into())]).await.unwrap();
    assert_eq!(store.user(UserId(8)).await.unwrap(), Some(second.clone()));
    let renamed = vestibule_model::User { login_name: "zo\u{eb}".into(), ..second };
    assert!(store.commit(vec![Change::PutUser(renamed.into())]).await.is_err(), "the name is the other's");
}
