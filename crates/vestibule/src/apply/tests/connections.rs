//! Connections to identity providers.

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use vestibule_auth::open_connection_secret;
use vestibule_model::{Connection, ConnectionSecret};

use super::*;

fn certificate() -> String {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    CertificateParams::new(vec!["idp.example".to_owned()]).unwrap().self_signed(&key).unwrap().pem()
}

fn saml(certificate: &str, more: &str) -> String {
    format!(
        "[[account.connection]]\nname = \"adfs\"\n{more}\n[account.connection.saml]\nidentity_provider = \
         \"https://idp.example\"\nlogin_url = \"https://idp.example/sso\"\ncertificates = [{certificate:?}]\n"
    )
}

fn own(world: &World) -> Connection {
    world.rows().connections.remove(0)
}

#[test]
fn where_requests_are_signed_a_key_is_made_once() {
    let mut world = World::new();
    let file = format!("{}sign_requests = true\n", saml(&certificate(), ""));
    world.apply(&file);
    let key = own(&world).saml().unwrap().key.clone().unwrap();
    assert_eq!(world.apply(&file).lines, [""; 0]);
    assert_eq!(own(&world).saml().unwrap().key.as_ref(), Some(&key));
}

#[test]
fn a_key_that_somebody_brings_is_sealed_and_is_no_change_the_next_time() {
    let mut world = World::new();
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["us.example".to_owned()]).unwrap();
    let (ours, key) = (params.self_signed(&pair).unwrap().pem(), pair.serialize_pem());
    let file = saml(&certificate(), &format!("certificate = {ours:?}\nprivate_key = {key:?}"));
    world.apply(&file);
    assert_eq!(world.apply(&file).lines, [""; 0]);
    let opened = open_connection_secret(&world.tools.sealer, &own(&world), ConnectionSecret::Key);
    assert_eq!(opened.unwrap().unwrap().as_slice(), pair.serialize_der());
}

#[test]
fn another_client_secret_is_told_and_not_which() {
    let mut world = World::new();
    world.apply(super::everything::EVERYTHING);
    let plan = world.apply(&super::everything::EVERYTHING.replace("hush-hush", "other-one"));
    assert_eq!(plan.lines, ["~ connection 1/op: client_secret (another)"]);
}

#[test]
fn a_connection_is_removed_when_nobody_has_an_identity_of_it() {
    let mut world = World::new();
    world.apply(super::everything::EVERYTHING);
    let file = "[[account.connection]]\nname = \"op\"\nremoved = true\n[[account.user]]\nlogin_name = \
                \"alice\"\nidentities = []\n";
    world.apply(file);
    assert!(world.rows().connections.is_empty());
}
