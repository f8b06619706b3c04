//! What a report tells to whoever tests a connection.

use vestibule_model::Reason as _;
use vestibule_saml::{Check, Refusal, Report};

use crate::identity_provider::{
    ADDRESS, IDP, Made, NOW, confirmation, connection, report, report_by, signature,
};

/// The check that refuses first, which is the one that is told.
fn refused_by(report: &Report) -> Check {
    *report.refused_by().expect("nothing refused it")
}

#[test]
fn checks_are_told_in_their_order_and_each_once_or_more() {
    let report = report(&Made::usual().response());
    let checks: Vec<Check> = report.steps.iter().map(|step| step.check).collect();
    assert!(checks.is_sorted());
    for check in
        [Check::Document, Check::Assertion, Check::Signatures, Check::Status, Check::Issuer, Check::Address]
            .into_iter()
            .chain([Check::Time, Check::Audience, Check::Conditions, Check::Request, Check::Subject])
    {
        assert!(checks.contains(&check), "{check}");
    }
}

#[test]
fn what_cannot_be_read_is_told_as_the_document_whatever_was_checked_before() {
    let mut made = Made::usual();
    made.conditions = made.conditions.replace("2026-11-29T19:59:30Z", "yesterday");
    assert_eq!(refused_by(&report(&made.response())), Check::Document);
    let without_issuer = Made::usual()
        .assertion(&signature("_assertion1"))
        .replace("<saml:Issuer>https://idp.example/metadata</saml:Issuer>", "");
    let document = Made::usual().around(&IDP.sign(&without_issuer), "");
    assert_eq!(refused_by(&report(&document)), Check::Document);
}

#[test]
fn checks_are_told_in_their_order_when_one_refuses_too() {
    let unsigned = report(&Made::usual().around(&Made::usual().assertion(""), ""));
    assert_eq!(refused_by(&unsigned), Check::Signatures);
    let mut unreadable = Made::usual();
    unreadable.conditions = unreadable.conditions.replace("2026-11-29T19:59:30Z", "yesterday");
    for report in [unsigned, report(&unreadable.response())] {
        let checks: Vec<Check> = report.steps.iter().map(|step| step.check).collect();
        assert!(checks.is_sorted(), "{checks:?}");
    }
}

/// A response that says no has no assertion to look for, and is refused for what it says.
#[test]
fn the_status_is_the_first_thing_that_is_read_of_a_response() {
    let mut made = Made::usual();
    made.status = made.status.replace("status:Success", "status:Responder");
    assert_eq!(refused_by(&report(&made.around("", ""))), Check::Status);
    assert!(Check::Document < Check::Status && Check::Status < Check::Assertion);
}

#[test]
fn every_refusal_is_told_and_the_first_one_decides() {
    let mut made = Made::usual();
    made.conditions = made.conditions.replace("sp.example", "other.example");
    made.confirmation = confirmation("https://other.example/acs", "2026-11-29T20:05:00Z", Some("_request2"));
    let late = NOW.plus(std::time::Duration::from_hours(1));
    let report = report_by(&made.response(), &connection(), late);
    let told: Vec<String> = report.refusals().map(ToString::to_string).collect();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert!(matches!(report.outcome(), Err(Refusal::Address { .. })));
}

#[test]
fn signatures_are_told_with_what_they_cover_and_by_which_certificate() {
    let report = report(&Made::usual().response());
    let [signature] = &report.signatures[..] else { panic!("{:?}", report.signatures) };
    assert_eq!(signature.element, "/samlp:Response/saml:Assertion");
    assert_eq!(signature.algorithm, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
    let certificate = vestibule_saml::Certificate::from_der(&IDP.certificate).unwrap();
    assert_eq!(signature.verified_by, Some(certificate.fingerprint()));
    let step = report.steps.iter().find(|step| step.check == Check::Signatures).unwrap();
    let fingerprint = certificate.fingerprint();
    assert_eq!(fingerprint.len(), 95, "pairs of digits and colons, as openssl writes them");
    let (_, valid) = step.found.split_once(&fingerprint).expect("the check names the certificate");
    let until = vestibule_model::Utc(certificate.not_after());
    assert_eq!(valid, format!(" ({}, valid until {until})", certificate.subject()));
    assert!(certificate.subject().contains("CN="), "{}", certificate.subject());
}

#[test]
fn claims_are_told_as_far_as_something_signed_covers_them() {
    let made = Made::usual();
    assert!(report(&made.response()).claims.is_some());
    assert!(report(&made.around(&made.assertion(""), "")).claims.is_none());
    let mut refused = Made::usual();
    refused.confirmation = confirmation(ADDRESS, "2026-11-29T10:00:00Z", Some("_request1"));
    let report = report(&refused.response());
    assert!(report.claims.is_some() && report.outcome().is_err());
}

#[test]
fn every_refusal_says_what_to_do() {
    let mut made = Made::usual();
    made.conditions = made.conditions.replace("sp.example", "other.example");
    let report = report(&made.response());
    let refusal = report.refusals().next().unwrap();
    assert_eq!(
        refusal.to_string(),
        r#"the audience is ["https://other.example/metadata"], and the connection answers to ["https://sp.example/metadata"]"#
    );
    assert!(refusal.fix().contains("audience"));
}
