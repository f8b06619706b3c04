//! `/console/accounts/{account}/connections/{connection}/test`

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};
use vestibule_auth::{Outgoing, SharedOutgoing};
use vestibule_model::Clock as _;
use vestibule_testkit::identity_provider::{ISSUER, OIDC, SAML, claims, id_token, made, response};
use vestibule_testkit::{ACCOUNT, Browser, ORIGIN, ScriptedProvider};

use crate::support::{HOME, Instance, Things};
use crate::typing::{Typed, fill};

/// A console, the provider behind it, and the browser of somebody who goes through a test.
struct Scene {
    instance: Instance,
    provider: Arc<ScriptedProvider>,
    console: Browser,
    person: Browser,
    things: Things,
}

impl Scene {
    async fn start() -> Self {
        let provider = Arc::new(ScriptedProvider::default());
        let outgoing: Arc<dyn Outgoing> = Arc::<ScriptedProvider>::clone(&provider);
        let instance = Instance::start_with(|settings| settings.outgoing = SharedOutgoing(outgoing)).await;
        let (console, things) = (instance.signed_in().await, instance.things().await);
        let person = Browser::at(instance.server.address());
        Self { instance, provider, console, person, things }
    }

    /// Begins a test of a connection: its page, and the path at which a browser begins it.
    async fn begin(&self, id: i64) -> (String, String) {
        let form = format!("/console/accounts/{ACCOUNT}/connections/{id}/test");
        let begun = Typed::of(&self.console.get(&form).await).send(&self.console, &form).await;
        assert_eq!(begun.status, 303, "{}", begun.html);
        let page = begun.header("location").to_owned();
        let waiting = self.console.get(&page).await;
        assert_eq!(waiting.header("refresh"), "2");
        let (_, rest) = waiting.html.split_once("<dd data-copy>").unwrap();
        let address = rest.split('<').next().unwrap().strip_prefix(ORIGIN).unwrap();
        (page, address.to_owned())
    }

    /// What the page tells once the provider has named `name` with claims that a test changes.
    async fn by_openid(&self, change: impl FnOnce(&mut Value)) -> String {
        let (page, address) = self.begin(self.things.openid).await;
        let begun = Url::parse(self.person.get(&address).await.header("location")).unwrap();
        let parameter = |name: &str| begun.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let mut claims = claims(&parameter("nonce"), "name", self.instance.server.clock.now());
        change(&mut claims);
        let answer = json!({ "id_token": id_token(&claims) }).to_string();
        self.provider.answer(&format!("{ISSUER}/token"), 200, &answer);
        let callback = format!("/sso/oidc/{ACCOUNT}/{OIDC}/callback?code=c0de&state={}", parameter("state"));
        assert_eq!(self.person.get(&callback).await.status, 200);
        let told = self.console.get(&page).await;
        assert_eq!(told.header("refresh"), "", "what has come does not come again");
        told.html
    }
}

#[tokio::test]
async fn a_login_that_would_be_taken_is_told_with_all_that_came_and_whom_it_names() {
    let scene = Scene::start().await;
    let before = scene.instance.server.stored_sessions().await.len();
    let told = scene.by_openid(|claims| claims["groups"] = json!(["call-centre", "leads"])).await;
    assert!(told.contains("This login would sign in name."), "{told}");
    let user = format!("/console/accounts/{ACCOUNT}/users/{}", scene.things.user);
    assert!(told.contains(&format!("<a href=\"{user}\">The user whom it names</a>")), "{told}");
    for came in ["subject-of-name", "call-centre", "leads", ">exp<", "<code>nonce</code>", "rsa-1"] {
        assert!(told.contains(came), "{came}: {told}");
    }
    assert!(!told.contains(">refused<") && !told.contains("What to do"), "{told}");
    assert!(!told.contains("c0de"), "no code is shown: {told}");
    assert_eq!(scene.instance.server.stored_sessions().await.len(), before, "nobody is signed in");
}

