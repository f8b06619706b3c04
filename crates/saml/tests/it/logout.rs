//! Logouts that an identity provider asks for, by redirect and by form.

use std::io::Write as _;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use vestibule_model::Reason as _;
use vestibule_saml::{LogoutRefusal, LogoutRequest, LogoutResponse, Malformed, Refusal, SignatureFlaw};

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
    redirect_of(&deflated.finish().unwrap(), key_pem)
}

/// The same of bytes that somebody else deflated, or nobody.
fn redirect_of(bytes: &[u8], key_pem: &str) -> String {
    let query = format!(
        "SAMLRequest={}&RelayState=there&SigAlg={}",
        encoded(&STANDARD.encode(bytes)),
        encoded("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    );
    let der: Vec<u8> = key_pem.lines().filter(|line| !line.starts_with('-')).collect::<String>().into_bytes();
    let key = KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), query.as_bytes(), &mut signature).unwrap();
    format!("{query}&Signature={}", encoded(&STANDARD.encode(signature)))
}

/// What is refused for what a login would be refused for as well.
fn as_login(outcome: Result<LogoutRequest, LogoutRefusal>) -> Refusal {
    match outcome {
        Err(LogoutRefusal::AsLogin(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn by_redirect(query: &str) -> Result<LogoutRequest, LogoutRefusal> {
    LogoutRequest::from_redirect(query, &connection(), NOW)
}

fn by_form(document: &str) -> Result<LogoutRequest, LogoutRefusal> {
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
    assert_eq!(by_form(&request("")), Err(LogoutRefusal::NotSigned));
    let wrong =
        |outcome| matches!(as_login(outcome), Refusal::Signature { flaw: SignatureFlaw::Wrong(_), .. });
    assert!(wrong(by_form(&STRANGER.sign(&request(&signature("_logout1"))))));
    assert!(wrong(by_redirect(&redirect(&request(""), &STRANGER.key_pem))));
    let query = redirect(&request(""), &IDP.key_pem);
    let unsigned = query.split("&Signature=").next().unwrap();
    assert_eq!(by_redirect(unsigned), Err(LogoutRefusal::NotSigned));
}

/// The like of samlify GHSA-63ch-w8pw-4mf2: the assertion of a login is signed, and whom the logout names is not.
#[test]
fn x1_what_is_signed_inside_of_a_logout_does_not_cover_it() {
    let made = crate::identity_provider::Made::usual();
    for signed in [made.signed_assertion(), made.signed_response()] {
        assert_eq!(by_form(&request(&signed)), Err(LogoutRefusal::NotSigned));
    }
    let other = IDP.sign(&request(&signature("_logout1")));
    let around = request("")
        .replace("_logout1", "_evil")
        .replace("<samlp:SessionIndex>", &format!("{other}<samlp:SessionIndex>"));
    let refusal = as_login(by_form(&around));
    assert!(matches!(refusal, Refusal::Signature { flaw: SignatureFlaw::Place, .. }), "{refusal:?}");
}

#[test]
fn x7_what_is_signed_is_the_query_as_it_was_sent_and_nothing_stands_twice() {
    let query = redirect(&request(""), &IDP.key_pem);
    let altered = query.replace("RelayState=there", "RelayState=elsewhere");
    let without = query.replace("&RelayState=there", "");
    for query in [altered, without] {
        let refusal = as_login(by_redirect(&query));
        assert!(matches!(refusal, Refusal::Signature { flaw: SignatureFlaw::Wrong(_), .. }), "{refusal:?}");
    }
    let twice = format!("{query}&SAMLRequest=x");
    let doubled = Malformed::Doubled("parameters of one name");
    assert_eq!(as_login(by_redirect(&twice)), Refusal::Malformed(doubled));
    let weak = query.replace("rsa-sha256", "rsa-sha1");
    let refusal = as_login(by_redirect(&weak));
    assert!(matches!(refusal, Refusal::Signature { flaw: SignatureFlaw::Algorithm(_), .. }), "{refusal:?}");
}

#[test]
fn an_algorithm_that_documents_may_have_and_a_query_may_not_is_told_with_what_is_missing() {
    let query = redirect(&request(""), &IDP.key_pem);
    for other in ["ecdsa-sha256", "ecdsa-sha512"] {
        let refusal = by_redirect(&query.replace("rsa-sha256", other)).unwrap_err();
        assert!(
            matches!(&refusal, LogoutRefusal::NotOverQuery(name) if name.ends_with(other)),
            "{refusal:?}"
        );
        assert!(refusal.to_string().contains("only RSA"), "{refusal}");
        assert!(refusal.fix().contains("HTTP POST") && refusal.fix().contains("RSA"), "{}", refusal.fix());
    }
}

#[test]
fn a_logout_is_refused_in_the_words_of_a_logout() {
    let key = &IDP.key_pem;
    let refusals = [
        by_form("<html/>"),
        by_form(&request("")),
        by_form("<html>"),
        LogoutRequest::from_form("%", "", &connection(), NOW),
        LogoutRequest::from_form("*", "", &connection(), NOW),
        by_redirect(&redirect_of(b"<html/>", key)),
        by_redirect(&redirect("<html/>", key)),
        by_redirect(&redirect(&request("").replace("NameID", "Name"), key)),
        by_redirect(&redirect(&request("").replace(ADDRESS, "https://other.example"), key)),
        by_redirect(&redirect(&request("").replace(ENTITY, "https://other.example"), key)),
    ];
    for outcome in refusals {
        let refusal = outcome.unwrap_err();
        let told = format!("{refusal}; {}", refusal.fix());
        for of_login in ["assertion", "a response", "SAMLResponse", "consumer"] {
            assert!(!told.contains(of_login), "{told}");
        }
    }
}

#[test]
fn what_is_no_logout_is_told_as_what_it_is() {
    assert_eq!(by_form("<html/>"), Err(LogoutRefusal::NotALogout("html".into())));
    let response = crate::identity_provider::Made::usual().signed_response();
    assert_eq!(by_form(&response), Err(LogoutRefusal::NotALogout("samlp:Response".into())));
}

#[test]
fn what_is_not_deflated_and_what_is_not_text_are_told_apart() {
    let key = &IDP.key_pem;
    let refusal = as_login(by_redirect(&redirect_of(request("").as_bytes(), key)));
    assert_eq!(refusal, Refusal::Malformed(Malformed::NotDeflated));
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    deflated.write_all(b"\xff").unwrap();
    let refusal = as_login(by_redirect(&redirect_of(&deflated.finish().unwrap(), key)));
    assert_eq!(refusal, Refusal::Malformed(Malformed::NotUtf8));
}

#[test]
fn x4_a_logout_counts_for_five_minutes_for_its_own_connection_and_address() {
    let signed = |document: String| redirect(&document, &IDP.key_pem);
    let late = LogoutRequest::from_redirect(
        &signed(request("")),
        &connection(),
        NOW.plus(std::time::Duration::from_mins(6)),
    );
    assert!(matches!(as_login(late), Refusal::Late { .. }));
    let other = by_redirect(&signed(request("").replace(ENTITY, "https://other.example")));
    assert!(matches!(as_login(other), Refusal::Issuer { .. }));
    let elsewhere = by_redirect(&signed(request("").replace(ADDRESS, "https://other.example")));
    assert!(matches!(as_login(elsewhere), Refusal::Address { .. }));
}

#[test]
fn a_logout_of_more_sessions_than_are_ended_is_refused() {
    let session = "<samlp:SessionIndex>_session1</samlp:SessionIndex>";
    let with = |count: usize| redirect(&request("").replace(session, &session.repeat(count)), &IDP.key_pem);
    assert_eq!(by_redirect(&with(100)).map(|logout| logout.sessions.len()), Ok(100));
    assert_eq!(as_login(by_redirect(&with(101))), Refusal::Malformed(Malformed::TooMuch("sessions")));
}

/// Incident of X8: ruby-saml CVE-2025-25293 (messages that are compressed). The end of this one cannot be inflated: whoever
/// inflated all of it would tell that.
#[test]
fn x8_a_deflated_bomb_is_inflated_no_further_than_is_read() {
    let mut bomb = DeflateEncoder::new(Vec::new(), Compression::default());
    bomb.write_all(request(&" ".repeat(10_000_000)).as_bytes()).unwrap();
    bomb.flush().unwrap();
    // The last block, of the kind that is reserved (RFC 1951 §3.2.3).
    let bomb = [bomb.get_ref(), &[0b111_u8][..]].concat();
    let refusal = as_login(by_redirect(&redirect_of(&bomb, &IDP.key_pem)));
    assert_eq!(refusal, Refusal::Malformed(Malformed::TooLong));
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

#[test]
fn x4_a_logout_that_says_not_for_whom_it_is_or_names_nobody_is_refused() {
    let destination = format!(" Destination=\"{ADDRESS}\"");
    for (what, instead) in [
        (&*destination, ""),
        (&*destination, " Destination=\"\""),
        (" ID=\"_logout1\"", " ID=\"\""),
        (">name@example.com<", "><"),
    ] {
        let document = request("").replace(what, instead);
        assert!(document.len() < request("").len(), "{what}");
        let outcome = by_redirect(&redirect(&document, &IDP.key_pem));
        let missing = Malformed::Missing(if what.contains("Dest") { "Destination" } else { "ID" });
        if what.contains("name@") {
            assert_eq!(outcome, Err(LogoutRefusal::NoSubject));
        } else {
            assert_eq!(as_login(outcome), Refusal::from(missing), "{what}");
        }
    }
}
