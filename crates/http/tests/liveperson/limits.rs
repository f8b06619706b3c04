//! What limits logins: failures of an address, and the queue of those whose passwords wait to be hashed.

use serde_json::json;
use vestibule_auth::LONGEST_PASSWORD;
use vestibule_testkit::TestServer;

use crate::login::LOGIN;
use crate::told;

#[tokio::test]
async fn l7_too_many_failures_from_an_address_are_asked_to_wait() {
    let server = TestServer::start_with(|_, settings| settings.failures.burst = 3).await;
    for _ in 0..3 {
        assert_eq!(server.log_in("nobody", "wrong").await.status(), 401);
    }
    let response = server.log_in("name", "password").await;
    let retry_after: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!(retry_after >= 5);
    assert_eq!(told(response).await, (429, json!({ "error": "Too many logins" })));
    server.clock.advance(std::time::Duration::from_secs(retry_after));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn l7_guesses_at_once_from_an_address_are_limited_like_guesses_in_turn() {
    let server = std::sync::Arc::new(TestServer::start_with(|_, settings| settings.failures.burst = 5).await);
    let guesses: Vec<_> = (0..100)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { server.log_in("nobody", "wrong").await.status().as_u16() })
        })
        .collect();
    let mut answers = Vec::new();
    for guess in guesses {
        answers.push(guess.await.unwrap());
    }
    let refused = answers.iter().filter(|status| **status == 401).count();
    assert_eq!((refused, answers.iter().filter(|status| **status == 429).count()), (5, 95));
}

#[tokio::test]
async fn l7_logins_that_the_client_abandons_count_like_any() {
    let server = TestServer::start_with(|_, settings| {
        settings.failures.burst = 3;
        settings.hashing.params =
            vestibule_crypto::Argon2Params { memory_kib: 32_768, iterations: 4, parallelism: 1 };
    })
    .await;
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let gauges = server.auth.hash_pool_gauges();
    for number in 1..=3 {
        let request = client.post(format!("http://{}{LOGIN}", server.address()));
        let login = tokio::spawn(request.json(&json!({ "username": "nobody", "password": "wrong" })).send());
        // The stream is reset when the hash has begun.
        while gauges.done.load(std::sync::atomic::Ordering::SeqCst) < number {
            tokio::task::yield_now().await;
        }
        login.abort();
    }
    assert_eq!(server.log_in("name", "password").await.status(), 429);
}

#[tokio::test]
async fn l7_logins_that_succeed_cost_the_address_nothing() {
    let server = TestServer::start_with(|_, settings| settings.failures.burst = 2).await;
    for _ in 0..10 {
        assert_eq!(server.log_in("name", "password").await.status(), 200);
    }
}

#[tokio::test]
async fn l7_right_passwords_that_are_refused_for_another_reason_cost_the_address_nothing() {
    let server = TestServer::start_with(|fixture, settings| {
        fixture.user("name").must_change_password = true;
        let now = vestibule_model::Clock::now(&vestibule_testkit::TestClock::default());
        fixture.add_user("other", "password", now);
        settings.failures.burst = 2;
    })
    .await;
    for _ in 0..5 {
        let (status, body) = told(server.log_in("name", "password").await).await;
        assert_eq!((status, &body["internalCode"]), (401, &json!(104)));
        let change = json!({ "clientName": "TEST", "userName": "name", "password": "password", "newPassword": "short" });
        assert_eq!(server.post("/session/password", &change).await.status(), 400);
    }
    assert_eq!(server.log_in("other", "password").await.status(), 200);
}

#[tokio::test]
async fn f3_a_failure_on_a_clock_that_ran_ahead_is_forgiven_as_soon_as_any() {
    let server = TestServer::start_with(|_, settings| settings.failures.burst = 1).await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.advance(std::time::Duration::from_hours(24 * 365));
    assert_eq!(server.log_in("nobody", "wrong").await.status(), 401);
    server.clock.set(begun);
    assert_eq!(server.log_in("name", "password").await.status(), 429);
    server.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn f3_a_clock_that_is_set_back_keeps_no_address_waiting() {
    let server = TestServer::start_with(|_, settings| settings.failures.burst = 1).await;
    assert_eq!(server.log_in("nobody", "wrong").await.status(), 401);
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.minus(std::time::Duration::from_mins(2)));
    server.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn l6_a_full_hash_queue_sheds_load() {
    let server = TestServer::start_with(|_, settings| settings.hashing.queue_length = 0).await;
    let response = server.log_in("name", "password").await;
    assert!(response.headers().contains_key("retry-after"));
    let (status, body) = told(response).await;
    assert_eq!(status, 503);
    assert!(body["error"].is_string());
}

#[tokio::test]
async fn l6_a_job_that_waited_too_long_is_turned_away() {
    let server =
        TestServer::start_with(|_, settings| settings.hashing.queue_deadline = std::time::Duration::ZERO)
            .await;
    assert_eq!(server.log_in("name", "password").await.status(), 503);
}

#[tokio::test]
async fn l6_odd_passwords_are_wrong_and_nothing_worse() {
    let server = TestServer::start_with(|fixture, _| fixture.account.lockout_policy.failures = 0).await;
    for password in ["", "pass\u{0}word", "password\u{0}", &"x".repeat(1_000), "ｐａｓｓｗｏｒｄ"] {
        assert_eq!(server.log_in("name", password).await.status(), 401);
    }
}

#[tokio::test]
async fn l6_a_password_of_more_than_a_kilobyte_is_refused_in_words() {
    let server = TestServer::start().await;
    assert_eq!(server.log_in("name", &"x".repeat(LONGEST_PASSWORD)).await.status(), 401);
    let long = server.log_in("name", &"x".repeat(LONGEST_PASSWORD + 1)).await;
    assert_eq!(told(long).await, (400, json!({ "error": "The password has more than 1024 bytes" })));
}

#[tokio::test]
async fn l6_bodies_of_logins_refreshes_and_logouts_are_at_most_8_kib() {
    let server = TestServer::start().await;
    let (cookie, csrf) = server.session().await;
    for (operation, body) in [
        ("login", json!({ "username": "name", "password": "password" })),
        ("refresh", json!({ "csrf": csrf })),
        ("logout", json!({ "csrf": csrf })),
    ] {
        let ask = async |length: usize| {
            let mut text = body.to_string();
            text += &" ".repeat(length - text.len());
            let path = format!("/api/account/{}/{operation}?v=1.3", vestibule_testkit::ACCOUNT);
            let request = server.request(reqwest::Method::POST, &path).body(text);
            let request = request.header("content-type", "application/json");
            request.header("cookie", format!("session_id={cookie}")).send().await.unwrap().status().as_u16()
        };
        assert_eq!(ask(8_193).await, 413, "{operation}");
        if operation != "login" {
            assert_eq!(ask(8_192).await, 200, "{operation}");
        }
    }
}
