//! In which points what an identity provider says of itself differs from what is stored, a sentence each.

use std::collections::BTreeSet;

use vestibule_auth::{ConnectionCertificate, ConnectionCertificates, ListedKey, RereadConnection};
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
        told.push("What is taken stays as it is; it is written in another way.".to_owned());
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

/// A key, as what is told of it names it. Of the same key another algorithm is another use.
fn name_of(key: &ListedKey) -> String {
    let id = key.id.as_ref().map_or_else(|| "without an id".to_owned(), |id| visible(id));
    let algorithm = key.algorithm.as_ref().map(|name| format!(" ({})", visible(name))).unwrap_or_default();
    let print = match (&key.thumbprint, &key.kind) {
        (Some(print), _) => format!("SHA-256 {print}"),
        (None, Some(kind)) => format!("of the kind {}, of which there is no thumbprint", visible(kind)),
        (None, None) => "of no kind".to_owned(),
    };
    format!("the key {id}{algorithm}, {print},")
}

fn of_keys(was: &str, is: &str) -> Vec<String> {
    let listed = |jwks| ListedKey::all(jwks).unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
    let (was, is) = (listed(was), listed(is));
    let told = |key: &ListedKey, verified: &str, passed_over: &str| {
        let name = name_of(key);
        if key.verifies {
            format!("What is signed by {name} is {verified}.")
        } else {
            format!("It {passed_over} {name} which is passed over: nothing that is signed by it is taken.")
        }
    };
    let new = is.difference(&was).map(|key| told(key, "taken", "lists"));
    let gone = was.difference(&is).map(|key| told(key, "refused", "lists no more"));
    new.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A set of keys on a curve that verifies nothing here, by their ids and points.
    fn set(keys: &[(&str, &str)]) -> String {
        let key = |(id, x): &(&str, &str)| json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "x": x });
        json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() }).to_string()
    }

    fn verified_by(id: &str, print: &str) -> ListedKey {
        let (id, thumbprint) = (Some(id.to_owned()), Some(print.to_owned()));
        ListedKey { id, kind: Some("EC".to_owned()), thumbprint, algorithm: None, verifies: true }
    }

    #[test]
    fn a_key_is_named_by_id_algorithm_and_thumbprint() {
        let mut key = verified_by("a", "T");
        assert_eq!(name_of(&key), "the key a, SHA-256 T,");
        key.algorithm = Some("ES256".to_owned());
        assert_eq!(name_of(&key), "the key a (ES256), SHA-256 T,");
        (key.id, key.algorithm, key.thumbprint) = (None, None, None);
        assert_eq!(name_of(&key), "the key without an id, of the kind EC, of which there is no thumbprint,");
    }

    #[test]
    fn another_key_under_the_same_id_is_told_beside_one_that_is_new() {
        let told = of_keys(&set(&[("a", "1")]), &set(&[("a", "2"), ("b", "3")]));
        let begin = |text: &str| told.iter().filter(|one| one.starts_with(text)).count();
        let counts = ["It lists the key a,", "It lists the key b,", "It lists no more the key a,"];
        assert_eq!((told.len(), counts.map(begin)), (3, [1, 1, 1]), "{told:?}");
    }

    #[test]
    fn the_same_keys_in_another_order_are_no_difference() {
        assert!(of_keys(&set(&[("a", "1"), ("b", "2")]), &set(&[("b", "2"), ("a", "1")])).is_empty());
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
