//! `POST /api/account/{account}/refresh`.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_testkit::{ACCOUNT, TestServer};

use crate::told;

const REFRESH: &str = "/api/account/12345678/refresh";
const HOUR: Duration = Duration::from_hours(1);
const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn answers_with_an_empty_body_and_the_cookie_again() {
    let server = TestServer::start().await;
    let session = server.session().await;
    let response = server.with_session("refresh", &session).await;
    assert_eq!(response.status(), 200);
    let cookies: Vec<_> =
        response.headers().get_all("set-cookie").iter().map(|c| c.to_str().unwrap().to_owned()).collect();
    let flags = "Path=/; HttpOnly; SameSite=Lax";
    let id = &session.0;
    assert_eq!(cookies, [format!("session_id={id}; {flags}"), format!("Session_id={id}; {flags}")]);
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn slides_the_idle_limit() {
    let server = TestServer::start().await;
    let session = server.session().await;
    for _ in 0..3 {
        server.clock.advance(7 * HOUR);
        assert_eq!(server.refresh(&session).await, 200);
    }
}

#[tokio::test]
async fn s7_a_session_dies_at_its_idle_limit_to_the_millisecond() {
    let server = TestServer::start().await;
    let (early, late) = (server.session().await, 8 * HOUR);
    server.clock.advance(late - MS);
    assert_eq!(server.refresh(&early).await, 200);
    server.clock.advance(late);
    assert_eq!(server.refresh(&early).await, 401);
}

#[tokio::test]
async fn s7_sliding_never_passes_the_absolute_limit() {
    let server =
        TestServer::start_with(|fixture, _| fixture.account.session_policy.absolute_seconds = 10 * 3_600)
            .await;
    let session = server.session().await;
    server.clock.advance(6 * HOUR);
    assert_eq!(server.refresh(&session).await, 200);
    server.clock.advance(4 * HOUR - MS);
    assert_eq!(server.refresh(&session).await, 200);
    server.clock.advance(MS);
    assert_eq!(server.refresh(&session).await, 401);
}

/// The status of a refresh so long after a login, when the clock was a day behind in between and the session used then.
async fn refreshed_after_a_step_back(after: Duration) -> u16 {
    let server = TestServer::start().await;
    let session = server.session().await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.minus(24 * HOUR));
    assert_eq!(server.refresh(&session).await, 200);
    server.clock.set(begun.plus(after));
    server.refresh(&session).await
}

#[tokio::test]
async fn s7_a_clock_that_steps_back_neither_kills_nor_prolongs() {
    assert_eq!(refreshed_after_a_step_back(8 * HOUR - MS).await, 200);
    assert_eq!(refreshed_after_a_step_back(8 * HOUR).await, 401);
}

#[tokio::test]
async fn without_a_session_the_failure_is_nested() {
    let server = TestServer::start().await;
    let (_, csrf) = server.session().await;
    let (status, body) = told(server.post(REFRESH, &json!({ "csrf": csrf })).await).await;
    assert_eq!(status, 401);
    assert_eq!(
        body,
        json!({ "error": {
            "time": "Sep 22, 2016 12:59:44 PM",
            "message": "CSRF token invalid! The CSRF token on request does not match the CSRF token on the session",
            "internalCode": 10,
            "responseStatus": "UNAUTHORIZED",
        }})
    );
}

#[tokio::test]
async fn no_body_an_empty_object_and_a_wrong_csrf_are_unauthorized() {
    let server = TestServer::start().await;
    let (cookie, csrf) = server.session().await;
    let wrong_csrf = json!({ "csrf": "0".repeat(64) }).to_string();
    let bare = server.request(Method::POST, REFRESH).header("cookie", format!("session_id={cookie}"));
    assert_eq!(bare.body("{}").send().await.unwrap().status(), 401, "without a content type");
    for body in [String::new(), "{}".to_owned(), r#"{"csrf":null}"#.to_owned(), wrong_csrf] {
        let request = server.request(Method::POST, REFRESH).header("content-type", "application/json");
        let request = request.header("cookie", format!("session_id={cookie}"));
        assert_eq!(request.body(body.clone()).send().await.unwrap().status(), 401, "{body}");
    }
    assert_eq!(server.refresh(&(cookie, csrf)).await, 200);
}

#[tokio::test]
async fn junk_cookies_are_unauthorized() {
    let server = TestServer::start().await;
    let (cookie, csrf) = server.session().await;
    for junk in ["null", "undefined", "", &cookie[1..], &format!("{cookie}0"), &cookie.to_uppercase()] {
        assert_eq!(server.refresh(&(junk.to_owned(), csrf.clone())).await, 401, "{junk}");
    }
}

