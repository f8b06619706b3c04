//! What users see and do about themselves.

use vestibule_testkit::TestServer;

use crate::browser::{Browser, own};

#[tokio::test]
async fn a_user_sees_the_sessions_of_every_dialect_and_ends_one() {
    let server = TestServer::start().await;
    let work = server.session().await;
    let browser = Browser::signed_in(&server).await;
    let home = browser.get(&own("")).await;
    assert!(home.html.contains("LivePerson login") && home.html.contains("These pages"), "{}", home.html);
    let fields = [("csrf", home.hidden("csrf")), ("reference", home.hidden("reference"))];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let ended = browser.post(&own("sessions/end"), &fields).await;
    assert_eq!((ended.status, ended.header("location")), (303, own("?done=session-ended").as_str()));
    assert_ne!(server.refresh(&work).await, 200);
    assert!(browser.get(&own("?done=session-ended")).await.html.contains("The session was ended."));
}

#[tokio::test]
async fn a_user_ends_no_session_of_somebody_else() {
    let server = TestServer::start_with(|fixture, _| {
        let now = vestibule_model::Millis::from_unix(1_474_549_184_722);
        fixture.add_user("other", "password", now);
    })
    .await;
    server.log_in("other", "password").await;
    let theirs = server.stored_sessions().await.pop().unwrap();
    let reference = uuid::Uuid::from_bytes(server.auth.tokens().reference(theirs.id)).to_string();
    let browser = Browser::signed_in(&server).await;
    let csrf = browser.get(&own("")).await.hidden("csrf");
    browser.post(&own("sessions/end"), &[("csrf", &csrf), ("reference", &reference)]).await;
    assert_eq!(server.stored_sessions().await.len(), 2);
}

#[tokio::test]
async fn all_other_sessions_end_at_once() {
    let server = TestServer::start().await;
    let work = server.session().await;
    let (browser, other) = (Browser::signed_in(&server).await, Browser::signed_in(&server).await);
    let csrf = browser.get(&own("")).await.hidden("csrf");
    let ended = browser.post(&own("sessions/end-others"), &[("csrf", &csrf)]).await;
    assert_eq!(ended.header("location"), own("?ended=2"));
    assert!(browser.get(&own("?ended=2")).await.html.contains("2 other sessions were ended."));
    assert_ne!(server.refresh(&work).await, 200);
    assert_eq!(other.get(&own("")).await.status, 303);
}

#[tokio::test]
async fn signing_out_ends_the_session_of_the_page_alone() {
    let server = TestServer::start().await;
    let work = server.session().await;
    let browser = Browser::signed_in(&server).await;
    let cookie = browser.cookie("vestibule").unwrap();
    let csrf = browser.get(&own("")).await.hidden("csrf");
    let out = browser.post(&own("logout"), &[("csrf", &csrf)]).await;
    assert_eq!(out.status, 303);
    assert!(browser.get(out.header("location")).await.html.contains("You are signed out."));
    assert!(browser.cookie("vestibule").is_none());
    browser.keep("vestibule", &cookie);
    assert_eq!(browser.get(&own("")).await.status, 303);
    assert_eq!(server.refresh(&work).await, 200);
}

/// The own page of a user whose password lives for so many days.
async fn home_with_password_for(days: u32) -> String {
    let server = TestServer::start_with(|fixture, _| {
        fixture.account.password_policy.expiry_days = days.try_into().unwrap();
    })
    .await;
    Browser::signed_in(&server).await.get(&own("")).await.html
}

#[tokio::test]
async fn a_user_sees_when_the_password_expires() {
    assert!(home_with_password_for(3_650).await.contains("your password expires on 20"));
}

#[tokio::test]
async fn the_end_of_a_password_is_not_told_where_it_is_more_than_ten_years_away() {
    let html = home_with_password_for(3_700).await;
    assert!(html.contains("Your sessions") && !html.contains("expires on"), "{html}");
}

const NEW: [(&str, &str); 2] = [("new", "a new one 1"), ("again", "a new one 1")];

#[tokio::test]
async fn s1_a_changed_password_ends_every_session_and_gives_this_browser_a_new_one() {
    let server = TestServer::start().await;
    let work = server.session().await;
    let browser = Browser::signed_in(&server).await;
    let before = browser.cookie("vestibule").unwrap();
    let csrf = browser.get(&own("password")).await.hidden("csrf");
    let fields = [&[("csrf", csrf.as_str()), ("password", "password")], &NEW[..]].concat();
    let changed = browser.post(&own("password"), &fields).await;
    assert_eq!(
        (changed.status, changed.header("location")),
        (303, own("?done=password-changed").as_str()),
        "{}",
        changed.html
    );
    assert_ne!(server.refresh(&work).await, 200);
    assert_ne!(browser.cookie("vestibule").unwrap(), before);
    assert_eq!(browser.get(&own("")).await.status, 200);
    browser.keep("vestibule", &before);
    assert_eq!(browser.get(&own("")).await.status, 303);
    assert_eq!(server.log_in("name", "a new one 1").await.status(), 200);
}

#[tokio::test]
async fn a_password_is_changed_by_the_present_one_and_within_the_policy() {
    let server = TestServer::start().await;
    let browser = Browser::signed_in(&server).await;
    let csrf = browser.get(&own("password")).await.hidden("csrf");
    let change = async |password: &str, new: &str, again: &str| {
        let fields = [("csrf", csrf.as_str()), ("password", password), ("new", new), ("again", again)];
        let shown = browser.post(&own("password"), &fields).await;
        (shown.status, shown.html)
    };
    let (status, html) = change("wrong", "a new one 1", "a new one 1").await;
    assert!(status == 403 && html.contains("User name or password are wrong"), "{html}");
    let (status, html) = change("password", "short", "short").await;
    assert!(status == 422 && html.contains("at least 8 characters"), "{html}");
    let (status, html) = change("password", "a new one 1", "a new one 2").await;
    assert!(status == 422 && html.contains("not written the same way twice"), "{html}");
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn whoever_must_change_the_password_does_so_on_the_way_in() {
    let mut server = TestServer::start().await;
    server.change_user("name", |user| user.must_change_password = true).await;
    let browser = Browser::of(&server);
    let page = own("login?continue=%2Fme%2F12345678%2Fpassword");
    let asked = browser.log_in_at(&page, "name", "password").await;
    assert!(asked.status == 403 && asked.html.contains("has to be changed"), "{}", asked.html);
    assert!(asked.html.contains(r#"name="user_name" type="text" value="name""#), "{}", asked.html);
    let carried = [("csrf", asked.hidden("csrf")), ("continue", asked.hidden("continue"))];
    let carried: Vec<_> = carried.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let same = [("password", "password"), ("new", "password"), ("again", "password")];
    let fields = [&carried[..], &[("user_name", "name")], &same].concat();
    assert_eq!(browser.post(&own("login/password"), &fields).await.status, 422);
    let fields = [&carried[..], &[("user_name", "name"), ("password", "password")], &NEW[..]].concat();
    let changed = browser.post(&own("login/password"), &fields).await;
    assert_eq!(
        (changed.status, changed.header("location")),
        (303, own("password").as_str()),
        "{}",
        changed.html
    );
}
