//! A server with administrators, and browsers that look at its console.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};
use vestibule_auth::{FirstOwner, Settings};
use vestibule_model::{Clock, Logo};
use vestibule_store::Change;
use vestibule_testkit::identity_provider::{oidc_connection, saml_connection};
use vestibule_testkit::{ACCOUNT, Browser, Shown, TestServer};

pub(crate) const PASSWORD: &str = "admin-password";
/// That of administrators who are made by [`Instance::administrator`].
pub(crate) const ANOTHER_PASSWORD: &str = "F1rst-admin-pass";

pub(crate) const HOME: &str = "/console/";
pub(crate) const LOGIN: &str = "/console/login";
pub(crate) const FACTOR: &str = "/console/own/second-factor";
pub(crate) const COOKIE: &str = "vestibule-console";

/// What accounts have, as paths name it.
pub(crate) const KINDS: [&str; 6] =
    ["profiles", "groups", "skills", "api-keys", "oauth-clients", "application-tokens"];

/// What is done to users, as paths name it.
pub(crate) const DEEDS: [&str; 6] =
    ["disable", "enable", "unlock", "reset-second-factor", "end-sessions", "delete"];

/// What there is to be looked at.
pub(crate) struct Things {
    pub(crate) user: i64,
    pub(crate) session: String,
    pub(crate) connection: i64,
    /// A test of the connection, which waits.
    pub(crate) test: String,
    /// A connection of OpenID Connect.
    pub(crate) openid: i64,
    /// An administration token.
    pub(crate) token: i64,
    /// The first owner.
    pub(crate) owner: i64,
    /// The place of an entry of the audit.
    pub(crate) place: String,
    /// A job of the owner's that ends sessions.
    pub(crate) job: String,
    pub(crate) kinds: Vec<(&'static str, i64)>,
}

impl Things {
    /// Names of things, none of which there is.
    pub(crate) fn nowhere() -> Self {
        let session = "1b4e28ba-2fa1-41d2-883f-0016d3cca427".to_owned();
        let (place, job) = ("1".to_owned(), session.clone());
        Self {
            user: 1,
            session,
            place,
            job,
            connection: 1,
            test: "0".repeat(32),
            openid: 1,
            token: 1,
            owner: 1,
            kinds: KINDS.map(|kind| (kind, 1)).to_vec(),
        }
    }
}

/// What the API is sent to make one of a kind.
pub(crate) fn new(kind: &str, name: &str) -> Value {
    if kind == "profiles" { json!({ "name": name, "role": "agent" }) } else { json!({ "name": name }) }
}

/// The head of a PNG of one pixel, which nobody draws here.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

pub(crate) struct Instance {
    pub(crate) server: TestServer,
    /// A bearer of the first owner.
    pub(crate) bearer: String,
}

impl Instance {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With settings that the test changes first.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let server = TestServer::start_with(|_, settings| change(settings)).await;
        let first = FirstOwner::WithPassword(PASSWORD.to_owned().into());
        server.auth.administration().make_administrators_account(first, server.clock.now()).await.unwrap();
        let login = server.admin_request(Method::POST, "/admin/v1/login");
        let login = login.json(&json!({ "username": "admin", "password": PASSWORD })).send().await.unwrap();
        let login: Value = login.json().await.unwrap();
        let bearer = login["token"].as_str().unwrap().to_owned();
        Self { server, bearer }
    }

