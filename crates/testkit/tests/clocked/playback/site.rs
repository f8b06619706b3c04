//! A service with two accounts, whose clock goes as the recorded day does.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use vestibule_testkit::{ACCOUNT, OTHER_TOKEN, OWNER_PASSWORD, TOKEN};

use super::day::{DAY, Request, Who};
use super::sums::{Details, Sent, Sums, details_told, told};
use super::{BEGIN, DATE};
use crate::process::Clocked;

/// The other account, and its code.
pub(super) const OTHER: &str = "other";

pub(super) const PASSWORD: &str = "orchard-teapot-quartz-41";

/// How long nobody answers when the service has ended, in milliseconds.
const OUTAGE: i64 = 5_000;

/// What a login gave.
#[derive(Clone, Default)]
pub(super) struct Held {
    /// A bearer, a token of a client, or a LiveVox id.
    pub(super) shown: String,
    pub(super) cookie: String,
    pub(super) csrf: String,
}

pub(super) struct Site {
    folder: TempDir,
    server: Option<Clocked>,
    pub(super) client: Client,
    pub(super) held: BTreeMap<Who, Held>,
    /// An application token of the other account, and the key of its line.
    pub(super) other_token: String,
    pub(super) other_application: String,
    /// How much later than recorded requests are sent.
    delay: i64,
    /// What was answered, in its order.
    pub(super) sent: Vec<Sent>,
    /// What was let through for an account makes a family of it known.
    pub(super) known: BTreeSet<(&'static str, &'static str)>,
}

impl Site {
    /// Everything is there ten minutes before midnight.
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Some(Clocked::start(folder.path(), BEGIN - 600_000, "running"));
        let client = Client::builder().no_proxy().build().expect("a client");
        let mut site = Self {
            folder,
            server,
            client,
            held: BTreeMap::new(),
            other_token: String::new(),
            other_application: String::new(),
            delay: 0,
            sent: Vec::new(),
            known: BTreeSet::new(),
        };
        site.set_up().await;
        site
    }

    async fn set_up(&mut self) {
        let owner = self.owner().await;
        let user =
            |name: &str| json!({ "login_name": name, "password": PASSWORD, "must_change_password": false });
        let make = async |path: &str, body: Value| self.administer(&owner, Method::POST, path, &body).await;
        make("accounts", json!({ "id": OTHER, "code": "OTHER" })).await;
        for (account, name) in
            [(ACCOUNT, "dialler"), (ACCOUNT, "reporter"), (OTHER, "worker"), (OTHER, "caller")]
        {
            make(&format!("accounts/{account}/users"), user(name)).await;
        }
        let token = make(&format!("accounts/{OTHER}/application-tokens"), json!({ "name": "calls" })).await;
        let credentials = json!(["bearer", "livevox-id", "signature", "client-token"]);
        for (rule, paths) in [("wide", json!([])), ("narrow", json!(["/v1/**"]))] {
            let body = json!({ "credentials": credentials, "paths": paths });
            self.administer(&owner, Method::PUT, &format!("gateway-rules/{rule}"), &body).await;
        }
        self.other_application = format!("application-token:{}", token["id"]);
        token["token"].as_str().expect("a token").clone_into(&mut self.other_token);
    }

    fn server(&self) -> &Clocked {
        self.server.as_ref().expect("it runs")
    }

    pub(super) fn now(&self) -> i64 {
        self.server().now
    }

    /// A request to a path for clients.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server().http))
    }

    pub(super) fn turn_to(&mut self, request: &Request) {
        let to = BEGIN + request.at + self.delay;
        self.server.as_mut().expect("it runs").turn_to(to);
    }

    /// It is stopped and started.
    pub(super) fn stop(&mut self) {
        let now = self.server.take().expect("it runs").stop();
        self.start(now);
    }

    /// It is killed and started; when that was.
    pub(super) fn kill(&mut self) -> i64 {
        let now = self.server.take().expect("it runs").kill();
        self.start(now);
        now
    }

    fn start(&mut self, ended: i64) {
        self.delay += OUTAGE;
        self.server = Some(Clocked::start(self.folder.path(), ended + OUTAGE / 2, "running"));
        assert!(ended + OUTAGE < BEGIN + DAY, "it is still that day");
    }

    /// The bearer of an owner, who may have been away for long.
    async fn owner(&self) -> String {
        let body = json!({ "username": "admin", "password": OWNER_PASSWORD });
        let request = self.client.post(format!("{}/admin/v1/login", self.server().admin)).json(&body);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        answer["token"].as_str().expect("the owner logs in").to_owned()
    }

    async fn administer(&self, owner: &str, method: Method, path: &str, body: &Value) -> Value {
        let request = self.client.request(method.clone(), format!("{}/admin/v1/{path}", self.server().admin));
        let request = request.bearer_auth(owner).json(body);
        let request = if method == Method::PUT { request.header("if-none-match", "*") } else { request };
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a text");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What is told of the day.
    async fn report(&self, owner: &str, account: Option<&str>, query: &str) -> Value {
        let place = account.map_or("traffic".to_owned(), |account| format!("accounts/{account}/traffic"));
        let url = format!("{}/admin/v1/{place}?from={DATE}&to={DATE}&{query}", self.server().admin);
        let answer = self.client.get(url).bearer_auth(owner).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{place}?{query}");
        answer.json().await.expect("JSON")
    }

    /// What is told of each of these accounts and applications, by everything; what is asked for is written first.
    pub(super) async fn told(&self, cases: &[Case]) -> Vec<Sums> {
        let owner = self.owner().await;
        let mut all = Vec::new();
        for case in cases {
            let application = case.application.as_ref().map(|key| format!("&application={key}"));
            let query = format!("by={}{}", case.by, application.unwrap_or_default());
            all.push(told(&self.report(&owner, case.account, &query).await));
        }
        all
    }

    /// What is told of each application of an account besides, by its key.
    pub(super) async fn details(&self, account: &str) -> BTreeMap<String, Details> {
        let owner = self.owner().await;
        let report = self.report(&owner, Some(account), "by=application").await;
        let lines = report["lines"].as_array().expect("lines").iter();
        let used = lines.filter(|line| line["allowed"] != 0 || line["refused"] != 0);
        used.map(|line| (line["key"].as_str().expect("a key").to_owned(), details_told(line))).collect()
    }
}

/// A report: of an account, or of nobody who is known; perhaps of one application alone.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) account: Option<&'static str>,
    pub(super) application: Option<String>,
    pub(super) by: &'static str,
}

impl Case {
    /// Whether a request is of it.
    pub(super) fn has(&self, sent: &Sent) -> bool {
        sent.account == self.account
            && self.application.as_ref().is_none_or(|application| *application == sent.application)
    }
}

/// What a LiveVox login shows besides its user's name.
pub(super) fn livevox_application(site: &Site, who: Who) -> (&'static str, &'static str, &str) {
    match who {
        Who::Dialler => ("TEST", "dialler", TOKEN),
        Who::Reporter => ("TEST", "reporter", OTHER_TOKEN),
        _ => ("OTHER", "caller", &site.other_token),
    }
}
