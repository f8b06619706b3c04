//! What any browser may be made to bring, and what it brings besides.

use vestibule_model::Protocol;
use vestibule_testkit::identity_provider::{self as idp, saml_connection};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::browser::{Browser, asked, is_signed_in, saml};
use crate::support::{answering, response, server, strict_server};

/// Any page has any browser send such forms, without a cookie of ours.
#[tokio::test]
async fn l7_what_a_page_of_another_site_sends_keeps_nobody_from_logging_in_by_password() {
    for unsolicited in [true, false] {
        let server = TestServer::start_with(|fixture, settings| {
            let mut connection = saml_connection();
            if let Protocol::Saml(saml) = &mut connection.protocol {
                saml.unsolicited = unsolicited;
            }
            fixture.connections = vec![connection];
            settings.failures.burst = 3;
        })
        .await;
        let paths = [
            format!("/sso/saml/{ACCOUNT}/{}/acs", idp::SAML),
            format!("/login/callback?connection=SAML-{ACCOUNT}-{}", idp::SAML),
            format!("/hc/s-{ACCOUNT}/web/m-LP/samlAssertionMembersArea/home.jsp"),
        ];
        for path in paths.iter().cycle().take(6) {
            let status = Browser::new(&server).post(path, &[("SAMLResponse", "AAAA")]).await.status();
            assert!(!status.is_success(), "{path}: {status}");
        }
        assert_eq!(server.log_in("name", "password").await.status(), 200, "{unsolicited}");
    }
}

#[tokio::test]
async fn whoever_logs_in_leaves_no_page_session_of_this_browser_behind() {
    let server = server().await;
    let mut browser = Browser::new(&server);
    let acs = format!("/sso/saml/{ACCOUNT}/{}/acs", idp::SAML);
    for id in ["_1", "_2"] {
        let document = response(&server, id);
        assert_eq!(browser.post(&acs, &[("SAMLResponse", &*document)]).await.status(), 303);
    }
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(server.stored_sessions().await.len(), 1);
}

/// Any page begins attempts in any browser: what is kept of them goes with every request that follows.
#[tokio::test]
async fn a1_what_a_browser_keeps_of_attempts_is_bounded_and_the_newest_counts() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    let long = "x".repeat(3_000);
    let mut begun = Vec::new();
    for _ in 0..9 {
        let path = format!("/sso/saml/{ACCOUNT}/{}/login?continue=/me/{ACCOUNT}/?{long}", idp::SAML);
        let answer = browser.get(&path).await;
        assert_eq!(answer.status(), 302);
        begun.push(asked(&answer));
    }
    let kept: Vec<usize> = browser
        .cookies
        .iter()
        .filter(|(name, _)| name.starts_with("sso-"))
        .map(|(name, value)| name.len() + value.len())
        .collect();
    assert!(kept.len() <= 4 && kept.iter().sum::<usize>() < 8_192, "{kept:?}");
    for ((request, relay_state), id, status) in [(&begun[0], "_1", 403), (&begun[8], "_2", 303)] {
        let document = answering(&server, id, request);
        let form = [("SAMLResponse", &*document), ("RelayState", relay_state)];
        assert_eq!(browser.post(&saml("acs"), &form).await.status(), status, "{id}");
    }
}
