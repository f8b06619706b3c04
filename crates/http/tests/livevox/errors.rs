//! The dialect's shape for everything under `/session/`.

use reqwest::Method;
use serde_json::json;
use vestibule_auth::LONGEST_PASSWORD;
use vestibule_testkit::{TOKEN, TestServer};

use crate::{AUTHORIZATION_ERROR, credentials, log_in_with, send, session, start, told};

const NOT_FOUND: &str = r#"{"code":404,"message":"Not found"}"#;

#[tokio::test]
async fn an_unknown_path_is_404_in_the_dialects_shape() {
    let server = start().await;
    for path in [
        "/session/nothing",
        "/session/v6.0/nothing",
        "/session/v6.0",
        "/session/",
        "/session/v5/login",
        "/session/v5/sessions",
    ] {
        assert_eq!(told(server.get(path).await).await, (404, NOT_FOUND.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_login_below_what_is_no_version_is_an_unknown_path() {
    let server = start().await;
    for segment in ["v5", "vX", "6.0"] {
        let path = format!("/session/{segment}/login");
        let answer = server.post(&path, &credentials("name", "password")).await;
        assert_eq!(told(answer).await, (404, NOT_FOUND.to_owned()), "{path}");
    }
}

/// A request for a path of another API of the vendor, as its clients send it.
async fn elsewhere(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let request = server.request(Method::POST, path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    told(send(request).await).await
}

const UNKNOWN: [&str; 3] = ["/configuration/v6.0/agents", "/session/v5/login", "/session/nothing"];

#[tokio::test]
async fn an_unknown_path_without_a_valid_session_is_an_authorization_error() {
    let server = start().await;
    let refused = (401, AUTHORIZATION_ERROR.to_owned());
    for path in UNKNOWN {
        for header in [("LV-Session", "123"), ("LV-Session", ""), ("LV-Access", TOKEN)] {
            assert_eq!(elsewhere(&server, path, &[header]).await, refused, "{path} {header:?}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_with_a_valid_session_is_404_in_the_dialects_shape() {
    let server = start().await;
    let session = session(&server).await;
    for path in UNKNOWN {
        let headers =
            [("LV-Session", session.as_str()), ("LV-Access", "stray"), ("Authorization", "Bearer x")];
        assert_eq!(elsewhere(&server, path, &headers).await, (404, NOT_FOUND.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_without_the_dialects_headers_is_404_in_the_common_shape() {
    let server = start().await;
    let expected = (404, r#"{"error":"Not found"}"#.to_owned());
    assert_eq!(elsewhere(&server, UNKNOWN[0], &[("Authorization", "Bearer x")]).await, expected);
}

#[tokio::test]
async fn users_own_pages_speak_for_themselves_also_where_there_is_nothing() {
    let server = start().await;
    let (status, text) = elsewhere(&server, "/self/v1/nothing", &[("LV-Session", "123")]).await;
    assert!(status == 404 && text.contains(r#""status":404"#), "{text}");
}

#[tokio::test]
async fn another_method_is_405_with_allow() {
    let server = start().await;
    let response = server.get("/session/login").await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(told(response).await, (405, r#"{"code":405,"message":"Method not allowed"}"#.to_owned()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
    let (status, text) = told(send(request.json(&credentials("name", &"x".repeat(8_192)))).await).await;
    assert_eq!((status, text.starts_with(r#"{"code":413,"#)), (413, true), "{text}");
}

#[tokio::test]
async fn l6_a_password_of_more_than_a_kilobyte_is_refused_in_words() {
    let server = start().await;
    let long = "x".repeat(LONGEST_PASSWORD + 1);
    let refused = (400, r#"{"code":400,"message":"password has more than 1024 bytes"}"#.to_owned());
    assert_eq!(told(log_in_with(&server, TOKEN, &credentials("name", &long)).await).await, refused);
    assert_eq!(log_in_with(&server, TOKEN, &credentials("name", &long[1..])).await.status(), 401);
    let change = async |old: &str, new: &str| {
        let mut body = credentials("name", old);
        body["newPassword"] = json!(new);
        told(server.post("/session/password", &body).await).await
    };
    assert_eq!(change(&long, "a-new-password-1").await, refused);
    let (status, text) = change("password", &long).await;
    assert_eq!((status, text.contains("the password must have at most 1024 bytes")), (400, true), "{text}");
    assert_eq!(change("password", &"x".repeat(8_192)).await.0, 413);
}

#[tokio::test]
async fn malformed_bodies_are_bad_requests() {
    let server = start().await;
    let bodies: [&[u8]; 5] =
        [b"", b"{", b"[]", br#"{"clientName":"a","clientName":"b"}"#, b"{\"clientName\":\"\xff\"}"];
    for body in bodies {
        let request = server.request(Method::POST, "/session/login").header("LV-Access", TOKEN);
        let request = request.header("Content-Type", "application/json").body(body.to_vec());
        let (status, text) = told(send(request).await).await;
        assert_eq!((status, text.starts_with(r#"{"code":400,"message":""#)), (400, true), "{text}");
    }
}
