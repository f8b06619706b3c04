//! Servers with connections, and logins by them.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_model::{Clock, Connection, Millis, Protocol};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{self as idp, made, oidc_connection, saml_connection};
use vestibule_testkit::{ACCOUNT, AccountFixture, TOKEN, TestServer};

/// A server whose account has a connection of each protocol.
pub(crate) async fn server() -> TestServer {
    server_with(|_| {}).await
}

/// The same with an account that the test changes first.
pub(crate) async fn server_with(change: impl FnOnce(&mut AccountFixture)) -> TestServer {
    TestServer::start_with(|fixture, _| {
        fixture.connections = vec![saml_connection(), oidc_connection()];
        change(fixture);
    })
    .await
}

/// A server that takes no login that begins at the identity provider.
pub(crate) async fn strict_server() -> TestServer {
    let server = server().await;
    let mut connection = saml_connection();
    if let Protocol::Saml(saml) = &mut connection.protocol {
        saml.unsolicited = false;
    }
    change_connection(&server, connection).await;
    server
}

/// Logs in by what carries an assertion, at the login API.
pub(crate) async fn log_in(server: &TestServer, document: &str) -> Response {
    let body = json!({ "jwt": "dummy", "assertion": document });
    server.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await
}

/// A response with an assertion of this id, of now, that names `name`.
pub(crate) fn response(server: &TestServer, id: &str) -> String {
    idp::response(&made(id, "name", now(server)))
}

/// A response that answers a request.
pub(crate) fn answering(server: &TestServer, id: &str, request: &str) -> String {
    let mut made = made(id, "name", now(server));
    made.confirmation =
        made.confirmation.replace(" Recipient=", &format!(r#" InResponseTo="{request}" Recipient="#));
    made.response = format!(r#"{} InResponseTo="{request}""#, made.response);
    idp::response(&made)
}

pub(crate) fn now(server: &TestServer) -> Millis {
    server.clock.now()
}

/// Logs in at LiveVox by an ID token.
pub(crate) async fn log_in_by_id_token(server: &TestServer, id_token: &str) -> Response {
    livevox(server, &json!({ "clientName": "TEST", "idToken": id_token })).await
}

pub(crate) async fn livevox(server: &TestServer, body: &Value) -> Response {
    let request = server.request(Method::POST, "/session/login/sso").header("LV-Access", TOKEN);
    request.json(body).send().await.unwrap()
}

/// An ID token of now that names `name`, with this nonce.
pub(crate) fn id_token(server: &TestServer, nonce: &str) -> String {
    idp::id_token(&idp::claims(nonce, "name", now(server)))
}

/// Status, body and whether there is the id of a refusal.
pub(crate) async fn told(answer: Response) -> (u16, String, Option<String>) {
    let status = answer.status().as_u16();
    let id = answer.headers().get("x-vestibule-refusal").map(|id| id.to_str().unwrap().to_owned());
    (status, answer.text().await.unwrap(), id)
}

/// The reason and the details of the refusal of this id, as the audit has them.
pub(crate) async fn reason_of(server: &TestServer, id: &str) -> (String, Value) {
    server.auth.flush_audit().await.unwrap();
    let query = vestibule_store::AuditQuery { limit: 1_000, ..Default::default() };
    let entries = server.store.audit(query).await.unwrap().entries;
    let details = |entry: &vestibule_model::AuditEntry| -> Value {
        serde_json::from_str(entry.record.details.as_deref().unwrap_or("{}")).unwrap()
    };
    let found =
        entries.iter().find(|entry| details(entry)["refusal"] == id).expect("the refusal is in the audit");
    let reason = serde_json::to_value(found.record.reason).unwrap();
    (reason.as_str().unwrap().to_owned(), details(found))
}

/// Puts a connection in the place of the one with its id, as an operator would.
pub(crate) async fn change_connection(server: &TestServer, connection: Connection) {
    server.change(vec![Change::PutConnection(ACCOUNT.parse().unwrap(), connection.into())]).await;
}

/// The status of a check with a bearer.
pub(crate) async fn check(server: &TestServer, bearer: &str) -> u16 {
    let request = server.request(Method::GET, "/gateway/check");
    request.header("authorization", format!("Bearer {bearer}")).send().await.unwrap().status().as_u16()
}

/// The bearer of a login that succeeded.
pub(crate) async fn bearer(answer: Response) -> String {
    let (status, body, _) = told(answer).await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["bearer"].as_str().unwrap().to_owned()
}
