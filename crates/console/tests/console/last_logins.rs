//! Who came in by a connection last, and by which connection a user did

use std::time::Duration;

use serde_json::json;
use vestibule_model::{AccountId, Actor, AuditAction, AuditRecord, Clock as _, Concurrency, Means};
use vestibule_serve::forms::Zone;
use vestibule_store::Change;
use vestibule_testkit::ACCOUNT;

use crate::connection_deeds::{log_in_by_one_of, page};
use crate::support::Instance;

/// An instance whose user opens one session and then is given it, with a connection.
async fn with_one_session() -> (Instance, i64) {
    let instance = Instance::start().await;
    let mut account = instance.server.fixture.account.clone();
    account.session_policy.concurrency = Concurrency::Same;
    instance.server.change(vec![Change::PutAccount(account.into())]).await;
    let id = instance.connection().await;
    (instance, id)
}

/// Logins of the user that the audit has of before, so many of each kind, a second apart.
async fn given_logins(instance: &Instance, count: u64, actions: &[AuditAction], by: Option<i64>) {
    let (user, now) = (&instance.server.fixture.users[0], instance.server.clock.now());
    let entry = |action, number| AuditRecord {
        account: ACCOUNT.parse::<AccountId>().ok(),
        user: Some(user.id),
        details: by.map(|by| format!(r#"{{"connection":{by}}}"#)),
        ..AuditRecord::new(now.plus(Duration::from_secs(number)), action, Actor::Unknown, Means::Saml)
    };
    let entries = actions.iter().flat_map(|action| (0..count).map(|number| entry(*action, number)));
    instance.server.change(entries.map(|entry| Change::Audit(Box::new(entry))).collect()).await;
}

/// The part of a connection's page that tells who came in.
async fn last(instance: &Instance, id: i64) -> String {
    let shown = instance.signed_in().await.get(&page(id, "")).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    shown.html.split_once("Who comes in by it").unwrap().1.to_owned()
}

fn user(instance: &Instance) -> String {
    format!("/console/accounts/{ACCOUNT}/users/{}", instance.server.fixture.users[0].id)
}

async fn shown_user(instance: &Instance) -> String {
    instance.signed_in().await.get(&user(instance)).await.html
}

#[tokio::test]
async fn who_was_given_the_living_session_by_a_connection_is_listed_with_when() {
    let (instance, id) = with_one_session().await;
    log_in_by_one_of(&instance, "_1").await;
    instance.server.clock.advance(Duration::from_mins(3));
    log_in_by_one_of(&instance, "_2").await;
    let at = Zone::of("UTC").second(instance.server.clock.now());
    instance.server.clock.advance(Duration::from_mins(3));
    let shown = last(&instance, id).await;
    let row = shown.split("<tr>").find(|row| row.contains(&format!("\"{}\"", user(&instance))));
    assert!(row.is_some_and(|row| row.contains(&at)), "{at}: {shown}");
    let shown = shown_user(&instance).await;
    assert!(shown.contains(&format!("<bdi>Identity provider, last {at} ")), "{at}: {shown}");
    let stored = instance.server.stored_sessions().await;
    let of_account = stored.iter().filter(|session| session.account.as_str() == ACCOUNT);
    assert_eq!(of_account.count(), 1, "it was the session that lived");
}

#[tokio::test]
async fn the_entry_of_a_login_that_was_given_the_living_session_tells_how_it_came() {
    let (instance, id) = with_one_session().await;
    log_in_by_one_of(&instance, "_1").await;
    log_in_by_one_of(&instance, "_2").await;
    let found = instance.listed(&format!("/admin/v1/audit?account={ACCOUNT}&action=joined-session")).await;
    assert_eq!(found["entries"][0]["details"], json!({ "connection": id }), "{found}");
}

#[tokio::test]
async fn who_came_in_several_times_in_a_minute_did_so_at_the_last_of_them() {
    let (instance, id) = with_one_session().await;
    for assertion in ["_1", "_2", "_3"] {
        instance.server.clock.advance(Duration::from_secs(7));
        log_in_by_one_of(&instance, assertion).await;
    }
    let at = Zone::of("UTC").second(instance.server.clock.now());
    let shown = last(&instance, id).await;
    assert_eq!(shown.matches(&user(&instance)).count(), 1, "{shown}");
    assert!(shown.contains(&at), "{at}: {shown}");
}

#[tokio::test]
async fn an_entry_of_before_that_tells_no_connection_is_of_none() {
    let (instance, id) = with_one_session().await;
    given_logins(&instance, 1, &[AuditAction::JoinedSession], None).await;
    let shown = last(&instance, id).await;
    assert!(shown.contains("Nobody came in by it, as far as logins were looked at."), "{shown}");
}

const BOTH: &[AuditAction] = &[AuditAction::LoggedIn, AuditAction::JoinedSession];

#[tokio::test]
async fn a_connections_page_says_that_all_logins_were_looked_at() {
    let (instance, id) = with_one_session().await;
    given_logins(&instance, 2, BOTH, Some(id)).await;
    let shown = last(&instance, id).await;
    let words = "At most 20 users. Looked at: 4 logins of the account, all that the audit has.";
    assert!(shown.contains(words), "{shown}");
}

#[tokio::test]
async fn a_connections_page_says_how_many_logins_were_looked_at() {
    let (instance, id) = with_one_session().await;
    given_logins(&instance, 251, BOTH, Some(id)).await;
    let shown = last(&instance, id).await;
    let words = "Looked at: the newest 500 logins of the account, and none before them.";
    assert!(shown.contains(words), "{shown}");
}

#[tokio::test]
async fn a_connections_page_says_that_the_audit_was_cut_short() {
    let (instance, id) = with_one_session().await;
    given_logins(&instance, 5, BOTH, Some(id)).await;
    instance.server.faults.cut_audit_pages(2);
    let shown = last(&instance, id).await;
    let words = "Looked at: 8 logins of the account; the search of the audit was cut short before others.";
    assert!(shown.contains(words), "{shown}");
}

#[tokio::test]
async fn a_users_page_says_how_many_logins_were_looked_at() {
    let (instance, id) = with_one_session().await;
    given_logins(&instance, 16, BOTH, Some(id)).await;
    let shown = shown_user(&instance).await;
    let words = "Looked at: the newest 30 logins of the user, and none before them.";
    assert!(shown.contains(words), "{shown}");
}

#[tokio::test]
async fn a_users_page_says_nothing_of_logins_where_there_is_no_connection() {
    let instance = Instance::start().await;
    given_logins(&instance, 1, BOTH, None).await;
    let shown = shown_user(&instance).await;
    assert!(shown.contains("<bdi>no connection</bdi>") && !shown.contains("Looked at"), "{shown}");
}
