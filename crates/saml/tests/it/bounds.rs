//! X8: documents that would keep a parser, a canonicalization or an operator's screen busy.

use vestibule_saml::{Malformed, Refusal, SignatureFlaw};

use crate::identity_provider::{IDP, Made, login, refusal, signature};

fn flaw(document: &str) -> SignatureFlaw {
    match refusal(document) {
        Refusal::Signature { flaw, .. } => flaw,
        other => panic!("{other:?}"),
    }
}

/// A signature whose canonicalization treats these prefixes as used.
fn with_prefixes(prefixes: &str) -> String {
    signature("_assertion1").replace(
        r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>"#,
        &format!(
            r#"<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"><ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="{prefixes}"/></ds:Transform>"#
        ),
    )
}

#[test]
fn x8_many_prefixes_of_a_canonicalization() {
    let made = Made::usual();
    let document = made.around(&made.assertion(&with_prefixes(&"n ".repeat(17))), "");
    assert_eq!(flaw(&document), SignatureFlaw::Structure("InclusiveNamespaces"));
    let few = made.around(&IDP.sign(&made.assertion(&with_prefixes("saml xs #default"))), "");
    assert!(login(&few).is_ok());
}

#[test]
fn x8_something_else_inside_of_a_transform() {
    let made = Made::usual();
    let other = with_prefixes("saml").replace("ec:InclusiveNamespaces xmlns", "ec:Other xmlns");
    assert_eq!(
        flaw(&made.around(&made.assertion(&other), "")),
        SignatureFlaw::Structure("InclusiveNamespaces")
    );
    let enveloped = signature("_assertion1").replace(
        r#"enveloped-signature"/>"#,
        r#"enveloped-signature"><ds:XPath>1</ds:XPath></ds:Transform>"#,
    );
    assert_eq!(flaw(&made.around(&made.assertion(&enveloped), "")), SignatureFlaw::Structure("Transforms"));
}

#[test]
fn x8_more_than_any_response_has() {
    let much = |inside: &str| refusal(&format!("<a>{inside}</a>"));
    assert_eq!(much(&"<b/>".repeat(10_000)), Malformed::TooMuch("elements").into());
    let attributes: Vec<String> = (0..100).map(|number| format!("x{number}='1'")).collect();
    assert_eq!(
        much(&format!("<b {}/>", attributes.join(" "))),
        Malformed::TooMuch("attributes of an element").into()
    );
    let prefixes: Vec<String> = (0..100).map(|number| format!("<b xmlns:c{number}='u'/>")).collect();
    assert_eq!(much(&prefixes.concat()), Malformed::TooMuch("prefixes of namespaces").into());
}

#[test]
fn x8_a_quote_in_text_hides_nothing_from_the_bounds() {
    let much = "<b/>".repeat(10_000);
    for before in
        [r#"<![CDATA["]]>"#, "<![CDATA[']]>", "<!-- it's -->", "<?a '?>", r#"""#, "<c d='>'/>", "<!x '>"]
    {
        let refused = refusal(&format!("<a>{before}{much}</a>"));
        assert_eq!(refused, Malformed::TooMuch("elements").into(), "{before}");
    }
}

#[test]
fn x8_many_signatures_are_not_looked_at() {
    let made = Made::usual();
    let many = made.around(&made.signed_assertion(), &"<ds:Signature/>".repeat(3_000)).replacen(
        "<samlp:Response ",
        r#"<samlp:Response xmlns:ds="http://www.w3.org/2000/09/xmldsig#" "#,
        1,
    );
    let report = crate::identity_provider::report(&many);
    assert_eq!(report.signatures.len(), 1);
    assert_eq!(flaw(&many), SignatureFlaw::Place);
}

#[test]
fn a_refusal_is_short_and_in_one_line_whatever_was_sent() {
    let long = format!("<{}/>", "x".repeat(10_000));
    assert!(refusal(&long).to_string().len() < 200);
    let algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let made = Made::usual();
    let forged = signature("_assertion1").replace(algorithm, "a&#10;forged line&#x202e;");
    let told = refusal(&made.around(&made.assertion(&forged), "")).to_string();
    assert!(!told.contains(['\n', '\u{202e}']), "{told}");
    let long = "x".repeat(50_000);
    let destination = made.response().replacen(crate::identity_provider::ADDRESS, &long, 1);
    let report = crate::identity_provider::report(&destination);
    assert!(report.steps.iter().all(|step| step.found.len() < 1_000));
    assert!(report.refusals().all(|refusal| refusal.to_string().len() < 1_000));
    let encoding = format!(r#"<?xml version="1.0" encoding="{long}"?>{}"#, made.response());
    assert!(refusal(&encoding).to_string().len() < 1_000);
    let status = made.response().replace("status:Success", "&#10;forged");
    assert!(!refusal(&status).to_string().contains('\n'));
}

#[test]
fn x6_an_attribute_in_a_namespace_on_an_element_of_a_signature() {
    let made = Made::usual();
    let hidden = signature("_assertion1").replace(
        "<ds:SignatureMethod ",
        r#"<ds:SignatureMethod xmlns:q="urn:q" q:Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1" "#,
    );
    let refused = refusal(&made.around(&made.assertion(&hidden), ""));
    assert_eq!(refused, Malformed::AttributeInNamespace("ds:SignatureMethod".into()).into());
}

#[test]
fn x6_a_newer_version_of_xml() {
    let document = format!(r#"<?xml version="1.1"?>{}"#, Made::usual().response());
    assert!(matches!(refusal(&document), Refusal::Malformed(Malformed::NotXml(_))));
}

#[test]
fn a_canonicalization_that_keeps_comments_does_no_harm() {
    let made = Made::usual();
    let template = signature("_assertion1").replace("xml-exc-c14n#\"", "xml-exc-c14n#WithComments\"");
    assert!(login(&made.around(&IDP.sign(&made.assertion(&template)), "")).is_ok());
}
