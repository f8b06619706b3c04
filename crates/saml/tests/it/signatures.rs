//! X1, X3, X7: what a signature covers, by whom it was made, and how.

use vestibule_model::Reason as _;
use vestibule_saml::{Malformed, Refusal, SignatureFlaw};

use crate::identity_provider::{IDP, Made, STRANGER, refusal, signature};

/// The attacker's own assertion: the same but for whom it names.
fn evil(id: &'static str) -> String {
    Made { id: id.into(), subject: "<saml:NameID>admin@example.com</saml:NameID>".into(), ..Made::usual() }
        .assertion("")
}

/// The signature of a signed assertion, and the assertion without it.
fn taken_apart(signed: &str) -> (String, String) {
    let begin = signed.find("<ds:Signature ").unwrap();
    let end = signed.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    (signed[begin..end].to_owned(), format!("{}{}", &signed[..begin], &signed[end..]))
}

/// What a wrapped signature is refused for whose structure is not that of SAML.
fn structure_of(element: &str, what: &'static str) -> Refusal {
    Refusal::Signature { element: element.to_owned(), flaw: SignatureFlaw::Structure(what) }
}

/// Incidents of X1: ruby-saml CVE-2024-45409 and CVE-2025-66567, samlify CVE-2025-47949, node-saml CVE-2025-54369.
#[test]
fn x1_nothing_is_signed() {
    let made = Made::usual();
    assert_eq!(refusal(&made.around(&made.assertion(""), "")), Refusal::NotSigned);
}

#[test]
fn x1_what_is_signed_was_changed() {
    for (from, to) in [("name@", "admin@"), ("_session1", "_session2"), ("sp.example/acs", "sp.example/acS")]
    {
        let document = Made::usual().response().replace(from, to);
        assert!(
            matches!(refusal(&document), Refusal::Signature { flaw: SignatureFlaw::Wrong(_), .. }),
            "{from}"
        );
    }
}

#[test]
fn x1_an_unsigned_assertion_beside_a_signed_one() {
    let made = Made::usual();
    let signed = made.signed_assertion();
    for inside in [evil("_evil") + &signed, signed + &evil("_evil")] {
        assert_eq!(refusal(&made.around(&inside, "")), Refusal::Assertions(2));
    }
}

/// The signed element kept somewhere where it verifies, and another one in its place (the eight wrappings of Somorovsky et al.,
/// "On Breaking SAML").
#[test]
fn x1_wrappings_one_to_eight() {
    let made = Made::usual();
    let response = made.signed_response();
    let signed = made.signed_assertion();
    let (own, bare) = taken_apart(&signed);
    let evil = evil("_evil");
    let before = |text: &str, end: &str, inside: &str| text.replacen(end, &format!("{inside}{end}"), 1);
    let (of_response, response_bare) = taken_apart(&response);
    let evil_response = |signature: &str| as_evil(&made.around(&evil, signature));
    let wrapped = [
        // 1: the response in the signature of another. 2: the response beside it.
        evil_response(&before(
            &of_response,
            "</ds:Signature>",
            &format!("<ds:Object>{response_bare}</ds:Object>"),
        )),
        evil_response(&format!("{of_response}{response_bare}")),
        // 3: the signed assertion behind another. 4: inside of it.
        made.around(&format!("{evil}{signed}"), ""),
        made.around(&before(&evil, "</saml:Assertion>", &signed), ""),
        // 5: the signature moved into the other one. 6: with what it signs inside of it.
        made.around(&format!("{}{bare}", before(&evil, "<saml:Subject>", &own)), ""),
        made.around(
            &before(
                &evil,
                "<saml:Subject>",
                &before(&own, "</ds:Signature>", &format!("<ds:Object>{bare}</ds:Object>")),
            ),
            "",
        ),
        // 7: what is signed in an extension. 8: what is signed in an object of the signature.
        made.around(&format!("<samlp:Extensions>{signed}</samlp:Extensions>{evil}"), ""),
        made.around(
            &before(
                &evil,
                "<saml:Subject>",
                &before(&own, "</ds:Signature>", &format!("<ds:Object>{signed}</ds:Object>")),
            ),
            "",
        ),
    ];
    for (number, document) in (1..).zip(wrapped) {
        assert_eq!(refusal(&document), Refusal::Assertions(2), "{number}");
    }
}

