//! Requests of the recorded day as they are sent, each as whoever it was recorded of.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use vestibule_oauth1::SignatureMethod;
use vestibule_oauth1::testing::{Client as Signer, Made};
use vestibule_testkit::{ACCOUNT, Key};

use super::day::{Outcome, Request, Way, Who};
use super::site::{Held, OTHER, PASSWORD, Site, livevox_application};
use super::sums::Sent;

const HOST: &str = "api.example.com";

impl Site {
    /// Sends requests at their times. Each is answered, and in the way that was recorded.
    pub(super) async fn play(&mut self, requests: &[Request]) {
        for request in requests {
            self.turn_to(request);
            let answer = match request.way {
                Way::LogIn => self.log_in(request).send().await,
                Way::Refresh => self.with_csrf(request, "refresh").send().await,
                Way::LogOut => self.log_out(request).send().await,
                Way::Check => self.shown(request, self.request(Method::GET, "/gateway/check")).send().await,
                Way::Gateway(kind) => self.asked_by(kind, request).send().await,
                Way::Sessions => {
                    let list = self.request(Method::GET, "/session/sessions?count=1&offset=0");
                    self.shown(request, list).send().await
                }
                Way::Validate => {
                    let id = &self.held(request.who).shown;
                    self.request(Method::GET, &format!("/session/validate/{id}")).send().await
                }
            };
            let answer = answer.expect("an answer");
            let expected: &[u16] = match request.outcome {
                Outcome::Allowed => &[200, 204],
                Outcome::OtherPath => &[403],
                _ => &[401],
            };
            assert!(expected.contains(&answer.status().as_u16()), "{request:?}: {}", answer.status());
            if request.way == Way::LogIn && request.outcome == Outcome::Allowed {
                let held = held_of(request.who, answer).await;
                self.held.insert(request.who, held);
            }
            let sent = self.counted(request);
            self.sent.push(sent);
        }
    }

    fn held(&self, who: Who) -> &Held {
        self.held.get(&who).expect("they have logged in")
    }

    /// What is to be counted of a request that was answered now.
    fn counted(&mut self, request: &Request) -> Sent {
        let Request { who, way, route, outcome, .. } = *request;
        let account = match who {
            Who::Nobody => None,
            Who::Worker | Who::Caller => Some(OTHER),
            _ => Some(ACCOUNT),
        };
        let family = match (way, account) {
            (Way::LogIn, _) if who == Who::Service => "(token)",
            (Way::LogIn, _) => "(login)",
            (Way::Refresh, _) => "(refresh)",
            (Way::LogOut, _) => "(logout)",
            (Way::Check, _) => "(check)",
            (Way::Sessions, _) => "(livevox)",
            (Way::Validate, _) => "(validate)",
            (Way::Gateway(_), None) => "(other)",
            (Way::Gateway(_), Some(account)) => {
                if outcome == Outcome::Allowed {
                    self.known.insert((account, route.1));
                }
                if self.known.contains(&(account, route.1)) { route.1 } else { "(other)" }
            }
        };
        let application = match who {
            Who::Person | Who::Worker => "none",
            Who::Bot | Who::Signer => "api-key:1",
            Who::Dialler => "application-token:1",
            Who::Reporter => "application-token:2",
            Who::Service => "oauth-client:2",
            Who::Caller => &self.other_application,
            Who::Nobody => "unknown",
        };
        let kind = match who {
            _ if outcome == Outcome::WrongCredentials => "nobody",
            Who::Service | Who::Signer | Who::Nobody => "nobody",
            Who::Bot => "bot",
            _ => "human",
        };
        let is_told = matches!(way, Way::Gateway(_));
        Sent {
            at: self.now(),
            account,
            application: application.to_owned(),
            kind,
            family,
            outcome,
            address: if is_told { address(request) } else { "127.0.0.1".to_owned() },
            agent: is_told.then(|| request.agent.split(' ').next().unwrap_or_default()),
        }
    }

