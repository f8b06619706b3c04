//! One person, both dialects.

use reqwest::Method;
use serde_json::Value;
use vestibule_model::Reach;

use crate::{list, send, session, start, start_with, used};

#[tokio::test]
async fn a_login_in_one_dialect_does_not_end_what_the_other_opened() {
    let server = start().await;
    let livevox = session(&server).await;
    let liveperson = server.session().await;
    assert_eq!(session(&server).await, livevox);
    assert_eq!(server.refresh(&liveperson).await, 200);
    assert_eq!(used(&server, &livevox).await, 200);
}

#[tokio::test]
async fn a_login_ends_it_where_the_policy_says_so() {
    let server = start_with(|fixture, _| fixture.account.session_policy.reach = Reach::EveryDialect).await;
    let livevox = session(&server).await;
    server.session().await;
    assert_eq!(used(&server, &livevox).await, 401);
}

#[tokio::test]
async fn a_session_of_one_is_listed_and_ended_from_the_other() {
    let server = start().await;
    let liveperson = server.session().await;
    let livevox = session(&server).await;
    let body: Value = list(&server, &livevox).await.json().await.unwrap();
    let sessions = body["sessions"].as_array().unwrap();
    let other = sessions.iter().find(|session| session["dialect"] == "liveperson").unwrap();
    let path = format!("/session/sessions/{}", other["reference"].as_str().unwrap());
    let request = server.request(Method::DELETE, &path).header("LV-Session", &livevox);
    assert_eq!(send(request).await.status(), 204);
    assert_eq!(server.refresh(&liveperson).await, 401);
}

#[tokio::test]
async fn each_dialect_has_its_own_idle_limit() {
    let server = start().await;
    let livevox = session(&server).await;
    let liveperson = server.session().await;
    server.clock.advance(std::time::Duration::from_hours(3));
    assert_eq!(used(&server, &livevox).await, 401);
    assert_eq!(server.refresh(&liveperson).await, 200);
}

#[tokio::test]
async fn an_agent_logs_in_to_both() {
    let server = start().await;
    assert_eq!(server.log_in("agent1", "agent1-password").await.status(), 200);
}

#[tokio::test]
async fn s7_beside_a_livevox_id_that_does_not_live_a_bearer_opens_nothing_of_the_dialect() {
    let server = start().await;
    let id = session(&server).await;
    assert_eq!(crate::log_out(&server, &id).await, 204);
    let login: Value = server.log_in("name", "password").await.json().await.unwrap();
    let bearer = login["bearer"].as_str().unwrap();
    let request = server.request(Method::GET, "/session/sessions?count=10&offset=0").bearer_auth(bearer);
    assert_eq!(send(request.header("LV-Session", &id)).await.status(), 401);
    let request = server.request(Method::GET, "/gateway/check").bearer_auth(bearer);
    assert_eq!(request.header("LV-Session", &id).send().await.unwrap().status(), 200);
}
