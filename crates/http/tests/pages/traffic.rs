//! What is counted of requests for pages: each once.

use std::collections::BTreeMap;
use std::time::Duration;

use vestibule_model::{Clock as _, Day, TrafficOutcome};
use vestibule_store::TrafficQuery;
use vestibule_testkit::{ACCOUNT, TestServer};

use super::browser::{Browser, own};

type Counts = BTreeMap<(String, TrafficOutcome), u64>;

/// By route and outcome, of whichever account or of none.
async fn counted(server: &TestServer) -> Counts {
    server.auth.write_traffic(server.clock.now()).await.unwrap();
    let mut counts = Counts::new();
    for account in [Some(ACCOUNT.parse().unwrap()), None] {
        let through = Day::of(server.clock.now());
        let from = through.minus(9);
        let query = TrafficQuery { account, application: None, from, through, after: None, limit: 99 };
        let rows = server.store.traffic(query).await.unwrap();
        for series in rows.iter().flat_map(|row| &row.series) {
            *counts.entry((series.family.to_string(), series.outcome)).or_default() +=
                series.slots.iter().sum::<u64>();
        }
    }
    counts
}

fn of<const N: usize>(all: [(&str, TrafficOutcome, u64); N]) -> Counts {
    all.into_iter().map(|(route, outcome, count)| ((route.to_owned(), outcome), count)).collect()
}

/// A browser that is signed in, and what its forms carry: two requests.
async fn signed_in(server: &TestServer) -> (Browser, String) {
    let browser = Browser::signed_in(server).await;
    let csrf = browser.get(&own("")).await.hidden("csrf");
    (browser, csrf)
}

#[tokio::test]
async fn a_page_is_a_request() {
    let server = TestServer::start().await;
    signed_in(&server).await;
    let expected = of([("(login)", TrafficOutcome::Allowed, 1), ("(pages)", TrafficOutcome::Allowed, 1)]);
    assert_eq!(counted(&server).await, expected);
}

/// The session of before ends, and is not asked for a page.
#[tokio::test]
async fn a_login_in_place_of_another_is_a_login_alone() {
    let server = TestServer::start().await;
    let browser = Browser::of(&server);
    let csrf = browser.get(&own("login")).await.hidden("csrf");
    for _ in 0..2 {
        let fields = [("csrf", csrf.as_str()), ("user_name", "name"), ("password", "password")];
        assert_eq!(browser.post(&own("login"), &fields).await.status, 303);
    }
    assert_eq!(counted(&server).await, of([("(login)", TrafficOutcome::Allowed, 2)]));
}

#[tokio::test]
async fn a_logout_of_a_session_that_has_ended_is_a_request() {
    let server = TestServer::start().await;
    let (browser, csrf) = signed_in(&server).await;
    server.clock.advance(Duration::from_hours(99));
    assert_eq!(browser.post(&own("logout"), &[("csrf", &csrf)]).await.status, 303);
    let expected = of([
        ("(login)", TrafficOutcome::Allowed, 1),
        ("(pages)", TrafficOutcome::Allowed, 1),
        ("(pages)", TrafficOutcome::InvalidCredential, 1),
    ]);
    assert_eq!(counted(&server).await, expected);
}

#[tokio::test]
async fn a_new_password_is_asked_for_once() {
    let server = TestServer::start().await;
    let (browser, csrf) = signed_in(&server).await;
    for (old, again, status) in [
        ("wrong", "orchard-teapot-quartz-41", 403),
        ("password", "other", 422),
        ("password", "orchard-teapot-quartz-41", 303),
    ] {
        let fields =
            [("csrf", &*csrf), ("password", old), ("new", "orchard-teapot-quartz-41"), ("again", again)];
        assert_eq!(browser.post(&own("password"), &fields).await.status, status);
    }
    let expected = of([
        ("(login)", TrafficOutcome::Allowed, 1),
        // The page, and the form in which the new one was not written twice the same way.
        ("(pages)", TrafficOutcome::Allowed, 2),
        ("(change-password)", TrafficOutcome::WrongCredentials, 1),
        ("(change-password)", TrafficOutcome::Allowed, 1),
    ]);
    assert_eq!(counted(&server).await, expected);
}