#[tokio::test]
async fn what_would_be_refused_is_told_with_what_to_do() {
    let scene = Scene::start().await;
    let told = scene.by_openid(|claims| claims["aud"] = json!("somebody-else")).await;
    assert!(told.contains("This login would be refused."), "{told}");
    let (_, refused) = told.split_once("What would be refused, and what to do").unwrap();
    let first = refused.split("</li>").next().unwrap();
    assert!(first.contains("<code>audience</code>") && first.contains("client id"), "{first}");
    assert!(told.contains("somebody-else") && told.contains(">ok<"), "{told}");
}

#[tokio::test]
async fn whoever_nobody_knows_is_told_with_how_they_are_made_known() {
    let scene = Scene::start().await;
    let told = scene.by_openid(|claims| claims["preferred_username"] = json!("stranger")).await;
    assert!(told.contains("stranger") && told.contains("make the user"), "{told}");
    assert!(!told.contains("The user whom it names"), "{told}");
}

#[tokio::test]
async fn what_cannot_be_read_as_saml_is_told() {
    let scene = Scene::start().await;
    let (page, address) = scene.begin(scene.things.connection).await;
    let begun = Url::parse(scene.person.get(&address).await.header("location")).unwrap();
    let (_, state) = begun.query_pairs().find(|(key, _)| key == "RelayState").unwrap();
    let form = [("SAMLResponse", "AAAA"), ("RelayState", &*state)];
    scene.person.post(&format!("/sso/saml/{ACCOUNT}/{SAML}/acs"), &form).await;
    let told = scene.console.get(&page).await.html;
    assert!(
        told.contains("<code>document</code>") && told.contains("Nothing that something signed covers"),
        "{told}"
    );
}

#[tokio::test]
async fn what_came_at_another_time_is_examined_without_a_browser_and_shown_to_nobody_again() {
    let scene = Scene::start().await;
    let now = scene.instance.server.clock.now();
    let form = |id: i64| format!("/console/accounts/{ACCOUNT}/connections/{id}/message");
    let (saml, openid) = (form(scene.things.connection), form(scene.things.openid));
    let document = response(&made("_1", "name", now));
    let token = id_token(&claims("any", "name", now));
    for (form, field, message) in [(saml, "saml_response", document), (openid, "id_token", token)] {
        let field = format!("secret.{field}");
        let told = fill(&scene.console, &form, &[(&field, &message)]).await;
        assert!(told.html.contains("This login would sign in name."), "{}", told.html);
        assert!(!told.html.contains(&message[..40]), "{}", told.html);
        let wrong = fill(&scene.console, &form, &[(&field, "AAAA")]).await;
        assert!(wrong.html.contains("This login would be refused."), "{}", wrong.html);
        let nothing = fill(&scene.console, &form, &[]).await;
        assert!(nothing.status == 422 && nothing.html.contains("This is needed"), "{}", nothing.html);
    }
}

#[tokio::test]
async fn what_a_provider_writes_is_shown_as_text() {
    let scene = Scene::start().await;
    let told = scene.by_openid(|claims| claims["name"] = json!("<img src=x>\u{202e}")).await;
    assert!(
        told.contains("&#60;img src=x&#62;") && !told.contains("<img") && !told.contains('\u{202e}'),
        "{told}"
    );
}

#[tokio::test]
async fn a_test_that_is_over_or_of_another_connection_is_none() {
    let scene = Scene::start().await;
    let (page, _) = scene.begin(scene.things.openid).await;
    let (openid, saml) = (scene.things.openid, scene.things.connection);
    let elsewhere = page.replace(&format!("/connections/{openid}/"), &format!("/connections/{saml}/"));
    assert_eq!(scene.console.get(&elsewhere).await.status, 404);
    assert_eq!(scene.console.get(&page).await.status, 200);
    scene.instance.server.clock.advance(Duration::from_mins(10));
    assert_eq!(scene.console.get(&page).await.status, 404);
}

#[tokio::test]
async fn a_page_that_waits_keeps_no_session_alive() {
    let scene = Scene::start().await;
    let (page, _) = scene.begin(scene.things.openid).await;
    for _ in 0..31 {
        scene.instance.server.clock.advance(Duration::from_mins(1));
        scene.console.get(&page).await;
    }
    assert_eq!(scene.console.get(HOME).await.header("location"), "/console/login");
}
