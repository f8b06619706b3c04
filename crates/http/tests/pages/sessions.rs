//! Sessions of pages beside those of the dialects.

use std::time::Duration;

use reqwest::Method;
use vestibule_auth::{LogIn, LoginScope, PageSession, UserCredentials};
use vestibule_model::{Clock as _, Concurrency, Dialect, Reach, Session};
use vestibule_testkit::{ACCOUNT, TestServer};

async fn open(server: &TestServer) -> Session {
    let (account, now) = (ACCOUNT.parse().ok(), server.clock.now());
    let at = LogIn { account, dialect: Dialect::Pages, scope: LoginScope::Public, address: None, now };
    let password = b"password".to_vec().into();
    let credentials = UserCredentials { user_name: "name".into(), population: None, password };
    server.auth.log_in_user(at, credentials).await.expect("the login succeeds").session
}

async fn page(server: &TestServer, cookie: &str) -> Option<PageSession> {
    server.auth.page_session(cookie, None, server.clock.now()).await.unwrap()
}

#[tokio::test]
async fn s8_a_page_session_is_no_session_at_the_check_and_the_reverse() {
    let server = TestServer::start().await;
    let session = open(&server).await;
    let tokens = server.auth.tokens();
    let page_cookie = tokens.page_cookie(session.id).to_string();
    assert!(page(&server, &page_cookie).await.is_some());
    let shown = [
        ("authorization", format!("Bearer {page_cookie}")),
        ("cookie", format!("session_id={page_cookie}")),
        // Nobody is ever told these.
        ("authorization", format!("Bearer {}", tokens.bearer(session.id))),
        ("cookie", format!("session_id={}", tokens.cookie(session.id))),
    ];
    for (name, value) in shown {
        let check = server.request(Method::GET, "/gateway/check").header(name, value);
        assert_eq!(check.send().await.unwrap().status(), 401, "{name}");
    }
    let (cookie, csrf) = (tokens.cookie(session.id).to_string(), tokens.csrf(session.id).to_string());
    assert_ne!(server.refresh(&(cookie, csrf)).await, 200);

    let (cookie, _) = server.session().await;
    assert!(page(&server, &cookie).await.is_none());
    let liveperson = server.stored_sessions().await.pop().unwrap();
    assert!(page(&server, tokens.page_cookie(liveperson.id).as_str()).await.is_none());
}

#[tokio::test]
async fn a_page_and_a_login_of_one_session_per_user_stand_beside_each_other() {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.session_policy.reach = Reach::EveryDialect;
        fixture.account.session_policy.concurrency = Concurrency::One;
    })
    .await;
    let work = server.session().await;
    let cookie = server.auth.page_cookie(&open(&server).await);
    assert_eq!(server.refresh(&work).await, 200);
    let _newer = server.session().await;
    assert!(page(&server, cookie.as_str()).await.is_some());
}

#[tokio::test]
async fn a_page_session_ends_half_an_hour_after_its_last_use_and_half_a_day_after_its_opening() {
    let server = TestServer::start().await;
    let [used, unused] = [open(&server).await, open(&server).await];
    let cookies = [used, unused].map(|session| server.auth.page_cookie(&session));
    for _ in 0..24 {
        assert!(page(&server, cookies[0].as_str()).await.is_some());
        server.clock.advance(Duration::from_mins(30) - Duration::from_millis(1));
    }
    assert!(page(&server, cookies[1].as_str()).await.is_none());
    assert!(page(&server, cookies[0].as_str()).await.is_some());
    server.clock.advance(Duration::from_secs(1));
    assert!(page(&server, cookies[0].as_str()).await.is_none());
}

#[tokio::test]
async fn a_page_session_outlives_a_restart_and_ends_with_its_log_out() {
    let mut server = TestServer::start().await;
    let session = open(&server).await;
    let cookie = server.auth.page_cookie(&session);
    server.restart_unloaded().await;
    let shown = page(&server, cookie.as_str()).await.expect("it is read from the store");
    assert_eq!(shown.user.login_name, "name");
    server.auth.load().await;
    server.auth.end_page_session(&shown, None).await.unwrap();
    assert!(page(&server, cookie.as_str()).await.is_none());
    server.restart().await;
    assert!(page(&server, cookie.as_str()).await.is_none());
}
