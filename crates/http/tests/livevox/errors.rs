//! The dialect's shape for everything under `/session/`.

use reqwest::Method;
use serde_json::json;
use vestibule_auth::LONGEST_PASSWORD;
use vestibule_testkit::TOKEN;

use crate::{credentials, log_in_with, send, start, told};

#[tokio::test]
async fn an_unknown_path_is_404_in_the_dialects_shape() {
    let server = start().await;
    for path in
        ["/session/nothing", "/session/v6.0/nothing", "/session/v6.0", "/session/vX/login", "/session/"]
    {
        let (status, text) = told(server.get(path).await).await;
        let known = status == 404 || (path.ends_with("login") && status == 405);
        assert!(
            known && text.starts_with(&format!(r#"{{"code":{status},"message":""#)),
            "{path}: {status} {text}"
        );
    }
}

#[tokio::test]
async fn a_segment_that_is_no_version_is_404() {
    let server = start().await;
    let request = server.request(Method::POST, "/session/vX/login").header("LV-Access", TOKEN);
    assert_eq!(send(request.json(&credentials("name", "password"))).await.status(), 404);
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
