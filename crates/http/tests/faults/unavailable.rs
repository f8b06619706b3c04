//! What is answered while the store takes no changes: 503 with `Retry-After`, in the shape of each dialect.

use reqwest::Method;
use serde_json::json;
use vestibule_store::Change;
use vestibule_testkit::{Fault, OTHER_TOKEN, TOKEN, TestServer};

use crate::{admin_login, livevox_login, stored, told, with_owner};

const WAIT: Option<&str> = Some("5");

#[tokio::test]
async fn f2_a_login_that_is_not_stored_is_to_be_tried_again() {
    let server = TestServer::start().await;
    server.faults.fail(Fault::commits());
    let (status, retry, body) = told(server.log_in("name", "password").await).await;
    assert_eq!((status, retry.as_deref()), (503, WAIT));
    assert_eq!(body, json!({ "error": "Service unavailable, try again later" }));
    server.faults.heal();
    assert_eq!(server.log_in("name", "password").await.status(), 200);
}

#[tokio::test]
async fn f2_a_logout_that_is_not_stored_is_to_be_tried_again_in_the_nested_shape() {
    let server = TestServer::start().await;
    let session = server.session().await;
    server.faults.fail(Fault::commits());
    server.journal.refuse();
    let (status, retry, body) = told(server.with_session("logout", &session).await).await;
    assert_eq!((status, retry.as_deref()), (503, WAIT));
    assert_eq!(body["error"]["responseStatus"], "SERVICE_UNAVAILABLE", "{body}");
    assert_eq!(body["error"]["message"], "Service unavailable, try again later");
}

#[tokio::test]
async fn f2_livevox_logins_logouts_and_changes_of_password_are_to_be_tried_again_in_their_shape() {
    let server = TestServer::start().await;
    let (_, _, opened) = told(livevox_login(&server, TOKEN).await).await;
    server.faults.fail(Fault::commits());
    server.journal.refuse();
    let mut body = json!({ "clientName": "TEST", "userName": "name", "password": "password" });
    body["newPassword"] = json!("another-password-1");
    let id = opened["sessionId"].as_str().unwrap();
    let logout = server.request(Method::DELETE, &format!("/session/logout/{id}"));
    for answer in [
        livevox_login(&server, OTHER_TOKEN).await,
        server.post("/session/password", &body).await,
        logout.send().await.unwrap(),
    ] {
        let (path, (status, retry, body)) = (answer.url().path().to_owned(), told(answer).await);
        assert_eq!((status, retry.as_deref()), (503, WAIT), "{path}: {body}");
        assert_eq!(body, json!({ "code": 503, "message": "Service unavailable, try again later" }));
    }
}

#[tokio::test]
async fn f2_the_end_of_ones_own_session_that_is_not_stored_is_a_problem_to_be_tried_again() {
    let server = TestServer::start().await;
    let (_, _, login) = told(server.log_in("name", "password").await).await;
    let bearer = login["bearer"].as_str().unwrap();
    let asked = server.request(Method::GET, "/self/v1/sessions").bearer_auth(bearer);
    let (_, _, list) = told(asked.send().await.unwrap()).await;
    let path = format!("/self/v1/sessions/{}", list["sessions"][0]["reference"].as_str().unwrap());
    server.faults.fail(Fault::commits());
    server.journal.refuse();
    let asked = server.request(Method::DELETE, &path).bearer_auth(bearer);
    let (status, retry, body) = told(asked.send().await.unwrap()).await;
    assert_eq!((status, retry.as_deref()), (503, WAIT), "{body}");
    assert_eq!((&body["type"], &body["status"]), (&json!("about:blank"), &json!(503)));
}

#[tokio::test]
async fn f2_a_change_by_an_administrator_that_is_not_stored_is_a_problem_to_be_tried_again() {
    let (server, owner) = with_owner().await;
    server.faults.fail(Fault::commits());
    let account = json!({ "id": "new", "number": 4711 });
    let made = server.admin_request(Method::POST, "/admin/v1/accounts").bearer_auth(&owner).json(&account);
    for answer in [made.send().await.unwrap(), admin_login(&server).await] {
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let (path, (status, retry, body)) = (answer.url().path().to_owned(), told(answer).await);
        assert_eq!((status, retry.as_deref()), (503, WAIT), "{path}: {body}");
        assert_eq!(body["status"], 503);
    }
}

#[tokio::test]
async fn what_is_our_own_fault_stays_500_and_is_not_to_be_tried_again() {
    let server = TestServer::start().await;
    let opens = |change: &Change| matches!(change, Change::OpenSession(_));
    server.faults.fail(Fault::commits_with(opens).as_a_misfit());
    let (status, retry, _) = told(server.log_in("name", "password").await).await;
    assert_eq!((status, retry), (500, None));
    let (status, retry, _) = told(livevox_login(&server, TOKEN).await).await;
    assert_eq!((status, retry), (500, None));
    assert_eq!(stored(&server).await, []);
}
