//! Logins by a browser, begun here and at the identity provider (contract single-sign-on).

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Response, Url};
use vestibule_model::{Connection, Dialect, Protocol};
use vestibule_testkit::identity_provider::{self as idp, saml_connection};
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::support::{
    answering, change_connection, check, log_in, now, reason_of, response, server, server_with, strict_server,
};

/// A browser: follows no redirect by itself, and keeps cookies, which it sends in the order in which they came (RFC 6265 §5.4).
pub(crate) struct Browser<'a> {
    server: &'a TestServer,
    client: Client,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a TestServer) -> Self {
        let client =
            Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { server, client, cookies: Vec::new() }
    }

    async fn send(&mut self, method: Method, path: &str, form: Option<&[(&str, &str)]>) -> Response {
        self.send_from(None, method, path, form).await
    }

    async fn send_from(
        &mut self,
        origin: Option<&str>,
        method: Method,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("http://{}{path}", self.server.address());
        let mut request = self.client.request(method, url).header(COOKIE, cookies.join("; "));
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(form) = form {
            let mut url = Url::parse("http://x/").unwrap();
            url.query_pairs_mut().extend_pairs(form);
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(url.query().unwrap().to_owned());
        }
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.retain(|(kept, _)| kept != name);
            } else if let Some((_, kept)) = self.cookies.iter_mut().find(|(kept, _)| kept == name) {
                value.clone_into(kept);
            } else {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    /// Whether it keeps a cookie whose name begins like this.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        self.cookies.iter().any(|(kept, _)| kept.starts_with(name))
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Response {
        self.send(Method::POST, path, Some(form)).await
    }

    /// Sends the form of a page of this service, with the value against forgery that stands on that page.
    pub(crate) async fn submit(&mut self, page: &str, form: &[(&str, &str)]) -> Response {
        let html = self.get(page).await.text().await.unwrap();
        let csrf = html.split(r#"name="csrf" value=""#).nth(1).unwrap().split('"').next().unwrap();
        let origin = format!("http://{}", self.server.address());
        let form = [&[("csrf", csrf)], form].concat();
        self.send_from(Some(&origin), Method::POST, page, Some(&form)).await
    }
}

pub(crate) fn location(answer: &Response) -> Url {
    let location = answer.headers()[LOCATION].to_str().unwrap();
    Url::parse("http://here/").unwrap().join(location).unwrap()
}

pub(crate) fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
}

pub(crate) fn saml(operation: &str) -> String {
    format!("/sso/saml/{ACCOUNT}/{}/{operation}", idp::SAML)
}

/// The id of the request that a redirect carries, and what is to come back with the answer.
pub(crate) fn asked(answer: &Response) -> (String, String) {
    use std::io::Read as _;
    let url = location(answer);
    let request =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, parameter(&url, "SAMLRequest"));
    let mut xml = String::new();
    flate2::read::DeflateDecoder::new(&*request.unwrap()).read_to_string(&mut xml).unwrap();
    let id = xml.split(r#" ID=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    (id, parameter(&url, "RelayState"))
}

pub(crate) async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.get(&format!("/me/{ACCOUNT}/")).await.status() == 200
}

#[tokio::test]
async fn a_login_that_begins_here_ends_with_a_page_session_where_it_began() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    let wanted = format!("/me/{ACCOUNT}/password");
    let begun = browser.get(&format!("{}?continue={wanted}", saml("login"))).await;
    assert_eq!(begun.status(), 302);
    assert_eq!(location(&begun).as_str().split('?').next(), Some("https://idp.example/login"));
    let (request, relay_state) = asked(&begun);
    let document = answering(&server, "_1", &request);
    let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
    let ended = browser.post(&saml("acs"), &form).await;
    assert_eq!((ended.status().as_u16(), location(&ended).path()), (303, &*wanted));
    assert!(is_signed_in(&mut browser).await);
    assert_eq!(server.stored_sessions().await[0].dialect, Dialect::Pages);
    assert!(!browser.keeps("sso-"), "the attempt is over");
}

#[tokio::test]
async fn attempts_in_two_tabs_end_each_by_itself() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    let first = asked(&browser.get(&saml("login")).await);
    let second = asked(&browser.get(&saml("login")).await);
    assert_ne!(first, second);
    for (id, (request, relay_state)) in [("_2", &second), ("_1", &first)] {
        let document = answering(&server, id, request);
        let form = [("SAMLResponse", &*document), ("RelayState", &**relay_state)];
        assert_eq!(browser.post(&saml("acs"), &form).await.status(), 303, "{id}");
    }
}

