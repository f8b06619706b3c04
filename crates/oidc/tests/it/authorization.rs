//! The way to the provider and back.

use vestibule_oidc::{AuthorizationRequest, Callback, CallbackError, CodeVerifier};

use crate::provider::{CLIENT, ISSUER, NONCE};

/// That of RFC 7636, appendix B.
fn verifier() -> CodeVerifier {
    CodeVerifier::from_text("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into())
}

#[test]
fn a_request_has_everything_that_binds_the_attempt() {
    let verifier = verifier();
    let request = AuthorizationRequest {
        authorization_endpoint: "https://op.example/authorize?tenant=1",
        client_id: CLIENT,
        redirect_uri: "https://sp.example/callback?a=b",
        scope: "profile email",
        state: "state&1",
        nonce: NONCE,
        verifier: &verifier,
    };
    let url = request.to_url();
    let (endpoint, query) = url.split_once("1&").unwrap();
    assert_eq!(endpoint, "https://op.example/authorize?tenant=");
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://sp.example/callback?a=b"),
        ("scope", "openid profile email"),
        ("state", "state&1"),
        ("nonce", NONCE),
        ("code_challenge", verifier.challenge().as_str()),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(fields, expected);
}

#[test]
fn a_challenge_is_that_of_the_specification() {
    assert_eq!(verifier().challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[test]
fn a_verifier_does_not_say_itself() {
    assert_eq!(format!("{:?}", verifier()), "CodeVerifier(…)");
}

fn outcome(query: &str, names_itself: bool) -> Result<String, CallbackError> {
    Callback::read(query, ISSUER, names_itself)?.outcome
}

#[test]
fn a_callback_brings_a_code_for_its_state() {
    let read = Callback::read("code=c%2F1&state=s", ISSUER, false).unwrap();
    assert_eq!((read.state.as_str(), read.outcome.as_deref()), ("s", Ok("c/1")));
    assert!(outcome("code=c&state=s&iss=https%3A%2F%2Fop.example", true).is_ok());
}

#[test]
fn x9_a_callback_of_another_provider() {
    for (query, names_itself) in [
        ("code=c&state=s&iss=https%3A%2F%2Fevil.example", false),
        ("code=c&state=s&iss=https%3A%2F%2Fop.example%2F", true),
        ("code=c&state=s", true),
        ("error=x&state=s&iss=https%3A%2F%2Fevil.example", false),
    ] {
        assert!(matches!(outcome(query, names_itself), Err(CallbackError::Issuer { .. })), "{query}");
    }
}

#[test]
fn x9_parameters_that_are_missing_or_stand_there_twice() {
    for query in ["code=c", "state=s", "code=c&state=s&state=t", "code=c&code=d&state=s", "code=&state=s", ""]
    {
        assert!(matches!(outcome(query, false), Err(CallbackError::Parameter(_))), "{query}");
    }
}

#[test]
fn a_refusal_is_told_in_the_providers_words() {
    let refused = outcome("error=access_denied&error_description=not+today&state=s", false).unwrap_err();
    assert_eq!(refused.to_string(), "the provider answers access_denied: not today");
}

#[test]
fn a_callback_does_not_say_its_code() {
    let read = Callback::read("code=secret-code&state=secret-state", ISSUER, false).unwrap();
    assert!(!format!("{read:?}").contains("secret"));
}
