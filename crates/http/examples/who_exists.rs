//! Measures what the time of a failed login tells: medians over many logins about whom there is and whom there is not.
//!
//! `cargo run --release -p vestibule-http --example who_exists -- 2000`: a real server on this machine, passwords at the
//! default cost of Argon2id, and users with hashes that were imported at another. The kinds take turns, so that whatever the
//! machine does beside hits all of them alike.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "it measures time and prints it, and what cannot be set up or measured is of no use"
)]

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_crypto::{Argon2Params, Engine, PasswordHasher};
use vestibule_testkit::{ACCOUNT, AccountFixture, OTHER_TOKEN, TOKEN, TestServer};

/// Whom a login is about, and how it is sent.
struct Kind {
    name: &'static str,
    path: String,
    token: Option<&'static str>,
    body: Value,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = std::env::args().nth(1).map_or(500, |rounds| rounds.parse().expect("a number of rounds"));
    let server = server().await;
    for (dialect, kinds) in [("LivePerson", liveperson()), ("LiveVox", livevox())] {
        println!("{dialect}, {rounds} failed logins of each kind");
        let medians = measure(&server, &kinds, rounds).await;
        let first = medians[0].as_secs_f64();
        for (kind, median) in kinds.iter().zip(&medians) {
            let apart = (median.as_secs_f64() / first - 1.0) * 100.0;
            println!("  {:<28} {:>9.3} ms  {apart:+.2} %", kind.name, median.as_secs_f64() * 1e3);
        }
    }
}

async fn server() -> TestServer {
    TestServer::start_with(|fixture, settings| {
        settings.failures.per_minute = 0;
        fixture.account.lockout_policy.failures = 0;
        settings.hashing.params = Argon2Params::default();
        settings.hashing.engine = Engine::default();
        settings.hashing.threads = 1;
        fixture.application_tokens[1].enabled = false;
        let now = fixture.user("name").password.as_ref().expect("a password").changed_at;
        fixture.add_user("imported", "password", now);
        fixture.add_user("disabled", "password", now).enabled = false;
        let dearer = Argon2Params { memory_kib: 64 * 1024, iterations: 3, parallelism: 1 };
        hash(fixture, "name", Argon2Params::default());
        hash(fixture, "imported", dearer);
        hash(fixture, "disabled", dearer);
    })
    .await
}

/// Gives a user a hash of this cost.
fn hash(fixture: &mut AccountFixture, user: &str, params: Argon2Params) {
    let hash = PasswordHasher::new(Engine::default()).hash(params, [7; 16], b"password").expect("a hash");
    fixture.user(user).password.as_mut().expect("a password").hash = hash;
}

fn liveperson() -> Vec<Kind> {
    let kind = |name, account: &str, user: &str| Kind {
        name,
        path: format!("/api/account/{account}/login"),
        token: None,
        body: json!({ "username": user, "password": "wrong" }),
    };
    vec![
        kind("unknown user", ACCOUNT, "nobody"),
        kind("unknown account", "unknown", "name"),
        kind("wrong password", ACCOUNT, "name"),
        kind("hash of another cost", ACCOUNT, "imported"),
        kind("disabled, of another cost", ACCOUNT, "disabled"),
        kind("bot, without a password", ACCOUNT, "bot"),
    ]
}

fn livevox() -> Vec<Kind> {
    let kind = |name, token, client: &str, user: &str| Kind {
        name,
        path: "/session/login".to_owned(),
        token: Some(token),
        body: json!({ "clientName": client, "userName": user, "password": "wrong" }),
    };
    vec![
        kind("unknown user", TOKEN, "TEST", "nobody"),
        kind("wrong application token", "c0009999bcbc00001111000000000000", "TEST", "name"),
        kind("disabled application token", OTHER_TOKEN, "TEST", "name"),
        kind("unknown client", TOKEN, "OTHER", "name"),
        kind("wrong password", TOKEN, "TEST", "name"),
        kind("hash of another cost", TOKEN, "TEST", "imported"),
    ]
}

/// The median of each kind. They take turns, in another order each round.
async fn measure(server: &TestServer, kinds: &[Kind], rounds: usize) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); kinds.len()];
    for round in 0..rounds {
        for index in 0..kinds.len() {
            let which = (index + round) % kinds.len();
            let kind = &kinds[which];
            let mut request = server.request(Method::POST, &kind.path).json(&kind.body);
            if let Some(token) = kind.token {
                request = request.header("LV-Access", token);
            }
            let begun = Instant::now();
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 401, "{}", kind.name);
            answer.bytes().await.expect("a body");
            times[which].push(begun.elapsed());
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
