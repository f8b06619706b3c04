//! Guesses at a client's secret.

use vestibule_testkit::TestServer;

use crate::support::{CLIENT, SECRET, path, post, start_with};

async fn start() -> TestServer {
    start_with(|_, settings| settings.failures.burst = 3).await
}

async fn ask(server: &TestServer, client: &str, secret: &str) -> u16 {
    let form = [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)];
    post(server, &path("app/token?v=1.0"), &form).await.status().as_u16()
}

#[tokio::test]
async fn l3_guesses_at_a_secret_are_limited() {
    let server = start().await;
    for guess in ["a", "b", "c"] {
        assert_eq!(ask(&server, CLIENT, guess).await, 401, "{guess}");
    }
    assert_eq!(ask(&server, CLIENT, "d").await, 429);
    assert_eq!(ask(&server, CLIENT, SECRET).await, 429);
}

#[tokio::test]
async fn l3_a_client_that_there_is_not_is_limited_in_the_same_way() {
    let server = start().await;
    let told = [ask(&server, "nobody", "a").await, ask(&server, "nobody", "b").await];
    assert_eq!(told, [401, 401]);
    assert_eq!([ask(&server, "nobody", "c").await, ask(&server, "nobody", "d").await], [401, 429]);
}

#[tokio::test]
async fn l3_tokens_that_are_given_cost_nothing() {
    let server = start().await;
    for _ in 0..8 {
        assert_eq!(ask(&server, CLIENT, SECRET).await, 200);
    }
}

#[tokio::test]
async fn l3_guesses_here_count_for_the_login_too() {
    let server = start().await;
    for guess in ["a", "b", "c"] {
        ask(&server, CLIENT, guess).await;
    }
    let key = vestibule_testkit::Key {
        app_key: CLIENT,
        secret: SECRET,
        access_token: "dummy",
        access_token_secret: "dummy",
    };
    assert_eq!(server.log_in_with_key("client", &key).await.status(), 429);
}