#[tokio::test]
async fn x4_an_answer_counts_in_the_browser_that_asked_and_for_its_own_request_alone() {
    let server = strict_server().await;
    let (mut victim, mut attacker) = (Browser::new(&server), Browser::new(&server));
    let attackers = asked(&attacker.get(&saml("login")).await);
    let victims = asked(&victim.get(&saml("login")).await);
    let document = answering(&server, "_1", &attackers.0);
    for relay_state in [&attackers.1, &victims.1] {
        let form = [("SAMLResponse", &*document), ("RelayState", relay_state.as_str())];
        let answer = victim.post(&saml("acs"), &form).await;
        assert_eq!(answer.status(), 403);
        let id = answer.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned();
        assert_eq!(reason_of(&server, &id).await.1["check"], "request");
        let page = answer.text().await.unwrap();
        assert!(page.contains(&id), "{page}");
    }
    assert!(!is_signed_in(&mut victim).await);
}

#[tokio::test]
async fn an_attempt_is_over_after_ten_minutes() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    let (request, relay_state) = asked(&browser.get(&saml("login")).await);
    server.clock.advance(std::time::Duration::from_mins(10));
    let document = answering(&server, "_1", &request);
    let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
    let answer = browser.post(&saml("acs"), &form).await;
    assert_eq!(answer.status(), 403);
    let page = answer.text().await.unwrap();
    assert!(page.contains("took too long"), "{page}");
}

#[tokio::test]
async fn who_goes_back_to_a_login_that_is_done_is_told_so_under_an_id() {
    let server = strict_server().await;
    let mut browser = Browser::new(&server);
    let (request, relay_state) = asked(&browser.get(&saml("login")).await);
    let mut post = async |id| {
        let document = answering(&server, id, &request);
        browser.post(&saml("acs"), &[("SAMLResponse", &*document), ("RelayState", &*relay_state)]).await
    };
    assert_eq!(post("_1").await.status(), 303);
    let again = post("_2").await;
    assert_eq!(again.status(), 403);
    let id = again.headers()["x-vestibule-refusal"].to_str().unwrap().to_owned();
    let page = again.text().await.unwrap();
    assert!(page.contains("finished already") && page.contains(&id), "{page}");
    assert_eq!(reason_of(&server, &id).await.1["check"], "request");
}

#[tokio::test]
async fn a7_a_login_goes_on_to_own_paths_and_to_what_is_registered_alone() {
    let server = server().await;
    let target = "https://app.example/start";
    change_connection(&server, Connection { targets: vec![target.into()], ..saml_connection() }).await;
    for (number, wanted) in
        ["https://evil.example/", "//evil.example", "https://app.example/start/", "/me/other/"]
            .iter()
            .enumerate()
    {
        let mut browser = Browser::new(&server);
        let document = response(&server, &format!("_{number}"));
        let form = [("SAMLResponse", &*document), ("RelayState", *wanted)];
        let answer = browser.post(&saml("acs"), &form).await;
        assert_eq!(location(&answer).path(), format!("/me/{ACCOUNT}/"), "{wanted}");
    }
    let document = response(&server, "_9");
    let form = [("SAMLResponse", &*document), ("RelayState", target)];
    let page = Browser::new(&server).post(&saml("acs"), &form).await.text().await.unwrap();
    assert!(page.contains(target), "{page}");
}

