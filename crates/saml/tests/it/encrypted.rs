//! Encrypted assertions; X2.

use std::sync::LazyLock;

use bergshamra::keys::loader::{load_rsa_private_pem, load_rsa_public_pem};
use bergshamra::{EncContext, KeysManager, encrypt};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use vestibule_saml::{Check, Ciphers, Connection, DecryptionKey, EncryptionFlaw, Refusal};

use crate::identity_provider::{IDP, Made, NOW, STRANGER, connection, report_by, signature};

static OURS: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap());

const GCM: &str = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
const CBC: &str = "http://www.w3.org/2001/04/xmlenc#aes256-cbc";
const OAEP: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";

/// An assertion encrypted for us.
fn encrypted(assertion: &str, cipher: &str, transport: &str) -> String {
    let template = format!(
        r#"<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="{cipher}"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="{transport}"/><xenc:CipherData><xenc:CipherValue></xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue></xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>"#
    );
    let mut keys = KeysManager::new();
    keys.add_key(load_rsa_public_pem(OURS.public_key_pem().as_bytes()).unwrap());
    encrypt(&EncContext::new(keys), &template, assertion.as_bytes()).unwrap()
}

fn with_key() -> Connection {
    let key = DecryptionKey::from_pem(OURS.serialize_pem().as_bytes()).unwrap();
    Connection { decryption_keys: vec![key], ..connection() }
}

fn outcome(document: &str, connection: &Connection) -> Result<String, Refusal> {
    let login = report_by(document, connection, NOW).outcome()?;
    Ok(login.claims.name_id.unwrap().value)
}

#[test]
fn an_encrypted_assertion_that_is_signed_inside() {
    let made = Made::usual();
    let document = made.around(&encrypted(&made.signed_assertion(), GCM, OAEP), "");
    assert_eq!(outcome(&document, &with_key()).unwrap(), "name@example.com");
}

#[test]
fn an_encrypted_assertion_that_is_signed_from_outside() {
    let made = Made::usual();
    let document = made.around(&encrypted(&made.assertion(""), GCM, OAEP), &signature("_response1"));
    let document = IDP.sign(&document);
    assert_eq!(outcome(&document, &with_key()).unwrap(), "name@example.com");
}

/// Incident of X2: Keycloak CVE-2026-2092.
#[test]
fn x2_an_encrypted_assertion_of_anybody_is_not_signed() {
    let made = Made::usual();
    let document = made.around(&encrypted(&made.assertion(""), GCM, OAEP), "");
    assert_eq!(outcome(&document, &with_key()), Err(Refusal::NotSigned));
    let by_a_stranger = STRANGER.sign(&made.assertion(&signature("_assertion1")));
    let document = made.around(&encrypted(&by_a_stranger, GCM, OAEP), "");
    assert!(matches!(outcome(&document, &with_key()), Err(Refusal::Signature { .. })));
}

#[test]
fn x2_an_encrypted_assertion_before_or_behind_a_signed_one() {
    let made = Made::usual();
    let slipped_in = encrypted(&made.assertion("").replace("_assertion1", "_evil"), GCM, OAEP);
    let signed = made.signed_assertion();
    for inside in [format!("{slipped_in}{signed}"), format!("{signed}{slipped_in}")] {
        let document = made.around(&inside, "");
        assert_eq!(outcome(&document, &with_key()), Err(Refusal::Assertions(2)));
    }
}

#[test]
fn x2_two_assertions_in_one_ciphertext() {
    let made = Made::usual();
    let two = made.signed_assertion() + &made.assertion("").replace("_assertion1", "_evil");
    let document = made.around(&encrypted(&two, GCM, OAEP), "");
    assert_eq!(outcome(&document, &with_key()), Err(EncryptionFlaw::Wrong.into()));
}

