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
fn cbc_counts_where_it_is_allowed_alone() {
    let made = Made::usual();
    let document = made.around(&encrypted(&made.signed_assertion(), CBC, OAEP), "");
    assert_eq!(outcome(&document, &with_key()), Err(EncryptionFlaw::Algorithm(CBC.into()).into()));
    let allowing = Connection { ciphers: Ciphers::WithCbc, ..with_key() };
    assert!(outcome(&document, &allowing).is_ok());
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
