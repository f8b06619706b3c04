//! Metadata of identity providers, read; ours, written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use vestibule_saml::{
    CertificateError, IdentityProvider, Malformed, MetadataError, RefusedCertificate, ServiceProvider,
};

use crate::identity_provider::{ADDRESS, AUDIENCE, ENTITY, IDP, STRANGER};

fn key(usage: &str, der: &[u8]) -> String {
    let certificate = STANDARD.encode(der);
    let (begin, end) = certificate.split_at(64);
    format!(
        "<KeyDescriptor {usage}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n{begin}\n{end}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>"
    )
}

fn entity(id: &str, inside: &str) -> String {
    format!(
        r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{id}"><!-- made by hand --><IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol">{inside}</IDPSSODescriptor></EntityDescriptor>"#
    )
}

const LOGIN: &str = r#"<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/login"/>"#;

fn usual() -> String {
    entity(ENTITY, &(key(r#"use="signing""#, &IDP.certificate) + LOGIN))
}

fn error(text: &str) -> MetadataError {
    IdentityProvider::read(text, None).unwrap_err()
}

#[test]
fn what_an_identity_provider_says_is_read() {
    let read = IdentityProvider::read(&usual(), None).unwrap();
    assert_eq!((read.entity_id.as_str(), read.login_url.as_str()), (ENTITY, "https://idp.example/login"));
    assert_eq!(read.certificates[0].der(), IDP.certificate);
    assert!(read.wants_signed_requests && read.logout_url.is_none() && read.valid_until.is_none());
}

#[test]
fn every_certificate_for_signing_is_taken_once_and_those_for_encryption_are_not() {
    let keys = [
        key(r#"use="signing""#, &IDP.certificate),
        key("", &STRANGER.certificate),
        key(r#"use="signing""#, &IDP.certificate),
        key(r#"use="encryption""#, &IDP.certificate),
    ];
    let read = IdentityProvider::read(&entity(ENTITY, &(keys.concat() + LOGIN)), None).unwrap();
    assert_eq!(read.certificates.len(), 2);
    let only = entity(ENTITY, &(key(r#"use="encryption""#, &IDP.certificate) + LOGIN));
    assert_eq!(error(&only), MetadataError::NoCertificate(Vec::new()));
}

#[test]
fn a_certificate_that_does_not_count_is_told_and_keeps_none_from_counting() {
    let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let other = CertificateParams::new(vec!["a".to_owned()]).unwrap().self_signed(&pair).unwrap();
    let keys = key("", other.der()) + &key("", &[0; 100]) + &key("", &IDP.certificate);
    let read = IdentityProvider::read(&entity(ENTITY, &(keys + LOGIN)), None).unwrap();
    assert_eq!(read.certificates.len(), 1);
    let refused = [(1, CertificateError::WeakKey), (2, CertificateError::Unreadable)]
        .map(|(number, error)| RefusedCertificate { number, error });
    assert_eq!(read.refused_certificates, refused);
    let words = "certificate 1: its key is neither RSA of 2048 bits or more nor ECDSA; certificate 2: this is no X.509 certificate";
    assert_eq!(read.told_refused_certificates().as_deref(), Some(words));
    let alone = error(&entity(ENTITY, &(key("", other.der()) + &key("", &[0; 100]) + LOGIN)));
    assert_eq!(alone.to_string(), format!("the identity provider has no certificate that is taken: {words}"));
}

#[test]
fn of_several_entities_that_one_is_read_which_is_meant() {
    let both = usual() + &usual().replace(ENTITY, "https://other.example");
    let several = format!(
        r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">{both}</EntitiesDescriptor>"#
    );
    assert_eq!(error(&several), MetadataError::SeveralEntities);
    let read = IdentityProvider::read(&several, Some("https://other.example")).unwrap();
    assert_eq!(read.entity_id, "https://other.example");
    assert!(IdentityProvider::read(&several, Some("https://none.example")).is_err());
    assert!(IdentityProvider::read(&usual(), Some("https://other.example")).is_err());
    // Beside a service provider the only identity provider is meant, however deep it stands.
    let service = r#"<EntityDescriptor entityID="https://sp.example"><SPSSODescriptor/></EntityDescriptor>"#;
    let federation = format!(
        r#"<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" ID="a"><EntitiesDescriptor xml:id="a">{service}{}</EntitiesDescriptor></EntitiesDescriptor>"#,
        usual()
    );
    assert_eq!(IdentityProvider::read(&federation, None).unwrap().entity_id, ENTITY);
}

#[test]
fn what_is_no_identity_provider_is_refused() {
    assert_eq!(error("<html/>"), MetadataError::NotAnEntity("html".into()));
    let old = usual().replace(" urn:oasis:names:tc:SAML:2.0:protocol", "");
    assert_eq!(error(&old), MetadataError::NoIdentityProvider);
    let without_login = entity(ENTITY, &key("", &IDP.certificate));
    assert_eq!(error(&without_login), MetadataError::NoLoginUrl);
    let nameless = usual().replace(&format!("entityID=\"{ENTITY}\""), "");
    assert_eq!(error(&nameless), Malformed::Missing("entityID").into());
}

#[test]
fn a6_an_address_that_is_none_of_http_is_refused() {
    for url in ["javascript:alert(1)", "https://idp.example/&#10;Set-Cookie:x", "https://idp.example/a b", ""]
    {
        let other = usual().replace("https://idp.example/login", url);
        assert!(matches!(error(&other), MetadataError::Url(_)), "{url}");
    }
}

#[test]
fn a_document_type_is_refused() {
    assert_eq!(error(&format!("<!DOCTYPE a>{}", usual())), Malformed::DocumentType.into());
}

#[test]
fn ours_says_where_responses_are_taken_and_by_what_they_are_encrypted() {
    let urls = [ADDRESS.to_owned(), "https://sp.example/old?connection=a&b".to_owned()];
    let ours = ServiceProvider {
        entity_id: AUDIENCE,
        consumer_urls: &urls,
        logout_url: Some("https://sp.example/logout"),
        signing_certificate: Some(&IDP.certificate),
        encryption_certificates: std::slice::from_ref(&STRANGER.certificate),
    };
    let xml = ours.to_xml();
    let document = bergshamra::xml::uppsala::parse(&xml).unwrap();
    let consumers = document.get_elements_by_tag_name("AssertionConsumerService");
    let locations: Vec<_> =
        consumers.iter().map(|node| document.get_attribute(*node, "Location").unwrap()).collect();
    assert_eq!(locations, urls);
    let keys = document.get_elements_by_tag_name("KeyDescriptor");
    let uses: Vec<_> = keys.iter().map(|node| document.get_attribute(*node, "use").unwrap()).collect();
    assert_eq!(uses, ["signing", "encryption"]);
}