#[test]
fn cbc_counts_where_it_is_allowed_and_signed_from_outside_alone() {
    let made = Made::usual();
    let inside = encrypted(&made.signed_assertion(), CBC, OAEP);
    let bare = made.around(&inside, "");
    let covered = IDP.sign(&made.around(&inside, &signature("_response1")));
    let allowing = Connection { ciphers: Ciphers::WithCbc, ..with_key() };
    let refused = Err(EncryptionFlaw::Algorithm(CBC.into()).into());
    assert_eq!(outcome(&covered, &with_key()), refused);
    // What comes of a changed ciphertext would tell what was encrypted.
    assert_eq!(outcome(&bare, &allowing), refused);
    assert!(outcome(&covered, &allowing).is_ok());
}

#[test]
fn x2_a_cipher_in_an_attribute_of_another_namespace() {
    let made = Made::usual();
    let hidden = encrypted(&made.signed_assertion(), GCM, OAEP).replacen(
        "<xenc:EncryptionMethod ",
        &format!(r#"<xenc:EncryptionMethod xmlns:q="urn:q" q:Algorithm="{CBC}" "#),
        1,
    );
    assert!(matches!(outcome(&made.around(&hidden, ""), &with_key()), Err(Refusal::Malformed(_))));
}

#[test]
fn x2_another_key_than_the_one_that_is_looked_at() {
    let made = Made::usual();
    let whole = encrypted(&made.signed_assertion(), GCM, OAEP);
    let begin = whole.find("<xenc:EncryptedKey>").unwrap();
    let end = whole.find("</xenc:EncryptedKey>").unwrap() + "</xenc:EncryptedKey>".len();
    let key = whole[begin..end].to_owned();
    let elsewhere = whole.replace(&key, r##"<ds:RetrievalMethod URI="#key"/>"##);
    let named = key.replace(
        "<xenc:EncryptedKey>",
        r#"<xenc:EncryptedKey xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Id="key">"#,
    );
    let beside =
        elsewhere.replace("</saml:EncryptedAssertion>", &format!("{named}</saml:EncryptedAssertion>"));
    assert!(outcome(&made.around(&beside, ""), &with_key()).is_ok());
    let two = whole.replace(&key, &(key.clone() + &key));
    let other_name = beside.replace(r##"URI="#key""##, r##"URI="#other""##);
    let hidden =
        elsewhere.replace("</saml:EncryptedAssertion>", &format!("<x>{named}</x></saml:EncryptedAssertion>"));
    for document in [two, other_name, hidden] {
        let outcome = outcome(&made.around(&document, ""), &with_key());
        assert!(matches!(outcome, Err(Refusal::Encryption(EncryptionFlaw::Structure(_)))), "{outcome:?}");
    }
}

#[test]
fn what_was_encrypted_comes_out_as_it_was() {
    let statements = "<saml:AttributeStatement><saml:Attribute Name=\"a\"><saml:AttributeValue>x&gt;&lt;/x> <![CDATA[a />]]></saml:AttributeValue></saml:Attribute></saml:AttributeStatement>";
    let made = Made { statements: statements.into(), ..Made::usual() };
    let document = made.around(&encrypted(&made.signed_assertion(), GCM, OAEP), "");
    let login = report_by(&document, &with_key(), NOW).outcome().unwrap();
    assert_eq!(login.claims.attribute("a"), Some("x></x> a />"));
    let declared = format!("<?xml version=\"1.0\"?>{}", made.signed_assertion());
    assert!(outcome(&made.around(&encrypted(&declared, GCM, OAEP), ""), &with_key()).is_ok());
}

#[test]
fn digests_of_oaep_that_are_not_to_be_had_are_named() {
    let made = Made::usual();
    let digest = r#"<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>"#;
    let whole = encrypted(&made.signed_assertion(), GCM, OAEP);
    let mixed = whole.replace(
        &format!(r#"Algorithm="{OAEP}"/>"#),
        &format!(r#"Algorithm="{OAEP}">{digest}</xenc:EncryptionMethod>"#),
    );
    let refused = outcome(&made.around(&mixed, ""), &with_key()).unwrap_err();
    assert!(refused.to_string().contains("sha256"), "{refused}");
}

#[test]
fn rsa_1_5_does_not_count() {
    const RSA_1_5: &str = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
    let made = Made::usual();
    let document = made.around(&encrypted(&made.signed_assertion(), GCM, OAEP), "").replace(OAEP, RSA_1_5);
    assert_eq!(outcome(&document, &with_key()), Err(EncryptionFlaw::Algorithm(RSA_1_5.into()).into()));
}

#[test]
fn what_was_encrypted_for_another_is_told_without_a_reason() {
    let made = Made::usual();
    let document = made.around(&encrypted(&made.signed_assertion(), GCM, OAEP), "");
    assert_eq!(outcome(&document, &connection()), Err(EncryptionFlaw::NoKey.into()));
    let other = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let other = DecryptionKey::from_pem(other.serialize_pem().as_bytes()).unwrap();
    let connection = Connection { decryption_keys: vec![other], ..connection() };
    assert_eq!(outcome(&document, &connection), Err(EncryptionFlaw::Wrong.into()));
    // What comes out and is no assertion is told in the same words.
    let document = made.around(&encrypted("<a/>", GCM, OAEP), "");
    assert_eq!(outcome(&document, &with_key()), Err(EncryptionFlaw::Wrong.into()));
}

#[test]
fn one_of_several_keys_decrypts() {
    let made = Made::usual();
    let document = made.around(&encrypted(&made.signed_assertion(), GCM, OAEP), "");
    let other = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let mut connection = with_key();
    connection.decryption_keys.insert(0, DecryptionKey::from_pem(other.serialize_pem().as_bytes()).unwrap());
    assert!(outcome(&document, &connection).is_ok());
    let report = report_by(&document, &connection, NOW);
    assert!(report.steps.iter().any(|step| step.check == Check::Decryption));
}

#[test]
fn a_key_is_private_or_none() {
    assert!(load_rsa_private_pem(OURS.serialize_pem().as_bytes()).is_ok());
    assert!(DecryptionKey::from_pem(OURS.public_key_pem().as_bytes()).is_none());
    assert!(DecryptionKey::from_pem(b"").is_none());
}

#[test]
fn oaep_by_sha_256_counts_where_both_of_its_parts_say_so() {
    const OAEP_11: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
    let digest = r#"<ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>"#;
    let mask = r#"<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"/>"#;
    let made = Made::usual();
    let both = format!("{OAEP_11}\">{digest}{mask}</xenc:EncryptionMethod><xenc:Nothing a=\"");
    let document = made.around(&encrypted(&made.signed_assertion(), GCM, &both), "");
    assert_eq!(outcome(&document, &with_key()).unwrap(), "name@example.com");
    for missing in [digest, mask] {
        let refused = outcome(&document.replace(missing, ""), &with_key()).unwrap_err();
        assert!(matches!(refused, Refusal::Encryption(EncryptionFlaw::Algorithm(_))), "{refused}");
    }
}

#[test]
fn an_assertion_has_the_namespaces_of_the_place_where_it_stood() {
    let made = Made::usual();
    let declaration = r#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#;
    let bare = encrypted(&made.assertion("").replace(declaration, ""), GCM, OAEP);
    let around = made.around(&bare, &signature("_response1"));
    // What stands farther out says something else of the same prefix.
    let document =
        IDP.sign(&around.replacen("<samlp:Response ", r#"<samlp:Response xmlns:saml="urn:other" "#, 1));
    assert_eq!(outcome(&document, &with_key()).unwrap(), "name@example.com");
}

#[test]
fn x2_an_assertion_inside_of_something_else_in_the_ciphertext() {
    let made = Made::usual();
    let inside = format!("<x>{}</x>", made.assertion(""));
    let document = IDP.sign(&made.around(&encrypted(&inside, GCM, OAEP), &signature("_response1")));
    assert_eq!(outcome(&document, &with_key()), Err(EncryptionFlaw::Wrong.into()));
}
