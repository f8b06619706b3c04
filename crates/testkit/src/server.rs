//! A whole server in the test's own process: its own data, its own port, the test's clock.

mod engine;
mod listeners;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use vestibule_auth::{Auth, HashSettings, Settings};
use vestibule_crypto::{Engine, KeyRing, MasterKey, OsRng};
use vestibule_model::{Clock, Generation, Session};
use vestibule_serve::server::Running;
use vestibule_store::{MemoryEndJournal, Store};

use crate::audit_check::audit_check;
use crate::{ACCOUNT, AccountFixture, CHEAP, Faults, Key, TestClock};
use engine::{TestKeySource, begin_auth, database, failing, keys_of};
pub(crate) use engine::{open_store, start_auth};
use listeners::addresses;
pub(crate) use listeners::serve;

/// Where browsers reach a server, as it says itself.
pub const ORIGIN: &str = "https://vestibule.example.net";

/// The origin of a service behind a gate.
pub const RETURN_ORIGIN: &str = "https://app.example.com";

/// A running server. Background tasks do not run by themselves: a test calls them.
pub struct TestServer {
    /// The clock that the server goes by.
    pub clock: Arc<TestClock>,
    /// The engine.
    pub auth: Arc<Auth>,
    /// The store under it; what a test does to it itself never fails on command.
    pub store: Arc<dyn Store>,
    /// What the engine is told that the store cannot do.
    pub faults: Arc<Faults>,
    /// Where the engine keeps ends that the store does not take; outlives restarts.
    pub journal: Arc<MemoryEndJournal>,
    /// The account as it was written.
    pub fixture: AccountFixture,
    client: Client,
    address: SocketAddr,
    admin_address: SocketAddr,
    grpc_address: SocketAddr,
    master: MasterKey,
    ring: KeyRing,
    source: Arc<TestKeySource>,
    settings: Settings,
    running: Option<Running>,
    data: TempDir,
}

impl TestServer {
    /// A server with the fixture's account as it is.
    pub async fn start() -> Self {
        Self::start_with(|_, _| {}).await
    }

    /// A server with an account and settings that the test changes first.
    pub async fn start_with(change: impl FnOnce(&mut AccountFixture, &mut Settings)) -> Self {
        let clock = Arc::new(TestClock::default());
        let master = MasterKey::generate(&OsRng);
        let mut fixture = AccountFixture::new(&master, clock.now());
        let hashing =
            HashSettings { engine: Engine::Portable, params: CHEAP, threads: 2, ..HashSettings::default() };
        let mut settings = Settings { hashing, ..Settings::default() };
        change(&mut fixture, &mut settings);

        let data = TempDir::new().expect("a temporary folder");
        let source = Arc::new(TestKeySource::of(&master));
        let ring = KeyRing::from(&master);
        let store = open_store(data.path(), &ring);
        store.commit(fixture.changes()).await.expect("the fixture is stored");
        let faults = Arc::new(Faults::default());
        let journal = Arc::new(MemoryEndJournal::default());
        let keys = keys_of(&ring, &source);
        let auth = start_auth((&failing(&store, &faults), &journal), keys, &clock, &settings).await;
        let running = serve(&auth, &clock, Some(audit_check(database(data.path()), &ring, &clock)));
        let [address, admin_address, grpc_address] = addresses(&running);
        let client = Client::builder().no_proxy().build().expect("a client");
        let running = Some(running);
        Self {
            clock,
            auth,
            store,
            faults,
            journal,
            fixture,
            client,
            address,
            admin_address,
            grpc_address,
            master,
            ring,
            source,
            settings,
            running,
            data,
        }
    }

    /// Ends the server without a word and starts another on the same data, as after a crash.
    pub async fn restart(&mut self) {
        self.restart_unloaded().await;
        self.auth.load().await;
    }

