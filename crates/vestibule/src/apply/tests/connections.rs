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

fn pair() -> (String, String, Vec<u8>) {
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let params = CertificateParams::new(vec!["us.example".to_owned()]).unwrap();
    (params.self_signed(&pair).unwrap().pem(), pair.serialize_pem(), pair.serialize_der())
}

#[test]
fn the_key_before_another_one_is_kept_as_by_the_api() {
    let mut world = World::new();
    let idp = certificate();
    let bring = |(ours, key, _): &(String, String, Vec<u8>)| {
        saml(&idp, &format!("certificate = {ours:?}\nprivate_key = {key:?}"))
    };
    let (first, second) = (pair(), pair());
    world.apply(&bring(&first));
    world.apply(&bring(&second));
    let own = own(&world);
    let opened = |which| open_connection_secret(&world.tools.sealer, &own, which).unwrap().unwrap().to_vec();
    assert_eq!(opened(ConnectionSecret::Key), second.2);
    assert_eq!(opened(ConnectionSecret::PreviousKey), first.2);
}

#[test]
fn x9_a_client_secret_goes_to_nobody_else_unless_it_is_given_again() {
    for (of, to) in [
        ("https://op.example/token", "https://other.example/token"),
        ("https://op.example\"", "https://other.example\""),
    ] {
        let mut world = World::new();
        world.apply(super::everything::EVERYTHING);
        let moved = super::everything::EVERYTHING.replace(of, to);
        let has_secret = |world: &World| own(world).oidc().unwrap().sealed_client_secret.is_some();
        let without = moved.replace("client_secret = \"hush-hush\"\n", "");
        world.apply(&without);
        assert!(!has_secret(&world), "{to}");
        world.apply(&moved);
        assert!(has_secret(&world), "{to}");
    }
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