    /// What the owner sends to the API; the answer's body.
    pub(crate) async fn api(&self, method: Method, path: &str, body: &Value) -> Value {
        let condition = if method == Method::PATCH { "if-match" } else { "if-none-match" };
        let request = self.server.admin_request(method, path).bearer_auth(&self.bearer).json(body);
        let answer = request.header(condition, "*").send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// Another administrator; their id.
    pub(crate) async fn administrator(&self, name: &str, role: &Value) -> i64 {
        let body = json!({ "login_name": name, "password": ANOTHER_PASSWORD, "must_change_password": false });
        let made = self.api(Method::POST, "/admin/v1/accounts/administrators/users", &body).await;
        let id = made["id"].as_i64().unwrap();
        self.api(Method::PUT, &format!("/admin/v1/administrators/{id}"), role).await;
        id
    }

    /// A browser at the console.
    pub(crate) fn browser(&self) -> Browser {
        Browser::at(self.server.admin_address())
    }

    /// One in which somebody is signed in.
    pub(crate) async fn signed_in_as(&self, name: &str, password: &str) -> Browser {
        let browser = self.browser();
        let shown = log_in(&browser, name, password).await;
        assert_eq!((shown.status, shown.header("location")), (303, HOME), "{}", shown.html);
        browser
    }

    /// One in which the first owner is.
    pub(crate) async fn signed_in(&self) -> Browser {
        self.signed_in_as("admin", PASSWORD).await
    }

    /// One in which the owner of another role is.
    pub(crate) async fn signed_in_with(&self, role: &Value) -> Browser {
        self.administrator("ben", role).await;
        self.signed_in_as("ben", ANOTHER_PASSWORD).await
    }

    /// Another account, `other`.
    pub(crate) async fn other_account(&self) {
        self.api(Method::POST, "/admin/v1/accounts", &json!({ "id": "other" })).await;
    }

    /// One thing of each kind in the fixture's account, and a session of its user `name`.
    pub(crate) async fn things(&self) -> Things {
        let own = format!("/admin/v1/accounts/{ACCOUNT}");
        let mut account = self.server.fixture.account.clone();
        account.look.logo = Some(Logo::new(PNG));
        self.server.change(vec![Change::PutAccount(account.into())]).await;
        self.server.log_in("name", "password").await;
        let sessions = self.listed(&format!("/admin/v1/sessions?account={ACCOUNT}")).await;
        let session = sessions["sessions"][0]["reference"].as_str().unwrap().to_owned();
        let user = sessions["sessions"][0]["user"].as_i64().unwrap();
        let mut kinds = Vec::new();
        for kind in KINDS {
            let made = self.api(Method::POST, &format!("{own}/{kind}"), &new(kind, "One")).await;
            kinds.push((kind, made["id"].as_i64().unwrap()));
        }
        let entries = self.listed(&format!("/admin/v1/audit?account={ACCOUNT}&limit=1")).await;
        let place = entries["entries"][0]["sequence"].to_string();
        let job = self.api(Method::POST, "/admin/v1/session-ends", &json!({ "sessions": [] })).await;
        let job = job["id"].as_str().unwrap().to_owned();
        let connection = self.connection().await;
        let tests = format!("{own}/connections/{connection}/tests");
        let test = self.api(Method::POST, &tests, &json!({})).await["id"].as_str().unwrap().to_owned();
        let openid = self.openid_connection().await;
        let owners = self.listed("/admin/v1/administrators").await;
        let owner = owners["administrators"][0]["user"].as_i64().unwrap();
        let token = self.token("thing").await["id"].as_i64().unwrap();
        Things { user, session, connection, test, openid, token, owner, place, job, kinds }
    }

    /// An administration token of this name that lives for a day, as it was made.
    pub(crate) async fn token(&self, name: &str) -> Value {
        let expires = self.server.clock.now().as_unix() + 86_400_000;
        let new = json!({ "name": name, "role": "owner", "expires": expires });
        self.api(Method::POST, "/admin/v1/administration-tokens", &new).await
    }

    /// A connection of SAML in the fixture's account; its id.
    pub(crate) async fn connection(&self) -> i64 {
        self.connection_named("Identity provider").await
    }

    /// The same with this name for people.
    pub(crate) async fn connection_named(&self, name: &str) -> i64 {
        let mut connection = saml_connection();
        name.clone_into(&mut connection.display_name);
        let account = ACCOUNT.parse().unwrap();
        self.server.change(vec![Change::PutConnection(account, connection.clone().into())]).await;
        connection.id.0
    }

    /// A connection of OpenID Connect in the fixture's account; its id.
    pub(crate) async fn openid_connection(&self) -> i64 {
        let connection = oidc_connection();
        let id = connection.id.0;
        let change = Change::PutConnection(ACCOUNT.parse().unwrap(), connection.into());
        self.server.change(vec![change]).await;
        id
    }

    /// What the owner reads of the API.
    pub(crate) async fn listed(&self, path: &str) -> Value {
        let request = self.server.admin_request(Method::GET, path).bearer_auth(&self.bearer);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The code that a device with this secret shows, by the server's clock.
    pub(crate) fn code(&self, secret: &str) -> String {
        let secret = Secret::try_from_base32(secret).unwrap();
        let now = u64::try_from(self.server.clock.now().as_unix()).unwrap() / 1_000;
        Builder::new().with_secret(secret).build_noncompliant().generate(now).to_string()
    }

    /// The console's router by itself.
    pub(crate) fn router(&self) -> axum::Router {
        let clock: Arc<dyn Clock> = Arc::<vestibule_testkit::TestClock>::clone(&self.server.clock);
        let auth = Arc::clone(&self.server.auth);
        vestibule_console::router(vestibule_console::ConsoleState {
            auth,
            clock,
            facts: Arc::new(vestibule_testkit::TestFacts),
            audit_check: None,
            clients: vestibule_console::Clients::default(),
            origins: vestibule_auth::Origins::of(vestibule_testkit::ORIGIN),
        })
    }
}

/// Signs in on the login page.
pub(crate) async fn log_in(browser: &Browser, name: &str, password: &str) -> Shown {
    log_in_at(browser, LOGIN, name, password).await
}

/// The same on a login page of this address.
pub(crate) async fn log_in_at(browser: &Browser, page: &str, name: &str, password: &str) -> Shown {
    let shown = browser.get(page).await;
    let (csrf, next) = (shown.hidden("csrf"), shown.hidden("next").replace("&#38;", "&"));
    let fields = [("csrf", csrf.as_str()), ("next", &next), ("user_name", name), ("password", password)];
    browser.post(LOGIN, &fields).await
}

/// The same page without the one script that every page loads.
pub(crate) fn without_the_script(mut page: Shown) -> Shown {
    let (before, rest) = page
        .html
        .split_once(r#"<script type="module" src="/console/-/console.js?v="#)
        .unwrap_or((&page.html, ""));
    let after = rest.split_once(r#""></script>"#).map_or("", |(_, after)| after);
    page.html = format!("{before}{after}");
    page
}

/// The secret that the page for setting up a second factor shows.
pub(crate) fn secret(page: &Shown) -> String {
    let rest = page.html.split_once(r#"<p class="secret">"#).unwrap().1;
    rest.split('<').next().unwrap().to_owned()
}

/// Sets up a second factor in a browser that is signed in; the secret, and the page after it.
pub(crate) async fn set_up(instance: &Instance, browser: &Browser, password: &str) -> (String, Shown) {
    let page = browser.get(FACTOR).await;
    let (secret, code) = (secret(&page), instance.code(&secret(&page)));
    let (csrf, state) = (page.hidden("csrf"), page.hidden("state"));
    let fields =
        [("csrf", csrf.as_str()), ("do", "set"), ("state", &state), ("code", &code), ("password", password)];
    (secret, browser.post(FACTOR, &fields).await)
}
