//! X6, X8: what parsers read differently, and what is too much.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use vestibule_saml::{Arrival, LONGEST, Malformed, Refusal, examine};

use crate::identity_provider::{Made, NOW, connection, refusal};

fn malformed(document: &str) -> Malformed {
    match refusal(document) {
        Refusal::Malformed(malformed) => malformed,
        other => panic!("{other:?}"),
    }
}

fn of(encoded: &str) -> Refusal {
    let arrival = Arrival { now: NOW, request: None };
    examine(encoded, &connection(), arrival).outcome().unwrap_err()
}

/// Incidents of X6: python-saml CVE-2017-11427 and Shibboleth CVE-2018-0489 (comments in a name), GitHub Enterprise Server
/// CVE-2025-23369 (entities).
#[test]
fn x6_a_comment_in_a_name() {
    let made = Made {
        subject: "<saml:NameID>admin@example.com<!-- -->.evil.example</saml:NameID>".into(),
        ..Made::usual()
    };
    assert_eq!(malformed(&made.response()), Malformed::Comment);
}

#[test]
fn x6_an_element_in_a_name() {
    let made = Made { subject: "<saml:NameID>admin<b/>x</saml:NameID>".into(), ..Made::usual() };
    assert!(matches!(malformed(&made.response()), Malformed::NotText(_)));
}

#[test]
fn x6_two_names() {
    let name = "<saml:NameID>a</saml:NameID>";
    let made = Made { subject: format!("{name}{name}"), ..Made::usual() };
    assert_eq!(malformed(&made.response()), Malformed::Doubled("NameID"));
}

#[test]
fn x6_text_in_sections_is_one_text() {
    let made =
        Made { subject: "<saml:NameID>name<![CDATA[@]]>example.com</saml:NameID>".into(), ..Made::usual() };
    let login = crate::identity_provider::login(&made.response()).unwrap();
    assert_eq!(login.claims.name_id.unwrap().value, "name@example.com");
}

#[test]
fn x6_a_document_type() {
    let response = Made::usual().response();
    for declaration in
        ["<!DOCTYPE a>", r#"<!DOCTYPE a [<!ENTITY e "x">]>"#, r#"<!DOCTYPE a SYSTEM "file:///etc/passwd">"#]
    {
        assert_eq!(malformed(&format!("{declaration}{response}")), Malformed::DocumentType, "{declaration}");
    }
}

#[test]
fn x6_a_processing_instruction() {
    let response = Made::usual().response();
    assert_eq!(malformed(&format!("<?a b?>{response}")), Malformed::ProcessingInstruction);
}

#[test]
fn x6_another_encoding() {
    let response = Made::usual().response();
    let declared = |encoding: &str| format!(r#"<?xml version="1.0" encoding="{encoding}"?>{response}"#);
    assert_eq!(malformed(&declared("UTF-7")), Malformed::Encoding("UTF-7".into()));
    assert!(crate::identity_provider::login(&declared("UTF-8")).is_ok());
    assert_eq!(of("/v8="), Malformed::NotUtf8.into());
}

#[test]
fn x6_other_namespaces() {
    let response = Made::usual().response();
    let other = response.replace("urn:oasis:names:tc:SAML:2.0:protocol", "urn:other");
    assert_eq!(refusal(&other), Refusal::NotAResponse("samlp:Response".into()));
    let of_one = response.replace(r#"Version="2.0""#, r#"Version="1.1""#);
    assert_eq!(malformed(&of_one), Malformed::Version("1.1".into()));
}

#[test]
fn x6_an_id_in_a_namespace() {
    let document = Made::usual().response().replace("<samlp:Status>", r#"<samlp:Status xml:id="x">"#);
    assert_eq!(malformed(&document), Malformed::Ids("x".into()));
}

/// Incident of X8: ruby-saml CVE-2025-25293 (compressed messages; see logouts). Of documents that explode in a service provider none is
/// known to us.
#[test]
fn x8_entities_that_grow() {
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>"#;
    assert_eq!(malformed(bomb), Malformed::DocumentType);
}

#[test]
fn x8_what_is_too_deep_or_too_long() {
    let deep = format!("{}{}", "<a>".repeat(1_000), "</a>".repeat(1_000));
    assert!(matches!(malformed(&deep), Malformed::NotXml(_)));
    let long = format!("<a>{}</a>", "x".repeat(LONGEST));
    assert_eq!(malformed(&long), Malformed::TooLong);
    assert_eq!(of(&"A".repeat(10 * LONGEST)), Malformed::TooLong.into());
    // White space is passed over, and read all the same.
    let encoded = STANDARD.encode(Made::usual().response());
    let after = |blanks: usize| of(&(" ".repeat(blanks) + &encoded));
    assert_eq!(after(2 * LONGEST), Malformed::TooLong.into());
    assert!(!matches!(after(LONGEST), Refusal::Malformed(_)));
}

#[test]
fn what_is_no_response() {
    assert_eq!(of("?"), Malformed::NotBase64.into());
    assert_eq!(of("PHg%2B"), Malformed::PercentEncoded.into());
    assert!(matches!(malformed("no XML"), Malformed::NotXml(_)));
    assert_eq!(refusal("<html/>"), Refusal::NotAResponse("html".into()));
    let made = Made::usual();
    assert_eq!(refusal(&made.around("", "")), Refusal::Assertions(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_that_is_sent_ends_in_a_panic(bytes in any::<Vec<u8>>(), text in ".{0,200}") {
        of(&text);
        of(&STANDARD.encode(bytes));
    }

    #[test]
    fn x1_no_change_of_a_byte_is_taken_for_somebody_else(position in any::<prop::sample::Index>(), byte in b' '..=b'~') {
        let response = response();
        let mut changed = response.clone().into_bytes();
        let position = position.index(changed.len());
        changed[position] = byte;
        if let Ok(login) = crate::identity_provider::login(&String::from_utf8(changed).unwrap()) {
            prop_assert_eq!(login.claims, crate::identity_provider::login(&response).unwrap().claims);
        }
    }
}

fn response() -> String {
    static RESPONSE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| Made::usual().response());
    RESPONSE.clone()
}
