//! The talk with the token endpoint.

use vestibule_oidc::{ClientAuthentication, CodeVerifier, Grant, TokenError, TokenRequest, TokenResponse};

use crate::provider::CLIENT;

fn fields(request: &TokenRequest<'_>) -> Vec<(String, String)> {
    form_urlencoded::parse(request.body().as_bytes()).into_owned().collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_code_is_exchanged_with_its_verifier() {
    let verifier = CodeVerifier::from_text("verifier".into());
    let redirect_uri = "https://sp.example/callback";
    let grant = Grant::Code { code: "c&d", redirect_uri, verifier: &verifier };
    let request =
        TokenRequest { client_id: CLIENT, authentication: ClientAuthentication::Post("secret"), grant };
    let expected = [
        pair("grant_type", "authorization_code"),
        pair("code", "c&d"),
        pair("redirect_uri", "https://sp.example/callback"),
        pair("code_verifier", "verifier"),
        pair("client_id", CLIENT),
        pair("client_secret", "secret"),
    ];
    assert_eq!(fields(&request), expected);
    assert!(request.authorization().is_none());
}

#[test]
fn a_password_is_exchanged_where_the_client_allows_it() {
    let grant = Grant::Password { user_name: "n", password: "p+ &" };
    let request = TokenRequest { client_id: CLIENT, authentication: ClientAuthentication::None, grant };
    let fields = fields(&request);
    assert!(fields.contains(&pair("password", "p+ &")) && fields.contains(&pair("client_id", CLIENT)));
}

/// RFC 6749 §2.3.1: each part is encoded as in a form before they are joined.
#[test]
fn a_client_proves_itself_in_the_header() {
    let grant = Grant::Password { user_name: "n", password: "p" };
    let authentication = ClientAuthentication::Basic("s:e c");
    let request = TokenRequest { client_id: "a:b", authentication, grant };
    // a%3Ab:s%3Ae+c
    assert_eq!(**request.authorization().unwrap(), *"Basic YSUzQWI6cyUzQWUrYw==");
    assert!(fields(&request).iter().all(|(name, _)| !name.starts_with("client_")));
}

#[test]
fn an_answer_brings_an_id_token_or_a_refusal() {
    let read = TokenResponse::read(r#"{"access_token":"a","id_token":"i","expires_in":1}"#).unwrap();
    assert_eq!(*read.id_token, "i");
    assert_eq!(format!("{read:?}"), "TokenResponse(…)");
    let refused = TokenResponse::read(r#"{"error":"invalid_grant","error_description":"over"}"#).unwrap_err();
    assert_eq!(refused.to_string(), "the token endpoint answers invalid_grant: over");
    for body in ["", "{}", "[]", r#"{"access_token":"a"}"#, "<html/>"] {
        assert_eq!(TokenResponse::read(body).unwrap_err(), TokenError::Unreadable, "{body}");
    }
    assert_eq!(TokenResponse::read(&" ".repeat(200_000)).unwrap_err(), TokenError::TooLong);
}
