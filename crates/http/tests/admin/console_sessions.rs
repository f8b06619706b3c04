//! Sessions of the console, as the engine knows them; what the console does with them, its own tests say.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use vestibule_auth::{
    AdministrationError, Caller, ConsoleCredentials, ConsoleStep, LogInError, Scope, ShownEnrolment, Touch,
};
use vestibule_model::{Clock as _, Dialect, SessionReference};
use vestibule_testkit::TestServer;

use crate::second_factor::code;
use crate::support::{ANOTHER_PASSWORD, Instance, PASSWORD};

fn credentials(user_name: &str, password: &str) -> ConsoleCredentials {
    let password = password.as_bytes().to_vec().into();
    ConsoleCredentials { user_name: user_name.to_owned(), password }
}

async fn step(server: &TestServer, name: &str, password: &str) -> Result<ConsoleStep, AdministrationError> {
    let administration = server.auth.administration();
    administration.log_in_to_console(credentials(name, password), None, server.clock.now()).await
}

/// The cookie of a console of this administrator, who has no second factor.
async fn cookie_of(server: &TestServer, name: &str) -> String {
    let password = if name == "admin" { PASSWORD } else { ANOTHER_PASSWORD };
    match step(server, name, password).await.unwrap() {
        ConsoleStep::LoggedIn(logged_in) => logged_in.opened.shown_by,
        ConsoleStep::Code(_) => unreachable!("no second factor is set up"),
    }
}

async fn caller_at(server: &TestServer, cookie: &str, touch: Touch) -> Result<Caller, AdministrationError> {
    server.auth.administration().console_caller(cookie, touch, None, server.clock.now()).await
}

async fn caller(server: &TestServer, cookie: &str) -> Result<Caller, AdministrationError> {
    caller_at(server, cookie, Touch::Use).await
}

fn is_not_proved(caller: &Result<Caller, AdministrationError>) -> bool {
    matches!(caller, Err(AdministrationError::NotProved))
}

#[tokio::test]
async fn s8_a_console_cookie_is_no_bearer_and_no_page_cookie() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let cookie = cookie_of(server, "admin").await;
    assert!(caller(server, &cookie).await.unwrap().require(Scope::WriteInstallation).is_ok());
    let asked = instance.ask(Some(&cookie), (Method::GET, "/admin/v1/accounts"), None).await;
    assert_eq!(asked.status, 401);
    let page = server.auth.page_session(&cookie, None, server.clock.now()).await.unwrap();
    assert!(page.is_none());
}

#[tokio::test]
async fn s8_a_bearer_or_a_cookie_of_other_pages_opens_no_console() {
    let instance = Instance::start().await;
    let server = &instance.server;
    assert!(is_not_proved(&caller(server, &instance.owner).await));
    cookie_of(server, "admin").await;
    let session = server.stored_sessions().await;
    let session = session.iter().find(|session| session.dialect == Dialect::Pages).unwrap();
    let page = server.auth.page_cookie(session);
    assert!(is_not_proved(&caller(server, page.as_str()).await));
    assert!(server.auth.page_session(page.as_str(), None, server.clock.now()).await.unwrap().is_none());
}

#[tokio::test]
async fn s3_who_lost_the_role_is_out_at_the_next_request() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let user = instance.administrator("ben", "owner").await;
    let cookie = cookie_of(server, "ben").await;
    assert!(caller(server, &cookie).await.is_ok());
    assert_eq!(instance.remove(&format!("/admin/v1/administrators/{user}")).await.status, 204);
    assert!(is_not_proved(&caller(server, &cookie).await));
}

#[tokio::test]
async fn a_login_of_a_user_without_role_leaves_no_session() {
    let instance = Instance::start().await;
    let user = instance.administrator("ben", "auditor").await;
    assert_eq!(instance.remove(&format!("/admin/v1/administrators/{user}")).await.status, 204);
    let before = instance.server.stored_sessions().await.len();
    let refused = step(&instance.server, "ben", ANOTHER_PASSWORD).await;
    assert!(matches!(refused, Err(AdministrationError::NotAllowed)));
    assert_eq!(instance.server.stored_sessions().await.len(), before);
}

#[tokio::test]
async fn a_wrong_password_is_one_whoever_it_is() {
    let instance = Instance::start().await;
    for name in ["admin", "nobody", "name"] {
        let refused = step(&instance.server, name, "wrong").await;
        let is_wrong = matches!(refused, Err(AdministrationError::LogIn(LogInError::BadCredentials)));
        assert!(is_wrong, "{name}");
    }
}