    fn log_in(&self, request: &Request) -> RequestBuilder {
        let is_wrong = request.outcome == Outcome::WrongCredentials;
        let who = request.who;
        if who.is_livevox() {
            let (client, name, token) = livevox_application(self, who);
            let name = if is_wrong { "stranger" } else { name };
            let body = json!({ "clientName": client, "userName": name, "password": PASSWORD });
            return self.request(Method::POST, "/session/login").header("LV-Access", token).json(&body);
        }
        if who == Who::Service {
            let form = "grant_type=client_credentials&client_id=client-id&client_secret=client-secret";
            let path = format!("/sentinel/api/account/{ACCOUNT}/app/token?v=2.0");
            let request = self.request(Method::POST, &path).body(form);
            return request.header("content-type", "application/x-www-form-urlencoded");
        }
        let (account, body) = match who {
            Who::Bot => {
                let Key { app_key, secret, access_token, access_token_secret } = Key::BOT;
                let body = json!({ "username": "bot", "appKey": app_key, "secret": secret,
                    "accessToken": access_token, "accessTokenSecret": access_token_secret });
                (ACCOUNT, body)
            }
            Who::Worker => (OTHER, json!({ "username": "worker", "password": PASSWORD })),
            _ if is_wrong => (ACCOUNT, json!({ "username": "stranger", "password": "wrong" })),
            _ => (ACCOUNT, json!({ "username": "name", "password": "password" })),
        };
        self.request(Method::POST, &format!("/api/account/{account}/login?v=1.3")).json(&body)
    }

    /// What a LivePerson session asks for with its cookie.
    fn with_csrf(&self, request: &Request, operation: &str) -> RequestBuilder {
        let account = if request.who == Who::Worker { OTHER } else { ACCOUNT };
        let held = self.held(request.who);
        let request = self.request(Method::POST, &format!("/api/account/{account}/{operation}?v=1.3"));
        request.header("cookie", format!("session_id={}", held.cookie)).json(&json!({ "csrf": held.csrf }))
    }

    fn log_out(&self, request: &Request) -> RequestBuilder {
        if request.who.is_livevox() {
            let id = &self.held(request.who).shown;
            return self.request(Method::DELETE, &format!("/session/logout/{id}"));
        }
        self.with_csrf(request, "logout")
    }

    /// With what they hold.
    fn shown(&self, request: &Request, asked: RequestBuilder) -> RequestBuilder {
        match (request.outcome, request.who) {
            (Outcome::NoCredential, _) => asked,
            (Outcome::InvalidCredential, _) => asked.bearer_auth("0".repeat(64)),
            (_, Who::Signer) => asked.header("authorization", self.signature(request)),
            (_, who) if who.is_livevox() => asked.header("LV-Session", &self.held(who).shown),
            (_, who) => asked.bearer_auth(&self.held(who).shown),
        }
    }

    fn signature(&self, request: &Request) -> String {
        let signer = Signer {
            consumer_key: Key::BOT.app_key.into(),
            consumer_secret: Key::BOT.secret.into(),
            token: Key::BOT.access_token.into(),
            token_secret: Key::BOT.access_token_secret.into(),
            method: SignatureMethod::HmacSha256,
        };
        let (path, query) = request.route.0.split_once('?').unwrap_or((request.route.0, ""));
        let parameters: Vec<(&str, &str)> =
            query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let (uri, nonce) = (format!("https://{HOST}{path}"), self.sent.len().to_string());
        let made = Made {
            method: "GET",
            uri: &uri,
            parameters: &parameters,
            timestamp: self.now() / 1_000,
            nonce: &nonce,
        };
        signer.authorization(&made)
    }

    /// What a gateway of this kind asks.
    fn asked_by(&self, kind: &str, request: &Request) -> RequestBuilder {
        let (target, rule) =
            (request.route.0, if request.outcome == Outcome::OtherPath { "narrow" } else { "wide" });
        let behind = if kind == "envoy" { target } else { "" };
        let asked = self.request(Method::GET, &format!("/gateway/check/{kind}/rule/{rule}{behind}"));
        let asked = match kind {
            "envoy" => asked.header("host", HOST),
            "nginx" | "haproxy" => asked.header("x-original-method", "GET").header("x-original-uri", target),
            _ => asked.header("x-forwarded-method", "GET").header("x-forwarded-uri", target),
        };
        let asked = if kind == "envoy" { asked } else { asked.header("x-forwarded-host", HOST) };
        let asked = asked.header("x-forwarded-proto", "https").header("x-forwarded-for", address(request));
        self.shown(request, asked.header("user-agent", request.agent))
    }
}

fn address(request: &Request) -> String {
    format!("192.0.2.{}", request.address)
}

async fn held_of(who: Who, answer: Response) -> Held {
    let body: Value = answer.json().await.expect("JSON");
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    let shown = match who {
        Who::Service => "access_token",
        _ if who.is_livevox() => "sessionId",
        _ => "bearer",
    };
    let held = Held { shown: text(shown), cookie: text("sessionId"), csrf: text("csrf") };
    assert!(!held.shown.is_empty(), "{who:?}: {body}");
    held
}
