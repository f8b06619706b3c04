//! X4: conditions, audience, recipient, destination, request.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_model::{Millis, Reason as _};
use vestibule_saml::{Arrival, Malformed, Refusal, Unsolicited, examine};

use crate::identity_provider::{ADDRESS, Made, NOW, confirmation, connection, refusal, report_by};

const UNTIL: &str = "2026-11-29T20:05:00Z";

fn at(now: Millis) -> Option<Refusal> {
    report_by(&Made::usual().response(), &connection(), now).outcome().err()
}

/// Incidents of X4: Keycloak CVE-2026-1190 (when a confirmation ends), Casdoor CVE-2026-9093 (audience), `SimpleSAMLphp`
/// CVE-2026-49284 (`InResponseTo` of what nobody signed).
#[test]
fn x4_the_time_counts_to_the_millisecond_with_the_clock_skew() {
    // Valid from 30 s before NOW until 300 s after it, with 60 s allowed on each side.
    let millis = |millis: i64| Millis::from_unix(NOW.as_unix() + millis);
    assert_eq!(at(millis(-90_000)), None);
    assert!(matches!(at(millis(-90_001)), Some(Refusal::Early { .. })));
    assert_eq!(at(millis(359_999)), None);
    assert!(matches!(at(millis(360_000)), Some(Refusal::Late { .. })));
}

#[test]
fn x4_a_clock_that_is_wrong_is_told_with_how_much() {
    let refusal = at(NOW.minus(Duration::from_mins(10))).unwrap();
    assert_eq!(
        refusal.to_string(),
        "it is valid from 2026-11-29T19:59:30Z on, and it is 2026-11-29T19:50:00Z here: 570 s too early, with 60 s allowed; it was issued 600 s from now, so that the identity provider's clock is at least 600 s ahead"
    );
    assert!(refusal.fix().contains("NTP"));
    let refusal = at(NOW.plus(Duration::from_mins(10))).unwrap();
    assert_eq!(
        refusal.to_string(),
        "it was valid until 2026-11-29T20:05:00Z, and it is 2026-11-29T20:10:00Z here: 300 s too late, with 60 s allowed; by the identity provider's clock it was issued 600 s ago"
    );
}

/// Valid later than it was made: that tells nothing of clocks.
#[test]
fn x4_nothing_is_said_of_clocks_that_cannot_be_known() {
    let told = |issued: &str, now: Millis| {
        let made = Made { issued: issued.into(), ..Made::usual() };
        report_by(&made.response(), &connection(), now).outcome().unwrap_err().to_string()
    };
    for issued in ["2026-11-29T19:00:00Z", "2026-11-29T19:50:30Z"] {
        let told = told(issued, NOW.minus(Duration::from_mins(10)));
        assert!(told.ends_with("570 s too early, with 60 s allowed"), "{told}");
    }
    let told = told("2026-11-29T20:10:30Z", NOW.plus(Duration::from_mins(10)));
    assert!(told.ends_with("300 s too late, with 60 s allowed"), "{told}");
}

