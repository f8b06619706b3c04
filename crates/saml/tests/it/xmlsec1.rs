//! Beside xmlsec1, another implementation: what it signs is taken, and what is taken it verifies. `./test` installs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::identity_provider::{IDP, Made, STRANGER, login, refusal, signature};

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion";
const RESPONSE: &str = "urn:oasis:names:tc:SAML:2.0:protocol:Response";

/// Whether xmlsec1 could do it; what it printed.
fn xmlsec1(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("xmlsec1").args(arguments).current_dir(folder).output();
    let output = output.expect("xmlsec1 is not installed: Debian package xmlsec1");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// A folder with the keys of the identity provider.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key.pem"), &IDP.key_pem).unwrap();
    fs::write(folder.path().join("certificate.der"), &IDP.certificate).unwrap();
    folder
}

fn is_verified(document: &str) -> bool {
    let folder = folder();
    fs::write(folder.path().join("document.xml"), document).unwrap();
    let arguments = ["--verify", "--pubkey-cert-der", "certificate.der", "--id-attr:ID", ASSERTION];
    let rest = ["--id-attr:ID", RESPONSE, "document.xml"];
    xmlsec1(folder.path(), &[&arguments[..], &rest[..]].concat()).is_ok()
}

fn signed(template: &str) -> String {
    let folder = folder();
    fs::write(folder.path().join("template.xml"), template).unwrap();
    let arguments =
        ["--sign", "--privkey-pem", "key.pem", "--id-attr:ID", ASSERTION, "--id-attr:ID", RESPONSE];
    let rest = ["--output", "signed.xml", "template.xml"];
    xmlsec1(folder.path(), &[&arguments[..], &rest[..]].concat()).unwrap();
    fs::read_to_string(folder.path().join("signed.xml")).unwrap()
}

#[test]
fn what_xmlsec1_signs_is_taken() {
    let made = Made::usual();
    let assertion = signed(&made.around(&made.assertion(&signature(&made.id)), ""));
    assert_eq!(login(&assertion).unwrap().claims.id, made.id);
    let response = signed(&made.around(&made.assertion(""), &signature("_response1")));
    assert_eq!(login(&response).unwrap().claims.id, made.id);
}

#[test]
fn what_is_taken_xmlsec1_verifies() {
    let made = Made::usual();
    for document in [made.response(), made.signed_response(), made.signed_assertion()] {
        assert!(login(&document).is_ok() && is_verified(&document));
    }
}

#[test]
fn x1_what_xmlsec1_does_not_verify_is_refused() {
    let made = Made::usual();
    let by_a_stranger = made.around(&STRANGER.sign(&made.assertion(&signature(&made.id))), "");
    for document in [made.response().replace("name@", "admin@"), by_a_stranger] {
        assert!(!is_verified(&document));
        refusal(&document);
    }
}
