//! Beside `OpenSAML`, by its tool `samlsign`: it looks at the signature of the whole document alone. `./test` installs it.

use std::fs;
use std::process::Command;

use crate::identity_provider::{IDP, Made, STRANGER, login, refusal, signature};

fn is_verified(document: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    // By whole paths: it looks for others in a folder of its own.
    let (certificate, signed) = (folder.path().join("certificate.der"), folder.path().join("document.xml"));
    fs::write(&certificate, &IDP.certificate).unwrap();
    fs::write(&signed, document).unwrap();
    let mut samlsign = Command::new("samlsign");
    samlsign.arg("-c").arg(certificate).arg("-f").arg(signed);
    let output = samlsign.output().expect("samlsign is not installed: Debian package opensaml-tools");
    output.status.success()
}

#[test]
fn what_is_taken_opensaml_verifies() {
    let made = Made::usual();
    for document in [made.signed_response(), made.signed_assertion()] {
        assert!(login(&document).is_ok() && is_verified(&document));
    }
}

#[test]
fn x1_what_opensaml_does_not_verify_is_refused() {
    let made = Made::usual();
    let by_a_stranger = STRANGER.sign(&made.around(&made.assertion(""), &signature("_response1")));
    for document in [made.signed_response().replace("name@", "admin@"), by_a_stranger] {
        assert!(!is_verified(&document));
        refusal(&document);
    }
}
