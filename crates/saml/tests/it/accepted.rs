//! What is taken, and what comes of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_saml::{Arrival, Unsolicited, examine};

use crate::identity_provider::{
    ADDRESS, AUDIENCE, ENTITY, Made, NOW, confirmation, connection, login, report_by,
};

#[test]
fn a_response_with_a_signed_assertion() {
    let login = login(&Made::usual().response()).unwrap();
    let claims = login.claims;
    assert_eq!((claims.id.as_str(), claims.issuer.as_str()), ("_assertion1", ENTITY));
    assert_eq!(claims.name_id.as_ref().unwrap().value, "name@example.com");
    assert_eq!(claims.attribute("loginName"), Some("name@example.com"));
    assert_eq!(claims.session_index.as_deref(), Some("_session1"));
    assert_eq!(claims.audiences, [[AUDIENCE]]);
    // Its end and the clock skew.
    assert_eq!(login.single_use_until, NOW.plus(std::time::Duration::from_mins(6)));
}

#[test]
fn a_signed_response_with_an_assertion_that_is_not_signed_by_itself() {
    assert_eq!(login(&Made::usual().signed_response()).unwrap().claims.id, "_assertion1");
}

#[test]
fn both_are_signed() {
    let made = Made::usual();
    let document = made.around(&made.signed_assertion(), &crate::identity_provider::signature("_response1"));
    let document = crate::identity_provider::IDP.sign(&document);
    assert!(login(&document).is_ok());
}

#[test]
fn an_assertion_by_itself() {
    assert!(login(&Made::usual().signed_assertion()).is_ok());
}

#[test]
fn base64_in_lines() {
    let document = STANDARD.encode(Made::usual().response());
    let lines: Vec<&str> =
        document.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let arrival = Arrival { now: NOW, request: Some("_request1") };
    assert!(examine(&lines.join("\r\n"), &connection(), arrival).outcome().is_ok());
}

#[test]
fn a_login_that_begins_at_the_identity_provider_where_that_is_allowed() {
    let mut made = Made::usual();
    made.confirmation = confirmation(ADDRESS, "2026-11-29T20:05:00Z", None);
    made.response = r#"ID="_response1" Version="2.0" IssueInstant="2026-11-29T20:00:00Z""#.into();
    let mut connection = connection();
    connection.unsolicited = Unsolicited::Taken;
    let document = STANDARD.encode(made.response());
    let arrival = Arrival { now: NOW, request: None };
    assert!(examine(&document, &connection, arrival).outcome().is_ok());
}

#[test]
fn by_the_second_certificate_while_one_takes_the_place_of_another() {
    let mut connection = connection();
    let other = vestibule_saml::Certificate::from_der(&crate::identity_provider::STRANGER.certificate);
    connection.certificates.insert(0, other.unwrap());
    assert!(report_by(&Made::usual().response(), &connection, NOW).outcome().is_ok());
}

#[test]
fn one_of_several_confirmations_is_right() {
    let mut made = Made::usual();
    made.confirmation =
        confirmation("https://other.example/acs", "2026-11-29T20:05:00Z", None) + &made.confirmation;
    assert!(login(&made.response()).is_ok());
}

#[test]
fn attributes_of_several_values_are_told_and_are_no_single_value() {
    let mut made = Made::usual();
    made.statements = r#"<saml:AttributeStatement><saml:Attribute Name="groups" FriendlyName="Groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#.into();
    let claims = login(&made.response()).unwrap().claims;
    assert_eq!(claims.attributes[0].values, ["a", "b"]);
    assert_eq!(claims.attribute("groups"), None);
}
