//! Connections of the administrators' account, and what their identity providers send to the console.

use std::io::Read as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use vestibule_auth::{HOME as ADMINISTRATORS, Outgoing, Settings, SharedOutgoing};
use vestibule_model::{Clock as _, Connection, Protocol};
use vestibule_store::{AuditQuery, Change};
use vestibule_testkit::identity_provider::{
    self as idp, ISSUER, OIDC, SAML, claims, made, oidc_connection, saml_connection,
};
use vestibule_testkit::{Browser, ScriptedProvider, Shown, form};

use crate::support::{HOME, Instance};

/// An instance whose administrators have a connection of each protocol, and the provider of OpenID Connect.
pub(crate) async fn with_connections() -> (Instance, Arc<ScriptedProvider>) {
    with_connections_and(|_| {}).await
}

/// The same with settings that the test changes first.
pub(crate) async fn with_connections_and(
    change: impl FnOnce(&mut Settings),
) -> (Instance, Arc<ScriptedProvider>) {
    let provider = Arc::new(ScriptedProvider::default());
    let outgoing: Arc<dyn Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
    let instance = Instance::start_with(|settings| {
        settings.outgoing = SharedOutgoing(outgoing);
        change(settings);
    })
    .await;
    connect(&instance, strict_saml()).await;
    connect(&instance, Connection { display_name: String::new(), ..oidc_connection() }).await;
    (instance, provider)
}

/// A connection of SAML that takes no login that begins at the identity provider.
pub(crate) fn strict_saml() -> Connection {
    let mut connection = saml_connection();
    if let Protocol::Saml(saml) = &mut connection.protocol {
        saml.unsolicited = false;
    }
    connection
}

/// Gives the administrators' account a connection.
pub(crate) async fn connect(instance: &Instance, connection: Connection) {
    let account = ADMINISTRATORS.parse().unwrap();
    instance.server.change(vec![Change::PutConnection(account, connection.into())]).await;
}

pub(crate) fn saml(operation: &str) -> String {
    format!("/console/sso/{SAML}{operation}")
}

pub(crate) fn oidc(operation: &str) -> String {
    format!("/console/sso/{OIDC}{operation}")
}

pub(crate) fn parameter(address: &str, name: &str) -> String {
    let url = Url::parse(address).unwrap();
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
}

/// The id of the request that a redirect to the identity provider carries, and what is to come back with the answer.
pub(crate) fn asked(begun: &Shown) -> (String, String) {
    assert_eq!(begun.status, 302, "{}", begun.html);
    let to = begun.header("location");
    let request = STANDARD.decode(parameter(to, "SAMLRequest")).unwrap();
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(&*request).read_to_string(&mut xml).unwrap();
    let id = xml.split(r#" ID=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    (id, parameter(to, "RelayState"))
}

/// A response for the console that answers a request and names somebody.
pub(crate) fn answering(instance: &Instance, id: &str, login_name: &str, request: &str) -> String {
    let origin = instance.browser().origin();
    let mut made = idp::for_console(made(id, login_name, instance.server.clock.now()), &origin);
    made.confirmation =
        made.confirmation.replace(" Recipient=", &format!(r#" InResponseTo="{request}" Recipient="#));
    made.response = format!(r#"{} InResponseTo="{request}""#, made.response);
    idp::response(&made)
}

/// Sends what the identity provider's page sends, from there.
pub(crate) async fn send(browser: &Browser, document: &str, relay_state: &str) -> Shown {
    send_to(browser, &saml("/acs"), document, relay_state).await
}

pub(crate) async fn send_to(browser: &Browser, path: &str, document: &str, relay_state: &str) -> Shown {
    let request = browser.request(Method::POST, path).header("origin", "https://idp.example");
    browser.send(form(request, &[("SAMLResponse", document), ("RelayState", relay_state)])).await
}

/// Goes to the identity provider of SAML and comes back as somebody.
pub(crate) async fn by_saml(instance: &Instance, browser: &Browser, id: &str, login_name: &str) -> Shown {
    let (request, relay_state) = asked(&browser.get(&saml("")).await);
    send(browser, &answering(instance, id, login_name, &request), &relay_state).await
}

/// The same at the provider of OpenID Connect.
pub(crate) async fn by_oidc(
    instance: &Instance,
    provider: &ScriptedProvider,
    browser: &Browser,
    login_name: &str,
) -> Shown {
    let begun = browser.get(&oidc("")).await;
    let to = begun.header("location");
    let claims = claims(&parameter(to, "nonce"), login_name, instance.server.clock.now());
    let answer = json!({ "id_token": idp::id_token(&claims) }).to_string();
    provider.answer(&format!("{ISSUER}/token"), 200, &answer);
    let state = parameter(to, "state");
    browser.get(&format!("{}?code=c0de&state={state}", oidc("/callback"))).await
}

/// The details of the newest refusal of an identity provider's word in the audit.
pub(crate) async fn refusal(instance: &Instance) -> Value {
    instance.server.auth.flush_audit().await.unwrap();
    let entries = instance.server.store.audit(AuditQuery { limit: 1_000, ..Default::default() }).await;
    let details = entries.unwrap().entries.into_iter().filter_map(|entry| entry.record.details);
    let mut details = details.map(|details| serde_json::from_str::<Value>(&details).unwrap());
    details.find(|details| details.get("refusal").is_some()).unwrap()
}

/// Whether the answer is the page that goes on by itself, and where to.
pub(crate) fn goes_on_to(shown: &Shown) -> String {
    assert_eq!(shown.status, 200, "{}", shown.html);
    let rest = shown.html.split_once("content=\"0; url=").unwrap().1;
    rest.split('"').next().unwrap().to_owned()
}

pub(crate) async fn is_signed_in(browser: &Browser) -> bool {
    browser.get(HOME).await.status == 200
}
