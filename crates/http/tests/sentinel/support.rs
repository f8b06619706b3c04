//! A server with a client of the sentinel, and what is read of tokens.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use vestibule_auth::Settings;
use vestibule_model::{ClientMetadata, GrantType};
use vestibule_testkit::{ACCOUNT, AccountFixture, TestServer};

/// The fixture's client.
pub(crate) const CLIENT: &str = "client-id";
pub(crate) const SECRET: &str = "client-secret";

/// Where its users come back.
pub(crate) const BACK: &str = "http://127.0.0.1:9099/callback";

/// What the fixture's client is registered with here.
pub(crate) fn metadata() -> ClientMetadata {
    ClientMetadata {
        grant_types: vec![
            GrantType::ClientCredentials,
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
        ],
        redirect_uris: vec![BACK.to_owned()],
        scopes: vec!["faas.lambda.invoke".to_owned(), "reports".to_owned()],
        ..ClientMetadata::default()
    }
}

/// A server whose client is registered with what `change` makes of that.
pub(crate) async fn start_with(change: impl FnOnce(&mut AccountFixture, &mut Settings)) -> TestServer {
    TestServer::start_with(|fixture, settings| {
        fixture.oauth_client.metadata = metadata();
        change(fixture, settings);
    })
    .await
}

pub(crate) async fn start() -> TestServer {
    start_with(|_, _| {}).await
}

/// The path of an operation in the fixture's account.
pub(crate) fn path(operation: &str) -> String {
    format!("/sentinel/api/account/{ACCOUNT}/{operation}")
}

/// Sends a form of these pairs.
pub(crate) async fn send(request: RequestBuilder, form: &[(&str, &str)]) -> Response {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let form = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    form.send().await.unwrap()
}

/// A form of these pairs.
pub(crate) async fn post(server: &TestServer, path: &str, form: &[(&str, &str)]) -> Response {
    send(server.request(Method::POST, path), form).await
}

/// The body of an answer that has this status.
pub(crate) async fn body(response: Response, status: u16) -> Value {
    let (shown, body) = (response.status().as_u16(), response.text().await.unwrap());
    assert_eq!(shown, status, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// Status and error code.
pub(crate) async fn error(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert!(body["error_description"].as_str().is_some_and(|words| !words.is_empty()), "{body}");
    (status, body["error"].as_str().unwrap().to_owned())
}

/// The key set at a path.
pub(crate) async fn key_set(server: &TestServer, path: &str) -> Vec<Value> {
    let body: Value = server.get(path).await.json().await.unwrap();
    body["keys"].as_array().unwrap().clone()
}

/// Header and claims of a signed token; None: no key of the set verifies it.
pub(crate) fn verified(token: &str, keys: &[Value]) -> Option<(Value, Value)> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let read = |text| serde_json::from_slice::<Value>(&bytes(text)).unwrap();
    let (header, claims) = (read(header), read(claims));
    let key = keys.iter().find(|key| key["kid"] == header["kid"])?;
    let number = |name: &str| bytes(key[name].as_str().unwrap());
    let public = RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let verified = public.verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &bytes(signature));
    verified.ok().map(|()| (header, claims))
}
