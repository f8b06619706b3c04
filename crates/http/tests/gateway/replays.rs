//! Signed requests that are sent again: each counts once, over restarts and clocks that are set back too.

use vestibule_model::Clock as _;
use vestibule_oauth1::testing::Made;
use vestibule_testkit::{Fault, Key};

use super::signatures::{TARGET, asked, client, made, now, server, status, told};
use super::*;

#[tokio::test]
async fn g5_a_request_counts_once_within_its_window_and_not_after_it() {
    let server = server().await;
    let (by, once) = (client(&Key::BOT), made(&server, "n"));
    assert_eq!(told(&server, &by, &once).await.0, 200);
    assert!(told(&server, &by, &once).await.1.starts_with("oauth_problem=nonce_used"));
    server.clock.advance(Duration::from_mins(4));
    assert!(told(&server, &by, &once).await.1.starts_with("oauth_problem=nonce_used"));
    server.clock.advance(Duration::from_mins(2));
    assert!(told(&server, &by, &once).await.1.starts_with("oauth_problem=timestamp_refused"));
    assert_eq!(status(&server, "n").await, 200, "another time makes it another request");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn g5_of_64_replays_at_once_one_passes() {
    let server = server().await;
    let header = client(&Key::BOT).authorization(&made(&server, "n"));
    let replays: Vec<_> = (0..64)
        .map(|_| {
            let request = asked(&server, "nginx", TARGET).header("authorization", &header);
            tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
        })
        .collect();
    let mut passed = 0;
    for replay in replays {
        passed += u16::from(replay.await.unwrap() == 200);
    }
    assert_eq!(passed, 1);
}

/// What was used before the start is not known.
#[tokio::test]
async fn g5_what_was_signed_before_the_start_is_refused() {
    let mut server = server().await;
    let (by, before) = (client(&Key::BOT), made(&server, "n"));
    assert_eq!(told(&server, &by, &before).await.0, 200);
    server.restart().await;
    server.clock.advance(Duration::from_secs(1));
    assert!(told(&server, &by, &before).await.1.starts_with("oauth_problem=timestamp_refused"));
    assert_eq!(status(&server, "n").await, 200);
}

/// Its time was ahead of the clock, and is not before the start.
#[tokio::test]
async fn g5_what_was_signed_for_later_counts_once_over_a_restart_too() {
    let mut server = server().await;
    let by = client(&Key::BOT);
    let later = Made { timestamp: now(&server) + 240, ..made(&server, "n") };
    assert_eq!(told(&server, &by, &later).await.0, 200);
    assert!(told(&server, &by, &later).await.1.starts_with("oauth_problem=nonce_used"));
    server.restart().await;
    for _ in 0..3 {
        let refused = told(&server, &by, &later).await;
        assert!(refused.0 == 401 && refused.1.starts_with("oauth_problem=nonce_used"), "{refused:?}");
        server.clock.advance(Duration::from_mins(2));
    }
}

/// What the store has to remember is not let through without it; afterwards memory does, and no request waits for the store.
#[tokio::test]
async fn g3_while_the_store_fails_what_it_has_to_remember_is_refused_and_nothing_else() {
    let server = server().await;
    let by = client(&Key::BOT);
    server.faults.fail(Fault::commits());
    let ahead = Made { timestamp: now(&server) + 1, ..made(&server, "ahead") };
    assert_eq!(told(&server, &by, &ahead).await.0, 503);
    assert_eq!(status(&server, "now").await, 200);
}

#[tokio::test]
async fn g5_what_was_forgotten_does_not_count_again_when_the_clock_is_set_back() {
    let server = server().await;
    let (by, once, begun) = (client(&Key::BOT), made(&server, "n"), server.clock.now());
    assert_eq!(told(&server, &by, &once).await.0, 200);
    server.clock.advance(Duration::from_hours(1));
    for nonce in 0..1_000 {
        assert_eq!(status(&server, &nonce.to_string()).await, 200);
    }
    server.clock.set(begun);
    let refused = told(&server, &by, &once).await.1;
    assert!(refused.starts_with("oauth_problem=timestamp_refused"), "{refused}");
}
