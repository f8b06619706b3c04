//! "Test this connection" through a browser: what is wrong is found in one run, and nothing else happens.

mod life;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_auth::{AttemptFor, BlockList, LogIn, LoginScope, Outgoing, SharedOutgoing, ShownCode, TestId};
use vestibule_model::{Connection, Der, Dialect, Millis, Protocol};
use vestibule_saml::testing::{Made, STRANGER};
use vestibule_testkit::identity_provider::{
    self as idp, ISSUER, claims, made, oidc_connection, response, saml_connection,
};
use vestibule_testkit::{ACCOUNT, ScriptedProvider, TestServer};

use crate::administration::Administrator;
use crate::browser::{Browser, asked, is_signed_in, location, parameter};
use crate::support::{change_connection, now};

/// A server, its administrator, and the provider that it asks.
struct Scene {
    server: TestServer,
    administrator: Administrator,
    provider: Arc<ScriptedProvider>,
}

impl Scene {
    async fn start() -> Self {
        Self::with(vec![saml_connection(), oidc_connection()]).await
    }

    async fn with(connections: Vec<Connection>) -> Self {
        let provider = Arc::new(ScriptedProvider::default());
        let outgoing: Arc<dyn Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
        let server = TestServer::start_with(|fixture, settings| {
            fixture.connections = connections;
            settings.outgoing = SharedOutgoing(outgoing);
        })
        .await;
        let administrator = Administrator::of(&server).await;
        Self { server, administrator, provider }
    }

    /// Makes a test; gives its path in the API and where a browser begins.
    async fn begin(&self, connection: &Connection) -> (String, String) {
        let tests = format!("/admin/v1/accounts/{ACCOUNT}/connections/{}/tests", connection.id);
        let (status, made) = self.administrator.post(&tests).await;
        assert_eq!(status, 200, "{made}");
        let login = made["login_address"].as_str().unwrap();
        let path = login.strip_prefix(vestibule_testkit::ORIGIN).expect("an address of this service");
        (format!("{tests}/{}", made["id"].as_str().unwrap()), path.to_owned())
    }

    async fn read(&self, test: &str) -> Value {
        let (status, found) = self.administrator.get(test).await;
        assert_eq!(status, 200, "{found}");
        found
    }