/// The id of the response at the top, and of no other.
fn as_evil(document: &str) -> String {
    document.replacen(r#"ID="_response1""#, r#"ID="_evilresponse""#, 1)
}

/// An identity provider also signs that a login failed: then the attacker's assertion is the only one, and the signature is right.
#[test]
fn x1_wrappings_of_a_signed_response_without_an_assertion() {
    let made = Made::usual();
    let mut failed = Made::usual();
    failed.status = failed.status.replace("status:Success", "status:Responder");
    let failed = IDP.sign(&failed.around("", &signature("_response1")));
    assert!(matches!(refusal(&failed), Refusal::Status { .. }), "it is a response");
    let (signature, bare) = taken_apart(&failed);
    let evil = evil("_evil");
    let around = |inside: &str, signature: &str| as_evil(&made.around(inside, signature));
    let holding = |inside: &str| {
        signature.replace("</ds:Signature>", &format!("<ds:Object>{inside}</ds:Object></ds:Signature>"))
    };
    let in_assertion = |inside: &str| evil.replace("</saml:Issuer>", &format!("</saml:Issuer>{inside}"));
    let (top, assertion) = ("/samlp:Response", "/samlp:Response/saml:Assertion");
    let wrapped = [
        // The signature at the top, with what it signs inside of it, beside it, and inside of the assertion.
        (around(&evil, &holding(&bare)), structure_of(top, "Signature")),
        (
            around(&format!("{evil}<samlp:Extensions>{bare}</samlp:Extensions>"), &signature),
            structure_of(top, "reference"),
        ),
        (around(&in_assertion(&bare), &signature), structure_of(top, "reference")),
        // The signature in the assertion.
        (around(&in_assertion(&holding(&bare)), ""), structure_of(assertion, "Signature")),
        // The signature where it was: it verifies, and covers nothing that is read.
        (around(&format!("<samlp:Extensions>{failed}</samlp:Extensions>{evil}"), ""), Refusal::NotSigned),
        (around(&format!("{failed}{evil}"), ""), Refusal::NotSigned),
        (around(&in_assertion(&format!("<saml:Advice>{failed}</saml:Advice>")), ""), Refusal::NotSigned),
    ];
    for (number, (document, expected)) in (1..).zip(wrapped) {
        assert_eq!(refusal(&document), expected, "{number}");
    }
}

#[test]
fn x1_the_same_id_twice() {
    let made = Made::usual();
    let twice = made.around(&(made.signed_assertion() + &evil("_assertion1")), "");
    assert_eq!(refusal(&twice), Malformed::Ids("_assertion1".into()).into());
    let on_another_element =
        made.response().replacen("<samlp:Status>", r#"<samlp:Status Id="_assertion1">"#, 1);
    assert_eq!(refusal(&on_another_element), Malformed::Ids("_assertion1".into()).into());
}

#[test]
fn x1_a_response_inside_of_a_response() {
    let made = Made::usual();
    // The one that it has is that of the other response, signed or not.
    for inner in [made.signed_response(), made.around(&made.assertion(""), "")] {
        let document = as_evil(&made.around(&inner, ""));
        assert_eq!(refusal(&document), Refusal::Assertions(1));
    }
}

#[test]
fn x1_a_signature_of_the_response_that_is_wrong_refuses_a_right_assertion() {
    let made = Made::usual();
    let document = STRANGER.sign(&made.around(&made.signed_assertion(), &signature("_response1")));
    let refusal = refusal(&document);
    assert!(
        matches!(&refusal, Refusal::Signature { element, flaw: SignatureFlaw::Wrong(_) } if element == "/samlp:Response"),
        "{refusal:?}"
    );
}

/// Incident of X3: Casdoor CVE-2026-9090.
#[test]
fn x3_a_key_of_the_message_itself() {
    let made = Made::usual();
    let certificate = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(&STRANGER.certificate)
    };
    let with_key = signature("_assertion1").replace(
        "</ds:SignatureValue>",
        &format!("</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"),
    );
    let document = made.around(&STRANGER.sign(&made.assertion(&with_key)), "");
    assert!(matches!(refusal(&document), Refusal::Signature { flaw: SignatureFlaw::Wrong(_), .. }));
    // The same key information beside the identity provider's own signature does no harm.
    let document = made.around(&IDP.sign(&made.assertion(&with_key)), "");
    assert!(crate::identity_provider::login(&document).is_ok());
}

/// A flaw that is found before anything is verified.
fn flaw(change: impl Fn(String) -> String) -> SignatureFlaw {
    let made = Made::usual();
    let document = made.around(&made.assertion(&change(signature("_assertion1"))), "");
    match refusal(&document) {
        Refusal::Signature { flaw, .. } => flaw,
        other => panic!("{other:?}"),
    }
}

/// Incidents of X7: `SimpleSAMLphp` CVE-2018-7644 (HMAC by the public key), xml-crypto CVE-2025-29774 (several `SignedInfo`).
#[test]
fn x7_algorithms_that_do_not_count() {
    let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    let replaced = |to: &'static str| {
        move |text: String| text.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", to)
    };
    assert_eq!(flaw(replaced(sha1)), SignatureFlaw::Algorithm(sha1.into()));
    let hmac = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256";
    assert_eq!(flaw(replaced(hmac)), SignatureFlaw::Algorithm(hmac.into()));
    let digest = "http://www.w3.org/2000/09/xmldsig#sha1";
    assert_eq!(
        flaw(|text| text.replace("http://www.w3.org/2001/04/xmlenc#sha256", digest)),
        SignatureFlaw::Algorithm(digest.into())
    );
}

