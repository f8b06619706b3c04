//! A provider's metadata.

use serde_json::{Value, json};
use vestibule_oidc::{Addresses, DiscoveryError, Provider, discovery_url};

use crate::provider::ISSUER;

fn metadata() -> Value {
    json!({
        "issuer": ISSUER, "authorization_endpoint": "https://op.example/authorize",
        "token_endpoint": "https://op.example/token", "jwks_uri": "https://op.example/keys",
        "authorization_response_iss_parameter_supported": true,
        "id_token_signing_alg_values_supported": ["RS256"], "something_else": [1],
    })
}

fn read(metadata: &Value) -> Result<Provider, DiscoveryError> {
    Provider::read(&metadata.to_string(), ISSUER, Addresses::Https)
}

#[test]
fn what_a_provider_says_is_read() {
    let provider = read(&metadata()).unwrap();
    assert_eq!(provider.jwks_uri, "https://op.example/keys");
    assert!(provider.names_itself_in_callbacks && provider.end_session_endpoint.is_none());
}

#[test]
fn x9_metadata_of_another_issuer() {
    for issuer in ["https://op.example/", "https://evil.example", ""] {
        let mut other = metadata();
        other["issuer"] = json!(issuer);
        assert!(matches!(read(&other), Err(DiscoveryError::Issuer { .. })), "{issuer}");
    }
}

#[test]
fn a6_addresses_of_other_schemes() {
    for field in ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"] {
        for url in [
            "http://op.example/x",
            "file:///etc/passwd",
            "//op.example",
            "javascript:1",
            "https://op.example/\r\nx",
            "https:// x",
        ] {
            let mut other = metadata();
            other[field] = json!(url);
            assert!(matches!(read(&other), Err(DiscoveryError::Address { .. })), "{field} {url}");
        }
    }
    let mut other = metadata();
    other["token_endpoint"] = json!("http://127.0.0.1/token");
    assert!(Provider::read(&other.to_string(), ISSUER, Addresses::HttpToo).is_ok());
}

#[test]
fn what_is_no_metadata() {
    for text in ["", "[]", "{}", "<html/>"] {
        let read = Provider::read(text, ISSUER, Addresses::Https);
        assert!(matches!(read, Err(DiscoveryError::Unreadable(_))), "{text}");
    }
    let long = Provider::read(&" ".repeat(300_000), ISSUER, Addresses::Https);
    assert_eq!(long, Err(DiscoveryError::TooLong));
}

#[test]
fn metadata_is_at_the_well_known_path() {
    let at = "https://op.example/tenant/.well-known/openid-configuration";
    assert_eq!(discovery_url("https://op.example/tenant"), at);
    assert_eq!(discovery_url("https://op.example/tenant/"), at);
}
