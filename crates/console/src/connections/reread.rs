//! In which points what an identity provider says of itself differs from what is stored, a sentence each.

use std::collections::BTreeSet;

use serde_json::Value;
use vestibule_auth::{ConnectionCertificate, ConnectionCertificates, RereadConnection};
use vestibule_model::{Protocol, visible};
use vestibule_serve::forms::Zone;

/// Every difference. None: there is none.
pub(super) fn differences(RereadConnection { before, after }: &RereadConnection) -> Vec<String> {
    let mut told = Vec::new();
    if let (Protocol::Saml(was), Protocol::Saml(is)) = (&before.protocol, &after.protocol) {
        told.extend(address("login", Some(&was.login_url), Some(&is.login_url)));
        told.extend(address("logout", was.logout_url.as_ref(), is.logout_url.as_ref()));
        let certificates = |connection| ConnectionCertificates::of(connection).identity_provider;
        told.extend(of_certificates(&certificates(before), &certificates(after)));
    }
    if let (Protocol::Oidc(was), Protocol::Oidc(is)) = (&before.protocol, &after.protocol) {
        told.extend(of_keys(&was.jwks, &is.jwks));
    }
    if told.is_empty() && before != after {
        told.push("It writes the same in another way.".to_owned());
    }
    told
}

fn address(of: &str, was: Option<&String>, is: Option<&String>) -> Option<String> {
    let name = |address: Option<&String>| address.map_or_else(|| "none".to_owned(), |text| visible(text));
    (was != is).then(|| format!("The {of} address becomes {}; it was {}.", name(is), name(was)))
}

fn of_certificates(was: &[ConnectionCertificate], is: &[ConnectionCertificate]) -> Vec<String> {
    let zone = Zone::of("UTC");
    let name = |one: &ConnectionCertificate| {
        let (subject, until) = (visible(&one.subject), zone.day(one.not_after));
        format!("{subject}, valid until {until}, SHA-256 {}", one.fingerprint)
    };
    let new = is.iter().filter(|one| !was.contains(one));
    let new = new.map(|one| format!("What is signed by this certificate is taken: {}.", name(one)));
    let gone = was.iter().filter(|one| !is.contains(one));
    let gone = gone.map(|one| format!("What is signed by this certificate is refused: {}.", name(one)));
    new.chain(gone).collect()
}

/// The ids of the keys of a set; one without an id is told as such.
fn ids(jwks: &str) -> BTreeSet<String> {
    let read: Value = serde_json::from_str(jwks).unwrap_or_default();
    let keys = read["keys"].as_array().cloned().unwrap_or_default();
    let id = |key: &Value| key["kid"].as_str().map_or_else(|| "without an id".to_owned(), visible);
    keys.iter().map(id).collect()
}

fn of_keys(was: &str, is: &str) -> Vec<String> {
    if was == is {
        return Vec::new();
    }
    let (old, new) = (ids(was), ids(is));
    let added = new.difference(&old).map(|id| format!("What is signed by the key {id} is taken."));
    let gone = old.difference(&new).map(|id| format!("What is signed by the key {id} is refused."));
    let told: Vec<_> = added.chain(gone).collect();
    if told.is_empty() { vec!["Its keys are others under the same ids.".to_owned()] } else { told }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_by_their_ids() {
        let set = |ids: &[&str]| {
            let keys: Vec<_> = ids.iter().map(|id| serde_json::json!({ "kid": id })).collect();
            serde_json::json!({ "keys": keys }).to_string()
        };
        let told = of_keys(&set(&["a", "b"]), &set(&["b", "c"]));
        assert_eq!(
            told,
            ["What is signed by the key c is taken.", "What is signed by the key a is refused."]
        );
        assert!(of_keys(&set(&["a"]), &set(&["a"])).is_empty());
        let other = r#"{"keys":[{"kid":"a","n":"1"}]}"#;
        assert_eq!(of_keys(&set(&["a"]), other), ["Its keys are others under the same ids."]);
    }

    #[test]
    fn an_address_that_comes_or_goes_is_told() {
        let (one, other) = ("https://a.example".to_owned(), "https://b.example".to_owned());
        assert_eq!(address("login", Some(&one), Some(&one)), None);
        let told = address("login", Some(&one), Some(&other)).unwrap();
        assert_eq!(told, "The login address becomes https://b.example; it was https://a.example.");
        assert_eq!(
            address("logout", Some(&one), None).unwrap(),
            "The logout address becomes none; it was https://a.example."
        );
    }
}
