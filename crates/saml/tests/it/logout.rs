//! Logouts that an identity provider asks for, by redirect and by form.

use std::io::Write as _;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use vestibule_saml::{LogoutRequest, LogoutResponse, Refusal};

use crate::identity_provider::{ADDRESS, AUDIENCE, ENTITY, IDP, NOW, STRANGER, connection, signature};

fn request(signature: &str) -> String {
    format!(
        r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_logout1" Version="2.0" IssueInstant="2026-11-29T20:00:00Z" Destination="{ADDRESS}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{ENTITY}</saml:Issuer>{signature}<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">name@example.com</saml:NameID><samlp:SessionIndex>_session1</samlp:SessionIndex></samlp:LogoutRequest>"#
    )
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The query of a redirect, signed by this key.
fn redirect(document: &str, key_pem: &str) -> String {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(document.as_bytes()).unwrap();
    let document = STANDARD.encode(deflated.finish().unwrap());
    let query = format!(
        "SAMLRequest={}&RelayState=there&SigAlg={}",
        encoded(&document),
        encoded("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    );
    let der: Vec<u8> = key_pem.lines().filter(|line| !line.starts_with('-')).collect::<String>().into_bytes();
    let key = KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), query.as_bytes(), &mut signature).unwrap();
    format!("{query}&Signature={}", encoded(&STANDARD.encode(signature)))
}

fn by_redirect(query: &str) -> Result<LogoutRequest, Refusal> {
    LogoutRequest::from_redirect(query, &connection(), NOW)
}

fn by_form(document: &str) -> Result<LogoutRequest, Refusal> {
    LogoutRequest::from_form(&STANDARD.encode(document), "there", &connection(), NOW)
}

#[test]
fn a_signed_redirect_names_whom_and_which_session() {
    let logout = by_redirect(&redirect(&request(""), &IDP.key_pem)).unwrap();
    assert_eq!((&*logout.subject, &*logout.sessions), ("name@example.com", &["_session1".to_owned()][..]));
    assert_eq!((&*logout.id, &*logout.relay_state), ("_logout1", "there"));
}

#[test]
fn a_signed_form_does_so_too() {
    let logout = by_form(&IDP.sign(&request(&signature("_logout1")))).unwrap();
    assert_eq!((&*logout.subject, &*logout.relay_state), ("name@example.com", "there"));
}

#[test]
fn x1_what_nobody_signed_or_a_stranger_did_is_refused() {
    assert_eq!(by_form(&request("")), Err(Refusal::NotSigned));
    let by_stranger = STRANGER.sign(&request(&signature("_logout1")));
    assert!(matches!(by_form(&by_stranger), Err(Refusal::Signature { .. })));
    assert!(matches!(
        by_redirect(&redirect(&request(""), &STRANGER.key_pem)),
        Err(Refusal::Signature { .. })
    ));
    let query = redirect(&request(""), &IDP.key_pem);
    let unsigned = query.split("&Signature=").next().unwrap();
    assert_eq!(by_redirect(unsigned), Err(Refusal::NotSigned));
}

#[test]
fn x7_what_is_signed_is_the_query_as_it_was_sent_and_nothing_stands_twice() {
    let query = redirect(&request(""), &IDP.key_pem);
    let altered = query.replace("RelayState=there", "RelayState=elsewhere");
    assert!(matches!(by_redirect(&altered), Err(Refusal::Signature { .. })));
    let without = query.replace("&RelayState=there", "");
    assert!(matches!(by_redirect(&without), Err(Refusal::Signature { .. })));
    let twice = format!("{query}&SAMLRequest=x");
    assert!(matches!(by_redirect(&twice), Err(Refusal::Malformed(_))));
    let weak = query.replace("rsa-sha256", "rsa-sha1");
    assert!(matches!(by_redirect(&weak), Err(Refusal::Signature { .. })));
}

#[test]
fn x4_a_logout_counts_for_five_minutes_for_its_own_connection_and_address() {
    let signed = |document: String| redirect(&document, &IDP.key_pem);
    let late = LogoutRequest::from_redirect(
        &signed(request("")),
        &connection(),
        NOW.plus(std::time::Duration::from_mins(6)),
    );
    assert!(matches!(late, Err(Refusal::Late { .. })));
    let other = by_redirect(&signed(request("").replace(ENTITY, "https://other.example")));
    assert!(matches!(other, Err(Refusal::Issuer { .. })));
    let elsewhere = by_redirect(&signed(request("").replace(ADDRESS, "https://other.example")));
    assert!(matches!(elsewhere, Err(Refusal::Address { .. })));
}

#[test]
fn a_logout_of_more_sessions_than_are_ended_is_refused() {
    let session = "<samlp:SessionIndex>_session1</samlp:SessionIndex>";
    let with = |count: usize| redirect(&request("").replace(session, &session.repeat(count)), &IDP.key_pem);
    assert_eq!(by_redirect(&with(100)).map(|logout| logout.sessions.len()), Ok(100));
    assert!(matches!(by_redirect(&with(101)), Err(Refusal::Malformed(_))));
}

#[test]
fn x8_a_deflated_bomb_is_refused() {
    let bomb = request(&" ".repeat(10_000_000));
    assert!(matches!(by_redirect(&redirect(&bomb, &IDP.key_pem)), Err(Refusal::Malformed(_))));
}

#[test]
fn an_assertion_is_no_logout() {
    let response = crate::identity_provider::Made::usual().signed_response();
    assert!(by_form(&response).is_err());
}

#[test]
fn the_answer_names_the_request() {
    let answer = LogoutResponse {
        id: "_answer1",
        in_response_to: "_logout1",
        now: NOW,
        destination: "https://idp.example/logout",
        issuer: AUDIENCE,
    };
    let url = answer.to_redirect("there", None);
    assert!(url.starts_with("https://idp.example/logout?SAMLResponse="), "{url}");
    assert!(url.ends_with("&RelayState=there"), "{url}");
    assert!(answer.to_xml().contains(r#"InResponseTo="_logout1""#));
}
