//! `/console/accounts/{account}/connections`

use std::time::Duration;

use vestibule_model::{ConnectionId, Identity};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::oidc_connection;
use vestibule_testkit::{ACCOUNT, Fault};

use crate::connection_deeds::log_in_by_it;
use crate::support::{HOME, Instance};

fn of_account(rest: &str) -> String {
    format!("/console/accounts/{ACCOUNT}/{rest}")
}

#[tokio::test]
async fn connections_are_listed_with_how_long_their_certificates_are_valid() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let openid = Change::PutConnection(ACCOUNT.parse().unwrap(), oidc_connection().into());
    instance.server.change(vec![openid]).await;
    let browser = instance.signed_in().await;
    let list = browser.get(&of_account("connections")).await.html;
    assert!(list.contains("2 connections<"), "{list}");
    let page = of_account(&format!("connections/{id}"));
    let row = list.split("<tr>").find(|row| row.contains(&format!("{page}\""))).unwrap();
    assert!(row.contains("SAML 2.0") && row.contains(" left<"), "{row}");
    let shown = browser.get(&page).await.html;
    assert!(
        shown.contains("https://idp.example/login") && shown.contains("the identity provider"),
        "{shown}"
    );
    let other = browser.get(&of_account("connections/72")).await.html;
    assert!(other.contains("OpenID Connect") && other.contains("none: the client is public"), "{other}");
}

#[tokio::test]
async fn a_user_is_shown_with_the_connection_that_they_came_in_by_and_it_with_them() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let things = instance.things().await;
    let browser = instance.signed_in().await;
    let user = of_account(&format!("users/{}", things.user));
    let shown = browser.get(&user).await.html;
    assert!(shown.contains("<dt>Came in by</dt><dd><bdi>no connection</bdi>"), "{shown}");
    log_in_by_it(&instance).await;
    let shown = browser.get(&user).await.html;
    let link = of_account(&format!("connections/{id}"));
    assert!(shown.contains(&format!("<a href=\"{link}\"><bdi>Identity provider, last ")), "{shown}");
    let shown = browser.get(&link).await.html;
    let (_, last) = shown.split_once("Who came in by it last").unwrap();
    assert!(last.contains(&format!("<a href=\"{user}\"><bdi>name</bdi></a>")), "{last}");
    let other = of_account(&format!("connections/{}", things.openid));
    assert!(
        browser.get(&other).await.html.contains("Nobody came in by it, as far as logins were looked at.")
    );
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_on_the_overview() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let page = of_account(&format!("connections/{id}"));
    let overview = async || instance.signed_in().await.get(HOME).await.html;
    assert!(!overview().await.contains(&page));
    instance.server.clock.advance(Duration::from_hours(24 * 365 * 2_100));
    let shown = overview().await;
    assert!(
        shown.contains(&page) && shown.contains("of the identity provider of Identity provider"),
        "{shown}"
    );
}

#[tokio::test]
async fn whom_a_connection_knows_is_counted_and_listed() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let mut user = instance.server.fixture.users[0].clone();
    user.identities.push(Identity { connection: ConnectionId(id), subject: "s-1".to_owned() });
    let name = user.login_name.clone();
    instance.server.change(vec![Change::PutUser(user.into())]).await;
    let browser = instance.signed_in().await;
    let page = browser.get(&of_account(&format!("connections/{id}"))).await.html;
    let users = of_account(&format!("users?connection={id}"));
    assert!(page.contains(&format!("<a href=\"{users}\">1 user</a>")), "{page}");
    let list = browser.get(&users).await.html;
    assert!(list.contains("1 user<") && list.contains(&format!(">{name}<")), "{list}");
    assert!(browser.get(&of_account("users?connection=9")).await.html.contains("Nobody is so"));
}

/// What the page of a connection says that it has opened.
async fn opened(instance: &Instance, id: i64) -> String {
    let shown = instance.signed_in().await.get(&of_account(&format!("connections/{id}"))).await;
    assert_eq!(shown.status, 200, "{}", shown.html);
    let (_, opened) = shown.html.split_once("It has opened ").unwrap();
    opened.split('.').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_sessions_of_a_connection_are_counted_without_being_loaded() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    log_in_by_it(&instance).await;
    instance.server.faults.fail(Fault::reads_by("federated_sessions"));
    assert_eq!(opened(&instance, id).await, "1 live session");
}

#[tokio::test]
async fn a_session_of_a_connection_that_has_expired_is_not_counted_before_it_is_removed() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    log_in_by_it(&instance).await;
    instance.server.clock.advance(Duration::from_hours(24 * 30));
    assert_eq!(opened(&instance, id).await, "0 live sessions");
    let stored = instance.server.stored_sessions().await;
    let of_account = stored.iter().filter(|session| session.account.as_str() == ACCOUNT);
    assert_eq!(of_account.count(), 1, "it is removed by whoever removes such sessions");
}
