//! How long a test waits, whose it is, and what it is of no use for.

use std::sync::Arc;
use std::time::Duration;

use vestibule_auth::{Outgoing, SharedOutgoing};
use vestibule_model::Connection;
use vestibule_testkit::identity_provider::{self as idp, made, oidc_connection, response, saml_connection};
use vestibule_testkit::{ACCOUNT, ScriptedProvider, TestServer};

use super::{Scene, oidc, saml};
use crate::administration::Administrator;
use crate::browser::{Browser, asked, location, parameter};
use crate::support::{change_connection, now};

#[tokio::test]
async fn a_test_has_one_report_and_ends_after_ten_minutes() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene.server);
    let (test, login) = scene.begin(&saml_connection()).await;
    let (request, relay_state) = asked(&browser.get(&login).await);
    assert!(scene.read(&test).await.get("report").is_none(), "{request}");
    let document = response(&made("_1", "nobody", now(&scene.server)));
    let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
    let cookies = browser.cookies.clone();
    assert_eq!(browser.post(&saml("acs"), &form).await.status(), 200);
    browser.cookies = cookies;
    assert_eq!(browser.post(&saml("acs"), &form).await.status(), 404);
    let again = browser.get(&login).await;
    assert_eq!(again.status(), 404, "nobody begins it again");
    let again = again.text().await.unwrap();
    assert!(again.contains("was used") && again.contains("vestibule connection test"), "{again}");
    let of_none = browser.get(&format!("{}?test=00", saml("login"))).await;
    assert_eq!(of_none.text().await.unwrap(), again, "no other answer of a test that never was");
    scene.server.clock.advance(Duration::from_mins(10));
    assert_eq!(scene.administrator.get(&test).await.0, 404);
}

/// Somebody goes back in the browser, or reloads what the identity provider sent.
#[tokio::test]
async fn what_answers_a_test_that_was_used_is_told_so_where_the_connection_is_disabled() {
    let scene = Scene::start().await;
    let disabled = [saml_connection(), oidc_connection()].map(|one| Connection { enabled: false, ..one });
    for connection in disabled.clone() {
        change_connection(&scene.server, connection).await;
    }
    let mut browser = Browser::new(&scene.server);
    let (request, relay_state) = asked(&browser.get(&scene.begin(&disabled[0]).await.1).await);
    let form = [("SAMLResponse", "AAAA"), ("RelayState", &*relay_state)];
    assert_eq!(browser.post(&saml("acs"), &form).await.status(), 200, "{request}");
    let state = parameter(&location(&browser.get(&scene.begin(&disabled[1]).await.1).await), "state");
    let callback = format!("{}?error=access_denied&state={state}", oidc("callback"));
    assert_eq!(browser.get(&callback).await.status(), 200);
    let mut told = vec![browser.post(&saml("acs"), &form).await, browser.get(&callback).await];
    // No other answer where there is no such connection.
    told.push(browser.post(&saml("acs").replace(idp::SAML, "none"), &form).await);
    told.push(browser.get(&callback.replace(&format!("/{}/", idp::OIDC), "/none/")).await);
    for answer in told {
        assert_eq!(answer.status(), 404);
        let page = answer.text().await.unwrap();
        assert!(page.contains("was used") && page.contains("vestibule connection test"), "{page}");
    }
}

#[tokio::test]
async fn a_test_is_of_its_connection_and_of_no_other() {
    let mut other = saml_connection();
    (other.id, other.name) = (vestibule_model::ConnectionId(73), "other".into());
    let scene = Scene::with(vec![saml_connection(), other.clone()]).await;
    let (test, login) = scene.begin(&other).await;
    let mut browser = Browser::new(&scene.server);
    assert_eq!(browser.get(&login.replace("/other/", "/idp/")).await.status(), 404);
    assert_eq!(browser.get(&login).await.status(), 302);
    assert_eq!(scene.administrator.get(&test.replace("/73/", "/71/")).await.0, 404);
    for wrong in ["x", "", "00000000000000000000000000000000"] {
        assert_eq!(browser.get(&format!("{}?test={wrong}", saml("login"))).await.status(), 404, "{wrong}");
    }
}

#[tokio::test]
async fn failed_tests_keep_nobody_from_logging_in() {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![saml_connection()];
        settings.outgoing = SharedOutgoing(outgoing);
        settings.failures.burst = 3;
    })
    .await;
    let administrator = Administrator::of(&server).await;
    let scene = Scene { server, administrator, provider };
    let mut browser = Browser::new(&scene.server);
    for _ in 0..3 {
        let (_, report) = scene.by_saml(&mut browser, |made| made.subject = "<saml:NameID/>".into()).await;
        assert_eq!(report["taken"], false, "{report}");
    }
    let (test, login) = scene.begin(&saml_connection()).await;
    let (_, relay_state) = asked(&browser.get(&login).await);
    let form = [("SAMLResponse", "AAAA"), ("RelayState", &*relay_state)];
    assert_eq!(browser.post(&saml("acs"), &form).await.status(), 429);
    assert!(scene.read(&test).await.get("report").is_none(), "the test still waits");
    assert_eq!(scene.server.log_in("name", "password").await.status(), 200);
}

/// Identity providers are set up with the vendor's addresses too.
#[tokio::test]
async fn x4_the_response_of_a_test_opens_no_session_at_any_address() {
    let scene = Scene::start().await;
    let before = scene.server.stored_sessions().await;
    let paths = [
        format!("/login/callback?connection=SAML-{ACCOUNT}-{}", idp::SAML),
        format!("/hc/s-{ACCOUNT}/web/m-LP/samlAssertionMembersArea/home.jsp"),
    ];
    for (number, path) in paths.iter().enumerate() {
        let mut browser = Browser::new(&scene.server);
        let (test, login) = scene.begin(&saml_connection()).await;
        let (request, relay_state) = asked(&browser.get(&login).await);
        let mut made = made(&format!("_v{number}"), "name", now(&scene.server));
        made.confirmation =
            made.confirmation.replace(" Recipient=", &format!(r#" InResponseTo="{request}" Recipient="#));
        let document = response(&made);
        let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
        let page = browser.post(path, &form).await;
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.text().await.unwrap().contains("Test passed"), "{path}");
        assert_eq!(scene.read(&test).await["report"]["taken"], true, "{path}");
        assert_eq!(scene.server.stored_sessions().await, before, "{path}");
        assert!(browser.cookies.is_empty(), "{path}");
    }
}
