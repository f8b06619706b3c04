//! `Idempotency-Key` on creations

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::{Value, json};
use vestibule_model::Clock;

use crate::support::Instance;

const TOKENS: &str = "/admin/v1/administration-tokens";

fn wanted(instance: &Instance, name: &str) -> Value {
    let expires = instance.server.clock.now().plus(Duration::from_hours(48)).as_unix();
    json!({ "name": name, "role": "owner", "expires": expires })
}

async fn make(instance: &Instance, bearer: &str, key: &str, body: &Value) -> Response {
    let request = instance.server.admin_request(Method::POST, TOKENS).bearer_auth(bearer);
    request.header("idempotency-key", key).json(body).send().await.unwrap()
}

/// Status, location, tag and body.
async fn told(answer: Response) -> (u16, Vec<Option<String>>, String) {
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let headers = ["location", "etag", "content-type", "cache-control"].map(header).to_vec();
    (answer.status().as_u16(), headers, answer.text().await.unwrap())
}

async fn names(instance: &Instance) -> Vec<String> {
    let list = instance.get(TOKENS).await;
    let tokens = list.body["tokens"].as_array().unwrap().iter();
    tokens.map(|token| token["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_same_request_is_answered_as_the_first_time_and_makes_nothing() {
    let instance = Instance::start().await;
    let body = wanted(&instance, "deploy");
    let first = make(&instance, &instance.owner, "\"k\"", &body).await;
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first = told(first).await;
    assert_eq!(first.0, 201);
    assert!(first.1.iter().all(Option::is_some) && first.2.contains("vat_"), "{first:?}");
    let again = make(&instance, &instance.owner, "k", &body).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(told(again).await, first);
    assert_eq!(names(&instance).await, ["deploy"]);
}

#[tokio::test]
async fn every_kind_of_thing_is_made_once() {
    let instance = Instance::start().await;
    let post = async |path: &str, key: &str, body: &Value| {
        let request = instance.server.admin_request(Method::POST, path).bearer_auth(&instance.owner);
        told(request.header("idempotency-key", key).json(body).send().await.unwrap()).await
    };
    let creations = [
        ("/admin/v1/accounts", json!({ "id": "new_one" })),
        ("/admin/v1/accounts/new_one/users", json!({ "population": "agent", "login_name": "jane" })),
        ("/admin/v1/accounts/new_one/profiles", json!({ "name": "Boss", "role": "administrator" })),
        ("/admin/v1/accounts/new_one/groups", json!({ "name": "All" })),
        ("/admin/v1/accounts/new_one/skills", json!({ "name": "Greek" })),
        (
            "/admin/v1/accounts/new_one/api-keys",
            json!({ "app_key": "0123456789abcdef0123456789abcdee", "name": "bot" }),
        ),
        ("/admin/v1/accounts/new_one/oauth-clients", json!({ "client_id": "web", "name": "web" })),
        ("/admin/v1/accounts/new_one/application-tokens", json!({ "name": "reports" })),
    ];
    for (path, body) in creations {
        let first = post(path, path, &body).await;
        assert_eq!(first.0, 201, "{first:?}");
        assert_eq!(post(path, path, &body).await, first);
        let without_key = instance.ask(Some(&instance.owner), (Method::POST, path), Some(body)).await;
        assert_eq!(without_key.status, 409, "{path}");
    }
}

#[tokio::test]
async fn another_request_under_the_key_is_refused() {
    let instance = Instance::start().await;
    assert_eq!(make(&instance, &instance.owner, "k", &wanted(&instance, "one")).await.status(), 201);
    let (status, _, body) =
        told(make(&instance, &instance.owner, "k", &wanted(&instance, "two")).await).await;
    assert_eq!(status, 422);
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["field"], json!("Idempotency-Key"));
    assert_eq!(names(&instance).await, ["one"]);
}

#[tokio::test]
async fn the_key_of_another_caller_is_another_key() {
    let instance = Instance::start().await;
    let (other, _) = instance.token("other", "owner", None).await;
    assert_eq!(make(&instance, &instance.owner, "k", &wanted(&instance, "one")).await.status(), 201);
    assert_eq!(make(&instance, &other, "k", &wanted(&instance, "two")).await.status(), 201);
    assert_eq!(make(&instance, &other, "k", &wanted(&instance, "one")).await.status(), 422);
}

#[tokio::test]
async fn who_logs_in_anew_is_the_same_caller() {
    let instance = Instance::start().await;
    let body = wanted(&instance, "deploy");
    let first = told(make(&instance, &instance.owner, "k", &body).await).await;
    let anew =
        instance.log_in("admin", crate::support::PASSWORD).await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(told(make(&instance, &anew, "k", &body).await).await, first);
}

#[tokio::test]
async fn an_answer_outlives_a_restart() {
    let mut instance = Instance::start().await;
    let body = wanted(&instance, "deploy");
    let first = told(make(&instance, &instance.owner, "k", &body).await).await;
    instance.server.restart().await;
    assert_eq!(told(make(&instance, &instance.owner, "k", &body).await).await, first);
}

#[tokio::test]
async fn after_a_day_a_key_is_free() {
    let instance = Instance::start().await;
    let (owner, _) = instance.token("long", "owner", None).await;
    let expires = instance.server.clock.now().plus(Duration::from_hours(100)).as_unix();
    let body = |name: &str| json!({ "name": name, "role": "owner", "expires": expires });
    let long = make(&instance, &owner, "long-lived", &body("keeper")).await;
    let long: Value = serde_json::from_str(&told(long).await.2).unwrap();
    let keeper = long["secret"].as_str().unwrap();
    assert_eq!(make(&instance, keeper, "k", &body("one")).await.status(), 201);
    instance.server.clock.advance(Duration::from_hours(24));
    assert_eq!(make(&instance, keeper, "k", &body("two")).await.status(), 422, "to the millisecond");
    instance.server.clock.advance(Duration::from_millis(1));
    assert_eq!(make(&instance, keeper, "k", &body("two")).await.status(), 201);
}

#[tokio::test]
async fn an_answer_of_the_day_before_is_forgotten() {
    let instance = Instance::start().await;
    make(&instance, &instance.owner, "k", &wanted(&instance, "deploy")).await;
    let at = instance.server.clock.now();
    instance.server.auth.administration().forget_answers(at.plus(Duration::from_hours(24))).await.unwrap();
    assert_eq!(instance.server.store.oldest_answer().await.unwrap(), Some(at));
    instance
        .server
        .auth
        .administration()
        .forget_answers(at.plus(Duration::from_millis(86_400_001)))
        .await
        .unwrap();
    assert_eq!(instance.server.store.oldest_answer().await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_creation_leaves_the_key_free() {
    let instance = Instance::start().await;
    let bad = json!({ "name": "", "role": "owner", "expires": 1 });
    assert_eq!(make(&instance, &instance.owner, "k", &bad).await.status(), 422);
    assert_eq!(make(&instance, &instance.owner, "k", &wanted(&instance, "deploy")).await.status(), 201);
}

#[tokio::test]
async fn of_many_at_once_one_is_done_and_no_other_thing_is_made() {
    let instance = Instance::start().await;
    let body = wanted(&instance, "deploy");
    let asked = (0..8).map(|_| make(&instance, &instance.owner, "k", &body));
    let mut secrets = std::collections::BTreeSet::new();
    for answer in futures(asked).await {
        let (status, _, text) = told(answer).await;
        assert!(status == 201 || status == 409, "{status} {text}");
        if status == 201 {
            secrets.insert(text);
        }
    }
    assert_eq!(secrets.len(), 1);
    assert_eq!(names(&instance).await, ["deploy"]);
}

/// Waits for all at once.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in waiting.iter_mut().filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(answer) = future.as_mut().poll(context) {
                *done = Some(answer);
            }
        }
        if waiting.iter().all(|(_, done)| done.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    waiting.into_iter().filter_map(|(_, done)| done).collect()
}

#[tokio::test]
async fn who_may_not_create_any_more_is_given_no_answer_again() {
    let instance = Instance::start().await;
    let id = instance.owner_id().await;
    let (second, _) = instance.token("second", "owner", None).await;
    let body = wanted(&instance, "deploy");
    assert_eq!(make(&instance, &instance.owner, "k", &body).await.status(), 201);
    make_second_owner(&instance, &second).await;
    let path = format!("/admin/v1/administrators/{id}");
    let lowered =
        instance.ask_if(Some(&second), (Method::PUT, &path), Some(json!({ "role": "auditor" })), Some("*"));
    assert_eq!(lowered.await.status, 200);
    assert_eq!(make(&instance, &instance.owner, "k", &body).await.status(), 403);
}

/// Somebody else has to be left who may do everything.
async fn make_second_owner(instance: &Instance, bearer: &str) {
    let body = json!({ "population": "user", "login_name": "second", "password": "a-Long-enough-1-password",
        "must_change_password": false });
    let made = instance
        .ask(Some(bearer), (Method::POST, "/admin/v1/accounts/administrators/users"), Some(body))
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/admin/v1/administrators/{}", made.body["id"]);
    let owner = Some(json!({ "role": "owner" }));
    let request =
        instance.server.admin_request(Method::PUT, &path).bearer_auth(bearer).header("if-none-match", "*");
    assert_eq!(request.json(&owner).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_by_its_field() {
    let instance = Instance::start().await;
    for key in ["", "a b", "\"", &"a".repeat(256)] {
        let (status, _, body) =
            told(make(&instance, &instance.owner, key, &wanted(&instance, "deploy")).await).await;
        assert_eq!(status, 400, "{key}");
        assert!(body.contains(r#""field":"Idempotency-Key""#), "{body}");
    }
    assert_eq!(names(&instance).await, Vec::<String>::new());
}

#[tokio::test]
async fn s10_neither_the_secret_nor_the_key_stands_in_the_data() {
    let instance = Instance::start().await;
    let answer = make(&instance, &instance.owner, "chosen-by-the-caller", &wanted(&instance, "deploy")).await;
    let body: Value = serde_json::from_str(&told(answer).await.2).unwrap();
    let secret = body["secret"].as_str().unwrap();
    for file in std::fs::read_dir(instance.server.data()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for needle in [secret.as_bytes(), b"chosen-by-the-caller"] {
            assert!(!bytes.windows(needle.len()).any(|window| window == needle));
        }
    }
}