    /// A browser goes through a test of SAML, the identity provider answering so; what the page says, and the report.
    async fn by_saml(&self, browser: &mut Browser<'_>, change: impl FnOnce(&mut Made)) -> (String, Value) {
        let (test, login) = self.begin(&saml_connection()).await;
        let (request, relay_state) = asked(&browser.get(&login).await);
        let mut made = made("_1", "name", now(&self.server));
        made.confirmation =
            made.confirmation.replace(" Recipient=", &format!(r#" InResponseTo="{request}" Recipient="#));
        made.response = format!(r#"{} InResponseTo="{request}""#, made.response);
        change(&mut made);
        let document = response(&made);
        let form = [("SAMLResponse", &*document), ("RelayState", &*relay_state)];
        let page = browser.post(&saml("acs"), &form).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        (page, self.read(&test).await["report"].clone())
    }

    /// The same of OpenID Connect; None: the provider is down.
    async fn by_oidc(
        &self,
        browser: &mut Browser<'_>,
        change: Option<&dyn Fn(&mut Value)>,
    ) -> (String, Value) {
        let (test, login) = self.begin(&oidc_connection()).await;
        let begun = location(&browser.get(&login).await);
        let mut claims = claims(&parameter(&begun, "nonce"), "name", now(&self.server));
        if let Some(change) = change {
            change(&mut claims);
            let answer = json!({ "id_token": idp::id_token(&claims), "refresh_token": "re-fresh" });
            self.provider.answer(&format!("{ISSUER}/token"), 200, &answer.to_string());
        }
        let state = parameter(&begun, "state");
        let page = browser.get(&format!("{}?code=c0de&state={state}", oidc("callback"))).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        (page, self.read(&test).await["report"].clone())
    }
}

fn saml(operation: &str) -> String {
    format!("/sso/saml/{ACCOUNT}/{}/{operation}", idp::SAML)
}

fn oidc(operation: &str) -> String {
    format!("/sso/oidc/{ACCOUNT}/{}/{operation}", idp::OIDC)
}

/// The check that refuses it first, with what to do.
fn refusing(report: &Value) -> (String, String) {
    assert_eq!(report["taken"], false, "{report}");
    let checks = report["checks"].as_array().unwrap();
    let first = checks.iter().find(|check| check["refusal"].is_string()).unwrap();
    let text = |field: &str| first[field].as_str().unwrap_or_default().to_owned();
    (text("check"), text("fix"))
}

/// The same, said on the page too.
fn found(page: &str, report: &Value) -> (String, String) {
    let (check, fix) = refusing(report);
    let words = fix.split([',', ':', '\'']).next().unwrap();
    assert!(page.contains("Test failed") && page.contains(words), "{page}");
    (check, fix)
}

fn written(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.as_unix()).unwrap().to_string()
}

#[tokio::test]
async fn a_login_that_would_be_taken_passes_in_both_protocols() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene.server);
    let told = [scene.by_saml(&mut browser, |_| {}).await, scene.by_oidc(&mut browser, Some(&|_| {})).await];
    for (page, report) in told {
        assert!(page.contains("Test passed") && page.contains("would sign in name"), "{page}");
        assert_eq!((&report["taken"], &report["user"]), (&json!(true), &json!("name")), "{report}");
        assert!(!report["claims"].as_array().unwrap().is_empty());
        assert_eq!(report["signatures"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_test_opens_no_session_ends_none_and_uses_nothing_up() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene.server);
    // Whoever tests is signed in to the pages, and stays.
    let document = response(&made("_0", "name", now(&scene.server)));
    browser.post(&saml("acs"), &[("SAMLResponse", &*document)]).await;
    let before = scene.server.stored_sessions().await;
    scene.by_saml(&mut browser, |_| {}).await;
    scene.by_oidc(&mut browser, Some(&|_| {})).await;
    assert_eq!(scene.server.stored_sessions().await, before);
    assert!(is_signed_in(&mut browser).await);
    assert!(!browser.keeps("sso-"), "the attempts are over");
    // An assertion of the same id still counts.
    let document = response(&made("_1", "name", now(&scene.server)));
    let answer = browser.post(&saml("acs"), &[("SAMLResponse", &*document)]).await;
    assert_eq!(answer.status(), 303);
}

#[tokio::test]
async fn a_wrong_clock_is_found_in_one_run() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene.server);
    let ahead = now(&scene.server).plus(Duration::from_mins(10));
    let (page, report) = scene
        .by_saml(&mut browser, |made| {
            let from = written(now(&scene.server).minus(Duration::from_secs(30)));
            made.conditions = made.conditions.replace(&from, &written(ahead));
        })
        .await;
    let (check, fix) = found(&page, &report);
    assert!(check == "time" && fix.contains("NTP") && fix.contains("is ahead"), "{check}: {fix}");
    let late = |claims: &mut Value| claims["exp"] = json!(now(&scene.server).as_unix() / 1_000 - 600);
    let (page, report) = scene.by_oidc(&mut browser, Some(&late)).await;
    let (check, fix) = found(&page, &report);
    assert!(check == "time" && fix.contains("NTP") && fix.contains("is behind"), "{check}: {fix}");
}

#[tokio::test]
async fn a_wrong_audience_is_found_in_one_run() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene.server);
    let (page, report) = scene
        .by_saml(&mut browser, |made| {
            made.conditions = made.conditions.replace("/metadata<", "/other<");
        })
        .await;
    let (check, fix) = found(&page, &report);
    assert!(check == "audience" && fix.contains("service provider entity id"), "{check}: {fix}");
    let other = |claims: &mut Value| claims["aud"] = json!("somebody-else");
    let (page, report) = scene.by_oidc(&mut browser, Some(&other)).await;
    let (check, fix) = found(&page, &report);
    assert!(check == "audience" && fix.contains("client id"), "{check}: {fix}");
}

#[tokio::test]
async fn an_old_certificate_is_found_in_one_run() {
    let scene = Scene::start().await;
    let mut connection = saml_connection();
    let Protocol::Saml(saml) = &mut connection.protocol else { unreachable!("it speaks SAML") };
    saml.certificates = vec![Der(STRANGER.certificate.clone())];
    change_connection(&scene.server, connection).await;
    let (page, report) = scene.by_saml(&mut Browser::new(&scene.server), |_| {}).await;
    let (check, fix) = found(&page, &report);
    assert!(check == "signatures" && fix.contains("another certificate"), "{check}: {fix}");
}

#[tokio::test]
async fn a_connection_that_is_not_enabled_yet_is_tested_and_nobody_logs_in_by_it() {
    let scene = Scene::start().await;
    change_connection(&scene.server, Connection { enabled: false, ..saml_connection() }).await;
    let mut browser = Browser::new(&scene.server);
    let (_, report) = scene.by_saml(&mut browser, |_| {}).await;
    assert_eq!(report["taken"], true, "{report}");
    let last = report["checks"].as_array().unwrap().last().unwrap().clone();
    assert!(last["found"].as_str().unwrap().contains("disabled"), "{last}");
    assert_eq!(browser.get(&saml("login")).await.status(), 404);
}

