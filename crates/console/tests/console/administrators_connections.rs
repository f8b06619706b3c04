//! `/console/accounts/administrators/connections`: by what administrators sign in to the console, as its pages tell of it.

use axum::body::{Body, to_bytes};
use tower::ServiceExt as _;
use vestibule_auth::HOME as ADMINISTRATORS;
use vestibule_model::{Connection, Population};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::oidc_connection;
use vestibule_testkit::{ACCOUNT, Browser, ORIGIN};

use crate::sso_provider::{answering, asked, oidc, saml, with_connections};
use crate::support::{COOKIE, Instance};
use crate::typing::fill;

fn page(rest: &str) -> String {
    format!("/console/accounts/{ADMINISTRATORS}/connections/{rest}")
}

/// A page of a console whose operator has not said where browsers reach it, as somebody sees it who is signed in.
async fn without_origin(instance: &Instance, browser: &Browser, path: &str) -> (u16, String) {
    let cookie = format!("{COOKIE}={}", browser.cookie(COOKIE).unwrap());
    let request = http::Request::builder().uri(path).header("host", "localhost").header("cookie", cookie);
    let mut request = request.body(Body::empty()).unwrap();
    let peer = vestibule_serve::layers::Peer { address: "127.0.0.1:1".parse().unwrap(), tls: false };
    request.extensions_mut().insert(peer);
    let answer = instance.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_connections_page_and_metadata_say_what_to_give_the_identity_provider() {
    let (instance, _) = with_connections().await;
    let browser = instance.signed_in().await;
    let page = async |id: i64| {
        browser.get(&format!("/console/accounts/{ADMINISTRATORS}/connections/{id}")).await.html
    };
    let (origin, own) = (browser.origin(), page(71).await);
    for operation in ["/metadata", "/acs"] {
        assert!(own.contains(&format!("{origin}{}", saml(operation))), "{own}");
    }
    assert!(page(72).await.contains(&format!("{origin}{}", oidc("/callback"))));
    let metadata = instance.browser().get(&saml("/metadata")).await;
    assert_eq!(metadata.header("content-type"), "application/samlmetadata+xml");
    assert!(metadata.html.contains(&format!("{origin}{}", saml("/acs"))), "{}", metadata.html);
    assert_eq!(instance.browser().get(&oidc("/metadata")).await.status, 404);
}

#[tokio::test]
async fn a_connection_of_administrators_is_tested_by_what_came_at_the_console() {
    let (instance, _) = with_connections().await;
    let browser = instance.signed_in().await;
    let at = format!("/console/accounts/{ADMINISTRATORS}/connections/71");
    let page = browser.get(&at).await.html;
    assert!(page.contains(&format!("{at}/message")) && !page.contains(&format!("{at}/test")), "{page}");
    let (request, _) = asked(&instance.browser().get(&saml("")).await);
    let document = answering(&instance, "_1", "admin", &request);
    let told = fill(&browser, &format!("{at}/message"), &[("secret.saml_response", &document)]).await.html;
    assert!(told.contains("This login would sign in admin."), "{told}");
}

#[tokio::test]
async fn where_a_login_begins_is_on_the_page_to_be_copied() {
    let (instance, _) = with_connections().await;
    let browser = instance.signed_in().await;
    for (id, begins) in [("71", saml("")), ("72", oidc(""))] {
        let shown = browser.get(&page(id)).await.html;
        let copied = format!("<code data-copy>{}{begins}</code>", browser.origin());
        assert!(shown.contains(&copied) && shown.contains("Where logins begin"), "{shown}");
        assert!(
            !shown.contains("<dt>Logouts</dt>"),
            "no logout of the provider reaches the console: {shown}"
        );
    }
}

#[tokio::test]
async fn without_an_origin_no_page_names_an_address_and_each_says_what_to_set() {
    let (instance, _) = with_connections().await;
    let browser = instance.signed_in().await;
    for (path, status) in [("new", 200), ("71", 200), ("72", 200), ("71/message", 409), ("72/message", 409)] {
        let (answered, shown) = without_origin(&instance, &browser, &page(path)).await;
        assert_eq!(answered, status, "{path}: {shown}");
        assert!(shown.contains("set admin.public_origin"), "{path}: {shown}");
        assert!(
            shown.contains(&format!("href=\"{}\"", page("").trim_end_matches('/'))),
            "it leads back: {shown}"
        );
        for address in [ORIGIN, "/console/sso/", "/sso/saml/", "/sso/oidc/"] {
            assert!(!shown.contains(address), "{path} names {address}: {shown}");
        }
    }
}

#[tokio::test]
async fn another_account_needs_no_origin_of_the_console() {
    let instance = Instance::start().await;
    let id = instance.connection().await;
    let browser = instance.signed_in().await;
    for path in ["new".to_owned(), id.to_string()] {
        let path = format!("/console/accounts/{ACCOUNT}/connections/{path}");
        let (status, shown) = without_origin(&instance, &browser, &path).await;
        let own = format!("{ORIGIN}/sso/saml/{ACCOUNT}/");
        assert!(status == 200 && shown.contains(&own) && !shown.contains("admin.public_origin"), "{shown}");
    }
}

#[tokio::test]
async fn the_form_names_the_addresses_of_the_console() {
    let (instance, _) = with_connections().await;
    let browser = instance.signed_in().await;
    let shown = browser.get(&page("new")).await.html;
    let sso = format!("{}/console/sso/NAME", browser.origin());
    for address in [format!("{sso}/metadata for SAML"), format!("{sso}/callback for OpenID Connect.")] {
        assert!(shown.contains(&address), "{address}: {shown}");
    }
    assert!(!shown.contains("to test the connection first") && shown.contains("private window"), "{shown}");
}

#[tokio::test]
async fn the_form_of_another_account_names_the_address_of_agents_too() {
    let instance = Instance::start().await;
    let browser = instance.signed_in().await;
    let form = browser.get(&format!("/console/accounts/{ACCOUNT}/connections/new")).await.html;
    let agents = Connection { population: Population::Agent, ..oidc_connection() };
    instance.server.change(vec![Change::PutConnection(ACCOUNT.parse().unwrap(), agents.into())]).await;
    let shown = browser.get(&format!("/console/accounts/{ACCOUNT}/connections/72")).await.html;
    let used = format!("{ORIGIN}/sso/oidc/{ACCOUNT}/op/callback/agent");
    assert!(shown.contains(&format!("<code data-copy>{used}</code>")), "{shown}");
    assert!(form.contains(&format!("{} for agents", used.replace("/op/", "/NAME/"))), "{form}");
    assert!(form.contains("to test the connection first"), "{form}");
}

#[tokio::test]
async fn the_address_of_a_browser_test_leads_to_where_a_message_is_examined() {
    let (instance, _) = with_connections().await;
    let browser = instance.signed_in().await;
    let led = browser.get(&page("71/test")).await;
    assert_eq!((led.status, led.header("location")), (303, &*page("71/message")), "{}", led.html);
    let form = browser.get(led.header("location")).await.html;
    assert!(form.contains("no test in a browser") && form.contains("private window"), "{form}");
    assert!(form.contains("Examine a message from Identity provider"), "{form}");
    assert!(form.contains(&format!("<a href=\"{}\">Cancel</a>", page("71"))), "{form}");
}
