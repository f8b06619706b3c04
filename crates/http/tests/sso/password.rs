//! A password that is changed by somebody whom an identity provider has signed in: whoever signed them in still signs them out.

use vestibule_model::{AuthenticationMethod, Connection, Dialect};
use vestibule_store::{Change, EndedSessions};
use vestibule_testkit::identity_provider::saml_connection;
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::browser::{Browser, is_signed_in, logout_request, saml};
use crate::support::{change_connection, response, server};

fn own(path: &str) -> String {
    format!("/me/{ACCOUNT}/{path}")
}

/// A browser that an identity provider signed in.
async fn signed_in(server: &TestServer) -> Browser<'_> {
    let mut browser = Browser::new(server);
    let document = response(server, "_1");
    assert_eq!(browser.post(&saml("acs"), &[("SAMLResponse", &*document)]).await.status(), 303);
    browser
}

/// The same, which then changes the password.
async fn with_new_password(server: &TestServer) -> Browser<'_> {
    let mut browser = signed_in(server).await;
    let fields = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
    assert_eq!(browser.submit(&own("password"), &fields).await.status(), 303);
    browser
}

#[tokio::test]
async fn nobody_who_came_by_single_sign_on_is_told_that_they_need_the_password() {
    let server = server().await;
    let html = signed_in(&server).await.get(&own("")).await.text().await.unwrap();
    assert!(html.contains("You came through your organisation's identity provider."), "{html}");
    assert!(!html.contains("is all you need"), "{html}");
}

#[tokio::test]
async fn the_page_goes_on_as_it_was_opened() {
    let server = server().await;
    let mut browser = with_new_password(&server).await;
    assert!(is_signed_in(&mut browser).await);
    let stored = server.stored_sessions().await;
    let stored: Vec<_> = stored.iter().map(|session| (session.dialect, session.method)).collect();
    assert_eq!(stored, [(Dialect::Pages, AuthenticationMethod::Saml)]);
    assert_eq!(server.log_in("name", "a new one 1").await.status(), 200);
}

#[tokio::test]
async fn s3_a_logout_at_the_provider_still_ends_the_page() {
    let server = server().await;
    let mut browser = with_new_password(&server).await;
    let logout = logout_request(&server, "_l1", "session-1");
    Browser::new(&server).post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
    assert!(!is_signed_in(&mut browser).await);
    assert!(server.stored_sessions().await.is_empty());
}

#[tokio::test]
async fn s3_the_end_of_the_connection_still_ends_the_page() {
    let server = server().await;
    let mut browser = with_new_password(&server).await;
    change_connection(&server, Connection { enabled: false, ..saml_connection() }).await;
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn a_page_lives_no_longer_for_a_change_of_the_password() {
    let server = server().await;
    let mut browser = signed_in(&server).await;
    let before = server.stored_sessions().await.pop().unwrap();
    server.clock.advance(std::time::Duration::from_mins(10));
    let fields = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
    assert_eq!(browser.submit(&own("password"), &fields).await.status(), 303);
    let after = server.stored_sessions().await.pop().unwrap();
    assert_ne!(after.id, before.id);
    assert_eq!(after.absolute_end, before.absolute_end);
}

#[tokio::test]
async fn s3_a_logout_in_the_same_moment_leaves_no_page() {
    let server = server().await;
    let mut browser = signed_in(&server).await;
    let changes = server.faults.delay(|change| matches!(change, Change::SetPassword { .. }));
    let fields = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
    let logout = logout_request(&server, "_l1", "session-1");
    let overtake = async {
        changes.reached().await;
        Browser::new(&server).post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
        changes.open();
    };
    let path = own("password");
    let (answer, ()) = tokio::join!(browser.submit(&path, &fields), overtake);
    assert_eq!(answer.status(), 403);
    assert!(!is_signed_in(&mut browser).await);
    assert!(server.stored_sessions().await.is_empty());
    assert_eq!(server.log_in("name", "password").await.status(), 200, "nor is the password changed");
}

/// Whether it ends a single session, in one of several transactions.
fn ends_one(change: &Change) -> bool {
    matches!(change, Change::EndSessions(ends) if matches!(ends.selector.sessions, EndedSessions::One(_)))
}

#[tokio::test]
async fn s3_a_logout_that_began_before_ends_the_page_that_came_since() {
    let server = server().await;
    let mut browser = signed_in(&server).await;
    let setting = server.faults.delay(|change| matches!(change, Change::SetPassword { .. }));
    let ends = server.faults.delay(ends_one);
    let fields = [("password", "password"), ("new", "a new one 1"), ("again", "a new one 1")];
    let path = own("password");
    let change = async {
        let answer = browser.submit(&path, &fields).await;
        ends.open();
        answer
    };
    let logout = async {
        setting.reached().await;
        let logout = logout_request(&server, "_l1", "session-1");
        Browser::new(&server).post(&saml("logout"), &[("SAMLRequest", &*logout)]).await
    };
    // What is to end was read, and is not stored.
    let go_on = async {
        ends.reached().await;
        setting.open();
    };
    let (changed, logged_out, ()) = tokio::join!(change, logout, go_on);
    assert_eq!((changed.status(), logged_out.status()), (303.try_into().unwrap(), 200.try_into().unwrap()));
    assert!(!is_signed_in(&mut browser).await);
    assert!(server.stored_sessions().await.is_empty());
}