#[test]
fn x4_a_confirmation_without_end_is_over() {
    let mut made = Made::usual();
    made.confirmation = made.confirmation.replace(&format!(r#" NotOnOrAfter="{UNTIL}""#), "");
    assert!(matches!(refusal(&made.response()), Refusal::Late { .. }));
}

#[test]
fn x4_another_audience() {
    let mut made = Made::usual();
    made.conditions = made.conditions.replace("sp.example", "other.example");
    assert!(matches!(refusal(&made.response()), Refusal::Audience { .. }));
}

#[test]
fn x4_every_restriction_of_the_audience_has_to_be_met() {
    let mut made = Made::usual();
    let second = "<saml:AudienceRestriction><saml:Audience>x</saml:Audience></saml:AudienceRestriction></saml:Conditions>";
    made.conditions = made.conditions.replace("</saml:Conditions>", second);
    assert!(matches!(refusal(&made.response()), Refusal::Audience { .. }));
}

#[test]
fn x4_a_condition_that_is_not_understood() {
    let mut made = Made::usual();
    made.conditions =
        made.conditions.replace("</saml:Conditions>", r#"<x:Other xmlns:x="urn:x"/></saml:Conditions>"#);
    assert_eq!(refusal(&made.response()), Refusal::Condition("x:Other".into()));
}

#[test]
fn x4_another_recipient() {
    for recipient in ["https://other.example/acs", "https://sp.example/acs/", "", "HTTPS://sp.example/acs"] {
        let mut made = Made::usual();
        made.confirmation = confirmation(recipient, UNTIL, Some("_request1"));
        assert!(matches!(refusal(&made.response()), Refusal::Address { attribute: "Recipient", .. }));
    }
}

#[test]
fn x4_another_destination() {
    let mut made = Made::usual();
    made.response = made.response.replace(ADDRESS, "https://other.example/acs");
    assert!(matches!(refusal(&made.response()), Refusal::Address { attribute: "Destination", .. }));
}

#[test]
fn x4_no_confirmation_by_bearer() {
    let mut made = Made::usual();
    made.confirmation = made.confirmation.replace("cm:bearer", "cm:holder-of-key");
    assert_eq!(refusal(&made.response()), Refusal::NotBearer);
}

#[test]
fn x4_the_request_of_another_browser() {
    let mut made = Made::usual();
    made.confirmation = confirmation(ADDRESS, UNTIL, Some("_request2"));
    assert!(matches!(refusal(&made.response()), Refusal::InResponseTo { .. }));
}

#[test]
fn x4_an_unsigned_response_can_only_refuse_by_its_request() {
    let mut made = Made::usual();
    made.response = made.response.replace("_request1", "_request2");
    assert!(matches!(refusal(&made.response()), Refusal::InResponseTo { .. }));
    // The assertion itself answers no request: what the response says does not make up for it.
    let mut made = Made::usual();
    made.confirmation = confirmation(ADDRESS, UNTIL, None);
    assert!(matches!(refusal(&made.response()), Refusal::InResponseTo { found: None, .. }));
}

#[test]
fn x4_an_answer_to_somebody_elses_request_where_none_was_made() {
    let mut connection = connection();
    connection.unsolicited = Unsolicited::Taken;
    let document = STANDARD.encode(Made::usual().response());
    let outcome = examine(&document, &connection, Arrival { now: NOW, request: None }).outcome();
    assert!(matches!(outcome, Err(Refusal::InResponseTo { expected: None, .. })));
}

#[test]
fn x4_a_login_that_begins_at_the_identity_provider_where_that_is_not_allowed() {
    let mut made = Made::usual();
    made.confirmation = confirmation(ADDRESS, UNTIL, None);
    made.response = r#"ID="_response1" Version="2.0""#.into();
    let document = STANDARD.encode(made.response());
    let outcome = examine(&document, &connection(), Arrival { now: NOW, request: None }).outcome();
    assert_eq!(outcome, Err(Refusal::Unsolicited));
}

#[test]
fn x4_another_issuer() {
    let made = Made { issuer: "https://other.example".into(), ..Made::usual() };
    assert!(matches!(refusal(&made.response()), Refusal::Issuer { .. }));
    let outside =
        Made::usual().response().replacen("https://idp.example/metadata", "https://other.example", 1);
    assert!(matches!(refusal(&outside), Refusal::Issuer { .. }));
}

#[test]
fn a_status_that_is_no_success_is_told_in_its_words() {
    let mut made = Made::usual();
    made.status = r#"<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode><samlp:StatusMessage>no</samlp:StatusMessage></samlp:Status>"#.into();
    let code = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".to_owned();
    assert_eq!(refusal(&made.response()), Refusal::Status { code, message: Some("no".into()) });
}

#[test]
fn an_assertion_without_a_subject() {
    let made = Made { subject: String::new(), ..Made::usual() };
    assert_eq!(refusal(&made.response()), Refusal::NoSubject);
    let made = Made { subject: "<saml:NameID> </saml:NameID>".into(), ..Made::usual() };
    assert_eq!(refusal(&made.response()), Refusal::NoSubject);
}

#[test]
fn times_that_are_none_are_refused() {
    let mut made = Made::usual();
    made.conditions = made.conditions.replace("2026-11-29T19:59:30Z", "yesterday");
    assert_eq!(refusal(&made.response()), Malformed::Time("yesterday".into()).into());
}

#[test]
fn x4_a_document_is_remembered_until_its_last_confirmation_ends() {
    let made = Made::usual();
    let later = confirmation(ADDRESS, "2026-11-29T21:00:00Z", Some("_request1"));
    let both = Made { confirmation: made.confirmation.clone() + &later, conditions: String::new(), ..made };
    let login = report_by(&both.response(), &connection(), NOW).outcome().unwrap();
    assert_eq!(login.single_use_until, NOW.plus(Duration::from_mins(61)));
}

#[test]
fn x4_a_login_that_begins_at_the_identity_provider_does_not_answer_a_request_that_waits() {
    let made = Made {
        confirmation: confirmation(ADDRESS, UNTIL, None),
        response: r#"ID="_response1" Version="2.0""#.into(),
        ..Made::usual()
    };
    let mut connection = connection();
    connection.unsolicited = Unsolicited::Taken;
    let document = STANDARD.encode(made.response());
    let outcome = |request| examine(&document, &connection, Arrival { now: NOW, request }).outcome().err();
    assert_eq!(outcome(None), None);
    assert!(matches!(outcome(Some("_request1")), Some(Refusal::InResponseTo { found: None, .. })));
}

#[test]
fn a_confirmation_without_data_does_no_harm_beside_one_that_is_right() {
    let empty = r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/>"#;
    let made = Made::usual();
    let both = Made { confirmation: format!("{empty}{}", made.confirmation), ..made };
    assert!(report_by(&both.response(), &connection(), NOW).outcome().is_ok());
}

#[test]
fn x4_a_session_that_is_over_there() {
    let mut made = Made::usual();
    let ends = |at: &str| format!(r#"<saml:AuthnStatement SessionNotOnOrAfter="{at}"/>"#);
    // The first of several ends.
    made.statements = ends("2026-11-29T22:00:00Z") + &ends("2026-11-29T19:59:00Z");
    let refusal = refusal(&made.response());
    assert!(matches!(refusal, Refusal::SessionOver { skew_s: 60, .. }), "{refusal:?}");
    made.statements = ends("2026-11-29T22:00:00Z") + &ends("2026-11-29T19:59:00.001Z");
    let login = report_by(&made.response(), &connection(), NOW).outcome().unwrap();
    assert_eq!(login.claims.session_ends, Some(NOW.minus(Duration::from_millis(59_999))));
}

#[test]
fn x1_names_are_taken_letter_by_letter_and_none_with_white_space_around_it() {
    for (subject, named) in [
        ("a  b", Some("a  b")),
        (" name", None),
        ("name\n", None),
        ("name&#xA;", None),
        ("\u{a0}name", None),
        ("<![CDATA[ name]]>", None),
    ] {
        let mut made = Made::usual();
        made.subject = format!("<saml:NameID>{subject}</saml:NameID>");
        let outcome = report_by(&made.response(), &connection(), NOW).outcome();
        match (named, outcome) {
            (Some(named), Ok(login)) => assert_eq!(login.claims.name_id.unwrap().value, named),
            (None, Err(Refusal::PaddedSubject(_))) => {}
            (_, outcome) => panic!("{subject:?}: {outcome:?}"),
        }
    }
}

#[test]
fn x1_values_of_attributes_are_read_letter_by_letter() {
    let mut made = Made::usual();
    made.statements = r#"<saml:AttributeStatement><saml:Attribute Name="loginName"><saml:AttributeValue> name&#xD;</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#.into();
    let login = report_by(&made.response(), &connection(), NOW).outcome().unwrap();
    assert_eq!(login.claims.attribute("loginName"), Some(" name\r"));
}
