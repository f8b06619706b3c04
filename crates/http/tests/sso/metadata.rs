//! An identity provider that signs by a certificate that its connection does not have: the metadata is asked once more.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_auth::{Outgoing, SharedOutgoing};
use vestibule_model::{Connection, Der, Protocol};
use vestibule_saml::testing::{ENTITY, IDP, STRANGER};
use vestibule_testkit::identity_provider::saml_connection;
use vestibule_testkit::{ScriptedProvider, TestServer, Warnings};

use crate::support::{log_in, reason_of, response, told};

const METADATA: &str = "https://idp.example/metadata";

fn metadata(certificate: &[u8]) -> String {
    format!(
        r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/login"/></md:IDPSSODescriptor></md:EntityDescriptor>"#,
        STANDARD.encode(certificate)
    )
}

/// A connection that has another certificate than the identity provider signs by.
fn outdated() -> Connection {
    let mut connection = saml_connection();
    let Protocol::Saml(saml) = &mut connection.protocol else { unreachable!("it speaks SAML") };
    saml.certificates = vec![Der(STRANGER.certificate.clone())];
    saml.metadata_url = Some(METADATA.into());
    connection
}

async fn server() -> (TestServer, Arc<ScriptedProvider>) {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![outdated()];
        settings.outgoing = SharedOutgoing(outgoing);
    })
    .await;
    (server, provider)
}

#[tokio::test]
async fn a_login_by_a_new_certificate_goes_on_with_the_metadata_of_now() {
    let (server, provider) = server().await;
    provider.answer(METADATA, 200, &metadata(&IDP.certificate));
    for id in ["_1", "_2"] {
        assert_eq!(log_in(&server, &response(&server, id)).await.status(), 200);
    }
    assert_eq!(provider.asked().len(), 1, "the second one needs nothing");
    let account = vestibule_testkit::ACCOUNT.parse().unwrap();
    let entry = server.auth.directory().account(account).unwrap();
    let saml = entry.connection(saml_connection().id).unwrap().connection.saml().unwrap().clone();
    assert_eq!(saml.certificates.len(), 2, "the one before stays until it is over");
}

#[tokio::test]
async fn what_the_metadata_does_not_have_either_is_refused_and_asked_for_once_a_minute_at_most() {
    let (server, provider) = server().await;
    provider.answer(METADATA, 200, &metadata(&STRANGER.certificate));
    for id in ["_1", "_2"] {
        let (status, _, refusal) = told(log_in(&server, &response(&server, id)).await).await;
        assert_eq!(status, 401);
        assert_eq!(reason_of(&server, &refusal.unwrap()).await.1["check"], "signatures");
    }
    assert_eq!(provider.asked().len(), 1);
    server.clock.advance(Duration::from_secs(61));
    provider.answer(METADATA, 200, &metadata(&IDP.certificate));
    assert_eq!(log_in(&server, &response(&server, "_3")).await.status(), 200);
    assert_eq!(provider.asked().len(), 2);
}

#[tokio::test]
async fn certificates_of_the_metadata_that_are_not_taken_are_in_the_log() {
    let (server, provider) = server().await;
    let unreadable = "<ds:X509Certificate>AAAA</ds:X509Certificate>";
    let metadata = metadata(&IDP.certificate).replace("<ds:X509Data>", &format!("<ds:X509Data>{unreadable}"));
    provider.answer(METADATA, 200, &metadata);
    let warnings = Warnings::of_servers();
    assert_eq!(log_in(&server, &response(&server, "_1")).await.status(), 200, "the other one counts");
    let said = warnings.all();
    let is_that = |text: &&String| {
        text.contains(ENTITY) && text.contains("certificate 1: this is no X.509 certificate")
    };
    assert_eq!(said.iter().filter(is_that).count(), 1, "{said:?}");
}

#[tokio::test]
async fn logins_at_once_wait_for_one_reading_and_go_on() {
    let (server, provider) = server().await;
    provider.answer(METADATA, 200, &metadata(&IDP.certificate));
    let documents = ["_1", "_2", "_3"].map(|id| response(&server, id));
    let [one, two, three] = documents.each_ref().map(|document| log_in(&server, document));
    let (one, two, three) = tokio::join!(one, two, three);
    assert_eq!([one, two, three].map(|answer| answer.status().as_u16()), [200; 3]);
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_in_another_way_asks_nobody() {
    let (server, provider) = server().await;
    for document in ["AAAA".to_owned(), STANDARD.encode("<x/>")] {
        assert_eq!(log_in(&server, &document).await.status(), 401);
    }
    assert!(provider.asked().is_empty());
}