#[tokio::test]
async fn a_response_that_is_shown_twice_by_a_browser_counts_once() {
    let server = server().await;
    let document = response(&server, "_1");
    let mut browser = Browser::new(&server);
    assert_eq!(browser.post(&saml("acs"), &[("SAMLResponse", &*document)]).await.status(), 303);
    assert_eq!(browser.post(&saml("acs"), &[("SAMLResponse", &*document)]).await.status(), 403);
    assert_eq!(log_in(&server, &document).await.status(), 401, "nor at the API");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_disabled_are_404_alike() {
    let server = server().await;
    change_connection(&server, Connection { enabled: false, ..saml_connection() }).await;
    let mut browser = Browser::new(&server);
    let mut told = Vec::new();
    for path in [saml("login"), "/sso/saml/nobody/idp/login".into(), format!("/sso/saml/{ACCOUNT}/x/login")] {
        let answer = browser.get(&path).await;
        told.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    assert!(told.iter().all(|answer| *answer == told[0] && answer.0 == 404), "{told:?}");
}

#[tokio::test]
async fn the_metadata_says_who_we_are_also_before_the_connection_is_enabled() {
    let server = server().await;
    change_connection(&server, Connection { enabled: false, ..saml_connection() }).await;
    let answer = Browser::new(&server).get(&saml("metadata")).await;
    assert_eq!(answer.headers()["content-type"], "application/samlmetadata+xml");
    let xml = answer.text().await.unwrap();
    for expected in [idp::saml_url(idp::SAML, "metadata"), idp::saml_url(idp::SAML, "acs")] {
        assert!(xml.contains(&expected), "{xml}");
    }
}

/// A logout of a session at the identity provider, as a form has it.
pub(crate) fn logout_request(server: &TestServer, id: &str, session: &str) -> String {
    logout_request_of(server, id, &format!("<samlp:SessionIndex>{session}</samlp:SessionIndex>"))
}

/// The same of the sessions of these elements.
pub(crate) fn logout_request_of(server: &TestServer, id: &str, sessions: &str) -> String {
    let at = jiff::Timestamp::from_millisecond(now(server).as_unix()).unwrap();
    let destination = idp::saml_url(idp::SAML, "logout");
    let signature = vestibule_saml::testing::signature(id);
    let document = format!(
        r#"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{at}" Destination="{destination}"><saml:Issuer>{}</saml:Issuer>{signature}<saml:NameID>name</saml:NameID>{sessions}</samlp:LogoutRequest>"#,
        vestibule_saml::testing::ENTITY
    );
    idp::encoded(&vestibule_saml::testing::IDP.sign(&document))
}

#[tokio::test]
async fn a_logout_at_the_identity_provider_ends_its_session_everywhere_and_is_answered() {
    let server = server().await;
    let mut connection = saml_connection();
    if let Protocol::Saml(saml) = &mut connection.protocol {
        saml.logout_url = Some("https://idp.example/logout".into());
    }
    change_connection(&server, connection).await;
    let bearer = crate::support::bearer(log_in(&server, &response(&server, "_1")).await).await;
    let mut browser = Browser::new(&server);
    let other = logout_request(&server, "_l0", "another-session");
    assert_eq!(browser.post(&saml("logout"), &[("SAMLRequest", &*other)]).await.status(), 302);
    assert_eq!(check(&server, &bearer).await, 200, "that was another session there");
    let logout = logout_request(&server, "_l1", "session-1");
    let form = [("SAMLRequest", &*logout), ("RelayState", "there")];
    let answer = browser.post(&saml("logout"), &form).await;
    let to = location(&answer);
    assert_eq!((answer.status().as_u16(), to.host_str()), (302, Some("idp.example")));
    assert_eq!(parameter(&to, "RelayState"), "there");
    assert_eq!(check(&server, &bearer).await, 401);
    assert!(server.stored_sessions().await.is_empty());
    assert_eq!(browser.post(&saml("logout"), &form).await.status(), 400, "it counts once");
    assert_eq!(browser.post(&saml("logout"), &[("SAMLRequest", "AAAA")]).await.status(), 400);
    assert_eq!(browser.get(&saml("logout")).await.status(), 400);
}

#[tokio::test]
async fn a_login_for_a_client_of_the_sentinel_goes_on_there_and_ends_with_the_login_at_the_provider() {
    const BACK: &str = "https://client.example/back";
    let server = server_with(|fixture| {
        let metadata = &mut fixture.oauth_client.metadata;
        metadata.grant_types = vec![vestibule_model::GrantType::AuthorizationCode];
        metadata.redirect_uris = vec![BACK.into()];
    })
    .await;
    let mut connection = saml_connection();
    if let Protocol::Saml(saml) = &mut connection.protocol {
        saml.logout_url = Some("https://idp.example/logout".into());
    }
    change_connection(&server, connection).await;
    let mut browser = Browser::new(&server);
    let authorize = format!(
        "/sentinel/api/account/{ACCOUNT}/authorize?v=1.0&response_type=code&client_id=client-id&state=s"
    );
    let mut login = Url::parse(&format!("http://here{}", saml("login"))).unwrap();
    login.query_pairs_mut().append_pair("continue", &authorize);
    let begun = browser.get(&format!("{}?{}", login.path(), login.query().unwrap())).await;
    let (request, relay_state) = asked(&begun);
    let document = answering(&server, "_1", &request);
    let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
    let ended = browser.post(&saml("acs"), &form).await;
    assert_eq!(ended.status(), 200);
    let html = ended.text().await.unwrap();
    let on =
        html.split(r#"http-equiv="refresh" content="0; url="#).nth(1).unwrap().split('"').next().unwrap();
    let on = on.replace("&#38;", "&");
    assert_eq!(on, authorize);
    let back = location(&browser.get(&on).await);
    assert_eq!((back.host_str(), parameter(&back, "state").as_str()), (Some("client.example"), "s"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*parameter(&back, "code")),
        ("client_id", "client-id"),
        ("client_secret", "client-secret"),
    ];
    let token = browser.post(&format!("/sentinel/api/account/{ACCOUNT}/token?v=1.0"), &form).await;
    let token: serde_json::Value = token.json().await.unwrap();
    let bearer = token["access_token"].as_str().unwrap();
    assert_eq!(check(&server, bearer).await, 200);
    let ends: Vec<_> = server.stored_sessions().await.iter().map(|session| session.absolute_end).collect();
    assert!(
        ends.len() == 2 && ends.iter().all(Option::is_some) && ends[1] <= ends[0],
        "no later than the page: {ends:?}"
    );
    let logout = logout_request(&server, "_l1", "session-1");
    browser.post(&saml("logout"), &[("SAMLRequest", &*logout)]).await;
    assert_eq!(check(&server, bearer).await, 401, "it was opened by that login");
    assert!(server.stored_sessions().await.is_empty());
}
