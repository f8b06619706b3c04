//! The administration of a server whose connections are tried.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use vestibule_auth::FirstOwner;
use vestibule_model::Clock;
use vestibule_testkit::TestServer;

const PASSWORD: &str = "admin-password";

/// The first owner: where the administration is, and their bearer.
pub(crate) struct Administrator {
    origin: String,
    bearer: String,
}

impl Administrator {
    pub(crate) async fn of(server: &TestServer) -> Self {
        let first = FirstOwner::WithPassword(PASSWORD.to_owned().into());
        server.auth.administration().make_administrators_account(first, server.clock.now()).await.unwrap();
        let origin = format!("http://{}", server.admin_address());
        let credentials = json!({ "username": "admin", "password": PASSWORD });
        let request = server.admin_request(Method::POST, "/admin/v1/login").json(&credentials);
        let (_, answer) = Self::told(request).await;
        Self { origin, bearer: answer["token"].as_str().expect("the owner logs in").to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str) -> (u16, Value) {
        self.ask(Method::POST, path, None).await
    }

    /// Status and body.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, format!("{}{path}", self.origin)).bearer_auth(&self.bearer);
        Self::told(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    async fn told(request: RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }
}
