//! A server with administrators.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_auth::FirstOwner;
use vestibule_model::{Clock, UserId};
use vestibule_store::Change;
use vestibule_testkit::TestServer;

pub(crate) const PASSWORD: &str = "admin-password";

/// That of administrators who are made by [`Instance::administrator`].
pub(crate) const ANOTHER_PASSWORD: &str = "F1rst-admin-pass";

pub(crate) struct Instance {
    pub(crate) server: TestServer,
    /// The bearer of the first owner.
    pub(crate) owner: String,
}

/// An answer, taken apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) tag: Option<String>,
    pub(crate) body: Value,
}

impl Instance {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With settings that the test changes first.
    pub(crate) async fn start_with(change: impl FnOnce(&mut vestibule_auth::Settings)) -> Self {
        let server = TestServer::start_with(|_, settings| change(settings)).await;
        let first = FirstOwner::WithPassword(PASSWORD.to_owned().into());
        server.auth.administration().make_administrators_account(first, server.clock.now()).await.unwrap();
        let instance = Self { server, owner: String::new() };
        let answer = instance.log_in("admin", PASSWORD).await;
        let owner = answer.body["token"].as_str().expect("the owner logs in").to_owned();
        Self { owner, ..instance }
    }

    pub(crate) async fn log_in(&self, name: &str, password: &str) -> Answer {
        let body = json!({ "username": name, "password": password });
        self.ask(None, (Method::POST, "/admin/v1/login"), Some(body)).await
    }

    /// A request as somebody, with a body or without.
    pub(crate) async fn ask(
        &self,
        bearer: Option<&str>,
        (method, path): (Method, &str),
        body: Option<Value>,
    ) -> Answer {
        self.ask_if(bearer, (method, path), body, None).await
    }

    /// The same with `If-Match`.
    pub(crate) async fn ask_if(
        &self,
        bearer: Option<&str>,
        (method, path): (Method, &str),
        body: Option<Value>,
        tag: Option<&str>,
    ) -> Answer {
        let mut request = self.server.admin_request(method, path);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(tag) = tag {
            request = request.header("if-match", tag);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// The answer to a `GET` as it came.
    pub(crate) async fn raw(&self, bearer: &str, path: &str) -> Response {
        self.server.admin_request(Method::GET, path).bearer_auth(bearer).send().await.expect("an answer")
    }

    /// Another account, `other`, with a user of the id that is given back.
    pub(crate) async fn other_account(&self) -> i64 {
        let mut other = self.server.fixture.account.clone();
        (other.id, other.code, other.number) = ("other".parse().unwrap(), "OTHER".to_owned(), 568);
        let mut user = self.server.fixture.users[0].clone();
        (user.id, user.account) = (UserId(3_705_349_999), other.id);
        let id = user.id.0;
        self.server.change(vec![Change::PutAccount(other.into()), Change::PutUser(user.into())]).await;
        id
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Some(&self.owner), (Method::GET, path), None).await
    }

    /// What the owner asks with a body.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        self.ask(Some(&self.owner), (method, path), Some(body)).await
    }

    /// The same, whatever the state.
    pub(crate) async fn send_anyway(&self, method: Method, path: &str, body: Value) -> Answer {
        self.ask_if(Some(&self.owner), (method, path), Some(body), Some("*")).await
    }

    /// What the owner changes, whatever it was before.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send_anyway(Method::PATCH, path, body).await
    }

    /// What the owner deletes, whatever it was before.
    pub(crate) async fn remove(&self, path: &str) -> Answer {
        self.ask_if(Some(&self.owner), (Method::DELETE, path), None, Some("*")).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask(Some(&self.owner), (Method::DELETE, path), None).await
    }

    /// Makes an administration token for an hour; answers its secret and its id.
    pub(crate) async fn token(&self, name: &str, role: &str, account: Option<&str>) -> (String, i64) {
        let expires = self.server.clock.now().plus(Duration::from_hours(1)).as_unix();
        let mut body = json!({ "name": name, "role": role, "expires": expires });
        if let Some(account) = account {
            body["account"] = account.into();
        }
        let made =
            self.ask(Some(&self.owner), (Method::POST, "/admin/v1/administration-tokens"), Some(body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        (made.body["secret"].as_str().unwrap().to_owned(), made.body["id"].as_i64().unwrap())
    }

    /// Another administrator; the id.
    pub(crate) async fn administrator(&self, name: &str, role: &str) -> i64 {
        let body = json!({ "login_name": name, "password": ANOTHER_PASSWORD, "must_change_password": false });
        let made = self.send(Method::POST, "/admin/v1/accounts/administrators/users", body).await;
        let id = made.body["id"].as_i64().unwrap();
        let put = self.server.admin_request(Method::PUT, &format!("/admin/v1/administrators/{id}"));
        let put = put.bearer_auth(&self.owner).header("if-none-match", "*");
        assert_eq!(put.json(&json!({ "role": role })).send().await.unwrap().status(), 200);
        id
    }

    /// The id of the first owner.
    pub(crate) async fn owner_id(&self) -> i64 {
        self.get("/admin/v1/administrators").await.body["administrators"][0]["user"].as_i64().unwrap()
    }
}

impl Answer {
    pub(crate) async fn of(answer: Response) -> Self {
        let status = answer.status().as_u16();
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        // A stream has no end.
        let is_stream = kind.as_deref() == Some("text/event-stream");
        let text = if is_stream { String::new() } else { answer.text().await.unwrap() };
        if status >= 400 {
            assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
        }
        Self { status, tag, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }
}