#[test]
fn x7_structures_that_no_signature_of_saml_has() {
    type Change = Box<dyn Fn(String) -> String>;
    let reference = |text: &str| {
        let begin = text.find("<ds:Reference").unwrap();
        let end = text.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
        text[begin..end].to_owned()
    };
    let cases: [(&str, Change); 9] = [
        (
            "two references",
            Box::new(move |text| {
                text.replace("</ds:Reference>", &format!("</ds:Reference>{}", reference(&text)))
            }),
        ),
        (
            "two of SignedInfo",
            Box::new(|text| {
                let (begin, end) =
                    (text.find("<ds:SignedInfo>").unwrap(), text.find("<ds:SignatureValue>").unwrap());
                text.replace("<ds:SignatureValue>", &format!("{}<ds:SignatureValue>", &text[begin..end]))
            }),
        ),
        ("no reference", Box::new(move |text| text.replace(&reference(&text), ""))),
        ("an empty reference", Box::new(|text| text.replace("#_assertion1", ""))),
        ("a reference to another element", Box::new(|text| text.replace("#_assertion1", "#_response1"))),
        ("a reference to a file", Box::new(|text| text.replace("#_assertion1", "file:///etc/passwd"))),
        (
            "an XPath",
            Box::new(|text| {
                text.replace("#enveloped-signature", "#x").replace(
                    "http://www.w3.org/2000/09/xmldsig#x",
                    "http://www.w3.org/TR/1999/REC-xpath-19991116",
                )
            }),
        ),
        ("an object", Box::new(|text| text.replace("</ds:Signature>", "<ds:Object/></ds:Signature>"))),
        (
            "an empty SignedInfo",
            Box::new(|text| {
                let (begin, end) =
                    (text.find("<ds:SignedInfo>").unwrap(), text.find("</ds:SignedInfo>").unwrap());
                format!("{}<ds:SignedInfo>{}", &text[..begin], &text[end..])
            }),
        ),
    ];
    for (name, change) in cases {
        let flaw = flaw(change);
        assert!(
            matches!(flaw, SignatureFlaw::Structure(_) | SignatureFlaw::Algorithm(_)),
            "{name}: {flaw:?}"
        );
    }
}

#[test]
fn x7_a_signature_twice_or_elsewhere() {
    let made = Made::usual();
    let twice = made.assertion(&(signature("_assertion1") + &signature("_assertion1")));
    let elsewhere =
        made.assertion("").replace("</saml:Subject>", &(signature("_assertion1") + "</saml:Subject>"));
    for document in [made.around(&twice, ""), made.around(&elsewhere, "")] {
        assert!(matches!(refusal(&document), Refusal::Signature { flaw: SignatureFlaw::Place, .. }));
    }
}

#[test]
fn a_signature_of_a_certificate_that_the_connection_has_no_more() {
    let made = Made::usual();
    let document = made.around(&STRANGER.sign(&made.assertion(&signature("_assertion1"))), "");
    let refusal = refusal(&document);
    assert!(refusal.fix().contains("metadata"), "{refusal}");
}
