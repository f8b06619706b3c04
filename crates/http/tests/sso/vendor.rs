//! Logins at the consumer paths that identity providers of the vendor's clients are set up with (contract single-sign-on).

use reqwest::header::LOCATION;
use vestibule_model::{Connection, ConnectionId, Dialect, Protocol};
use vestibule_testkit::ACCOUNT;
use vestibule_testkit::identity_provider::{self as idp, made, saml_connection};

use crate::browser::{Browser, asked, saml};
use crate::support::{answering, change_connection, now, server, strict_server};

#[tokio::test]
async fn the_vendors_legacy_path_opens_a_session_of_the_dialect_with_its_cookies() {
    let server = server().await;
    change_connection(&server, Connection { targets: vec!["/a/start".into()], ..saml_connection() }).await;
    let path = format!(
        "/hc/s-{ACCOUNT}/web/m-LP/samlAssertionMembersArea/home.jsp?lpservice=liveEngage&servicepath="
    );
    for (id, servicepath, expected) in
        [("_1", "%2Fa%2Fstart", Some("/a/start")), ("_2", "%2F%2Fevil.example", None)]
    {
        let mut made = made(id, "name", now(&server));
        let recipient = format!("https://vestibule.example.net{path}{servicepath}").replace('&', "&amp;");
        made.confirmation = made.confirmation.replace(&idp::saml_url(idp::SAML, "acs"), &recipient);
        let document = idp::response(&made);
        let mut browser = Browser::new(&server);
        let answer = browser.post(&format!("{path}{servicepath}"), &[("SAMLResponse", &*document)]).await;
        let location = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap());
        assert_eq!(location, expected);
        assert!(browser.keeps("session_id") && browser.keeps("Session_id"));
        assert_eq!(server.stored_sessions().await.pop().unwrap().dialect, Dialect::LivePerson);
    }
}

#[tokio::test]
async fn the_vendors_callback_names_account_and_connection() {
    let server = server().await;
    let path = format!("/login/callback?connection=SAML-{ACCOUNT}-{}", idp::SAML);
    let mut made = made("_1", "name", now(&server));
    let recipient = format!("https://vestibule.example.net{path}");
    made.confirmation = made.confirmation.replace(&idp::saml_url(idp::SAML, "acs"), &recipient);
    let document = idp::response(&made);
    let mut browser = Browser::new(&server);
    assert_eq!(browser.post(&path, &[("SAMLResponse", &*document)]).await.status(), 200);
    assert!(browser.keeps("session_id"));
    // What may be the name of a connection is refused like every other response.
    for (other, expected) in [("SAML-nobody-idp", 403), ("SAML-x", 404), ("", 404)] {
        let path = format!("/login/callback?connection={other}");
        let status = browser.post(&path, &[("SAMLResponse", "x")]).await.status();
        assert_eq!(status, expected, "{other}");
    }
}

#[tokio::test]
async fn a_login_that_began_here_ends_where_it_began_also_by_the_vendors_paths() {
    let paths = [
        format!("/login/callback?connection=SAML-{ACCOUNT}-{}", idp::SAML),
        format!("/hc/s-{ACCOUNT}/web/m-LP/samlAssertionMembersArea/home.jsp?servicepath=%2Felsewhere"),
    ];
    for path in paths {
        let server = strict_server().await;
        let mut browser = Browser::new(&server);
        let wanted = format!("/me/{ACCOUNT}/password");
        let begun = browser.get(&format!("{}?continue={wanted}", saml("login"))).await;
        let (request, relay_state) = asked(&begun);
        let document = answering(&server, "_1", &request);
        let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
        let answer = browser.post(&path, &form).await;
        let location = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap());
        assert_eq!((answer.status().as_u16(), location), (303, Some(&*wanted)), "{path}");
        assert!(!browser.keeps("sso-") && !browser.keeps("session_id"));
        assert_eq!(server.stored_sessions().await.pop().unwrap().dialect, Dialect::Pages);
    }
}

#[tokio::test]
async fn whoever_logs_in_goes_on_to_what_their_connection_has_registered_and_no_other() {
    let server = server().await;
    let mut other = Connection { targets: vec!["/a/other".into()], ..saml_connection() };
    (other.id, other.name) = (ConnectionId(91), "other".parse().unwrap());
    if let Protocol::Saml(saml) = &mut other.protocol {
        saml.identity_provider = "https://other.example/metadata".into();
    }
    change_connection(&server, other).await;
    let path = format!("/login/callback?connection=SAML-{ACCOUNT}-{}", idp::SAML);
    let mut made = made("_1", "name", now(&server));
    let recipient = format!("https://vestibule.example.net{path}");
    made.confirmation = made.confirmation.replace(&idp::saml_url(idp::SAML, "acs"), &recipient);
    let form = [("SAMLResponse", &*idp::response(&made)), ("RelayState", "/a/other")];
    assert_eq!(Browser::new(&server).post(&path, &form).await.status(), 200);
}
