//! `GET /session/sessions`, its details, and ending a session from there.

use reqwest::Method;
use serde_json::Value;
use vestibule_testkit::{TOKEN, TestServer};

use crate::{
    AUTHORIZATION_ERROR, agent_credentials, credentials, list, send, session, session_of, start, told, used,
};

/// The sessions that the holder of this one is shown.
async fn listed(server: &TestServer, id: &str) -> Vec<Value> {
    let body: Value = list(server, id).await.json().await.unwrap();
    body["sessions"].as_array().unwrap().clone()
}

fn users(sessions: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = sessions.iter().map(|session| session["userName"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

async fn on_session(server: &TestServer, method: Method, caller: &str, name: &str) -> (u16, String) {
    let request = server.request(method, &format!("/session/sessions/{name}")).header("LV-Session", caller);
    told(send(request).await).await
}

/// A session of each: the system administrator, the super user, the agent.
async fn one_of_each(server: &TestServer) -> [String; 3] {
    [
        session(server).await,
        session_of(server, TOKEN, &credentials("super", "super-password")).await,
        session_of(server, TOKEN, &agent_credentials("agent1", "agent1-password")).await,
    ]
}

#[tokio::test]
async fn a_system_administrator_sees_all_of_the_account() {
    let server = start().await;
    let [admin, ..] = one_of_each(&server).await;
    assert_eq!(users(&listed(&server, &admin).await), ["agent1", "name", "super"]);
}

#[tokio::test]
async fn a_super_user_sees_no_system_administrator() {
    let server = start().await;
    let [_, super_user, _] = one_of_each(&server).await;
    assert_eq!(users(&listed(&server, &super_user).await), ["agent1", "super"]);
}

#[tokio::test]
async fn an_agent_sees_their_own() {
    let server = start().await;
    let [.., agent] = one_of_each(&server).await;
    assert_eq!(users(&listed(&server, &agent).await), ["agent1"]);
}

#[tokio::test]
async fn a_list_names_no_credential() {
    let server = start().await;
    let all = one_of_each(&server).await;
    let text = list(&server, &all[0]).await.text().await.unwrap();
    assert!(all.iter().all(|id| !text.contains(id)));
    for session in listed(&server, &all[0]).await {
        assert_eq!(used(&server, session["reference"].as_str().unwrap()).await, 401);
    }
}

#[tokio::test]
async fn count_and_offset_make_pages() {
    let server = start().await;
    let [admin, ..] = one_of_each(&server).await;
    let mut seen = Vec::new();
    for offset in 0..4 {
        let path = format!("/session/v6.0/sessions?count=%31&offset={offset}");
        let body: Value =
            send(server.request(Method::GET, &path).header("LV-Session", &admin)).await.json().await.unwrap();
        seen.extend(body["sessions"].as_array().unwrap().clone());
    }
    assert_eq!(users(&seen), ["agent1", "name", "super"]);
}

#[tokio::test]
async fn a4_odd_counts_and_offsets_are_bad_requests() {
    let server = start().await;
    let admin = session(&server).await;
    for query in [
        "",
        "count=10",
        "offset=0",
        "count=0&offset=0",
        "count=-1&offset=0",
        "count=1001&offset=0",
        "count=1&offset=-1",
        "count=99999999999999999999999&offset=0",
        "count=1&count=2&offset=0",
        "count=x&offset=0",
    ] {
        let request = server.request(Method::GET, &format!("/session/sessions?{query}"));
        assert_eq!(send(request.header("LV-Session", &admin)).await.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn without_a_session_the_list_is_an_authorization_error() {
    let server = start().await;
    let id = session(&server).await;
    let plain = server.request(Method::GET, "/session/sessions?count=1&offset=0");
    assert_eq!(told(send(plain).await).await, (401, AUTHORIZATION_ERROR.to_owned()));
    for bogus in ["123", "", &id[..35], TOKEN] {
        assert_eq!(told(list(&server, bogus).await).await, (401, AUTHORIZATION_ERROR.to_owned()), "{bogus}");
    }
}

#[tokio::test]
async fn s8_an_application_token_is_no_session_and_no_bearer_is_one() {
    let server = start().await;
    let body: Value = server.log_in("name", "password").await.json().await.unwrap();
    for key in ["bearer", "sessionId", "csrf"] {
        assert_eq!(used(&server, body[key].as_str().unwrap()).await, 401, "{key}");
    }
}

#[tokio::test]
async fn a_stray_access_header_does_no_harm() {
    let server = start().await;
    let id = session(&server).await;
    let request = server.request(Method::GET, "/session/sessions?count=1&offset=0");
    let request = request.header("LV-Session", &id).header("LV-Access", "stray");
    assert_eq!(send(request).await.status(), 200);
}

#[tokio::test]
async fn details_are_those_of_the_list() {
    let server = start().await;
    let admin = session(&server).await;
    let listed = listed(&server, &admin).await;
    let name = listed[0]["reference"].as_str().unwrap();
    let (status, text) = on_session(&server, Method::GET, &admin, name).await;
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()), (200, listed[0].clone()));
    assert_eq!(on_session(&server, Method::GET, &admin, &admin).await.0, 200);
}

#[tokio::test]
async fn an_administrator_ends_a_session_from_the_list() {
    let server = start().await;
    let [admin, _, agent] = one_of_each(&server).await;
    let sessions = listed(&server, &admin).await;
    let of_agent = sessions.iter().find(|session| session["userName"] == "agent1").unwrap();
    let name = of_agent["reference"].as_str().unwrap();
    assert_eq!(on_session(&server, Method::DELETE, &admin, name).await.0, 204);
    assert_eq!(used(&server, &agent).await, 401);
}

#[tokio::test]
async fn a_super_user_does_not_touch_a_system_administrator() {
    let server = start().await;
    let [admin, super_user, _] = one_of_each(&server).await;
    let sessions = listed(&server, &admin).await;
    let of_admin = sessions.iter().find(|session| session["userName"] == "name").unwrap();
    let name = of_admin["reference"].as_str().unwrap();
    assert_eq!(on_session(&server, Method::GET, &super_user, name).await.0, 404);
    assert_eq!(on_session(&server, Method::DELETE, &super_user, name).await.0, 404);
    assert_eq!(used(&server, &admin).await, 200);
}

#[tokio::test]
async fn a3_an_agent_may_not_look_at_others() {
    let server = start().await;
    let [admin, _, agent] = one_of_each(&server).await;
    let sessions = listed(&server, &admin).await;
    let of_admin = sessions.iter().find(|session| session["userName"] == "name").unwrap();
    let expected = (403, r#"{"code":403,"message":"The role of this session may not do this"}"#.to_owned());
    let name = of_admin["reference"].as_str().unwrap();
    for name in [name, "38de9bcc-7425-4392-b821-99026632c369"] {
        assert_eq!(on_session(&server, Method::GET, &agent, name).await, expected);
        assert_eq!(on_session(&server, Method::DELETE, &agent, name).await, expected);
    }
}