#[tokio::test]
async fn a_look_does_not_keep_a_console_session_alive_and_a_use_does() {
    let instance = Instance::start().await;
    let server = &instance.server;
    for (touch, lives) in [(Touch::Use, true), (Touch::Look, false)] {
        let cookie = cookie_of(server, "admin").await;
        server.clock.advance(Duration::from_mins(20));
        assert!(caller_at(server, &cookie, touch).await.is_ok());
        server.clock.advance(Duration::from_mins(20));
        assert_eq!(caller(server, &cookie).await.is_ok(), lives, "{touch:?}");
    }
}

#[tokio::test]
async fn setting_up_a_factor_gives_a_console_session_to_a_console_session() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let cookie = cookie_of(server, "admin").await;
    let holder = caller(server, &cookie).await.unwrap();
    let begun = server.auth.administration().begin_own_second_factor(&holder).unwrap();
    let code = code(&instance, &begun.secret);
    let shown = ShownEnrolment { state: &begun.state, code: &code, password: PASSWORD };
    let set_up = server.auth.administration().set_up_own_second_factor(&holder, shown).await.unwrap();
    let next = set_up.opened.unwrap().shown_by;
    assert!(caller(server, &next).await.is_ok());
    assert!(is_not_proved(&caller(server, &cookie).await), "that of before has ended");
    let asked = instance.ask(Some(&next), (Method::GET, "/admin/v1/accounts"), None).await;
    assert_eq!(asked.status, 401, "it is no bearer");
}

#[tokio::test]
async fn an_ended_console_session_is_refused_after_a_restart_and_another_is_not() {
    let mut instance = Instance::start().await;
    let (ended, lives) =
        (cookie_of(&instance.server, "admin").await, cookie_of(&instance.server, "admin").await);
    let holder = caller(&instance.server, &ended).await.unwrap();
    instance.server.auth.administration().log_out_administrator(&holder).await.unwrap();
    instance.server.restart_unloaded().await;
    assert!(is_not_proved(&caller(&instance.server, &ended).await));
    assert!(caller(&instance.server, &lives).await.is_ok());
}

#[tokio::test]
async fn why_tells_that_it_was_opened_in_the_console_and_finds_it_by_its_cookie() {
    let instance = Instance::start().await;
    let cookie = cookie_of(&instance.server, "admin").await;
    let told = instance.send(Method::POST, "/admin/v1/why", json!({ "session": cookie })).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert!(told.body.to_string().contains("in the console"), "{told:?}");
}

#[tokio::test]
async fn a2_a_form_is_of_one_console_session_alone() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let administration = server.auth.administration();
    let one = caller(server, &cookie_of(server, "admin").await).await.unwrap();
    let other = caller(server, &cookie_of(server, "admin").await).await.unwrap();
    let form = administration.console_csrf(&one).unwrap();
    assert!(administration.console_csrf_matches(&one, form.as_str()));
    assert!(!administration.console_csrf_matches(&other, form.as_str()));
    assert!(!administration.console_csrf_matches(&one, ""));
}

/// The sentence about a session, and its reference.
async fn why(instance: &Instance, bearer: &str) -> (String, uuid::Uuid) {
    let body = json!({ "session": bearer });
    let why = instance.ask(Some(&instance.owner), (Method::POST, "/admin/v1/why"), Some(body)).await;
    let life = &why.body["lives"][0];
    (life["answer"].as_str().unwrap().to_owned(), life["session"].as_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn what_the_console_ended_is_told_apart_from_what_the_api_did() {
    let instance = Instance::start().await;
    let server = &instance.server;
    let (bearer, _) = server.session().await;
    let (_, session) = why(&instance, &bearer).await;
    instance.delete(&format!("/admin/v1/sessions/{session}")).await;
    let (answer, _) = why(&instance, &bearer).await;
    assert!(answer.contains("through the administration API"), "{answer}");
    let (bearer, _) = server.session().await;
    let (_, session) = why(&instance, &bearer).await;
    let owner = caller(server, &cookie_of(server, "admin").await).await.unwrap();
    server.auth.administration().end_session(&owner, SessionReference(session.into_bytes())).await.unwrap();
    let (answer, _) = why(&instance, &bearer).await;
    assert!(answer.contains(", in the console"), "{answer}");
}