#[tokio::test]
async fn what_a_provider_does_not_give_is_told_with_where_it_failed() {
    let scene = Scene::start().await;
    let mut browser = Browser::new(&scene.server);
    let (_, report) = scene.by_oidc(&mut browser, None).await;
    assert_eq!(refusing(&report).0, "token endpoint");
    let refusal = json!({ "error": "invalid_client" }).to_string();
    scene.provider.answer(&format!("{ISSUER}/token"), 401, &refusal);
    let (_, report) = scene.by_oidc(&mut browser, None).await;
    let (check, fix) = refusing(&report);
    assert!(check == "token endpoint" && fix.contains("client secret"), "{check}: {fix}");
    let (test, login) = scene.begin(&oidc_connection()).await;
    let state = parameter(&location(&browser.get(&login).await), "state");
    browser.get(&format!("{}?error=access_denied&state={state}", oidc("callback"))).await;
    let (check, fix) = refusing(&scene.read(&test).await["report"]);
    assert!(check == "callback" && fix.contains("access"), "{check}: {fix}");
}

#[tokio::test]
async fn a_user_who_may_not_log_in_is_told() {
    let mut scene = Scene::start().await;
    scene.server.change_user("name", |user| user.enabled = false).await;
    let (page, report) = scene.by_saml(&mut Browser::new(&scene.server), |_| {}).await;
    assert_eq!(found(&page, &report).0, "login");
    assert_eq!(report["user"], "name");
}

#[tokio::test]
async fn a_user_who_is_on_the_block_list_is_told() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.connections = vec![saml_connection()];
        settings.block_list.user_names.insert(BlockList::name("name"));
    })
    .await;
    let administrator = Administrator::of(&server).await;
    let scene = Scene { server, administrator, provider: Arc::default() };
    let (page, report) = scene.by_saml(&mut Browser::new(&scene.server), |_| {}).await;
    let (check, fix) = found(&page, &report);
    assert!(check == "login" && fix.contains("blocked_user_names"), "{check}: {fix}");
}

/// A code is spent by being exchanged, whether or not anybody waits for what comes of it.
#[tokio::test]
async fn a_browser_that_goes_away_while_the_provider_is_asked_leaves_the_report_behind() {
    let scene = Scene::start().await;
    let (test, login) = scene.begin(&oidc_connection()).await;
    let (account, now) = (ACCOUNT.parse().unwrap(), now(&scene.server));
    let id = TestId::read(login.rsplit_once('=').unwrap().1);
    let auth = &scene.server.auth;
    let attempt = AttemptFor { account, connection: idp::OIDC, wanted: None, test: id };
    let (attempt, _) = auth.begin_attempt(attempt, now);
    let shown = ShownCode {
        connection: idp::OIDC.to_owned(),
        code: "c0de".to_owned().into(),
        redirect_uri: String::new(),
        attempt: attempt.clone(),
    };
    let at = LogIn {
        account: Some(account),
        dialect: Dialect::Pages,
        scope: LoginScope::Unsolicited,
        address: None,
        now,
    };
    let token = format!("{ISSUER}/token");
    scene.provider.keep_waiting(&token);
    let is_asked = async {
        while scene.provider.asked().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        told = auth.test_by_code(at, &attempt, Ok(shown)) => panic!("the provider keeps it waiting: {told:?}"),
        () = is_asked => {}
    }
    let answer = json!({ "id_token": idp::id_token(&claims(&attempt.nonce, "name", now)) });
    scene.provider.answer(&token, 200, &answer.to_string());
    let report = async {
        loop {
            let found = scene.read(&test).await;
            if found["report"].is_object() {
                break found["report"].clone();
            }
        }
    };
    let report = tokio::time::timeout(Duration::from_secs(10), report).await.expect("there is a report");
    assert_eq!(report["taken"], true, "{report}");
}

#[tokio::test]
async fn the_report_holds_no_secret() {
    let scene = Scene::start().await;
    let (page, report) = scene.by_oidc(&mut Browser::new(&scene.server), Some(&|_| {})).await;
    let form = scene.provider.asked()[0].2.clone().unwrap();
    let verifier = form.split('&').find_map(|pair| pair.strip_prefix("code_verifier=")).unwrap();
    for secret in ["c0de", "re-fresh", verifier, "eyJ"] {
        let told = format!("{page}{report}");
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}