    /// The same, but the table of live sessions is not filled yet: that is for the test to do.
    pub async fn restart_unloaded(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown(Duration::ZERO).await;
        }
        // An empty commit waits its turn: what was queued before it is written then.
        self.store.commit(Vec::new()).await.expect("the store answers");
        self.auth = begin_auth(
            (&failing(&self.store, &self.faults), &self.journal),
            keys_of(&self.ring, &self.source),
            &self.clock,
            &self.settings,
        )
        .await;
        let check = audit_check(database(self.data.path()), &self.ring, &self.clock);
        let running = serve(&self.auth, &self.clock, Some(check));
        [self.address, self.admin_address, self.grpc_address] = addresses(&running);
        self.running = Some(running);
    }

    /// Writes changes as another process would, and lets the server notice.
    pub async fn change(&self, changes: Vec<vestibule_store::Change>) {
        self.store.commit(changes).await.expect("the change is stored");
        self.auth.follow().await.expect("the change is followed");
    }

    /// The same database, as another process with the same master keys has it.
    pub fn store_of_another_process(&self) -> Arc<dyn Store> {
        open_store(self.data.path(), &KeyRing::new(&self.source.keys()))
    }

    /// Changes a user of the fixture, as an operator would, and lets the server notice.
    pub async fn change_user(&mut self, login_name: &str, change: impl FnOnce(&mut vestibule_model::User)) {
        let user = self.fixture.user(login_name);
        change(user);
        let user = Box::new(user.clone());
        self.change(vec![vestibule_store::Change::PutUser(user)]).await;
    }

    /// The address that it listens on for operators.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin_address
    }

    /// The address that it listens on for Envoy over gRPC.
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder with the server's data.
    pub fn data(&self) -> &std::path::Path {
        self.data.path()
    }

    /// The master key of the first generation.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Puts a master key of the next generation to where the server reads them; answers its check value too.
    pub fn distribute_master_key(&self) -> (Generation, [u8; 32]) {
        let mut keys = self.source.keys();
        let generation = keys.add(&OsRng).expect("a generation that is free");
        (generation, keys.check_values().0[&generation])
    }

    /// A request to a path of the server.
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// A request to a path of the listener for administration.
    pub fn admin_request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.admin_address))
    }

    /// `GET` of a path.
    pub async fn get(&self, path: &str) -> Response {
        self.request(reqwest::Method::GET, path).send().await.expect("an answer")
    }

    /// `POST` of a JSON body to a path.
    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(reqwest::Method::POST, path).json(body).send().await.expect("an answer")
    }

    /// A user's login.
    pub async fn log_in(&self, user_name: &str, password: &str) -> Response {
        let body = json!({ "username": user_name, "password": password });
        self.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await
    }

    /// An application's login.
    pub async fn log_in_with_key(&self, user_name: &str, key: &Key) -> Response {
        let body = json!({
            "username": user_name, "appKey": key.app_key, "secret": key.secret,
            "accessToken": key.access_token, "accessTokenSecret": key.access_token_secret,
        });
        self.post(&format!("/api/account/{ACCOUNT}/login?v=1.3"), &body).await
    }

    /// Every session that the store has, in the order of opening.
    pub async fn stored_sessions(&self) -> Vec<Session> {
        let stored = self.store.sessions(None, usize::MAX).await.expect("the store to be read");
        stored.into_iter().map(|stored| stored.session).collect()
    }

    /// A session of the user `name`: the cookie's value and the csrf token.
    pub async fn session(&self) -> (String, String) {
        session_of(self.log_in("name", "password").await).await
    }

    /// Refreshes or logs out with a cookie and a csrf token.
    pub async fn with_session(&self, operation: &str, (cookie, csrf): &(String, String)) -> Response {
        self.request(reqwest::Method::POST, &format!("/api/account/{ACCOUNT}/{operation}?v=1.3"))
            .header("cookie", format!("session_id={cookie}"))
            .json(&json!({ "csrf": csrf }))
            .send()
            .await
            .expect("an answer")
    }

    /// The status of a refresh.
    pub async fn refresh(&self, session: &(String, String)) -> u16 {
        self.with_session("refresh", session).await.status().as_u16()
    }

    /// The status of a logout.
    pub async fn log_out(&self, session: &(String, String)) -> u16 {
        self.with_session("logout", session).await.status().as_u16()
    }
}

/// The cookie's value and the csrf token of a successful login.
pub async fn session_of(login: Response) -> (String, String) {
    assert_eq!(login.status(), 200, "the login succeeds");
    let body: Value = login.json().await.expect("a JSON body");
    let text = |key: &str| body[key].as_str().expect("a string").to_owned();
    (text("sessionId"), text("csrf"))
}