#[tokio::test]
async fn malformed_bodies_are_bad_requests_in_the_nested_shape() {
    let server = TestServer::start().await;
    let (cookie, _) = server.session().await;
    for body in ["{", "csrf=1", r#"{"csrf":"a","csrf":"b"}"#] {
        let request = server.request(Method::POST, REFRESH).header("content-type", "application/json");
        let request = request.header("cookie", format!("session_id={cookie}"));
        let (status, told) = told(request.body(body).send().await.unwrap()).await;
        assert_eq!((status, &told["error"]["responseStatus"]), (400, &json!("BAD_REQUEST")), "{body}");
    }
}

#[tokio::test]
async fn versions_in_use_are_accepted_and_others_refused() {
    let server = TestServer::start().await;
    let (cookie, csrf) = server.session().await;
    for (query, status) in [("", 200), ("?v=1.2", 200), ("?v=1.3", 200), ("?v=9", 400)] {
        let request = server.request(Method::POST, &format!("{REFRESH}{query}"));
        let request = request.header("cookie", format!("Session_id={cookie}"));
        let response = request.json(&json!({ "csrf": csrf })).send().await.unwrap();
        assert_eq!(response.status(), status, "{query}");
    }
}

#[tokio::test]
async fn s9_the_right_cookie_is_found_among_others() {
    let server = TestServer::start().await;
    let (stale, _) = server.session().await;
    let (cookie, csrf) = server.session().await;
    let response = server
        .request(Method::POST, REFRESH)
        .header("cookie", format!("name=Jürgen; session_id={stale}; ;=;"))
        .header("cookie", format!("Session_id={cookie}"))
        .json(&json!({ "csrf": csrf }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn s8_a_bearer_is_no_cookie_and_a_cookie_no_csrf() {
    let server = TestServer::start().await;
    let (_, body) = told(server.log_in("name", "password").await).await;
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    assert_eq!(server.refresh(&(text("bearer"), text("csrf"))).await, 401);
    assert_eq!(server.refresh(&(text("sessionId"), text("bearer"))).await, 401);
    assert_eq!(server.refresh(&(text("sessionId"), text("sessionId"))).await, 401);
}

#[tokio::test]
async fn s8_a_session_does_not_count_for_another_account() {
    let server = TestServer::start().await;
    let mut other = server.fixture.account.clone();
    other.id = "other".parse().unwrap();
    other.code = "OTHER".to_owned();
    other.number = 568;
    server.change(vec![vestibule_store::Change::PutAccount(Box::new(other))]).await;
    let (cookie, csrf) = server.session().await;
    let request = server.request(Method::POST, "/api/account/other/refresh");
    let request = request.header("cookie", format!("session_id={cookie}"));
    assert_eq!(request.json(&json!({ "csrf": csrf })).send().await.unwrap().status(), 401);
    assert_eq!(ACCOUNT, "12345678");
}

#[tokio::test]
async fn s4_a_disabled_user_is_refused() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server
        .change_user("name", |user| {
            user.enabled = false;
            user.credential_version += 1;
        })
        .await;
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn s4_new_credentials_end_the_session() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.change_user("name", |user| user.credential_version += 1).await;
    assert_eq!(server.refresh(&session).await, 401);
    assert_eq!(server.auth.session_count(), 0);
}

#[tokio::test]
async fn s5_a_password_that_expires_ends_the_session() {
    let server = TestServer::start_with(|fixture, _| fixture.account.password_policy.expiry_days = 1).await;
    server.clock.advance(24 * HOUR - HOUR);
    let session = server.session().await;
    server.clock.advance(HOUR - MS);
    assert_eq!(server.refresh(&session).await, 200);
    server.clock.advance(MS);
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn a_session_survives_a_restart_and_its_last_use_too() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.clock.advance(5 * HOUR);
    assert_eq!(server.refresh(&session).await, 200);
    server.auth.flush().await.unwrap();
    server.restart().await;
    server.clock.advance(5 * HOUR);
    assert_eq!(server.refresh(&session).await, 200);
}

#[tokio::test]
async fn after_a_crash_a_session_never_ends_early_and_lives_at_most_the_lag_longer() {
    let mut server = TestServer::start().await;
    let lag = vestibule_auth::Intervals::default().touch;
    let session = server.session().await;
    server.clock.advance(lag - MS);
    assert_eq!(server.refresh(&session).await, 200); // Not written: the server ends before it would be.
    server.restart().await;
    server.clock.advance(8 * HOUR - MS);
    assert_eq!(server.refresh(&session).await, 200);

    let session = server.session().await;
    server.restart().await;
    server.clock.advance(8 * HOUR + lag);
    assert_eq!(server.refresh(&session).await, 401);
}

#[tokio::test]
async fn many_crashes_in_a_row_prolong_no_session_beyond_the_lag() {
    let mut server = TestServer::start().await;
    let lag = vestibule_auth::Intervals::default().touch;
    let session = server.session().await;
    for _ in 0..5 {
        server.clock.advance(HOUR);
        server.restart().await;
    }
    server.clock.advance(3 * HOUR + lag);
    assert_eq!(server.refresh(&session).await, 401);
}

/// The status of a refresh so long after the clock, which was a year ahead while the session was used, was set right.
async fn refreshed_after_a_year_ahead(after: Duration) -> u16 {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    server.restart().await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    assert_eq!(server.refresh(&session).await, 200);
    server.clock.set(begun.plus(365 * 24 * HOUR));
    server.auth.follow_clock();
    assert_eq!(server.refresh(&session).await, 200, "a clock that is set ends nothing");
    server.clock.set(begun);
    server.auth.follow_clock();
    server.clock.advance(after);
    server.refresh(&session).await
}

#[tokio::test]
async fn f3_a_session_that_was_used_while_the_clock_was_ahead_ends_by_the_right_one() {
    assert_eq!(refreshed_after_a_year_ahead(8 * HOUR - MS).await, 200);
    assert_eq!(refreshed_after_a_year_ahead(8 * HOUR).await, 401);
}

/// The database has a use that is still to come then.
#[tokio::test]
async fn f3_a_session_whose_use_was_written_while_the_clock_was_ahead_ends_and_stays_ended() {
    let server = TestServer::start().await;
    let session = server.session().await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.plus(30 * 24 * HOUR));
    server.auth.follow_clock();
    assert_eq!(server.refresh(&session).await, 200);
    server.auth.flush().await.unwrap();
    server.clock.set(begun);
    server.auth.follow_clock();
    for _ in 0..3 {
        server.clock.advance(9 * HOUR);
        assert_eq!(server.refresh(&session).await, 401);
        server.auth.remove_expired().await.unwrap();
        server.auth.flush().await.unwrap();
    }
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn f3_a_start_while_the_clock_is_ahead_ends_no_session() {
    let mut server = TestServer::start().await;
    let session = server.session().await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.plus(365 * 24 * HOUR));
    server.restart().await;
    server.clock.advance(Duration::from_mins(1));
    assert_eq!(server.refresh(&session).await, 401);
    server.auth.remove_expired().await.unwrap();
    server.clock.set(begun);
    server.auth.remove_expired().await.unwrap();
    assert_eq!(server.refresh(&session).await, 200);
}

#[tokio::test]
async fn f3_what_has_expired_is_not_removed_until_an_hour_after_the_clock_jumped() {
    let mut server = TestServer::start().await;
    server.session().await;
    server.clock.advance(MS);
    server.restart().await;
    let begun = vestibule_model::Clock::now(&*server.clock);
    server.clock.set(begun.plus(24 * HOUR));
    server.auth.remove_expired().await.unwrap();
    server.clock.advance(HOUR - MS);
    server.auth.remove_expired().await.unwrap();
    assert_eq!(server.stored_sessions().await.len(), 1);
    server.clock.advance(MS);
    server.auth.remove_expired().await.unwrap();
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn expired_sessions_leave_memory_and_store() {
    let server = TestServer::start().await;
    server.session().await;
    server.clock.advance(8 * HOUR);
    server.auth.sweep(vestibule_model::Clock::now(&*server.clock)).await.unwrap();
    assert_eq!(server.auth.session_count(), 0);
    assert_eq!(server.stored_sessions().await, []);
}

#[tokio::test]
async fn an_oddly_spelt_path_is_answered_like_a_plain_one() {
    let server = TestServer::start().await;
    let (cookie, csrf) = server.session().await;
    // Percent-encoded, the path is not recognised before the router, which decodes it.
    let request = server.request(Method::POST, "/api/account/%312345678/refresh?v=1.3");
    let request = request.header("cookie", format!("session_id={cookie}"));
    assert_eq!(request.json(&json!({ "csrf": csrf })).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let server = TestServer::start().await;
    let response = server.get(REFRESH).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
}
