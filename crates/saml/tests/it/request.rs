//! Requests of logins, as an identity provider reads them.

use std::io::Read as _;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use proptest::prelude::*;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData as _};
use vestibule_saml::{LoginRequest, SigningKey};

use crate::identity_provider::{ADDRESS, AUDIENCE, NOW};

fn request<'a>() -> LoginRequest<'a> {
    LoginRequest {
        id: "_r1",
        now: NOW,
        destination: "https://idp.example/login",
        issuer: AUDIENCE,
        consumer_url: ADDRESS,
    }
}

/// The fields of the query of an address.
fn fields(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn inflated(field: &str) -> String {
    let mut text = String::new();
    let bytes = STANDARD.decode(field).unwrap();
    DeflateDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_redirect_carries_the_request_deflated_and_the_relay_state() {
    let url = request().to_redirect("a&b=c", None);
    assert!(url.starts_with("https://idp.example/login?SAMLRequest="));
    let fields = fields(&url);
    assert_eq!(inflated(&fields[0].1), request().to_xml());
    assert_eq!(fields[1], ("RelayState".to_owned(), "a&b=c".to_owned()));
    assert_eq!(fields.len(), 2);
}

#[test]
fn without_a_relay_state_there_is_none() {
    assert!(!request().to_redirect("", None).contains("RelayState"));
}

#[test]
fn an_address_that_has_a_query_keeps_it() {
    let request = LoginRequest { destination: "https://idp.example/login?tenant=1", ..request() };
    assert!(request.to_redirect("", None).starts_with("https://idp.example/login?tenant=1&SAMLRequest="));
}

#[test]
fn a_signed_redirect_is_verified_over_the_query_as_it_is_sent() {
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let key = SigningKey::from_pkcs8(&pair.serialize_der()).unwrap();
    let url = request().to_redirect("state", Some(&key));
    let (signed, signature) = url.split_once("&Signature=").unwrap();
    let (_, message) = signed.split_once('?').unwrap();
    assert!(message.ends_with("&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"));
    let signature = fields(&format!("?x={signature}")).remove(0).1;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.der_bytes());
    assert!(public.verify(message.as_bytes(), &STANDARD.decode(signature).unwrap()).is_ok());
}

#[test]
fn what_is_asked_for_stands_in_the_request() {
    let xml = request().to_xml();
    assert!(xml.contains("IssueInstant=\"2026-11-29T20:00:00Z\""), "{xml}");
    assert!(xml.contains("AssertionConsumerServiceURL=\"https://sp.example/acs\""), "{xml}");
    assert!(xml.contains("ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\""), "{xml}");
}

#[test]
fn a_key_that_is_none_is_none() {
    assert!(SigningKey::from_pkcs8(b"no key").is_none());
}

#[test]
fn the_end_of_a_section_is_no_end_in_a_name() {
    let xml = LoginRequest { issuer: "a]]>b", ..request() }.to_xml();
    assert!(bergshamra::xml::uppsala::parse(&xml).is_ok(), "{xml}");
}

proptest! {
    #[test]
    fn no_name_breaks_out_of_its_place(issuer in "[ -~]{0,40}") {
        let request = LoginRequest { issuer: &issuer, ..request() };
        let xml = request.to_xml();
        let document = bergshamra::xml::uppsala::parse(&xml).unwrap();
        let root = document.document_element().unwrap();
        prop_assert_eq!(document.children(root).len(), 1);
        prop_assert_eq!(document.text_content_deep(root), issuer);
    }
}
